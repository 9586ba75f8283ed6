/*
 * workers.h - a bounded pool of threads that run straight-line work.
 *
 * Work is an intrusive node with a function; run() is called once on some worker, may block, and owns the node from then
 * on. The pool starts small and grows while work waits, up to its limit; idle threads above the minimum end after a while.
 * No thread is ever cancelled. Work that is submitted after workers_stop (or when no thread at all can be had) runs in the
 * caller. workers_free wants a stopped pool.
 */
#ifndef NET_WORKERS_H
#define NET_WORKERS_H

#include "base/list.h"

struct workers;

struct work {
	struct link link;
	void (*run)(struct work *w);
};

struct workers *workers_new(const char *name, int min_threads, int max_threads);
void workers_submit(struct workers *p, struct work *w); /* thread-safe, does not block */
int workers_backlog(const struct workers *p);           /* work that waits for a thread */
/* No work waits and half the threads are free or not yet made: who has a thread may keep it for a moment. */
bool workers_is_calm(struct workers *p);
/* Runs what is queued to its end, then ends the threads. */
void workers_stop(struct workers *p);
void workers_free(struct workers *p);

#endif
