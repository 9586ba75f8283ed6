/*
 * pool.h - a few connections of one kind, lent to one thread at a time.
 *
 * pool_take gives an idle connection, or NULL and the right to make one, or waits for either until the
 * deadline. What was taken is given back with pool_give; connection NULL gives back only the right.
 * Threads: any.
 */
#ifndef MAP_POOL_H
#define MAP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool;

/* At most max connections; close(arg, connection) ends one. */
struct pool *pool_new(size_t max, void (*close)(void *arg, void *connection), void *arg);
/* Closes what is idle; everything must have been given back. NULL is fine. */
void pool_free(struct pool *p);
int pool_take(struct pool *p, int64_t deadline, void **out_connection); /* 0, or -ETIMEDOUT */
void pool_give(struct pool *p, void *connection);

#endif
