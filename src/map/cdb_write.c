/*
 * cdb_write.c - see cdb_write.h.
 *
 * Records are appended through a buffer. Of each, hash and place are kept in the order of the file, and an index by hash finds
 * those of a key; equal hashes are told apart by the key in the file. A record that was replaced or deleted stays until the end,
 * when the live ones are moved together; then come the 256 tables.
 */
#include "map/cdb_write.h"

#include <endian.h>
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "map/cdb_read.h"

#define HEAD_BYTES   2048u
#define BUFFER_BYTES (1u << 20)
#define TABLES       256
#define PLACE_DEAD   0u /* no record stands there */

struct entry {
	uint32_t hash, place;
};

struct cdb_writer {
	int fd;
	struct entry *entries;
	size_t n, cap, n_dead;
	uint32_t *index; /* number of an entry + 1, 0: free; open addressing */
	size_t n_index;
	char *buffer;
	size_t buffered;
	uint64_t flushed; /* where the buffer begins in the file */
	char *found;      /* key and value of the last record looked at */
	size_t found_cap;
};

struct cdb_writer *cdb_writer_new(int fd)
{
	struct cdb_writer *w = MEM_NEW(struct cdb_writer);

	w->fd = fd;
	w->buffer = mem_alloc(BUFFER_BYTES);
	memset(w->buffer, 0, HEAD_BYTES);
	w->buffered = HEAD_BYTES;
	w->n_index = 1024;
	w->index = mem_zero(w->n_index * sizeof(w->index[0]));
	return w;
}

void cdb_writer_free(struct cdb_writer *w)
{
	if (!w)
		return;
	free(w->entries);
	free(w->index);
	free(w->buffer);
	free(w->found);
	free(w);
}

static int write_at(int fd, const char *p, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)at);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
		at += (size_t)n;
	}
	return 0;
}

static int flush(struct cdb_writer *w)
{
	int r = write_at(w->fd, w->buffer, w->buffered, w->flushed);

	w->flushed += w->buffered;
	w->buffered = 0;
	return r;
}

static int append(struct cdb_writer *w, const void *data, size_t len)
{
	const char *p = data;
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = BUFFER_BYTES - w->buffered;

		n = n < len ? n : len;
		memcpy(w->buffer + w->buffered, p, n);
		w->buffered += n;
		p += n;
		len -= n;
		if (w->buffered == BUFFER_BYTES)
			r = flush(w);
	}
	return r;
}

static uint64_t end_of(const struct cdb_writer *w)
{
	return w->flushed + w->buffered;
}

/* Bytes that were appended before, from the file or from the buffer. */
static int read_back(const struct cdb_writer *w, uint64_t at, char *p, size_t len)
{
	while (len > 0 && at < w->flushed) {
		size_t want = len < w->flushed - at ? len : (size_t)(w->flushed - at);
		ssize_t n = pread(w->fd, p, want, (off_t)at);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		at += (size_t)n;
		len -= (size_t)n;
	}
	if (len > 0)
		memcpy(p, w->buffer + (at - w->flushed), len);
	return 0;
}

static int read_head(const struct cdb_writer *w, uint64_t at, uint32_t head[2])
{
	int r = read_back(w, at, (char *)head, 8);

	head[0] = le32toh(head[0]);
	head[1] = le32toh(head[1]);
	return r;
}

static void put_index(struct cdb_writer *w, size_t entry)
{
	size_t mask = w->n_index - 1, at = w->entries[entry].hash * 0x9e3779b9u & mask;

	while (w->index[at])
		at = (at + 1) & mask;
	w->index[at] = (uint32_t)entry + 1;
}

static void grow_index(struct cdb_writer *w)
{
	free(w->index);
	w->n_index *= 2;
	w->index = mem_zero(w->n_index * sizeof(w->index[0]));
	for (size_t i = 0; i < w->n; i++)
		if (w->entries[i].place != PLACE_DEAD)
			put_index(w, i);
}

/* Reads the record of an entry into w->found. 1 when it is this key's, 0 when not, or -errno. */
static int read_record(struct cdb_writer *w, const struct entry *e, struct view key,
		       struct view *out_value)
{
	uint32_t head[2];
	int r = read_head(w, e->place, head);

	if (r < 0 || head[0] != key.len)
		return r;
	if (w->found_cap < (size_t)head[0] + head[1]) {
		w->found_cap = (size_t)head[0] + head[1] + 256;
		w->found = mem_resize(w->found, w->found_cap, 1);
	}
	r = read_back(w, e->place + 8ull, w->found, (size_t)head[0] + head[1]);
	if (r < 0)
		return r;
	*out_value = view_from(w->found + head[0], head[1]);
	return view_eq(view_from(w->found, head[0]), key);
}

/*
 * The next live entry of a key: *at is where the index goes on (SIZE_MAX: at the beginning). 1 with *out_entry and *out_value,
 * 0 when there is none, or -errno. Entries of one hash stand in the index in the order they came.
 */
static int next_of_key(struct cdb_writer *w, struct view key, size_t *at, size_t *out_entry,
		       struct view *out_value)
{
	size_t mask = w->n_index - 1;
	uint32_t hash = cdb_hash_of(key);

	*at = *at == SIZE_MAX ? hash * 0x9e3779b9u & mask : (*at + 1) & mask;
	for (; w->index[*at]; *at = (*at + 1) & mask) {
		const struct entry *e = &w->entries[w->index[*at] - 1];
		int r;

		if (e->hash != hash || e->place == PLACE_DEAD)
			continue;
		r = read_record(w, e, key, out_value);
		if (r != 0) {
			*out_entry = w->index[*at] - 1;
			return r;
		}
	}
	return 0;
}

int cdb_writer_get(struct cdb_writer *w, struct view key, struct view *out)
{
	size_t at = SIZE_MAX, entry;
	int r = next_of_key(w, key, &at, &entry, out);

	return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

/* All values of a key; *out_slot: the place in the index of one of them. */
static int kill_all(struct cdb_writer *w, struct view key, size_t *out_slot)
{
	size_t at = SIZE_MAX, entry, n = 0;
	struct view value;
	int r;

	while ((r = next_of_key(w, key, &at, &entry, &value)) > 0) {
		w->entries[entry].place = PLACE_DEAD;
		*out_slot = at;
		n++;
	}
	w->n_dead += n;
	return r < 0 ? r : n == 0 ? -ENOENT : 0;
}

int cdb_writer_delete(struct cdb_writer *w, struct view key)
{
	size_t slot;

	return kill_all(w, key, &slot);
}

static int append_record(struct cdb_writer *w, struct view key, struct view value)
{
	const uint32_t head[2] = { htole32((uint32_t)key.len), htole32((uint32_t)value.len) };
	int r = append(w, head, sizeof(head));

	if (r == 0)
		r = append(w, key.p, key.len);
	return r == 0 ? append(w, value.p, value.len) : r;
}

int cdb_writer_put(struct cdb_writer *w, struct view key, struct view value, enum cdb_put how)
{
	uint64_t place = end_of(w), tables = (w->n + 1) * 16;
	size_t slot = SIZE_MAX; /* of a dead entry of this key: it can be used again */
	struct view old;
	int r = 0;

	if (how == CDB_REPLACE)
		r = kill_all(w, key, &slot);
	else if (how == CDB_NEW_ONLY)
		r = cdb_writer_get(w, key, &old);
	if (how == CDB_NEW_ONLY && r == 0)
		return -EEXIST;
	if (r < 0 && r != -ENOENT)
		return r;
	if (place + 8 + key.len + value.len + tables > UINT32_MAX)
		return -EFBIG;
	r = append_record(w, key, value);
	if (r < 0)
		return r;
	MEM_GROW(w->entries, w->n, w->cap);
	w->entries[w->n++] = (struct entry){ cdb_hash_of(key), (uint32_t)place };
	if (slot != SIZE_MAX)
		w->index[slot] = (uint32_t)w->n;
	else if (w->n * 10 > w->n_index * 7)
		grow_index(w);
	else
		put_index(w, w->n - 1);
	return 0;
}

static int move(struct cdb_writer *w, uint64_t from, uint64_t to, uint64_t len)
{
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = len < BUFFER_BYTES ? (size_t)len : BUFFER_BYTES;

		r = read_back(w, from, w->buffer, n);
		if (r == 0)
			r = write_at(w->fd, w->buffer, n, to);
		from += n;
		to += n;
		len -= n;
	}
	return r;
}

/* Moves the live records together; they keep their order. Everything is in the file, the buffer is free. */
static int compact(struct cdb_writer *w)
{
	uint64_t from = HEAD_BYTES, to = HEAD_BYTES;
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		uint32_t head[2];
		int r = read_head(w, from, head);
		uint64_t len = 8ull + head[0] + head[1];

		if (r == 0 && w->entries[i].place != PLACE_DEAD) {
			r = from == to ? 0 : move(w, from, to, len);
			w->entries[n++] = (struct entry){ w->entries[i].hash, (uint32_t)to };
			to += len;
		}
		if (r < 0)
			return r;
		from += len;
	}
	w->n = n;
	w->flushed = to;
	return ftruncate(w->fd, (off_t)to) < 0 ? -errno : 0;
}

/* The entries by table; in each table they keep their order. first[t] is where table t begins. */
static struct entry *by_table(const struct cdb_writer *w, size_t first[TABLES + 1])
{
	struct entry *sorted = mem_alloc((w->n + 1) * sizeof(sorted[0]));
	size_t next[TABLES];

	memset(first, 0, (TABLES + 1) * sizeof(first[0]));
	for (size_t i = 0; i < w->n; i++)
		first[w->entries[i].hash % TABLES + 1]++;
	for (int t = 0; t < TABLES; t++)
		first[t + 1] += first[t];
	memcpy(next, first, sizeof(next));
	for (size_t i = 0; i < w->n; i++)
		sorted[next[w->entries[i].hash % TABLES]++] = w->entries[i];
	return sorted;
}

/* One table of slots, twice as many as it has records. */
static int write_table(struct cdb_writer *w, const struct entry *entries, size_t n,
		       uint32_t head[2])
{
	size_t n_slots = n * 2;
	uint32_t *slots = mem_zero((n_slots + 1) * 8);
	int r;

	head[0] = htole32((uint32_t)end_of(w));
	head[1] = htole32((uint32_t)n_slots);
	for (size_t i = 0; i < n; i++) {
		size_t at = (entries[i].hash >> 8) % n_slots;

		while (slots[2 * at + 1])
			at = at + 1 < n_slots ? at + 1 : 0;
		slots[2 * at] = htole32(entries[i].hash);
		slots[2 * at + 1] = htole32(entries[i].place);
	}
	r = append(w, slots, n_slots * 8);
	free(slots);
	return r;
}

int cdb_writer_finish(struct cdb_writer *w)
{
	uint32_t head[TABLES * 2];
	size_t first[TABLES + 1];
	struct entry *sorted;
	int r = flush(w);

	free(w->index);
	w->index = NULL;
	if (r == 0 && w->n_dead > 0)
		r = compact(w);
	if (r < 0)
		return r;
	sorted = by_table(w, first);
	for (int t = 0; r == 0 && t < TABLES; t++)
		r = write_table(w, sorted + first[t], first[t + 1] - first[t], head + 2 * t);
	free(sorted);
	if (r == 0)
		r = flush(w);
	return r < 0 ? r : write_at(w->fd, (const char *)head, sizeof(head), 0);
}
