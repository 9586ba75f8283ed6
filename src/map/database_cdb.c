/*
 * database_cdb.c - cdb files. They are never changed, only replaced, so readers need no lock; an update is a new file made of
 * the old records and the changes.
 */
#include "map/database_kind.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/table.h"
#include "map/cdb_read.h"

struct cdb_file {
	struct cdb_reader reader;
	size_t position; /* of database_next */
	struct cdb_make writer;
	bool is_writing;
	/* An update is gathered here, since a cdb cannot be changed: key -> struct view, or NULL when deleted. */
	struct table *records;
	struct arena *arena;
	char *value; /* what database_get gives while writing */
};

static int cdb_file_open_read(struct database *db)
{
	own_fd int fd = open(db->path, O_RDONLY | O_CLOEXEC);
	struct cdb_file *c;

	if (fd < 0 || fstat(fd, &db->st) < 0)
		return -errno;
	c = MEM_NEW(struct cdb_file);
	db->inside = c;
	return cdb_reader_open(fd, &c->reader);
}

/* The records of the file that is being changed, into memory. */
static int gather(struct cdb_file *c, int fd)
{
	struct cdb_reader old;
	struct view key, value;
	size_t at = 0;
	int r = cdb_reader_open(fd, &old);

	c->records = table_new(TABLE_EXACT);
	c->arena = arena_new((size_t)4 << 30);
	if (r < 0)
		return r;
	while ((r = cdb_reader_next(&old, &at, &key, &value)) == 0) {
		struct view *kept = ARENA_NEW(c->arena, struct view);

		*kept = arena_dup(c->arena, value);
		if (!table_has(c->records, key))
			table_set(c->records, key, kept);
	}
	cdb_reader_close(&old);
	return r == -ENOENT ? 0 : r;
}

static int cdb_file_open_write(struct database *db, bool is_new)
{
	struct cdb_file *c = MEM_NEW(struct cdb_file);

	db->inside = c;
	if (!is_new) {
		int r = gather(c, db->target_fd);

		if (r < 0)
			return r;
		if (ftruncate(db->lock_fd, 0) < 0)
			return -errno;
	}
	if (lseek(db->lock_fd, 0, SEEK_SET) < 0 || cdb_make_start(&c->writer, db->lock_fd) != 0)
		return -errno;
	c->is_writing = true;
	return 0;
}

static void cdb_file_close(struct database *db)
{
	struct cdb_file *c = db->inside;

	cdb_reader_close(&c->reader);
	if (c->is_writing)
		cdb_make_finish(&c->writer);
	table_free(c->records);
	arena_free(c->arena);
	free(c->value);
	free(c);
	db->inside = NULL;
}

static int cdb_file_finish(struct database *db)
{
	struct cdb_file *c = db->inside;
	struct view key;
	void *value;
	size_t at = 0;

	while (c->records && table_next(c->records, &at, &key, &value)) {
		const struct view *v = value;

		if (v &&
		    cdb_make_add(&c->writer, key.p, (unsigned)key.len, v->p, (unsigned)v->len) != 0)
			return -errno;
	}
	c->is_writing = false;
	return cdb_make_finish(&c->writer) == 0 ? 0 : -errno;
}

/* A value of the file that is being made: its records are looked through from the start. Used for rare keys only. */
static int read_made(int fd, struct view key, struct view *out, char **value)
{
	unsigned char head[8];
	off_t at = 2048;
	own_mem char *found = mem_alloc(key.len + 1);

	while (pread(fd, head, 8, at) == 8) {
		size_t key_len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
				 (size_t)head[3] << 24;
		size_t len = head[4] | (size_t)head[5] << 8 | (size_t)head[6] << 16 |
			     (size_t)head[7] << 24;

		if (key_len == key.len && pread(fd, found, key.len, at + 8) == (ssize_t)key.len &&
		    memcmp(found, key.p, key.len) == 0) {
			free(*value);
			*value = mem_alloc(len + 1);
			if (pread(fd, *value, len, at + 8 + (off_t)key_len) != (ssize_t)len)
				return -EIO;
			*out = view_from(*value, len);
			return 0;
		}
		at += 8 + (off_t)key_len + (off_t)len;
	}
	return -EIO;
}

static int get_while_writing(struct database *db, struct view key, struct view *out)
{
	struct cdb_file *c = db->inside;
	const struct view *kept;
	int n;

	if (c->records) {
		kept = table_get(c->records, key);
		if (!kept)
			return -ENOENT;
		*out = *kept;
		return 0;
	}
	n = cdb_make_exists(&c->writer, key.p, (unsigned)key.len);
	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	return read_made(db->lock_fd, key, out, &c->value);
}

static int cdb_file_get(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	struct cdb_file *c = db->inside;

	(void)deadline;
	return c->reader.p ? cdb_reader_get(&c->reader, key, out) : get_while_writing(db, key, out);
}

static int cdb_file_put(struct database *db, struct view key, struct view value, bool replace)
{
	struct cdb_file *c = db->inside;
	int r;

	if (c->records) {
		struct view *kept;

		if (!replace && table_get(c->records, key))
			return -EEXIST;
		kept = ARENA_NEW(c->arena, struct view);
		*kept = arena_dup(c->arena, value);
		table_set(c->records, key, kept);
		return 0;
	}
	r = cdb_make_put(&c->writer, key.p, (unsigned)key.len, value.p, (unsigned)value.len,
			 db->params.keeps_duplicates ? CDB_PUT_ADD
			 : replace                   ? CDB_PUT_REPLACE
						     : CDB_PUT_INSERT);
	if (r < 0)
		return -errno;
	return r > 0 && !replace && !db->params.keeps_duplicates ? -EEXIST : 0;
}

static int cdb_file_del(struct database *db, struct view key)
{
	struct cdb_file *c = db->inside;

	if (!c->records || !table_get(c->records, key))
		return -ENOENT;
	table_remove(c->records, key);
	return 0;
}

static int cdb_file_next(struct database *db, struct view *out_key, struct view *out_value)
{
	struct cdb_file *c = db->inside;

	return cdb_reader_next(&c->reader, &c->position, out_key, out_value);
}

const struct database_ops database_ops_cdb = {
	.open_read = cdb_file_open_read,
	.open_write = cdb_file_open_write,
	.close = cdb_file_close,
	.finish = cdb_file_finish,
	.get = cdb_file_get,
	.put = cdb_file_put,
	.del = cdb_file_del,
	.next = cdb_file_next,
};
