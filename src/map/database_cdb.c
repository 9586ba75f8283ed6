/*
 * database_cdb.c - cdb files. They are never changed, only replaced, so readers need no lock; an update is a new file made of
 * the old records and the changes.
 */
#include "map/database_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "map/cdb_read.h"
#include "map/cdb_write.h"

struct cdb_file {
	struct cdb_reader reader;
	size_t position;           /* of database_next */
	struct cdb_writer *writer; /* NULL: reading */
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

/* The records of the file that is being changed, into the new one. */
static int take_over(struct cdb_writer *w, int fd)
{
	struct cdb_reader old;
	struct view key, value;
	size_t at = 0;
	int r = cdb_reader_open(fd, &old);

	if (r < 0)
		return r;
	while ((r = cdb_reader_next(&old, &at, &key, &value)) == 0) {
		r = cdb_writer_put(w, key, value, CDB_ADD);
		if (r < 0)
			break;
	}
	cdb_reader_close(&old);
	return r == -ENOENT ? 0 : r;
}

static int cdb_file_open_write(struct database *db, bool is_new)
{
	struct cdb_file *c = MEM_NEW(struct cdb_file);

	db->inside = c;
	if (ftruncate(db->lock_fd, 0) < 0)
		return -errno;
	c->writer = cdb_writer_new(db->lock_fd);
	return is_new ? 0 : take_over(c->writer, db->target_fd);
}

static void cdb_file_close(struct database *db)
{
	struct cdb_file *c = db->inside;

	cdb_reader_close(&c->reader);
	cdb_writer_free(c->writer);
	free(c);
	db->inside = NULL;
}

static int cdb_file_finish(struct database *db)
{
	struct cdb_file *c = db->inside;

	return cdb_writer_finish(c->writer);
}

static int cdb_file_get(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	struct cdb_file *c = db->inside;

	(void)deadline;
	return c->writer ? cdb_writer_get(c->writer, key, out)
			 : cdb_reader_get(&c->reader, key, out);
}

static int cdb_file_put(struct database *db, struct view key, struct view value, bool replace)
{
	struct cdb_file *c = db->inside;

	return cdb_writer_put(c->writer, key, value,
			      db->params.keeps_duplicates ? CDB_ADD
			      : replace                   ? CDB_REPLACE
							  : CDB_NEW_ONLY);
}

static int cdb_file_del(struct database *db, struct view key)
{
	struct cdb_file *c = db->inside;

	return cdb_writer_delete(c->writer, key);
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
