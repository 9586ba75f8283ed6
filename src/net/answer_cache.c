/* answer_cache.c - see answer_cache.h. Buckets of chains beside one list in order of use, under one lock. */
#include "net/answer_cache.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/table.h"
#include "net/answer.h"

#define POSITIVE_MAX_S 86400
#define NEGATIVE_MAX_S 900
#define KEY_MAX        300

struct entry {
	struct link used; /* least lately used first */
	struct entry *next;
	uint64_t hash;
	int64_t expires_ms;
	struct packed_answer *answer;
	size_t key_len;
	char key[];
};

struct answer_cache {
	pthread_mutex_t lock; /* guards what follows */
	struct list used;
	struct entry **buckets;
	size_t n_buckets, n, max;
};

struct key {
	char bytes[KEY_MAX];
	size_t len;
	uint64_t hash;
};

/* The type and the name in lower case, without a final dot. False: no name that could be in the DNS. */
static bool make_key(struct view name, enum dns_type type, struct key *k)
{
	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > KEY_MAX - 2)
		return false;
	k->bytes[0] = (char)((unsigned)type >> 8);
	k->bytes[1] = (char)((unsigned)type & 255);
	for (size_t i = 0; i < name.len; i++)
		k->bytes[2 + i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32
									      : name.p[i]);
	k->len = name.len + 2;
	k->hash = hash_bytes(view_from(k->bytes, k->len));
	return true;
}

struct answer_cache *answer_cache_new(size_t max_answers)
{
	struct answer_cache *c = MEM_NEW(struct answer_cache);

	c->max = max_answers;
	c->n_buckets = 64;
	while (c->n_buckets < max_answers)
		c->n_buckets *= 2;
	c->buckets = mem_zero(c->n_buckets * sizeof(*c->buckets));
	list_init(&c->used);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static struct entry **place_of(struct answer_cache *c, const struct key *k)
{
	struct entry **at = &c->buckets[k->hash & (c->n_buckets - 1)];

	while (*at && !((*at)->hash == k->hash && (*at)->key_len == k->len &&
			memcmp((*at)->key, k->bytes, k->len) == 0))
		at = &(*at)->next;
	return at;
}

static void remove_at(struct answer_cache *c, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	list_remove(&e->used);
	c->n--;
	free(e->answer);
	free(e);
}

static void remove_oldest(struct answer_cache *c)
{
	struct entry *e = LIST_OWNER(c->used.head.next, struct entry, used);
	struct entry **at = &c->buckets[e->hash & (c->n_buckets - 1)];

	while (*at != e)
		at = &(*at)->next;
	remove_at(c, at);
}

void answer_cache_clear(struct answer_cache *c)
{
	pthread_mutex_lock(&c->lock);
	while (c->n > 0)
		remove_oldest(c);
	pthread_mutex_unlock(&c->lock);
}

void answer_cache_free(struct answer_cache *c)
{
	if (!c)
		return;
	answer_cache_clear(c);
	pthread_mutex_destroy(&c->lock);
	free(c->buckets);
	free(c);
}

bool answer_cache_get(struct answer_cache *c, struct view name, enum dns_type type, struct arena *a,
		      struct dns_answer *out)
{
	struct entry **at;
	struct key k;
	bool is_here;

	if (!make_key(name, type, &k))
		return false;
	pthread_mutex_lock(&c->lock);
	at = place_of(c, &k);
	is_here = *at && (*at)->expires_ms > clock_ms();
	if (*at && !is_here)
		remove_at(c, at);
	if (is_here) {
		struct entry *e = *at;

		list_remove(&e->used);
		list_append(&c->used, &e->used);
		answer_unpack(e->answer, a, out);
		out->ttl_s = (e->expires_ms - clock_ms()) / 1000;
	}
	pthread_mutex_unlock(&c->lock);
	return is_here;
}

void answer_cache_put(struct answer_cache *c, struct view name, enum dns_type type,
		      const struct dns_answer *answer)
{
	int64_t ttl_max = answer->found == FOUND ? POSITIVE_MAX_S : NEGATIVE_MAX_S;
	int64_t ttl = answer->ttl_s < ttl_max ? answer->ttl_s : ttl_max;
	struct entry **at, *e;
	struct key k;

	if (answer->found == LOOKUP_FAILED || ttl <= 0 || !make_key(name, type, &k))
		return;
	e = mem_alloc(sizeof(*e) + k.len);
	*e = (struct entry){ .hash = k.hash,
			     .expires_ms = deadline_in(ttl * 1000),
			     .answer = answer_pack(answer),
			     .key_len = k.len };
	memcpy(e->key, k.bytes, k.len);
	pthread_mutex_lock(&c->lock);
	at = place_of(c, &k);
	if (*at)
		remove_at(c, at);
	if (c->n >= c->max)
		remove_oldest(c);
	at = &c->buckets[k.hash & (c->n_buckets - 1)];
	e->next = *at;
	*at = e;
	list_append(&c->used, &e->used);
	c->n++;
	pthread_mutex_unlock(&c->lock);
}
