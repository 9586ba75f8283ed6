/*
 * database_bdb.c - Berkeley DB 5.3 files, hash and btree, as sendmail's own tools make and read them.
 *
 * The library keeps pages of the file in memory between look-ups, so a reader takes the shared lock, sees by fstat whether
 * anybody wrote since it opened the file, and only then asks. A file that was written within the last few clock ticks
 * before it was opened could change again without showing a new time: such a reader is good for a moment only
 * (database_is_outdated).
 */
#include "map/database_kind.h"

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"

#define READ_CACHE_MIN    (256u << 10)
#define READ_CACHE_MAX    (4u << 20)
#define WRITE_CACHE_BYTES (64u << 20)
#define TICK_NS           20000000

struct bdb {
	DB *db;
	DBC *cursor;
	int fd;       /* the library's own; for locks */
	char *buffer; /* of the last value */
	size_t cap;
};

static int error_of(int r)
{
	if (r == 0)
		return 0;
	if (r == DB_NOTFOUND || r == DB_KEYEMPTY)
		return -ENOENT;
	if (r == DB_KEYEXIST)
		return -EEXIST;
	return r > 0 ? -r : -EINVAL;
}

static void be_silent(const DB_ENV *env __attribute__((unused)),
		      const char *prefix __attribute__((unused)),
		      const char *message __attribute__((unused)))
{
}

static int make_handle(struct database *db, size_t default_cache)
{
	struct bdb *b = MEM_NEW(struct bdb);
	size_t cache = db->params.cache_bytes ? db->params.cache_bytes : default_cache;
	int r = db_create(&b->db, NULL, 0);

	db->inside = b;
	b->fd = -1;
	if (r != 0) {
		b->db = NULL;
		return error_of(r);
	}
	b->db->set_errcall(b->db, be_silent);
	b->db->set_cachesize(b->db, (u_int32_t)(cache >> 30), (u_int32_t)(cache & ((1u << 30) - 1)),
			     1);
	return 0;
}

/* Small files fit whole; large ones share out a bounded cache, since each handle has its own. */
static size_t read_cache_of(off_t size)
{
	size_t want = (size_t)size + (size_t)size / 4;

	return want < READ_CACHE_MIN   ? READ_CACHE_MIN
	       : want > READ_CACHE_MAX ? READ_CACHE_MAX
				       : want;
}

static DBTYPE type_of(const struct database *db)
{
	return db->params.kind == DATABASE_BTREE ? DB_BTREE : DB_HASH;
}

static bool is_recent(const struct stat *st)
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = (now.tv_sec - st->st_mtim.tv_sec) * 1000000000LL +
	      (now.tv_nsec - st->st_mtim.tv_nsec);
	return age >= 0 && age < TICK_NS;
}

static int bdb_open_read(struct database *db)
{
	own_fd int fd = open(db->path, O_RDONLY | O_CLOEXEC);
	struct stat inner;
	struct bdb *b;
	int r;

	if (fd < 0)
		return -errno;
	r = database_lock(fd, LOCK_SH,
			  db->params.deadline ? db->params.deadline : deadline_in(60000));
	if (r < 0)
		return r;
	if (fstat(fd, &db->st) < 0)
		return -errno;
	if (db->st.st_size == 0) /* a writer made it and did not get further */
		return -EINVAL;
	r = make_handle(db, read_cache_of(db->st.st_size));
	b = db->inside;
	if (r < 0)
		return r;
	r = b->db->open(b->db, NULL, db->path, NULL, type_of(db), DB_RDONLY, 0);
	if (r == 0)
		r = b->db->fd(b->db, &b->fd);
	if (r != 0)
		return error_of(r);
	if (fstat(b->fd, &inner) < 0 || inner.st_ino != db->st.st_ino ||
	    inner.st_dev != db->st.st_dev)
		return -ESTALE;
	db->reopen_at = is_recent(&db->st) ? clock_ms() + TICK_NS / 1000000 : 0;
	return 0;
}

static int bdb_open_write(struct database *db, bool is_new)
{
	struct bdb *b;
	int r = make_handle(db, WRITE_CACHE_BYTES);

	b = db->inside;
	if (r < 0)
		return r;
	if (is_new && db->params.keeps_duplicates)
		b->db->set_flags(b->db, DB_DUP);
	r = b->db->open(b->db, NULL, db->write_path, NULL, type_of(db),
			is_new ? DB_CREATE | DB_TRUNCATE : 0, 0640);
	return error_of(r);
}

static void bdb_close(struct database *db)
{
	struct bdb *b = db->inside;

	if (b->cursor)
		b->cursor->close(b->cursor);
	if (b->db)
		b->db->close(b->db, db->params.mode == DATABASE_READ || db->is_committed ||
						    !db->is_in_place
					    ? DB_NOSYNC
					    : 0);
	free(b->buffer);
	free(b);
	db->inside = NULL;
}

static int bdb_finish(struct database *db)
{
	struct bdb *b = db->inside;

	if (b->cursor)
		b->cursor->close(b->cursor);
	b->cursor = NULL;
	return error_of(b->db->sync(b->db, 0));
}

static DBT dbt_of(struct view v)
{
	DBT t = { 0 };

	t.data = (void *)(uintptr_t)v.p;
	t.size = (u_int32_t)v.len;
	return t;
}

static int get_unlocked(struct bdb *b, struct view key, struct view *out)
{
	DBT k = dbt_of(key), v = { 0 };
	int r;

	if (!b->buffer)
		b->buffer = mem_alloc(b->cap = 2048);
	v.flags = DB_DBT_USERMEM;
	v.data = b->buffer;
	v.ulen = (u_int32_t)b->cap;
	r = b->db->get(b->db, NULL, &k, &v, 0);
	if (r == DB_BUFFER_SMALL) {
		b->cap = (size_t)v.size + 1;
		b->buffer = mem_resize(b->buffer, b->cap, 1);
		v.data = b->buffer;
		v.ulen = (u_int32_t)b->cap;
		r = b->db->get(b->db, NULL, &k, &v, 0);
	}
	if (r == 0)
		*out = view_from(b->buffer, v.size);
	return error_of(r);
}

/* Takes the shared lock on a file that nobody has written since it was opened; -ESTALE, unlocked, when somebody has. */
static int lock_unchanged(const struct database *db, int64_t deadline)
{
	const struct bdb *b = db->inside;
	struct stat st;
	int r = database_lock(b->fd, LOCK_SH, deadline);

	if (r < 0)
		return r;
	if (fstat(b->fd, &st) < 0)
		r = -errno;
	else if (st.st_size != db->st.st_size || st.st_mtim.tv_sec != db->st.st_mtim.tv_sec ||
		 st.st_mtim.tv_nsec != db->st.st_mtim.tv_nsec)
		r = -ESTALE;
	if (r < 0)
		flock(b->fd, LOCK_UN);
	return r;
}

static int bdb_get(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	struct bdb *b = db->inside;
	int r;

	if (db->params.mode != DATABASE_READ)
		return get_unlocked(b, key, out);
	r = lock_unchanged(db, deadline);
	if (r < 0)
		return r;
	r = get_unlocked(b, key, out);
	flock(b->fd, LOCK_UN);
	return r;
}

static int bdb_put(struct database *db, struct view key, struct view value, bool replace)
{
	struct bdb *b = db->inside;
	DBT k = dbt_of(key), v = dbt_of(value);
	bool is_duplicating = db->params.keeps_duplicates;

	return error_of(
		b->db->put(b->db, NULL, &k, &v, replace || is_duplicating ? 0 : DB_NOOVERWRITE));
}

static int bdb_del(struct database *db, struct view key)
{
	struct bdb *b = db->inside;
	DBT k = dbt_of(key);

	return error_of(b->db->del(b->db, NULL, &k, 0));
}

static int bdb_next(struct database *db, struct view *out_key, struct view *out_value)
{
	struct bdb *b = db->inside;
	DBT k = { 0 }, v = { 0 };
	int r = 0;

	if (!b->cursor && db->params.mode == DATABASE_READ)
		r = lock_unchanged(db, deadline_in(60000)); /* kept until the file is closed */
	if (r < 0)
		return r;
	if (!b->cursor)
		r = b->db->cursor(b->db, NULL, &b->cursor, 0);
	if (r == 0)
		r = b->cursor->get(b->cursor, &k, &v, DB_NEXT);
	if (r != 0)
		return error_of(r);
	*out_key = view_from(k.data, k.size);
	*out_value = view_from(v.data, v.size);
	return 0;
}

const struct database_ops database_ops_bdb = {
	.is_updatable_in_place = true,
	.open_read = bdb_open_read,
	.open_write = bdb_open_write,
	.close = bdb_close,
	.finish = bdb_finish,
	.get = bdb_get,
	.put = bdb_put,
	.del = bdb_del,
	.next = bdb_next,
};
