/* cdb_test.c - cdb files that are written and read: many records, several values, replaced, deleted, damaged. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map/cdb_read.h"
#include "map/cdb_write.h"

static int new_file(void)
{
	int fd = memfd_create("cdb", MFD_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static struct view text_of(char buffer[40], const char *what, size_t i)
{
	return view_from(buffer, (size_t)snprintf(buffer, 40, "%s%zu", what, i));
}

static size_t count(const struct cdb_reader *r)
{
	struct view key, value;
	size_t at = 0, n = 0;

	while (cdb_reader_next(r, &at, &key, &value) == 0)
		n++;
	return n;
}

TEST_COVERS("what is put into a cdb is found, while it is written and afterwards", 3, 80)
{
	const size_t n = 200000;
	char k[40], v[40];
	int fd = new_file();
	struct cdb_writer *w = cdb_writer_new(fd);
	struct cdb_reader r;
	struct view value;

	for (size_t i = 0; i < n; i++)
		CHECK_INT(cdb_writer_put(w, text_of(k, "key", i), text_of(v, "value", i),
					 CDB_NEW_ONLY),
			  0);
	for (size_t i = 0; i < n; i += 37) {
		CHECK_INT(cdb_writer_put(w, text_of(k, "key", i), VIEW("x"), CDB_NEW_ONLY),
			  -EEXIST);
		CHECK_INT(cdb_writer_get(w, text_of(k, "key", i), &value), 0);
		CHECK(view_eq(value, text_of(v, "value", i)));
	}
	CHECK_INT(cdb_writer_get(w, VIEW("nosuch"), &value), -ENOENT);
	CHECK_INT(cdb_writer_finish(w), 0);
	cdb_writer_free(w);
	CHECK_INT(cdb_reader_open(fd, &r), 0);
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(cdb_reader_get(&r, text_of(k, "key", i), &value), 0);
		CHECK(view_eq(value, text_of(v, "value", i)));
		CHECK_INT(cdb_reader_get(&r, text_of(k, "none", i), &value), -ENOENT);
	}
	CHECK_INT(count(&r), n);
	cdb_reader_close(&r);
	close(fd);
}

TEST_COVERS("records that were replaced or deleted are not in the cdb, the others keep their order",
	    3, 4)
{
	char k[40], v[40];
	int fd = new_file();
	struct cdb_writer *w = cdb_writer_new(fd);
	struct cdb_reader r;
	struct view key, value;
	size_t at = 0;

	for (size_t i = 0; i < 5000; i++)
		CHECK_INT(cdb_writer_put(w, text_of(k, "k", i), text_of(v, "old", i), CDB_ADD), 0);
	for (size_t i = 0; i < 5000; i += 2)
		CHECK_INT(cdb_writer_delete(w, text_of(k, "k", i)), 0);
	CHECK_INT(cdb_writer_delete(w, VIEW("k0")), -ENOENT);
	for (int i = 0; i < 3000; i++) /* again and again the same one */
		CHECK_INT(cdb_writer_put(w, VIEW("k1"), VIEW("new"), CDB_REPLACE), 0);
	CHECK_INT(cdb_writer_put(w, VIEW("k0"), VIEW("back"), CDB_REPLACE), 0);
	CHECK_INT(cdb_writer_finish(w), 0);
	cdb_writer_free(w);
	CHECK_INT(cdb_reader_open(fd, &r), 0);
	CHECK_INT(count(&r), 2501);
	CHECK_INT(cdb_reader_next(&r, &at, &key, &value), 0);
	CHECK_VIEW(key, "k3");
	CHECK_INT(cdb_reader_get(&r, VIEW("k1"), &value), 0);
	CHECK_VIEW(value, "new");
	CHECK_INT(cdb_reader_get(&r, VIEW("k0"), &value), 0);
	CHECK_VIEW(value, "back");
	CHECK_INT(cdb_reader_get(&r, VIEW("k2"), &value), -ENOENT);
	cdb_reader_close(&r);
	close(fd);
}

TEST_COVERS("of several values the first that was put is the answer, and all are there", 80)
{
	int fd = new_file();
	struct cdb_writer *w = cdb_writer_new(fd);
	struct cdb_reader r;
	struct view value;

	CHECK_INT(cdb_writer_put(w, VIEW("a"), VIEW("1"), CDB_ADD), 0);
	CHECK_INT(cdb_writer_put(w, VIEW("b"), VIEW(""), CDB_ADD), 0);
	CHECK_INT(cdb_writer_put(w, VIEW("a"), VIEW("2"), CDB_ADD), 0);
	CHECK_INT(cdb_writer_put(w, VIEW(""), VIEW("empty"), CDB_ADD), 0);
	CHECK_INT(cdb_writer_finish(w), 0);
	cdb_writer_free(w);
	CHECK_INT(cdb_reader_open(fd, &r), 0);
	CHECK_INT(cdb_reader_get(&r, VIEW("a"), &value), 0);
	CHECK_VIEW(value, "1");
	CHECK_INT(cdb_reader_get(&r, VIEW(""), &value), 0);
	CHECK_VIEW(value, "empty");
	CHECK_INT(count(&r), 4);
	cdb_reader_close(&r);
	close(fd);
}

TEST("an empty cdb has no records; a short or damaged file is told from one")
{
	int fd = new_file();
	struct cdb_writer *w = cdb_writer_new(fd);
	const unsigned char beyond[8] = { 0xff, 0xff, 0xff, 0x7f, 2, 0, 0, 0 };
	struct cdb_reader r;
	struct view value;

	CHECK_INT(cdb_reader_open(fd, &r), -EINVAL);
	CHECK_INT(cdb_writer_finish(w), 0);
	cdb_writer_free(w);
	CHECK_INT(cdb_reader_open(fd, &r), 0);
	CHECK_INT(count(&r), 0);
	CHECK_INT(cdb_reader_get(&r, VIEW("a"), &value), -ENOENT);
	cdb_reader_close(&r);
	for (int i = 1; i < 256; i++)
		CHECK_INT(pwrite(fd, beyond, 8, 8 * i), 8);
	CHECK_INT(cdb_reader_open(fd, &r), 0);
	CHECK_INT(cdb_reader_get(&r, VIEW("a"), &value), -EINVAL);
	cdb_reader_close(&r);
	close(fd);
}
