/* table.c - see table.h. Open addressing over an index; entries stand in an array in order of insertion. */
#include "base/table.h"

#include <pthread.h>
#include <sys/random.h>

#include "base/mem.h"

struct entry {
	char *key; /* NULL: removed */
	size_t len;
	uint64_t hash;
	void *value;
};

struct table {
	enum table_case fold;
	struct entry *entries;
	size_t n_entries, cap_entries, n_live;
	uint32_t *index; /* entry number + 1; 0 is free */
	size_t index_size;
};

static uint64_t hash_seed;
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void hash_start(void)
{
	if (getrandom(&hash_seed, sizeof(hash_seed), 0) != sizeof(hash_seed))
		hash_seed = 0x9e3779b97f4a7c15u;
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

/* Eight bytes at a time; fold lowers ASCII letters of a word in parallel. */
static uint64_t hash_words(struct view v, bool fold)
{
	uint64_t h;

	pthread_once(&hash_once, hash_start);
	h = hash_seed ^ (v.len * 0x9e3779b97f4a7c15u);
	while (v.len) {
		uint64_t word = 0;
		size_t n = v.len < 8 ? v.len : 8;

		memcpy(&word, v.p, n);
		if (fold) {
			uint64_t low = word & 0x7f7f7f7f7f7f7f7fu;
			uint64_t above_a = low + 0x3f3f3f3f3f3f3f3fu; /* bit 7 set when >= 'A' */
			uint64_t above_z = low + 0x2525252525252525u; /* bit 7 set when > 'Z' */
			uint64_t upper = above_a & ~above_z & ~word & 0x8080808080808080u;

			word |= upper >> 2;
		}
		h = mix(h ^ word) + 0x9e3779b97f4a7c15u;
		v = view_skip(v, n);
	}
	return mix(h);
}

uint64_t hash_bytes(struct view v)
{
	return hash_words(v, false);
}

uint64_t hash_bytes_nocase(struct view v)
{
	return hash_words(v, true);
}

struct table *table_new(enum table_case fold)
{
	struct table *t = MEM_NEW(struct table);

	t->fold = fold;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_entries; i++)
		free(t->entries[i].key);
	free(t->entries);
	free(t->index);
	free(t);
}

size_t table_count(const struct table *t)
{
	return t->n_live;
}

static bool matches(const struct table *t, const struct entry *e, uint64_t hash, struct view key)
{
	struct view mine = view_from(e->key, e->len);

	if (e->hash != hash || !e->key)
		return false;
	return t->fold == TABLE_NOCASE ? view_eq_nocase(mine, key) : view_eq(mine, key);
}

/* The slot of the index that holds key, or the free one where it would go. */
static size_t slot_of(const struct table *t, uint64_t hash, struct view key)
{
	size_t at = hash & (t->index_size - 1);

	while (t->index[at] && !matches(t, &t->entries[t->index[at] - 1], hash, key))
		at = (at + 1) & (t->index_size - 1);
	return at;
}

static struct entry *find(const struct table *t, struct view key)
{
	uint64_t hash;
	size_t at;

	if (!t->index_size)
		return NULL;
	hash = hash_words(key, t->fold == TABLE_NOCASE);
	at = slot_of(t, hash, key);
	return t->index[at] ? &t->entries[t->index[at] - 1] : NULL;
}

void *table_get(const struct table *t, struct view key)
{
	const struct entry *e = find(t, key);

	return e ? e->value : NULL;
}

bool table_has(const struct table *t, struct view key)
{
	return find(t, key) != NULL;
}

/* Drops removed entries and builds the index anew, at least twice the number of entries. */
static void rebuild(struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_entries; i++) {
		if (t->entries[i].key)
			t->entries[n++] = t->entries[i];
	}
	t->n_entries = n;
	t->index_size = 16;
	while (t->index_size < (n + 1) * 2)
		t->index_size *= 2;
	free(t->index);
	t->index = mem_zero(t->index_size * sizeof(*t->index));
	for (size_t i = 0; i < n; i++) {
		size_t at = t->entries[i].hash & (t->index_size - 1);

		while (t->index[at])
			at = (at + 1) & (t->index_size - 1);
		t->index[at] = (uint32_t)i + 1;
	}
}

void table_set(struct table *t, struct view key, void *value)
{
	struct entry *e = find(t, key);
	uint64_t hash;

	if (e) {
		e->value = value;
		return;
	}
	if ((t->n_entries + 1) * 2 > t->index_size)
		rebuild(t);
	MEM_GROW(t->entries, t->n_entries, t->cap_entries);
	hash = hash_words(key, t->fold == TABLE_NOCASE);
	t->entries[t->n_entries] = (struct entry){ mem_dup(key.p, key.len), key.len, hash, value };
	t->index[slot_of(t, hash, key)] = (uint32_t)++t->n_entries;
	t->n_live++;
}

bool table_remove(struct table *t, struct view key)
{
	struct entry *e = find(t, key);

	if (!e)
		return false;
	free(e->key);
	e->key = NULL; /* the index keeps pointing here, so that probing goes on past it */
	t->n_live--;
	return true;
}

bool table_next(const struct table *t, size_t *at, struct view *out_key, void **out_value)
{
	while (*at < t->n_entries) {
		const struct entry *e = &t->entries[(*at)++];

		if (e->key) {
			*out_key = view_from(e->key, e->len);
			*out_value = e->value;
			return true;
		}
	}
	return false;
}
