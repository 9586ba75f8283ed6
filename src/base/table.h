/*
 * table.h - a hash table from byte strings to pointers.
 *
 * Keys are copied; values belong to the caller. TABLE_NOCASE folds ASCII case when comparing and hashing (the key is
 * kept as first given). Iteration is in order of insertion as long as nothing was removed. The hash is seeded per
 * process, so that keys from outside cannot be chosen to collide. Not locked: readers may share an unchanging table.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/view.h"

enum table_case { TABLE_EXACT, TABLE_NOCASE };

struct table;

struct table *table_new(enum table_case fold);
void table_free(struct table *t); /* NULL is fine; values are not freed */
size_t table_count(const struct table *t);
void *table_get(const struct table *t, struct view key); /* NULL when absent */
bool table_has(const struct table *t, struct view key);
void table_set(struct table *t, struct view key, void *value); /* replaces */
bool table_remove(struct table *t, struct view key);           /* true when it was there */

/* Iterate: size_t at = 0; while (table_next(t, &at, &key, &value)) ... */
bool table_next(const struct table *t, size_t *at, struct view *out_key, void **out_value);

/* The hash itself, for other structures. Seeded per process. */
uint64_t hash_bytes(struct view v);
uint64_t hash_bytes_nocase(struct view v);

#endif
