/*
 * db_copy.c - see db_copy.h.
 *
 * One piece of memory holds a table of lines and then the records that are too long for a line. A line is as long as a line of
 * the processor's cache and holds a whole short record, so that a look-up touches one place. Large pages are asked for, since
 * the places are far apart:
 *
 *     line     32 bits of the key's hash, what it holds, lengths and bytes of key and value, or where the long record is
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

#define LINE_BYTES 64
#define DATA_BYTES 56

enum line_kind { LINE_FREE, LINE_SHORT, LINE_LONG };

struct line {
	uint32_t hash;
	uint16_t key_len;
	uint8_t value_len, kind;
	char data[DATA_BYTES]; /* key and value; of a long record its offset, a uint64_t */
};
_Static_assert(sizeof(struct line) == LINE_BYTES, "a line of the cache");

struct db_copy {
	_Atomic unsigned n_refs;
	struct stat st;
	struct line *lines;
	size_t n_lines;
	const char *records; /* the long ones */
	size_t bytes;        /* of the piece of memory that begins at lines */
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

static bool is_short(struct view key, struct view value)
{
	return key.len + value.len <= DATA_BYTES;
}

static const char *long_record(const struct db_copy *c, const struct line *l)
{
	uint64_t offset;

	memcpy(&offset, l->data, sizeof(offset));
	return c->records + offset;
}

static inline bool is_of_key(const struct db_copy *c, const struct line *l, struct view key)
{
	return view_eq(l->kind == LINE_SHORT ? view_from(l->data, l->key_len)
					     : key_at(long_record(c, l)),
		       key);
}

/* The line that holds the key, or the free one where it would go. Every third line at least is free. */
static inline struct line *line_of(const struct db_copy *c, struct view key, uint64_t hash)
{
	size_t at = (size_t)((hash >> 32) * c->n_lines >> 32);

	for (;; at = at + 1 < c->n_lines ? at + 1 : 0) {
		struct line *l = &c->lines[at];

		if (l->kind == LINE_FREE || (l->hash == (uint32_t)hash && is_of_key(c, l, key)))
			return l;
	}
}

static void fill_line(struct line *l, uint64_t hash, struct view key, struct view value,
		      uint64_t offset)
{
	*l = (struct line){ .hash = (uint32_t)hash, .kind = LINE_LONG };
	if (!is_short(key, value)) {
		memcpy(l->data, &offset, sizeof(offset));
		return;
	}
	l->kind = LINE_SHORT;
	l->key_len = (uint16_t)key.len;
	l->value_len = (uint8_t)value.len;
	if (key.len)
		memcpy(l->data, key.p, key.len);
	if (value.len)
		memcpy(l->data + key.len, value.p, value.len);
}

/* The records into their lines, the long ones behind the table. Of several values of a key the first is the answer. */
static void fill_lines(struct db_copy *c, const struct gathering *g, char *long_records)
{
	size_t len = 0;

	for (size_t at = 0; at < g->len;) {
		const char *record = g->records + at;
		struct view key = key_at(record), value = value_at(record);
		size_t bytes = record_bytes(key.len, value.len);
		uint64_t hash = hash_of(key);
		struct line *l = line_of(c, key, hash);

		if (l->kind == LINE_FREE) {
			fill_line(l, hash, key, value, len);
			if (l->kind == LINE_LONG) {
				memcpy(long_records + len, record, bytes);
				len += bytes;
			}
		}
		at += bytes;
	}
}

static size_t long_bytes(const struct gathering *g)
{
	size_t n = 0;

	for (size_t at = 0; at < g->len;) {
		struct view key = key_at(g->records + at), value = value_at(g->records + at);
		size_t bytes = record_bytes(key.len, value.len);

		n += is_short(key, value) ? 0 : bytes;
		at += bytes;
	}
	return n;
}

static struct db_copy *from_records(const struct gathering *g, const struct stat *st)
{
	size_t n_lines = g->n + g->n / 2 + 16, bytes = n_lines * LINE_BYTES + long_bytes(g);
	struct db_copy *c;
	void *p = bytes > GROWN_MAX ? MAP_FAILED
				    : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
#ifdef MADV_HUGEPAGE
	madvise(p, bytes, MADV_HUGEPAGE); /* where the system has none it is well without */
#endif
	c = MEM_NEW(struct db_copy);
	c->n_refs = 1;
	c->st = *st;
	c->bytes = bytes;
	c->lines = p;
	c->n_lines = n_lines;
	c->records = (const char *)(c->lines + n_lines);
	fill_lines(c, g, (char *)(c->lines + n_lines));
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
	munmap(c->lines, c->bytes);
	free(c);
}

int db_copy_get(const struct db_copy *c, struct view key, struct view *out)
{
	const struct line *l = line_of(c, key, hash_of(key));

	if (l->kind == LINE_FREE)
		return -ENOENT;
	*out = l->kind == LINE_SHORT ? view_from(l->data + l->key_len, l->value_len)
				     : value_at(long_record(c, l));
	return 0;
}

bool db_copy_is_of(const struct db_copy *c, const struct stat *st)
{
	const struct stat *mine = &c->st;

	return mine->st_dev == st->st_dev && mine->st_ino == st->st_ino &&
	       mine->st_size == st->st_size && mine->st_mtim.tv_sec == st->st_mtim.tv_sec &&
	       mine->st_mtim.tv_nsec == st->st_mtim.tv_nsec;
}
