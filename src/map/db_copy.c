/*
 * db_copy.c - see db_copy.h.
 *
 * One piece of memory holds a table of slots and then the records, each with its value right behind its key, so that a
 * look-up touches two places. Large pages are asked for, since the places are far apart:
 *
 *     slot     32 bits of the key's hash, 32 bits: where its record is, in units of eight bytes, from 1 on; 0 is free
 *     record   length of key, length of value, key, value
 */
#include "map/db_copy.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/mem.h"

#define HEAD_BYTES 8u
#define GROWN_MAX                                                                                  \
	((size_t)DB_COPY_BYTES_MAX * 4) /* records may take more room here than on their pages */

struct db_copy {
	_Atomic unsigned n_refs;
	struct stat st;
	uint64_t *slots;
	size_t mask; /* number of slots - 1 */
	const char *records;
	size_t bytes; /* of the piece of memory that begins at slots */
};

/* While it is made: the records as they come. */
struct gathering {
	char *records;
	size_t len, cap, n;
};

static uint64_t mixed(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* Whole words; the last one overlaps the one before it when the key is long enough. */
static uint64_t hash_of(struct view key)
{
	uint64_t h = key.len * 0xd6e8feb86659fd93u, word = 0;

	if (key.len < sizeof(word)) {
		for (size_t i = 0; i < key.len; i++)
			word = word << 8 | (unsigned char)key.p[i];
		return mixed(mixed(h, word), 0);
	}
	for (size_t i = 0; i + sizeof(word) < key.len; i += sizeof(word)) {
		memcpy(&word, key.p + i, sizeof(word));
		h = mixed(h, word);
	}
	memcpy(&word, key.p + key.len - sizeof(word), sizeof(word));
	return mixed(mixed(h, word), 0);
}

static uint32_t u32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static struct view key_at(const char *record)
{
	return view_from(record + HEAD_BYTES, u32(record));
}

static struct view value_at(const char *record)
{
	return view_from(record + HEAD_BYTES + u32(record), u32(record + 4));
}

static size_t record_bytes(size_t key, size_t value)
{
	return (HEAD_BYTES + key + value + 7) & ~(size_t)7;
}

static bool add(struct gathering *g, struct view key, struct view value)
{
	const uint32_t head[2] = { (uint32_t)key.len, (uint32_t)value.len };
	size_t need = record_bytes(key.len, value.len);

	if (need > GROWN_MAX - g->len)
		return false;
	if (g->len + need > g->cap) {
		g->cap = (g->len + need) * 2;
		g->records = mem_resize(g->records, g->cap, 1);
	}
	memcpy(g->records + g->len, head, sizeof(head));
	if (key.len)
		memcpy(g->records + g->len + HEAD_BYTES, key.p, key.len);
	if (value.len)
		memcpy(g->records + g->len + HEAD_BYTES + key.len, value.p, value.len);
	g->len += need;
	g->n++;
	return true;
}

/* The slot that holds the key, or the free one where it would go. */
static inline uint64_t *slot_of(const struct db_copy *c, struct view key, uint64_t hash)
{
	size_t at = (size_t)hash & c->mask;

	for (;; at = (at + 1) & c->mask) {
		uint64_t slot = c->slots[at];

		if (slot == 0)
			return &c->slots[at];
		if (slot >> 32 == hash >> 32 &&
		    view_eq(key_at(c->records + ((slot & UINT32_MAX) - 1) * 8), key))
			return &c->slots[at];
	}
}

static void fill_slots(struct db_copy *c, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *record = c->records + at;
		struct view key = key_at(record);
		uint64_t hash = hash_of(key), *slot = slot_of(c, key, hash);

		if (*slot == 0) /* of several values the first is the answer */
			*slot = (hash >> 32 << 32) | (at / 8 + 1);
		at += record_bytes(key.len, value_at(record).len);
	}
}

static struct db_copy *from_records(const struct gathering *g, const struct stat *st)
{
	struct db_copy *c = MEM_NEW(struct db_copy);
	size_t n_slots = 16;
	void *p;

	while (n_slots < g->n * 2)
		n_slots *= 2;
	c->bytes = n_slots * sizeof(c->slots[0]) + g->len;
	p = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		free(c);
		return NULL;
	}
#ifdef MADV_HUGEPAGE
	madvise(p, c->bytes, MADV_HUGEPAGE); /* where the system has none it is well without */
#endif
	c->n_refs = 1;
	c->st = *st;
	c->slots = p;
	c->mask = n_slots - 1;
	c->records = (const char *)(c->slots + n_slots);
	if (g->len)
		memcpy(c->slots + n_slots, g->records, g->len);
	fill_slots(c, g->len);
	return c;
}

struct db_copy *db_copy_make(struct database *db)
{
	const struct stat *st = database_stat(db);
	struct gathering g = { 0 };
	struct db_copy *c = NULL;
	struct view key, value;
	bool fits = true;
	int r = 0;

	if (st->st_size > DB_COPY_BYTES_MAX || database_is_young(db))
		return NULL; /* a young file may still change without showing it */
	while (fits && (r = database_next(db, &key, &value)) == 0)
		fits = add(&g, key, value);
	if (r == -ENOENT)
		c = from_records(&g, st);
	free(g.records);
	return c;
}

struct db_copy *db_copy_ref(struct db_copy *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->n_refs, 1, memory_order_relaxed);
	return c;
}

void db_copy_unref(struct db_copy *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->n_refs, 1, memory_order_acq_rel) != 1)
		return;
	munmap(c->slots, c->bytes);
	free(c);
}

int db_copy_get(const struct db_copy *c, struct view key, struct view *out)
{
	uint64_t slot = *slot_of(c, key, hash_of(key));

	if (slot == 0)
		return -ENOENT;
	*out = value_at(c->records + ((slot & UINT32_MAX) - 1) * 8);
	return 0;
}

bool db_copy_is_of(const struct db_copy *c, const struct stat *st)
{
	const struct stat *mine = &c->st;

	return mine->st_dev == st->st_dev && mine->st_ino == st->st_ino &&
	       mine->st_size == st->st_size && mine->st_mtim.tv_sec == st->st_mtim.tv_sec &&
	       mine->st_mtim.tv_nsec == st->st_mtim.tv_nsec;
}
