/*
 * site.c - sites: found by key, host status, idle connections.
 */
#include "queue/site.h"

#include "base/mem.h"
#include "queue/queue_private.h"

#define KEY_MAX          600
#define FIRST_LIMIT      4.0
#define FIRST_BACKOFF_MS 15000
#define TIDY_MS          5000
#define TIDY_SITES       2000 /* looked at in one go */
#define TIDY_CLOSED      64
#define UNUSED_MS        (10 * 60 * 1000)
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
		table_set(q->sites, s->key, s);
	}
	s->n_pins++;
	s->used_ms = clock_ms();
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
	if (s->n_idle > 0 && s->idle[s->n_idle - 1].until > clock_ms()) {
		conn = s->idle[--s->n_idle].conn;
		s->queue->n_idle_conns--;
	}
	pthread_mutex_unlock(&s->queue->lock);
	return conn;
}

bool site_keep_connection(struct site *s, void *conn, void (*close_it)(void *conn),
			  int64_t idle_until, int max_all)
{
	bool has_room;

	pthread_mutex_lock(&s->queue->lock);
	has_room = s->n_idle < SITE_IDLE_MAX && s->queue->n_idle_conns < (size_t)max_all &&
		   !s->queue->is_stopping;
	if (has_room) {
		s->idle[s->n_idle++] = (struct site_idle){ conn, close_it, idle_until };
		s->queue->n_idle_conns++;
	}
	pthread_mutex_unlock(&s->queue->lock);
	return has_room;
}

/* Nobody holds it, names it, or would miss what it knows. Under the lock. */
static bool is_forgettable(const struct site *s, int64_t now)
{
	return s->n_pins == 0 && s->n_busy == 0 && s->n_waiting == 0 && s->n_records == 0 &&
	       s->n_idle == 0 && now - s->used_ms > UNUSED_MS &&
	       (!s->is_down || now > s->down_until_ms);
}

/* Takes out the connections whose time is over; the oldest stand first. Under the lock. */
static size_t take_expired(struct site *s, int64_t now, struct site_idle *out, size_t max)
{
	size_t n = 0;

	while (n < max && n < (size_t)s->n_idle && s->idle[n].until <= now) {
		out[n] = s->idle[n];
		n++;
	}
	s->n_idle -= (int)n;
	s->queue->n_idle_conns -= n;
	memmove(s->idle, s->idle + n, (size_t)s->n_idle * sizeof(*s->idle));
	return n;
}

int64_t site_tidy(struct queue *q, int64_t now)
{
	struct site_idle expired[TIDY_CLOSED];
	struct site *gone[TIDY_CLOSED];
	size_t n_expired = 0, n_gone = 0;
	struct view key;
	void *value;
	int looks = 0;

	pthread_mutex_lock(&q->lock);
	while (looks++ < TIDY_SITES && n_gone < TIDY_CLOSED && n_expired < TIDY_CLOSED) {
		struct site *s;

		if (!table_next(q->sites, &q->site_at, &key, &value)) {
			q->site_at = 0;
			break;
		}
		s = value;
		n_expired += take_expired(s, now, expired + n_expired, TIDY_CLOSED - n_expired);
		if (is_forgettable(s, now))
			gone[n_gone++] = s;
	}
	for (size_t i = 0; i < n_gone; i++)
		table_remove(q->sites, gone[i]->key);
	if (n_gone > 0)
		q->site_at = 0; /* the table may have been put in another order */
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < n_expired; i++)
		expired[i].close_it(expired[i].conn);
	for (size_t i = 0; i < n_gone; i++)
		site_free(gone[i]);
	return now + (n_gone == TIDY_CLOSED || n_expired == TIDY_CLOSED ? 0 : TIDY_MS);
}
