/*
 * cdb_read.c - see cdb_read.h.
 *
 * The file begins with 256 pairs (place, slots) of hash tables; then come the records (length of key, length of value, key,
 * value), then the tables of slots (hash, place of the record). All numbers have 32 bits, the least byte first. The low byte
 * of a key's hash chooses the table, the rest the slot to begin at; a slot without a record ends the search.
 */
#include "map/cdb_read.h"

#include <endian.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define HEAD_BYTES 2048u
#define POPULATE_AT_ONCE                                                                           \
	(16 << 20) /* a file up to this size is brought in whole when it is opened */

static uint32_t u32(const unsigned char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return le32toh(n);
}

int cdb_reader_open(int fd, struct cdb_reader *r)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)HEAD_BYTES || st.st_size > (off_t)UINT32_MAX)
		return -EINVAL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ,
		 MAP_SHARED | (st.st_size <= POPULATE_AT_ONCE ? MAP_POPULATE : 0), fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*r = (struct cdb_reader){ .p = p, .size = (size_t)st.st_size };
	r->end = u32(r->p);
	if (r->end < HEAD_BYTES || r->end > r->size) {
		cdb_reader_close(r);
		return -EINVAL;
	}
	return 0;
}

void cdb_reader_close(struct cdb_reader *r)
{
	if (r->p)
		munmap((void *)(uintptr_t)r->p, r->size);
	r->p = NULL;
}

uint32_t cdb_hash_of(struct view key)
{
	uint32_t h = 5381;

	for (size_t i = 0; i < key.len; i++)
		h = (h * 33) ^ (unsigned char)key.p[i];
	return h;
}

/* Key and value of the record at a place; its size, or 0 when it does not lie in the file. */
static size_t record_at(const struct cdb_reader *r, size_t at, struct view *out_key,
			struct view *out_value)
{
	size_t left = r->size, key, value;

	if (at < HEAD_BYTES || at > r->size - 8)
		return 0;
	left -= at + 8;
	key = u32(r->p + at);
	value = u32(r->p + at + 4);
	if (key > left || value > left - key)
		return 0;
	*out_key = view_from((const char *)r->p + at + 8, key);
	*out_value = view_from((const char *)r->p + at + 8 + key, value);
	return 8 + key + value;
}

int cdb_reader_get(const struct cdb_reader *r, struct view key, struct view *out)
{
	uint32_t hash = cdb_hash_of(key), at = (hash & 255) * 8, table = u32(r->p + at),
		 n = u32(r->p + at + 4), slot = n ? (hash >> 8) % n : 0;
	struct view found;

	if (table > r->size || n > (r->size - table) / 8)
		return -EINVAL;
	for (uint32_t i = 0; i < n; i++, slot = slot + 1 < n ? slot + 1 : 0) {
		const unsigned char *s = r->p + table + (size_t)slot * 8;
		uint32_t place = u32(s + 4);

		if (place == 0)
			return -ENOENT;
		if (u32(s) != hash)
			continue;
		if (record_at(r, place, &found, out) == 0)
			return -EINVAL;
		if (view_eq(found, key))
			return 0;
	}
	return -ENOENT;
}

int cdb_reader_next(const struct cdb_reader *r, size_t *at, struct view *out_key,
		    struct view *out_value)
{
	size_t place = *at ? *at : HEAD_BYTES, n;

	if (place >= r->end)
		return -ENOENT;
	n = record_at(r, place, out_key, out_value);
	if (n == 0 || place + n > r->end)
		return -EINVAL;
	*at = place + n;
	return 0;
}
