/* db_copy.c - see db_copy.h. */
#include "map/db_copy.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/table.h"

struct db_copy {
	pthread_mutex_t lock; /* held for the time of one look-up in memory */
	struct table *table;  /* values are struct view * in the arena; NULL: no copy */
	struct arena *arena;
	struct stat st;
	_Atomic bool is_filled;
	_Atomic unsigned n_asked;
};

struct db_copy *db_copy_new(void)
{
	struct db_copy *c = MEM_NEW(struct db_copy);

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void db_copy_free(struct db_copy *c)
{
	if (!c)
		return;
	table_free(c->table);
	arena_free(c->arena);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int db_copy_get(struct db_copy *c, struct view key, struct arena *a, struct view *out)
{
	const struct view *value;
	int r = -EAGAIN;

	if (!atomic_load_explicit(&c->is_filled, memory_order_acquire))
		return r;
	pthread_mutex_lock(&c->lock);
	if (c->table) {
		value = table_get(c->table, key);
		r = value ? 0 : -ENOENT;
		if (value)
			*out = arena_dup(a, *value);
	}
	pthread_mutex_unlock(&c->lock);
	return r;
}

bool db_copy_is_due(struct db_copy *c)
{
	return atomic_fetch_add_explicit(&c->n_asked, 1, memory_order_relaxed) + 1 == DB_COPY_AFTER;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void db_copy_fill(struct db_copy *c, struct database *db)
{
	const struct stat *st = database_stat(db);
	struct table *table;
	struct arena *arena;
	struct view key, value;
	int r;

	if (st->st_size > DB_COPY_BYTES_MAX)
		return;
	if (database_is_young(db)) { /* it may still change without showing it: a while later */
		atomic_store(&c->n_asked, 0);
		return;
	}
	table = table_new(TABLE_EXACT);
	arena = arena_new((size_t)DB_COPY_BYTES_MAX * 8);
	while ((r = database_next(db, &key, &value)) == 0) {
		struct view *kept;

		if (table_has(table, key)) /* of several values the first is the answer */
			continue;
		kept = ARENA_NEW(arena, struct view);
		*kept = arena_dup(arena, value);
		table_set(table, key, kept);
	}
	pthread_mutex_lock(&c->lock);
	if (r == -ENOENT && !c->table) {
		c->table = table;
		c->arena = arena;
		c->st = *st;
		table = NULL;
		arena = NULL;
		atomic_store_explicit(&c->is_filled, true, memory_order_release);
	}
	pthread_mutex_unlock(&c->lock);
	table_free(table);
	arena_free(arena);
}

void db_copy_check(struct db_copy *c, const struct stat *st)
{
	struct table *table = NULL;
	struct arena *arena = NULL;

	pthread_mutex_lock(&c->lock);
	if (c->table && !is_same(&c->st, st)) {
		atomic_store_explicit(&c->is_filled, false, memory_order_release);
		table = c->table;
		arena = c->arena;
		c->table = NULL;
		c->arena = NULL;
		atomic_store(&c->n_asked, 0);
	}
	pthread_mutex_unlock(&c->lock);
	table_free(table);
	arena_free(arena);
}
