/*
 * db_map.c - maps in database files: hash, btree, cdb, lmdb, and implicit, which takes the first of them that exists.
 *
 * Handles of the libraries are not for several threads at once, so each map keeps a few of them and a look-up borrows one
 * for its microsecond: it takes it out of its slot and puts it back by one atomic exchange each. Who finds all of them
 * borrowed waits. Once a second somebody looks whether another file has taken the place of the one that is open; a
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
	struct database *db; /* NULL: not open, as long as the copy is used */
	unsigned generation;
	struct db_copy *copy; /* its own reference to the map's copy as of copy_generation */
	unsigned copy_generation;
	unsigned n_asked; /* look-ups in the file since somebody last thought of copying it */
	char apart[64];   /* keeps the handles of two threads off one cache line */
};

struct db_inside {
	const struct map *map;
	struct db_handle handles[HANDLES_MAX]; /* each is touched by who borrowed it */
	/* Slot i holds handle i, or NULL while it is borrowed. */
	_Atomic(struct db_handle *) idle[HANDLES_MAX];
	_Atomic unsigned n_waiting;
	pthread_mutex_t lock;
	pthread_cond_t is_free;
	enum database_kind kind;
	char *path;
	struct stat st; /* of the generation in use; under the lock */
	_Atomic unsigned generation, copy_generation;
	_Atomic int64_t check_at;
	struct db_copy *copy; /* under the lock */
	_Atomic bool is_copying;
};

/* A file may be replaced between two system calls of opening it: then once more, until the deadline. */
static int open_file(const struct db_inside *d, int64_t deadline, struct database **out)
{
	char reason[MAP_REASON_MAX];
	struct database_params p = { .kind = d->kind,
				     .mode = DATABASE_READ,
				     .path = d->path,
				     .deadline = deadline ? deadline
							  : deadline_in(MAP_DEADLINE_MS) };
	int r;

	do {
		r = map_file_check(d->map, d->path, reason);
		if (r == 0)
			r = database_open(&p, out);
	} while (r == -ESTALE && !deadline_is_past(p.deadline) && sched_yield() == 0);
	return r;
}

static void give_back(struct db_inside *d, struct db_handle *h)
{
	/* Sequential order: either this sees who waits, or who waits sees the handle. */
	atomic_store(&d->idle[h - d->handles], h);
	if (atomic_load(&d->n_waiting) == 0)
		return;
	pthread_mutex_lock(&d->lock);
	pthread_cond_signal(&d->is_free);
	pthread_mutex_unlock(&d->lock);
}

/* An idle handle, or NULL. Threads begin at different slots, and so come back to the handle whose pages they know. */
static struct db_handle *take_idle(struct db_inside *d)
{
	static _Thread_local char mark;
	unsigned at = (unsigned)((uintptr_t)&mark >> 12) % HANDLES_MAX;

	for (int i = 0; i < HANDLES_MAX; i++, at = (at + 1) % HANDLES_MAX) {
		struct db_handle *h = NULL;

		if (atomic_load_explicit(&d->idle[at], memory_order_relaxed))
			h = atomic_exchange_explicit(&d->idle[at], NULL, memory_order_acquire);
		if (h)
			return h;
	}
	return NULL;
}

static struct db_handle *wait_idle(struct db_inside *d)
{
	struct db_handle *h;

	pthread_mutex_lock(&d->lock);
	atomic_fetch_add(&d->n_waiting, 1);
	while (!(h = take_idle(d)))
		pthread_cond_wait(&d->is_free,
				  &d->lock); /* each holder is done within its own deadline */
	atomic_fetch_sub(&d->n_waiting, 1);
	pthread_mutex_unlock(&d->lock);
	return h;
}

/* The map's copy as it is now, in place of the one that this handle knew. */
static void renew_copy(struct db_inside *d, struct db_handle *h)
{
	db_copy_unref(h->copy);
	pthread_mutex_lock(&d->lock);
	h->copy = db_copy_ref(d->copy);
	h->copy_generation = atomic_load_explicit(&d->copy_generation, memory_order_relaxed);
	pthread_mutex_unlock(&d->lock);
	if (h->copy) {
		database_close(h->db);
		h->db = NULL;
	}
}

static struct db_handle *borrow(struct db_inside *d)
{
	struct db_handle *h = take_idle(d);

	if (!h)
		h = wait_idle(d);
	if (h->copy_generation != atomic_load_explicit(&d->copy_generation, memory_order_acquire))
		renew_copy(d, h);
	return h;
}

/* The file of the present generation. */
static int open_handle(struct db_inside *d, struct db_handle *h, int64_t deadline)
{
	unsigned generation = atomic_load_explicit(&d->generation, memory_order_acquire);
	int r = 0;

	if (h->db && (h->generation != generation || database_is_outdated(h->db))) {
		database_close(h->db);
		h->db = NULL;
	}
	if (!h->db)
		r = open_file(d, deadline, &h->db);
	h->generation = generation;
	if (r < 0)
		h->db = NULL;
	return r;
}

/* Another copy, or none, takes the present one's place; idle handles let go of it at once, the others when they are used. */
static void set_copy(struct db_inside *d, struct db_copy *copy)
{
	struct db_copy *old;

	pthread_mutex_lock(&d->lock);
	old = d->copy;
	d->copy = copy;
	atomic_fetch_add(&d->copy_generation, 1);
	pthread_mutex_unlock(&d->lock);
	for (int i = 0; i < HANDLES_MAX; i++) {
		struct db_handle *h = atomic_exchange(&d->idle[i], NULL);

		if (!h)
			continue;
		renew_copy(d, h);
		give_back(d, h);
	}
	db_copy_unref(old);
}

/* Looks at the file's place once a second: another file there makes a new generation. */
static void check_replaced(struct db_inside *d)
{
	int64_t now = clock_coarse_ms(),
		due = atomic_load_explicit(&d->check_at, memory_order_relaxed);
	bool is_copy_old;
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
	is_copy_old = d->copy && !db_copy_is_of(d->copy, &st);
	pthread_mutex_unlock(&d->lock);
	if (is_copy_old)
		set_copy(d, NULL);
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
		if (r < 0) {
			h->db = NULL;
			return r;
		}
	}
}

/* One key from the copy in memory or from the file. The value is valid while the handle is held, until its next use. */
static int get_one(struct db_inside *d, struct db_handle *h, struct view key, int64_t deadline,
		   struct view *out)
{
	return h->copy ? db_copy_get(h->copy, key, out) : get_fresh(d, h, key, deadline, out);
}

/* Keys with or without a NUL at their end: as declared, else as the file turned out to hold them. */
static int get_with_nul(struct map *m, struct db_handle *h, struct map_query *q, struct view *out)
{
	int known = m->flags & MAP_NUL ? 2
		    : m->flags & MAP_NO_NUL
			    ? 1
			    : atomic_load_explicit(&m->nul_known, memory_order_relaxed);
	char buffer[MAP_KEY_MAX + 1];
	int r = -ENOENT;

	if (known != 2) {
		r = get_one(m->inside, h, q->key, q->deadline, out);
		if (r == 0 && known == 0)
			atomic_store(&m->nul_known, 1);
	}
	if (r == -ENOENT && known != 1) {
		memcpy(buffer, q->key.p, q->key.len);
		buffer[q->key.len] = '\0';
		r = get_one(m->inside, h, view_from(buffer, q->key.len + 1), q->deadline, out);
		if (r == 0 && known == 0)
			atomic_store(&m->nul_known, 2);
	}
	if (r == 0)
		while (out->len > 0 && out->p[out->len - 1] == '\0')
			out->len--;
	return r;
}

static void copy_file(struct db_inside *d, int64_t deadline)
{
	struct database *whole;
	struct db_copy *copy = NULL;

	if (atomic_exchange(&d->is_copying, true))
		return;
	if (open_file(d, deadline, &whole) == 0) {
		copy = db_copy_make(whole);
		database_close(whole);
	}
	if (copy)
		set_copy(d, copy);
	atomic_store(&d->is_copying, false);
}

/* A small file is worth copying when it was asked that often. */
static bool is_worth_copying(struct db_handle *h)
{
	if (h->copy || !h->db || ++h->n_asked < DB_COPY_AFTER)
		return false;
	h->n_asked = 0;
	return database_stat(h->db)->st_size <= DB_COPY_BYTES_MAX;
}

static int get(struct map *m, struct map_query *q, struct view *out)
{
	struct db_inside *d = m->inside;
	struct db_handle *h = borrow(d);
	int r = h->copy ? 0 : open_handle(d, h, q->deadline);
	struct view value;
	bool shall_copy;

	if (r == 0)
		r = get_with_nul(m, h, q, &value);
	if (r == 0) {
		*out = arena_dup(q->ctx->arena, value);
	} else if (r != -ENOENT && h->db) { /* whatever went wrong, the next look-up begins anew */
		database_close(h->db);
		h->db = NULL;
	}
	shall_copy = is_worth_copying(h);
	give_back(d, h);
	if (shall_copy)
		copy_file(d, q->deadline);
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
	r = get(m, q, out);
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
	for (int i = 0; i < HANDLES_MAX; i++) {
		database_close(d->handles[i].db);
		db_copy_unref(d->handles[i].copy);
	}
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->is_free);
	db_copy_unref(d->copy);
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
	struct db_handle *h = &d->handles[0];
	char reason[MAP_REASON_MAX] = "";
	int r;

	m->inside = d;
	d->kind = kind;
	d->map = m;
	d->path = db_map_path(m->file, database_suffix(kind));
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->is_free, NULL);
	r = map_file_check(m, d->path, reason);
	if (r == 0)
		r = open_file(d, ctx && ctx->deadline > 0 ? ctx->deadline : 0, &h->db);
	if (r == 0 && (m->flags & MAP_IS_ALIAS))
		r = wait_for_mark(m, ctx, d, h);
	if (r < 0) {
		complain(m, ctx, d, r, reason);
		return r;
	}
	d->st = *database_stat(h->db);
	for (int i = 0; i < HANDLES_MAX; i++)
		atomic_store(&d->idle[i], &d->handles[i]);
	atomic_store(&d->check_at, clock_coarse_ms() + MAP_CHECK_MS);
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
DB_CLASS(cdb, DATABASE_CDB, ".cdb");
#if HAVE_LMDB
DB_CLASS(lmdb, DATABASE_LMDB, ".lmdb");
#endif

enum found db_map_find(struct map *m, struct map_query *q, struct view *out)
{
	return db_find(m, q, out);
}
