/* bdb_read_test.c - pages of Berkeley files that the library wrote, read without it: the same answers as the library's. */
#include "base/test.h"

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "map/bdb_read.h"

struct made {
	char path[64];
	DB *db;
};

static struct made make_file(DBTYPE type, u_int32_t flags, u_int32_t page_size)
{
	struct made m = { .path = "/tmp/bdbread.XXXXXX" };
	int fd = mkstemp(m.path);

	CHECK(fd >= 0);
	close(fd);
	CHECK_INT(unlink(m.path), 0);
	CHECK_INT(db_create(&m.db, NULL, 0), 0);
	if (flags)
		CHECK_INT(m.db->set_flags(m.db, flags), 0);
	CHECK_INT(m.db->set_pagesize(m.db, page_size), 0);
	CHECK_INT(m.db->open(m.db, NULL, m.path, NULL, type, DB_CREATE, 0600), 0);
	return m;
}

static void put(DB *db, struct view key, struct view value)
{
	DBT k = { .data = (void *)(uintptr_t)key.p, .size = (u_int32_t)key.len };
	DBT v = { .data = (void *)(uintptr_t)value.p, .size = (u_int32_t)value.len };

	CHECK_INT(db->put(db, NULL, &k, &v, 0), 0);
}

static void drop(DB *db, struct view key)
{
	DBT k = { .data = (void *)(uintptr_t)key.p, .size = (u_int32_t)key.len };

	CHECK_INT(db->del(db, NULL, &k, 0), 0);
}

/* The library's answer and ours; -ENOTSUP from ours is always allowed, and counted. */
static void compare(DB *db, struct bdb_reader *r, struct view key, size_t *n_refused)
{
	DBT k = { .data = (void *)(uintptr_t)key.p, .size = (u_int32_t)key.len }, v = { 0 };
	int theirs = db->get(db, NULL, &k, &v, 0);
	struct view value;
	int ours = bdb_reader_get(r, key, &value);

	if (ours == -ENOTSUP) {
		++*n_refused;
		return;
	}
	CHECK_INT(ours, theirs == DB_NOTFOUND ? -ENOENT : -theirs);
	if (ours == 0) {
		CHECK_INT(value.len, v.size);
		CHECK(memcmp(value.p, v.data, v.size) == 0);
	}
}

static struct bdb_reader *reader_of(const char *path, bool is_btree, int *fd)
{
	struct bdb_reader *r = NULL;
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(*fd >= 0 && fstat(*fd, &st) == 0);
	CHECK_INT(bdb_reader_open(*fd, is_btree, st.st_size, &r), 0);
	return r;
}

static struct view key_of(char buffer[64], size_t i)
{
	/* Keys of many lengths, some a beginning of others, some with bytes above 127 and NULs. */
	int n = snprintf(buffer, 64, "%.*s%zu\xe9", (int)(i % 23), "aaaaaaaaaaaaaaaaaaaaaaaaaa", i);

	return view_from(buffer, (size_t)n + (i % 3 == 0));
}

static void fill(DB *db, size_t n)
{
	char key[64], *value = mem_zero(200000);

	for (size_t i = 0; i < n; i++) {
		size_t len = i % 97 == 0 ? 3000 + i : i % 1013 == 1 ? 150000 : i % 60;

		memset(value, (int)('a' + i % 26), len);
		put(db, key_of(key, i), view_from(value, len));
	}
	for (size_t i = 0; i < n; i += 7)
		drop(db, key_of(key, i));
	free(value);
}

static void check_kind(DBTYPE type, u_int32_t flags, u_int32_t page_size, size_t n)
{
	struct made m = make_file(type, flags, page_size);
	size_t n_refused = 0;
	struct bdb_reader *r;
	char key[64];
	int fd;

	fill(m.db, n);
	if (flags & DB_DUP)
		for (size_t i = 1; i < n; i += 14)
			for (int k = 0; k < (i % 28 == 1 ? 40 : 2); k++)
				put(m.db, key_of(key, i), VIEW("another value of this key"));
	CHECK_INT(m.db->sync(m.db, 0), 0);
	r = reader_of(m.path, type == DB_BTREE, &fd);
	for (size_t i = 0; i < n + 200; i++)
		compare(m.db, r, key_of(key, i), &n_refused);
	compare(m.db, r, VIEW(""), &n_refused);
	compare(m.db, r, VIEW("zzzz"), &n_refused);
	if (!(flags & DB_DUP))
		CHECK_INT(n_refused, 0);
	bdb_reader_free(r);
	close(fd);
	m.db->close(m.db, 0);
	unlink(m.path);
}

TEST_COVERS("hash and btree pages are read as the library reads them", 80)
{
	static const u_int32_t sizes[] = { 512, 4096, 65536 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t n = 0; n <= 5000; n = n ? n * 50 : 2) {
			check_kind(DB_HASH, 0, sizes[i], n);
			check_kind(DB_BTREE, 0, sizes[i], n);
		}
}

TEST_COVERS("of several values to a key the library's first is the answer", 80)
{
	check_kind(DB_HASH, DB_DUP, 4096, 3000);
	check_kind(DB_BTREE, DB_DUP, 4096, 3000);
	check_kind(DB_HASH, DB_DUP, 512, 500);
	check_kind(DB_BTREE, DB_DUP, 512, 500);
}

TEST("keys longer than a page are found, or left to the library")
{
	static const DBTYPE types[] = { DB_HASH, DB_BTREE };
	char *key = mem_zero(5000);

	for (size_t t = 0; t < 2; t++) {
		struct made m = make_file(types[t], 0, 512);
		size_t n_refused = 0;
		struct bdb_reader *r;
		int fd;

		for (size_t len = 1; len < 5000; len += 113) {
			memset(key, 'k', len);
			put(m.db, view_from(key, len), VIEW("value"));
		}
		CHECK_INT(m.db->sync(m.db, 0), 0);
		r = reader_of(m.path, types[t] == DB_BTREE, &fd);
		for (size_t len = 1; len < 5000; len++) {
			memset(key, 'k', len);
			compare(m.db, r, view_from(key, len), &n_refused);
		}
		bdb_reader_free(r);
		close(fd);
		m.db->close(m.db, 0);
		unlink(m.path);
	}
	free(key);
}

TEST("a file of the other kind, or of none, is not for this reader")
{
	struct made m = make_file(DB_HASH, 0, 4096);
	struct bdb_reader *r;
	int fd;

	put(m.db, VIEW("a"), VIEW("1"));
	CHECK_INT(m.db->close(m.db, 0), 0);
	fd = open(m.path, O_RDWR | O_CLOEXEC);
	CHECK_INT(bdb_reader_open(fd, true, 8192, &r), -ENOTSUP);
	CHECK_INT(ftruncate(fd, 100), 0);
	CHECK_INT(bdb_reader_open(fd, false, 100, &r), -ENOTSUP);
	close(fd);
	unlink(m.path);
}
