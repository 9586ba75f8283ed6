/*
 * db_copy.h - the records of a small database file in memory, for maps that are asked all the time.
 *
 * A copy is made once a file has been asked DB_COPY_AFTER times, so a program that asks once reads one record; files over
 * DB_COPY_BYTES_MAX are never copied. The copy is dropped as soon as the file is seen to have changed.
 *
 * Threads: any; one thread copies while the others go on asking the file. Blocks: the copying thread, for the time of reading.
 */
#ifndef MAP_DB_COPY_H
#define MAP_DB_COPY_H

#include "base/arena.h"
#include "map/database.h"

#define DB_COPY_AFTER     500
#define DB_COPY_BYTES_MAX (16 << 20)

struct db_copy;

struct db_copy *db_copy_new(void);
void db_copy_free(struct db_copy *c); /* NULL is fine */

/* 0 and *out in the arena, -ENOENT, or -EAGAIN: there is no copy, ask the file. */
int db_copy_get(struct db_copy *c, struct view key, struct arena *a, struct view *out);
/* A look-up went to the file. True for the one caller that should now fill the copy. */
bool db_copy_is_due(struct db_copy *c);
/* Fills it from a freshly opened database; a file that is too large, too young or damaged leaves it empty. */
void db_copy_fill(struct db_copy *c, struct database *db);
/* Is what was copied still this file? When not, it is dropped, and counting begins anew. */
void db_copy_check(struct db_copy *c, const struct stat *st);

#endif
