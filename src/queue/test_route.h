/*
 * test_route.h - for tests: the work of a deliverer's first half, without rules. Threads: as queue_add_tasks.
 */
#ifndef QUEUE_TEST_ROUTE_H
#define QUEUE_TEST_ROUTE_H

#include "queue/queue.h"

/* Hands in a task for each recipient that has something left to do; its host is what follows the first three bytes of its
 * address. The task to begin with; NULL: others are to do them. */
struct task *test_route(struct queue *q, const struct mailer *mailer, struct envelope *e);

#endif
