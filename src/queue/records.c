/*
 * records.c - the index and the two heaps of queued messages.
 */
#include "queue/records.h"

#include "base/bug.h"
#include "base/mem.h"
#include "base/table.h"

#define FIRST_BUCKETS 64

void records_init(struct records *s)
{
	*s = (struct records){ .n_buckets = FIRST_BUCKETS };
	s->buckets = mem_zero(FIRST_BUCKETS * sizeof(struct record *));
	s->crowded = mem_zero(RECORDS_CROWDS * sizeof(*s->crowded));
}

void records_done(struct records *s)
{
	for (size_t i = 0; i < s->n_buckets; i++) {
		while (s->buckets[i]) {
			struct record *r = s->buckets[i];

			s->buckets[i] = r->hash_next;
			free(r);
		}
	}
	free(s->buckets);
	free(s->waiting.v);
	for (int i = 0; i < RECORDS_GROUPS; i++)
		free(s->ready[i].v);
	for (int i = 0; i < RECORDS_CROWDS; i++)
		free(s->crowded[i].v);
	free(s->crowded);
}

static size_t bucket_of(const struct records *s, int dir, const char *id)
{
	return (hash_bytes(view_of(id)) + (uint64_t)dir) & (s->n_buckets - 1);
}

struct record *records_find(const struct records *s, int dir, const char *id)
{
	struct record *r = s->buckets[bucket_of(s, dir, id)];

	while (r && (r->dir != dir || strcmp(r->id, id) != 0))
		r = r->hash_next;
	return r;
}

static void grow(struct records *s)
{
	struct record **old = s->buckets;
	size_t n = s->n_buckets;

	s->n_buckets = n * 2;
	s->buckets = mem_zero(s->n_buckets * sizeof(struct record *));
	for (size_t i = 0; i < n; i++) {
		while (old[i]) {
			struct record *r = old[i];
			size_t b = bucket_of(s, r->dir, r->id);

			old[i] = r->hash_next;
			r->hash_next = s->buckets[b];
			s->buckets[b] = r;
		}
	}
	free(old);
}

struct record *records_add(struct records *s, int dir, const char *id, char letter)
{
	size_t len = strlen(id);
	struct record *r = mem_zero(sizeof(*r) + len + 1);
	size_t b;

	if (s->n >= s->n_buckets)
		grow(s);
	memcpy(r->id, id, len);
	r->dir = (uint16_t)dir;
	r->group = s->group_of[dir];
	r->letter = letter;
	b = bucket_of(s, dir, id);
	r->hash_next = s->buckets[b];
	s->buckets[b] = r;
	s->n++;
	return r;
}

/* Is a to come before b in the heap of their state? */
static bool is_before(const struct record *a, const struct record *b)
{
	if (a->state == RECORD_WAITING)
		return a->next_try_s < b->next_try_s;
	return a->sort_key < b->sort_key;
}

static void place(struct record_heap *h, size_t at, struct record *r)
{
	h->v[at] = r;
	r->at = (uint32_t)at;
}

static void sift(struct record_heap *h, size_t at)
{
	struct record *r = h->v[at];

	while (at > 0 && is_before(r, h->v[(at - 1) / 2])) {
		place(h, at, h->v[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		size_t child = at * 2 + 1;

		if (child + 1 < h->n && is_before(h->v[child + 1], h->v[child]))
			child++;
		if (child >= h->n || !is_before(h->v[child], r))
			break;
		place(h, at, h->v[child]);
		at = child;
	}
	place(h, at, r);
}

static struct record_heap *heap_of(struct records *s, const struct record *r)
{
	switch ((enum record_state)r->state) {
	case RECORD_WAITING:
		return &s->waiting;
	case RECORD_READY:
		return &s->ready[r->group];
	case RECORD_CROWDED:
		return &s->crowded[r->dest % RECORDS_CROWDS];
	case RECORD_RESTING:
	case RECORD_ACTIVE:
		break;
	}
	return NULL;
}

static void heap_leave(struct records *s, struct record *r)
{
	struct record_heap *h = heap_of(s, r);
	size_t at = r->at;

	if (!h)
		return;
	bug_if(at >= h->n || h->v[at] != r);
	h->n--;
	s->n_crowded -= r->state == RECORD_CROWDED;
	if (at < h->n) {
		place(h, at, h->v[h->n]);
		sift(h, at);
	}
}

void records_set(struct records *s, struct record *r, enum record_state state)
{
	struct record_heap *h;

	heap_leave(s, r);
	r->state = (uint8_t)state;
	h = heap_of(s, r);
	if (!h)
		return;
	MEM_GROW(h->v, h->n, h->cap);
	place(h, h->n, r);
	h->n++;
	s->n_crowded += state == RECORD_CROWDED;
	sift(h, h->n - 1);
}

void records_remove(struct records *s, struct record *r)
{
	struct record **p = &s->buckets[bucket_of(s, r->dir, r->id)];

	heap_leave(s, r);
	while (*p != r)
		p = &(*p)->hash_next;
	*p = r->hash_next;
	s->n--;
	free(r);
}

struct record *records_first_waiting(const struct records *s)
{
	return s->waiting.n ? s->waiting.v[0] : NULL;
}

struct record *records_first_ready(const struct records *s)
{
	for (int i = 0; i < RECORDS_GROUPS; i++)
		if (s->ready[i].n)
			return s->ready[i].v[0];
	return NULL;
}

struct record *records_first_ready_of(const struct records *s, int group)
{
	return s->ready[group].n ? s->ready[group].v[0] : NULL;
}

struct record *records_first_crowded(const struct records *s, uint32_t dest)
{
	const struct record_heap *h = &s->crowded[dest % RECORDS_CROWDS];

	return h->n ? h->v[0] : NULL;
}

void records_set_group(struct records *s, int dir, int group)
{
	if (dir >= 0 && dir < RECORDS_DIRS && group >= 0 && group < RECORDS_GROUPS)
		s->group_of[dir] = (uint8_t)group;
}
