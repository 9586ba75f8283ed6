/*
 * db_map.c - maps in database files: hash, btree, cdb, lmdb, and implicit, which takes the first of them that exists.
 *
 * Handles of the libraries are not for several threads at once, so each map keeps a few of them and a look-up borrows one
 * for its microsecond. Once a second somebody looks whether another file has taken the place of the one that is open; a
 * handle of an older generation is then closed when its turn comes. A small file that is asked often is answered from a
 * copy in memory (db_copy.h).
 */
#include "map/db_map.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "base/own.h"
#include "map/classes.h"
#include "map/database.h"
#include "map/db_copy.h"
#include "map/safe.h"

#define HANDLES_MAX 4

struct db_handle {
	struct database *db;
	unsigned generation;
};

struct db_inside {
	pthread_mutex_t lock;
	pthread_cond_t is_free;
	struct db_handle idle[HANDLES_MAX];
	int n_idle, n_all;
	enum database_kind kind;
	char *path;
	struct stat st; /* of the generation in use; under the lock */
	_Atomic unsigned generation;
	_Atomic int64_t check_at;
	struct db_copy *copy;
};

/* A file may be replaced between two system calls of opening it: then once more, until the deadline. */
static int open_file(const struct db_inside *d, int64_t deadline, struct database **out)
{
	struct database_params p = { .kind = d->kind,
				     .mode = DATABASE_READ,
				     .path = d->path,
				     .deadline = deadline ? deadline
							  : deadline_in(MAP_DEADLINE_MS) };
	int r;

	while ((r = database_open(&p, out)) == -ESTALE && !deadline_is_past(p.deadline))
		sched_yield();
	return r;
}

/* Looks at the file's place once a second: another file there makes a new generation. */
static void check_replaced(struct db_inside *d)
{
	int64_t now = clock_ms(), due = atomic_load_explicit(&d->check_at, memory_order_relaxed);
	struct stat st;

	if (now < due || !atomic_compare_exchange_strong(&d->check_at, &due, now + MAP_CHECK_MS))
		return;
	if (stat(d->path, &st) < 0)
		return; /* being replaced, or gone: what is open stays good */
	pthread_mutex_lock(&d->lock);
	if (st.st_ino != d->st.st_ino || st.st_dev != d->st.st_dev) {
		d->st = st;
		atomic_fetch_add(&d->generation, 1);
	}
	pthread_mutex_unlock(&d->lock);
	db_copy_check(d->copy, &st);
}

static void give_back(struct db_inside *d, struct db_handle h)
{
	pthread_mutex_lock(&d->lock);
	if (h.db)
		d->idle[d->n_idle++] = h;
	else
		d->n_all--;
	pthread_cond_signal(&d->is_free);
	pthread_mutex_unlock(&d->lock);
}

/* A handle of the present generation, opened if need be. */
static int borrow(struct db_inside *d, int64_t deadline, struct db_handle *out)
{
	struct db_handle h = { 0 };
	unsigned generation;
	int r = 0;

	pthread_mutex_lock(&d->lock);
	while (d->n_idle == 0 && d->n_all == HANDLES_MAX)
		pthread_cond_wait(&d->is_free,
				  &d->lock); /* each holder is done within its own deadline */
	if (d->n_idle > 0)
		h = d->idle[--d->n_idle];
	else
		d->n_all++;
	generation = atomic_load_explicit(&d->generation, memory_order_relaxed);
	pthread_mutex_unlock(&d->lock);
	if (h.db && (h.generation != generation || database_is_outdated(h.db))) {
		database_close(h.db);
		h.db = NULL;
	}
	if (!h.db)
		r = open_file(d, deadline, &h.db);
	h.generation = generation;
	if (r < 0)
		give_back(d, (struct db_handle){ 0 });
	else
		*out = h;
	return r;
}

/* One get; a file that was written in place meanwhile is opened again. */
static int get_fresh(const struct db_inside *d, struct db_handle *h, struct view key,
		     int64_t deadline, struct view *out)
{
	int r;

	for (;;) {
		r = database_get(h->db, key, deadline, out);
		if (r != -ESTALE || deadline_is_past(deadline))
			return r;
		database_close(h->db);
		h->db = NULL;
		r = open_file(d, deadline, &h->db);
		if (r < 0)
			return r;
	}
}

/* One key from the copy in memory (h NULL), or the file. The value is in the arena, or the handle's until its next use. */
static int get_one(struct db_inside *d, struct db_handle *h, struct view key, struct map_query *q,
		   struct view *out)
{
	return h ? get_fresh(d, h, key, q->deadline, out)
		 : db_copy_get(d->copy, key, q->ctx->arena, out);
}

/* Keys with or without a NUL at their end: as declared, else as the file turned out to hold them. */
static int get_with_nul(struct map *m, struct db_handle *h, struct map_query *q, struct view *out)
{
	int known = m->flags & MAP_NUL ? 2 : m->flags & MAP_NO_NUL ? 1 : atomic_load(&m->nul_known);
	char buffer[MAP_KEY_MAX + 1];
	int r = -ENOENT;

	if (known != 2) {
		r = get_one(m->inside, h, q->key, q, out);
		if (r == 0 && known == 0)
			atomic_store(&m->nul_known, 1);
	}
	if (r == -ENOENT && known != 1) {
		memcpy(buffer, q->key.p, q->key.len);
		buffer[q->key.len] = '\0';
		r = get_one(m->inside, h, view_from(buffer, q->key.len + 1), q, out);
		if (r == 0 && known == 0)
			atomic_store(&m->nul_known, 2);
	}
	if (r == 0)
		while (out->len > 0 && out->p[out->len - 1] == '\0')
			out->len--;
	return r;
}

/* cdb and LMDB files are in memory as they are, and need no lock. */
static bool is_worth_copying(enum database_kind kind)
{
	return kind == DATABASE_HASH || kind == DATABASE_BTREE;
}

static int get_from_file(struct map *m, struct map_query *q, struct view *out)
{
	struct db_inside *d = m->inside;
	struct database *whole;
	struct db_handle h;
	struct view value;
	int r = borrow(d, q->deadline, &h);

	if (r < 0)
		return r;
	r = get_with_nul(m, &h, q, &value);
	if (r == 0) {
		*out = arena_dup(q->ctx->arena, value);
	} else if (r != -ENOENT && h.db) { /* whatever went wrong, the next look-up begins anew */
		database_close(h.db);
		h.db = NULL;
	}
	give_back(d, h);
	if ((r == 0 || r == -ENOENT) && is_worth_copying(d->kind) && db_copy_is_due(d->copy) &&
	    open_file(d, q->deadline, &whole) == 0) {
		db_copy_fill(d->copy, whole);
		database_close(whole);
	}
	return r;
}

static enum found db_find(struct map *m, struct map_query *q, struct view *out)
{
	struct db_inside *d = m->inside;
	unsigned generation = atomic_load_explicit(&d->generation, memory_order_relaxed);
	int r;

	check_replaced(d);
	if (generation != atomic_load_explicit(&d->generation, memory_order_relaxed) &&
	    !(m->flags & (MAP_NUL | MAP_NO_NUL)))
		atomic_store(&m->nul_known, 0); /* a new file may hold its keys the other way */
	r = get_with_nul(m, NULL, q, out);
	if (r == -EAGAIN)
		r = get_from_file(m, q, out);
	if (r == 0)
		return FOUND;
	if (r == -ENOENT)
		return NOT_FOUND;
	map_say_map(m, q->ctx, "%s: %s", d->path, strerror(-r));
	return map_fail(q, EX_TEMPFAIL_);
}

void db_map_close(struct map *m)
{
	struct db_inside *d = m->inside;

	if (!d)
		return;
	while (d->n_idle > 0)
		database_close(d->idle[--d->n_idle].db);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->is_free);
	db_copy_free(d->copy);
	free(d->path);
	free(d);
	m->inside = NULL;
}

char *db_map_path(struct view file, const char *suffix)
{
	own_str struct str s = STR_MAX(4096);
	size_t n = strlen(suffix);

	str_add(&s, file);
	if (!(file.len > n && memcmp(file.p + file.len - n, suffix, n) == 0))
		str_addz(&s, suffix);
	return mem_dup(str_z(&s), s.len);
}

static void complain(struct map *m, struct map_ctx *ctx, const struct db_inside *d, int error,
		     const char *reason)
{
	if (error == -ENOENT && (m->flags & MAP_OPTIONAL))
		return;
	if (error == -ENOENT)
		map_say_map(m, ctx, "missing map file %s: %s", d->path, strerror(ENOENT));
	else if (reason[0] || error == -EACCES || error == -EPERM)
		map_say_map(m, ctx, "unsafe map file %s: %s", d->path,
			    reason[0] ? reason : strerror(-error));
	else
		map_say(m, ctx, "Cannot open %s database %s: %s", database_kind_name(d->kind),
			d->path, strerror(-error));
}

static bool has_mark(struct db_handle *h, const struct db_inside *d, int64_t deadline)
{
	struct view value;

	return get_fresh(d, h, VIEW("@"), deadline, &value) == 0 ||
	       (h->db && get_fresh(d, h, view_from("@", 2), deadline, &value) == 0);
}

/*
 * An alias database without its mark "@" is one that somebody is still building in place, or has given up on: AliasWait says
 * how long to wait for it, though never past the caller's deadline. After that it is used as it is, and the log tells.
 */
static int wait_for_mark(struct map *m, struct map_ctx *ctx, struct db_inside *d,
			 struct db_handle *h)
{
	int64_t wait_ms = m->set->cf->options.alias_wait_s * 1000;
	int64_t end = deadline_in(wait_ms),
		call_end = ctx && ctx->deadline > 0 ? ctx->deadline : end;
	const struct timespec pause = { 0, 200000000 };
	int r = 0;

	while (r == 0 && !has_mark(h, d, deadline_in(MAP_DEADLINE_MS))) {
		if (wait_ms <= 0 || deadline_is_past(end) || deadline_is_past(call_end)) {
			if (wait_ms > 0)
				map_say(m, ctx, "Warning: alias database " VIEW_FMT " out of date",
					VIEW_ARG(m->file));
			return h->db ? 0 : -EAGAIN;
		}
		nanosleep(&pause, NULL);
		database_close(h->db);
		h->db = NULL;
		r = open_file(d, call_end, &h->db);
	}
	return r;
}

int db_map_open(struct map *m, struct map_ctx *ctx, enum database_kind kind)
{
	struct db_inside *d = MEM_NEW(struct db_inside);
	struct db_handle h = { 0 };
	char reason[MAP_REASON_MAX] = "";
	int r;

	m->inside = d;
	d->kind = kind;
	d->copy = db_copy_new();
	d->path = db_map_path(m->file, database_suffix(kind));
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->is_free, NULL);
	r = map_file_check(m, d->path, reason);
	if (r == 0)
		r = open_file(d, ctx && ctx->deadline > 0 ? ctx->deadline : 0, &h.db);
	if (r == 0 && (m->flags & MAP_IS_ALIAS))
		r = wait_for_mark(m, ctx, d, &h);
	if (r < 0) {
		complain(m, ctx, d, r, reason);
		return r;
	}
	d->st = *database_stat(h.db);
	d->n_all = 1;
	d->idle[d->n_idle++] = h;
	atomic_store(&d->check_at, clock_ms() + MAP_CHECK_MS);
	return 0;
}

#define DB_CLASS(id, KIND, suffix_text)                                                            \
	static int id##_open(struct map *m, struct map_ctx *ctx)                                   \
	{                                                                                          \
		return db_map_open(m, ctx, KIND);                                                  \
	}                                                                                          \
	const struct map_class map_class_##id = {                                                  \
		.name = #id,                                                                       \
		.suffix = suffix_text,                                                             \
		.can = MAP_CAN_ALIAS | MAP_CAN_REBUILD | MAP_NEEDS_FILE | MAP_FOLDS | MAP_PERCENT, \
		.open = id##_open,                                                                 \
		.close = db_map_close,                                                             \
		.find = db_find,                                                                   \
	}

#include "build_config.h"

#if HAVE_DB
DB_CLASS(hash, DATABASE_HASH, ".db");
DB_CLASS(btree, DATABASE_BTREE, ".db");
#endif
#if HAVE_CDB
DB_CLASS(cdb, DATABASE_CDB, ".cdb");
#endif
#if HAVE_LMDB
DB_CLASS(lmdb, DATABASE_LMDB, ".lmdb");
#endif

enum found db_map_find(struct map *m, struct map_query *q, struct view *out)
{
	return db_find(m, q, out);
}
