/*
 * bdb_read.c - see bdb_read.h.
 *
 * The file is a row of pages of one size; page 0 describes it. A page begins with a head of 26 bytes and a table of 16-bit
 * offsets; the items they point to fill the page from its end:
 *
 *     0 log position   8 own number   12 previous   16 next   20 entries   22 end of free space   24 level   25 type   26 offsets
 *
 * Hash: a key's bucket is its hash masked; bucket b begins on page b + spares[ceil(log2(b + 1))], and further pages follow by
 * "next". Items come in pairs, key and value; an item begins with its kind, and ends where the item before it begins.
 *
 * Btree: inner pages hold (length, kind, page, count, key): the last key that is not greater leads down. Leaves hold pairs of
 * (length, kind, bytes), ordered by bytes, then by length.
 *
 * A long key or value stands on a chain of overflow pages; the item then holds the first page's number and the length.
 */
#include "map/bdb_read.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"

#define HASH_MAGIC  0x061561u
#define BTREE_MAGIC 0x053162u
#define VERSION_MIN 7
#define VERSION_MAX 10
#define HEAD_BYTES  26u
#define PAGE_MIN    512u
#define PAGE_MAX    65536u
#define META_BYTES  512u
#define SPARES      32
#define DEPTH_MAX   32
#define VALUE_MAX   (64u << 20)
#define FLAG_DUPS   1u /* of the first page: keys may have several values */
#define CHECK_TEXT                                                                                 \
	"%$sniglet^&" /* its hash, with the NUL, stands in the first page: which function was used */

enum page_type {
	PAGE_HASH_UNSORTED = 2,
	PAGE_BTREE_INNER = 3,
	PAGE_BTREE_LEAF = 5,
	PAGE_OVERFLOW = 7,
	PAGE_HASH = 13
};
enum item_kind { ITEM_PLAIN = 1, ITEM_DUPLICATES = 2, ITEM_LONG = 3, ITEM_TREE = 4 };
#define ITEM_DELETED 0x80u

struct bdb_reader {
	int fd;
	bool is_btree, has_dups;
	uint32_t page_size, root;
	uint64_t n_pages; /* in the file: no chain is longer */
	uint32_t max_bucket, high_mask, low_mask, spares[SPARES];
	size_t n_slots; /* a power of two */
	uint32_t *kept; /* which page each slot holds; 0: none, since page 0 is never asked for */
	unsigned char *pages; /* the slots */
	char *value;
	size_t cap;
};

static uint16_t u16(const unsigned char *p)
{
	uint16_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static uint32_t u32(const unsigned char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static uint32_t hash_of(struct view key)
{
	uint32_t h = 0;

	for (size_t i = 0; i < key.len; i++)
		h = (h * 16777619u) ^ (unsigned char)key.p[i];
	return h;
}

static bool read_hash_head(struct bdb_reader *r, const unsigned char *head)
{
	r->max_bucket = u32(head + 72);
	r->high_mask = u32(head + 76);
	r->low_mask = u32(head + 80);
	for (int i = 0; i < SPARES; i++)
		r->spares[i] = u32(head + 96 + 4 * i);
	return u32(head + 92) == hash_of(view_from(CHECK_TEXT, sizeof(CHECK_TEXT)));
}

static bool read_head(struct bdb_reader *r, const unsigned char *head)
{
	uint32_t version = u32(head + 16);

	r->page_size = u32(head + 20);
	if (u32(head + 12) != (r->is_btree ? BTREE_MAGIC : HASH_MAGIC) || version < VERSION_MIN ||
	    version > VERSION_MAX || r->page_size < PAGE_MIN || r->page_size > PAGE_MAX ||
	    (r->page_size & (r->page_size - 1)))
		return false;
	if (head[24] || head[26] || u32(head + 36)) /* encrypted, check sums, partitions */
		return false;
	/* Sub-databases, record numbers and compression are other layouts. */
	if (u32(head + 48) & (r->is_btree ? ~0x41u : ~0x05u))
		return false;
	r->has_dups = u32(head + 48) & FLAG_DUPS;
	r->root = u32(head + 88);
	return r->is_btree || read_hash_head(r, head);
}

int bdb_reader_open(int fd, bool is_btree, off_t size, struct bdb_reader **out)
{
	unsigned char head[META_BYTES];
	struct bdb_reader *r;
	size_t want;

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return -ENOTSUP;
	r = MEM_NEW(struct bdb_reader);
	r->fd = fd;
	r->is_btree = is_btree;
	if (!read_head(r, head)) {
		free(r);
		return -ENOTSUP;
	}
	r->n_pages = (uint64_t)size / r->page_size;
	want = (size_t)size < BDB_CACHE_BYTES_MAX ? (size_t)size : BDB_CACHE_BYTES_MAX;
	for (r->n_slots = 16; r->n_slots * r->page_size < want;)
		r->n_slots *= 2;
	r->kept = mem_alloc(r->n_slots * sizeof(r->kept[0]));
	memset(r->kept, 0, r->n_slots * sizeof(r->kept[0]));
	r->pages = mem_alloc(r->n_slots * r->page_size);
	*out = r;
	return 0;
}

void bdb_reader_free(struct bdb_reader *r)
{
	if (!r)
		return;
	free(r->kept);
	free(r->pages);
	free(r->value);
	free(r);
}

/* A page, valid until the next call; NULL when it is not in the file. */
static const unsigned char *page_at(struct bdb_reader *r, uint32_t number)
{
	size_t at = number & (r->n_slots - 1);
	unsigned char *p = r->pages + at * r->page_size;

	if (number == 0)
		return NULL;
	if (r->kept[at] == number)
		return p;
	r->kept[at] = 0;
	if (pread(r->fd, p, r->page_size, (off_t)number * r->page_size) != (ssize_t)r->page_size)
		return NULL;
	r->kept[at] = number;
	return p;
}

static unsigned n_entries(const struct bdb_reader *r, const unsigned char *page)
{
	unsigned n = u16(page + 20), most = (r->page_size - HEAD_BYTES) / 2;

	return n < most ? n : most;
}

/* Where item i of a page begins; 0: nowhere sensible, or with fewer than `least` bytes. */
static uint32_t item_at(const struct bdb_reader *r, const unsigned char *page, unsigned i,
			uint32_t least)
{
	uint32_t at = u16(page + HEAD_BYTES + 2 * i);

	return at >= HEAD_BYTES && at + least <= r->page_size ? at : 0;
}

static void reserve_value(struct bdb_reader *r, size_t len)
{
	if (r->cap > len)
		return;
	r->cap = len + 256;
	r->value = mem_resize(r->value, r->cap, 1);
}

static int keep_value(struct bdb_reader *r, const unsigned char *p, size_t len, struct view *out)
{
	reserve_value(r, len);
	memcpy(r->value, p, len);
	*out = view_from(r->value, len);
	return 0;
}

/* The bytes of an overflow chain, into the reader's value. */
static int read_chain(struct bdb_reader *r, uint32_t number, size_t len, struct view *out)
{
	uint64_t n_seen = 0;
	size_t done = 0;

	if (len > VALUE_MAX)
		return -ENOTSUP;
	reserve_value(r, len);
	while (done < len) {
		const unsigned char *page = page_at(r, number);
		size_t here;

		if (!page || page[25] != PAGE_OVERFLOW || n_seen++ > r->n_pages)
			return -EBADMSG;
		here = u16(page + 22);
		if (here == 0 || here > r->page_size - HEAD_BYTES || here > len - done)
			return -EBADMSG;
		memcpy(r->value + done, page + HEAD_BYTES, here);
		done += here;
		number = u32(page + 16);
	}
	*out = view_from(r->value, len);
	return 0;
}

/* An item that only names its chain: kind at 0 (hash) or 2 (btree), the page at 4, the length at 8. */
static int read_long(struct bdb_reader *r, const unsigned char *item, struct view *out)
{
	return read_chain(r, u32(item + 4), u32(item + 8), out);
}

static int order(struct view a, struct view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	return r ? r : a.len < b.len ? -1 : a.len > b.len;
}

static uint32_t bucket_page(const struct bdb_reader *r, struct view key)
{
	uint32_t bucket = hash_of(key) & r->high_mask;
	unsigned log = 0;

	if (bucket > r->max_bucket)
		bucket &= r->low_mask;
	while (log < SPARES - 1 && ((uint64_t)1 << log) < (uint64_t)bucket + 1)
		log++;
	return bucket + r->spares[log];
}

/* Item i of a hash page, from its kind on; its length ends where the item before begins. */
static bool hash_item(const struct bdb_reader *r, const unsigned char *page, unsigned i,
		      struct view *out)
{
	uint32_t at = item_at(r, page, i, 1),
		 end = i == 0 ? r->page_size : u16(page + HEAD_BYTES + 2 * (i - 1));

	if (at == 0 || end > r->page_size || end <= at)
		return false;
	*out = view_from((const char *)page + at, end - at);
	return true;
}

static int hash_value(struct bdb_reader *r, const unsigned char *page, unsigned i, struct view *out)
{
	const unsigned char *p;
	struct view item;

	if (!hash_item(r, page, i, &item))
		return -EBADMSG;
	p = (const unsigned char *)item.p;
	switch (p[0]) {
	case ITEM_PLAIN:
		return keep_value(r, p + 1, item.len - 1, out);
	case ITEM_DUPLICATES: /* length, bytes, length; the first is the answer */
		if (item.len < 3 || (size_t)u16(p + 1) + 3 > item.len)
			return -EBADMSG;
		return keep_value(r, p + 3, u16(p + 1), out);
	case ITEM_LONG:
		return item.len < 12 ? -EBADMSG : read_long(r, p, out);
	default:
		return -ENOTSUP;
	}
}

/* Does item i of a hash page hold this key? 1, 0, or -ENOTSUP: only the library can tell. */
static int hash_key_is(const struct bdb_reader *r, const unsigned char *page, unsigned i,
		       struct view key)
{
	struct view item;

	if (!hash_item(r, page, i, &item))
		return -EBADMSG;
	if (item.p[0] == ITEM_LONG) /* a key on a chain of its own: rare, and long */
		return item.len >= 12 && u32((const unsigned char *)item.p + 8) == key.len
			       ? -ENOTSUP
			       : 0;
	return item.p[0] == ITEM_PLAIN && item.len == key.len + 1 &&
	       memcmp(item.p + 1, key.p, key.len) == 0;
}

static int hash_get(struct bdb_reader *r, struct view key, struct view *out)
{
	uint32_t number = bucket_page(r, key);
	uint64_t n_seen = 0;

	while (number != 0) {
		const unsigned char *page = page_at(r, number);
		unsigned n;

		if (!page || n_seen++ > r->n_pages)
			return -EBADMSG;
		if (page[25] == 0 && u16(page + 20) == 0)
			return -ENOENT; /* a bucket that was never written */
		if (page[25] != PAGE_HASH && page[25] != PAGE_HASH_UNSORTED)
			return -EBADMSG;
		n = n_entries(r, page);
		for (unsigned i = 0; i + 1 < n; i += 2) {
			int is = hash_key_is(r, page, i, key);

			if (is != 0)
				return is < 0 ? is : hash_value(r, page, i + 1, out);
		}
		number = u32(page + 16);
	}
	return -ENOENT;
}

/* An item of a btree leaf: kind and bytes. */
static bool leaf_item(const struct bdb_reader *r, const unsigned char *page, unsigned i,
		      unsigned *out_kind, struct view *out)
{
	uint32_t at = item_at(r, page, i, 3), len;

	if (at == 0)
		return false;
	*out_kind = page[at + 2];
	len = (*out_kind & ~ITEM_DELETED) == ITEM_PLAIN ? u16(page + at) : 9;
	if (at + 3 + len > r->page_size)
		return false;
	*out = view_from((const char *)page + at + 3, len);
	return true;
}

/* The page below an inner page that the key belongs to; 0: the page makes no sense. *out_is_long: it cannot be told here. */
static uint32_t inner_next(const struct bdb_reader *r, const unsigned char *page, struct view key,
			   bool *out_is_long)
{
	unsigned low = 0, high = n_entries(r, page);
	uint32_t at;

	while (high - low > 1) { /* the first key counts as less than any */
		unsigned mid = low + (high - low) / 2;
		struct view here;

		at = item_at(r, page, mid, 12);
		if (at == 0 || at + 12 + u16(page + at) > r->page_size)
			return 0;
		if (page[at + 2] != ITEM_PLAIN) {
			*out_is_long = true;
			return 0;
		}
		here = view_from((const char *)page + at + 12, u16(page + at));
		if (order(key, here) < 0)
			high = mid;
		else
			low = mid;
	}
	at = high > 0 ? item_at(r, page, low, 12) : 0;
	return at ? u32(page + at + 4) : 0;
}

static int leaf_get(struct bdb_reader *r, const unsigned char *page, struct view key,
		    struct view *out)
{
	unsigned low = 0, n = n_entries(r, page) / 2, high = n, kind;
	struct view here;

	while (low < high) { /* the first key that is not less */
		unsigned mid = low + (high - low) / 2;

		if (!leaf_item(r, page, 2 * mid, &kind, &here))
			return -EBADMSG;
		if ((kind & ~ITEM_DELETED) != ITEM_PLAIN)
			return -ENOTSUP;
		if (order(here, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n; low++) { /* deleted values stand there still */
		if (!leaf_item(r, page, 2 * low, &kind, &here))
			return -EBADMSG;
		if ((kind & ~ITEM_DELETED) != ITEM_PLAIN)
			return -ENOTSUP;
		if (order(here, key) != 0)
			return r->has_dups && low + 1 == n ? -ENOTSUP : -ENOENT;
		if (!leaf_item(r, page, 2 * low + 1, &kind, &here))
			return -EBADMSG;
		if (kind == ITEM_PLAIN)
			return keep_value(r, (const unsigned char *)here.p, here.len, out);
		if (kind == ITEM_LONG)
			return read_long(r, (const unsigned char *)here.p - 3, out);
		if (!(kind & ITEM_DELETED))
			return -ENOTSUP;
	}
	return r->has_dups ? -ENOTSUP : -ENOENT;
}

static int btree_get(struct bdb_reader *r, struct view key, struct view *out)
{
	uint32_t number = r->root;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const unsigned char *page = page_at(r, number);
		bool is_long = false;

		if (!page)
			return -EBADMSG;
		if (page[25] == PAGE_BTREE_LEAF)
			return leaf_get(r, page, key, out);
		if (page[25] != PAGE_BTREE_INNER)
			return -EBADMSG;
		number = inner_next(r, page, key, &is_long);
		if (is_long)
			return -ENOTSUP;
	}
	return -EBADMSG;
}

int bdb_reader_get(struct bdb_reader *r, struct view key, struct view *out)
{
	return r->is_btree ? btree_get(r, key, out) : hash_get(r, key, out);
}
