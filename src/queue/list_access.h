/*
 * list_access.h - who may see the queue, and in which words he is told when he may not.
 *
 * Threads: any. Blocks: on the disk.
 */
#ifndef QUEUE_LIST_ACCESS_H
#define QUEUE_LIST_ACCESS_H

#include "queue/select.h"
#include "queue/spool.h"

/* NULL with the exit status, after saying why. */
struct spool *list_open(const struct snapshot *snap, void (*write)(void *arg, struct view text),
			void *arg, int *out_status);
/* False after saying why there is nothing to list. */
bool list_is_allowed(const struct snapshot *snap, const struct spool *s,
		     const struct queue_select *sel, void (*write)(void *arg, struct view text),
		     void *arg);

#endif
