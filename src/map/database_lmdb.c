/*
 * database_lmdb.c - LMDB files, one file without a lock file beside it. They are only ever replaced whole, so readers need no
 * lock: each handle keeps one read transaction for its life. An update changes a copy that takes the old one's place.
 */
#include "map/database_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define MAP_BYTES_MAX ((size_t)1 << 38) /* address space, not memory */

struct lmdb_file {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cursor;
	size_t n_puts;
	bool is_started;
};

#define PUTS_PER_TXN 100000

static int error_of(int r)
{
	if (r == 0)
		return 0;
	if (r == MDB_NOTFOUND)
		return -ENOENT;
	if (r == MDB_KEYEXIST)
		return -EEXIST;
	if (r == MDB_BAD_VALSIZE)
		return -ENAMETOOLONG;
	return r > 0 ? -r : -EINVAL;
}

static int open_env(struct database *db, const char *path, unsigned flags, mode_t mode)
{
	struct lmdb_file *f = MEM_NEW(struct lmdb_file);
	int r = mdb_env_create(&f->env);

	db->inside = f;
	if (r != 0)
		return error_of(r);
	r = mdb_env_set_mapsize(f->env, sizeof(void *) < 8 ? (size_t)1 << 30 : MAP_BYTES_MAX);
	if (r == 0)
		r = mdb_env_open(f->env, path, flags | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, mode);
	if (r == 0)
		r = mdb_txn_begin(f->env, NULL, flags & MDB_RDONLY, &f->txn);
	if (r == 0)
		r = mdb_dbi_open(f->txn, NULL, 0, &f->dbi);
	return error_of(r);
}

static int lmdb_open_read(struct database *db)
{
	if (stat(db->path, &db->st) < 0)
		return -errno;
	if (!S_ISREG(db->st.st_mode) || db->st.st_size == 0)
		return -EINVAL;
	return open_env(db, db->path, MDB_RDONLY, 0);
}

static int lmdb_open_write(struct database *db, bool is_new)
{
	(void)is_new; /* a new file is empty, which LMDB takes as a database without records */
	return open_env(db, db->write_path, MDB_NOSYNC, 0640);
}

static void lmdb_close(struct database *db)
{
	struct lmdb_file *f = db->inside;

	if (f->cursor)
		mdb_cursor_close(f->cursor);
	if (f->txn)
		mdb_txn_abort(f->txn);
	if (f->env)
		mdb_env_close(f->env);
	free(f);
	db->inside = NULL;
}

static int lmdb_finish(struct database *db)
{
	struct lmdb_file *f = db->inside;
	int r = mdb_txn_commit(f->txn);

	f->txn = NULL;
	if (r == 0)
		r = mdb_env_sync(f->env, 1);
	return error_of(r);
}

static MDB_val val_of(struct view v)
{
	return (MDB_val){ v.len, (void *)(uintptr_t)v.p };
}

static int lmdb_get(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	struct lmdb_file *f = db->inside;
	MDB_val k = val_of(key), v;
	int r;

	(void)deadline;
	if (key.len == 0)
		return -ENOENT;
	r = mdb_get(f->txn, f->dbi, &k, &v);
	if (r == MDB_BAD_VALSIZE)
		return -ENOENT; /* longer than any key can be */
	if (r == 0)
		*out = view_from(v.mv_data, v.mv_size);
	return error_of(r);
}

static int lmdb_put(struct database *db, struct view key, struct view value, bool replace)
{
	struct lmdb_file *f = db->inside;
	MDB_val k = val_of(key), v = val_of(value);
	int r = mdb_put(f->txn, f->dbi, &k, &v, replace ? 0 : MDB_NOOVERWRITE);

	if (r == 0 && ++f->n_puts % PUTS_PER_TXN == 0) { /* keeps the list of changed pages short */
		r = mdb_txn_commit(f->txn);
		f->txn = NULL;
		if (r == 0)
			r = mdb_txn_begin(f->env, NULL, 0, &f->txn);
	}
	return error_of(r);
}

static int lmdb_del(struct database *db, struct view key)
{
	struct lmdb_file *f = db->inside;
	MDB_val k = val_of(key);

	return error_of(mdb_del(f->txn, f->dbi, &k, NULL));
}

static int lmdb_next(struct database *db, struct view *out_key, struct view *out_value)
{
	struct lmdb_file *f = db->inside;
	MDB_val k, v;
	int r = f->cursor ? 0 : mdb_cursor_open(f->txn, f->dbi, &f->cursor);

	if (r == 0)
		r = mdb_cursor_get(f->cursor, &k, &v, MDB_NEXT);
	if (r != 0)
		return error_of(r);
	*out_key = view_from(k.mv_data, k.mv_size);
	*out_value = view_from(v.mv_data, v.mv_size);
	return 0;
}

const struct database_ops database_ops_lmdb = {
	.open_read = lmdb_open_read,
	.open_write = lmdb_open_write,
	.close = lmdb_close,
	.finish = lmdb_finish,
	.get = lmdb_get,
	.put = lmdb_put,
	.del = lmdb_del,
	.next = lmdb_next,
};
