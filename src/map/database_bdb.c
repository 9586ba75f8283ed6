/*
 * database_bdb.c - Berkeley DB 5.3 files, hash and btree, as sendmail's own tools make and read them.
 *
 * A reader remembers the file's size and time when it is opened, under a shared lock, and looks after each answer whether they
 * are still the same: what was found in a file that somebody wrote meanwhile does not count (-ESTALE). Single look-ups read
 * the pages without the library (bdb_read.h) and need no lock; where that cannot be done, and for walking through the records,
 * the library is asked while the file is locked, since it must not meet a page that is half written.
 *
 * A file that was written within the last few clock ticks before it was opened could change again without showing a new
 * time: such a reader is good for a moment only (database_is_outdated).
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
#include "map/bdb_read.h"

#define READ_CACHE_MIN    (256u << 10)
#define READ_CACHE_MAX    (4u << 20)
#define WRITE_CACHE_BYTES (256u << 20) /* taken as it is needed */
#define EXPECTED_MIN      100000       /* smaller files grow as they like */
#define EXPECTED_MAX      1000000000u
#define TICK_NS           20000000

struct bdb {
	DB *db;
	DBC *cursor;
	int fd;                    /* the library's own; for locks */
	struct bdb_reader *reader; /* NULL: the library is asked */
	int reader_fd;
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

static struct bdb *inside_new(struct database *db)
{
	struct bdb *b = MEM_NEW(struct bdb);

	b->fd = b->reader_fd = -1;
	db->inside = b;
	return b;
}

static int make_handle(struct database *db, size_t default_cache)
{
	struct bdb *b = db->inside;
	size_t cache = db->params.cache_bytes ? db->params.cache_bytes : default_cache;
	int r = db_create(&b->db, NULL, 0);

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

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Opens the file in the library, while the caller holds the lock; -ESTALE when it is not the one of db->st any more. */
static int open_library(struct database *db)
{
	struct bdb *b = db->inside;
	struct stat inner;
	int r = make_handle(db, read_cache_of(db->st.st_size));

	if (r < 0)
		return r;
	r = b->db->open(b->db, NULL, db->path, NULL, type_of(db), DB_RDONLY, 0);
	if (r == 0)
		r = b->db->fd(b->db, &b->fd);
	if (r == 0 && fstat(b->fd, &inner) < 0)
		r = errno;
	if (r == 0)
		return is_same(&inner, &db->st) ? 0 : -ESTALE;
	return error_of(r);
}

static int bdb_open_read(struct database *db)
{
	own_fd int fd = open(db->path, O_RDONLY | O_CLOEXEC);
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
	b = inside_new(db);
	r = bdb_reader_open(fd, type_of(db) == DB_BTREE, db->st.st_size, &b->reader);
	if (r == -ENOTSUP)
		r = open_library(db);
	if (r < 0)
		return r;
	db->reopen_at = is_recent(&db->st) ? clock_ms() + TICK_NS / 1000000 : 0;
	flock(fd, LOCK_UN);
	if (b->reader)
		b->reader_fd = take_fd(&fd);
	return 0;
}

/* The library's handle of a reader that did without it until now: 0 and locked, or an error and unlocked. */
static int library_late(struct database *db, int64_t deadline)
{
	struct bdb *b = db->inside;
	int r = database_lock(b->reader_fd, LOCK_SH, deadline);

	if (r < 0)
		return r;
	r = open_library(db);
	flock(b->reader_fd, LOCK_UN);
	if (r < 0 && b->db) {
		b->db->close(b->db, DB_NOSYNC);
		b->db = NULL;
	}
	return r;
}

static int bdb_open_write(struct database *db, bool is_new)
{
	struct bdb *b = inside_new(db);
	int r = make_handle(db, WRITE_CACHE_BYTES);
	struct stat st;

	if (!is_new && stat(db->write_path, &st) == 0 && st.st_size == 0)
		is_new = true; /* an empty file is a database that has yet to begin */
	if (r < 0)
		return r;
	if (db->params.keeps_duplicates) /* an existing file must have been made for that */
		b->db->set_flags(b->db, DB_DUP);
	/* A hash file that grows splits its buckets again and again, all over the file. */
	if (is_new && type_of(db) == DB_HASH && db->params.expected >= EXPECTED_MIN)
		b->db->set_h_nelem(b->db, (u_int32_t)(db->params.expected < EXPECTED_MAX
							      ? db->params.expected
							      : EXPECTED_MAX));
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
	bdb_reader_free(b->reader);
	if (b->reader_fd >= 0)
		close(b->reader_fd);
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

static bool is_unchanged(const struct database *db, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_same(&st, &db->st);
}

/* Takes the shared lock on a file that nobody has written since it was opened; -ESTALE, unlocked, when somebody has. */
static int lock_unchanged(struct database *db, int64_t deadline)
{
	const struct bdb *b = db->inside;
	int r = b->db ? 0 : library_late(db, deadline);

	if (r == 0)
		r = database_lock(b->fd, LOCK_SH, deadline);
	if (r == 0 && !is_unchanged(db, b->fd)) {
		flock(b->fd, LOCK_UN);
		r = -ESTALE;
	}
	return r;
}

static int get_locked(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	struct bdb *b = db->inside;
	int r = lock_unchanged(db, deadline);

	if (r < 0)
		return r;
	r = get_unlocked(b, key, out);
	flock(b->fd, LOCK_UN);
	return r;
}

static int bdb_get(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	struct bdb *b = db->inside;
	int r;

	if (db->params.mode != DATABASE_READ)
		return get_unlocked(b, key, out);
	if (!b->reader)
		return get_locked(db, key, deadline, out);
	r = bdb_reader_get(b->reader, key, out);
	if (!is_unchanged(db, b->reader_fd))
		return -ESTALE;
	return r == 0 || r == -ENOENT ? r : get_locked(db, key, deadline, out);
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
