/*
 * site.c - sites: found by key, host status, idle connections.
 */
#include "queue/site.h"

#include "base/mem.h"
#include "queue/queue_private.h"

#define KEY_MAX          600
#define FIRST_LIMIT      4.0
#define FIRST_BACKOFF_MS 15000
#define LAST_BACKOFF_MS  (5 * 60 * 1000)

struct site *site_find(struct queue *q, const struct mailer *m, struct view host)
{
	char key[KEY_MAX];
	size_t name_len = m->name.len < 64 ? m->name.len : 64;
	size_t host_len = host.len < KEY_MAX - 65 ? host.len : KEY_MAX - 65;
	struct site *s;

	memcpy(key, m->name.p, name_len);
	key[name_len] = '\0';
	for (size_t i = 0; i < host_len; i++)
		key[name_len + 1 + i] = (char)tolower((unsigned char)host.p[i]);
	pthread_mutex_lock(&q->lock);
	s = table_get(q->sites, view_from(key, name_len + 1 + host_len));
	if (!s) {
		s = MEM_NEW(struct site);
		s->queue = q;
		s->limit = FIRST_LIMIT;
		list_init(&s->waiting);
		s->key = view_from(mem_dup(key, name_len + 1 + host_len), name_len + 1 + host_len);
		s->hash = hash_bytes(s->key);
		table_set(q->sites, s->key, s);
	}
	pthread_mutex_unlock(&q->lock);
	return s;
}

struct view site_key(const struct site *s)
{
	return s->key;
}

bool site_has_room(const struct site *s)
{
	return s->n_busy < (s->queue->is_single_thread ? 1 : (int)s->limit);
}

static void free_status(struct site *s)
{
	free((char *)s->status.text.p);
	free((char *)s->status.remote.p);
	free((char *)s->status.reply.p);
	s->status = status_ok();
}

void site_free(struct site *s)
{
	for (int i = 0; i < s->n_idle; i++)
		s->idle[i].close_it(s->idle[i].conn);
	free_status(s);
	free((char *)s->key.p);
	free(s);
}

bool site_is_down(struct site *s, struct arena *a, struct status *out_status)
{
	bool is_down;

	pthread_mutex_lock(&s->queue->lock);
	is_down = s->is_down && clock_ms() < s->down_until_ms;
	if (is_down) {
		*out_status = s->status;
		out_status->text = arena_dup(a, s->status.text);
		out_status->remote = arena_dup(a, s->status.remote);
		out_status->reply = arena_dup(a, s->status.reply);
	}
	pthread_mutex_unlock(&s->queue->lock);
	return is_down;
}

void site_note_up(struct site *s)
{
	pthread_mutex_lock(&s->queue->lock);
	s->is_down = false;
	s->backoff_ms = 0;
	pthread_mutex_unlock(&s->queue->lock);
}

static struct view heap_dup(struct view v)
{
	return view_is_none(v) ? VIEW_NONE : view_from(mem_dup(v.p, v.len), v.len);
}

void site_note_down(struct site *s, const struct status *why)
{
	pthread_mutex_lock(&s->queue->lock);
	free_status(s);
	s->status = *why;
	s->status.text = heap_dup(why->text);
	s->status.remote = heap_dup(why->remote);
	s->status.reply = heap_dup(why->reply);
	s->backoff_ms = s->backoff_ms == 0 ? FIRST_BACKOFF_MS : s->backoff_ms * 2;
	if (s->backoff_ms > LAST_BACKOFF_MS)
		s->backoff_ms = LAST_BACKOFF_MS;
	s->is_down = true;
	s->down_until_ms = clock_ms() + s->backoff_ms;
	pthread_mutex_unlock(&s->queue->lock);
}

void *site_take_connection(struct site *s)
{
	void *conn = NULL;

	pthread_mutex_lock(&s->queue->lock);
	if (s->n_idle > 0)
		conn = s->idle[--s->n_idle].conn;
	pthread_mutex_unlock(&s->queue->lock);
	return conn;
}

bool site_keep_connection(struct site *s, void *conn, void (*close_it)(void *conn),
			  int64_t idle_until)
{
	bool has_room;

	pthread_mutex_lock(&s->queue->lock);
	has_room = s->n_idle < SITE_IDLE_MAX && !s->queue->is_stopping;
	if (has_room)
		s->idle[s->n_idle++] = (struct site_idle){ conn, close_it, idle_until };
	pthread_mutex_unlock(&s->queue->lock);
	return has_room;
}
