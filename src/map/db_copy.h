/*
 * db_copy.h - the records of a small database file in memory, for maps that are asked all the time.
 *
 * A copy never changes; whoever uses one holds a reference, and views into it are valid as long. Files over
 * DB_COPY_BYTES_MAX are never copied.
 *
 * Threads: any number may look up in one copy, without a lock. Blocks: db_copy_make, for the time of reading the file.
 */
#ifndef MAP_DB_COPY_H
#define MAP_DB_COPY_H

#include "map/database.h"

#define DB_COPY_AFTER     500 /* look-ups in a file before it is worth copying */
#define DB_COPY_BYTES_MAX (32 << 20)

struct db_copy;

/* Copies a freshly opened database; NULL when it is too large, too young, or damaged. The caller holds one reference. */
struct db_copy *db_copy_make(struct database *db);
struct db_copy *db_copy_ref(struct db_copy *c); /* one more reference; NULL is fine in both */
void db_copy_unref(struct db_copy *c);

/* 0 and *out, or -ENOENT. */
int db_copy_get(const struct db_copy *c, struct view key, struct view *out);
/* Is this still the file that was copied? */
bool db_copy_is_of(const struct db_copy *c, const struct stat *st);

#endif
