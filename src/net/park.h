/*
 * park.h - sockets that wait without a thread.
 *
 * park_wait() hands a descriptor to the epoll thread; when it is readable, has been closed by the peer, or the deadline
 * passes, p->work is submitted to the worker pool with p->why set. One shot: it is then out of the parking place until
 * park_wait() is called again. park_cancel() takes it out early: true when the work will not run for this wait (it is
 * the caller's again), false when it has already been handed to a worker.
 *
 * Threads: any. Owns nothing: descriptor and node are the caller's; close the descriptor only when it is not parked, after
 * park_drop(). park_drop() also takes it out of a wait that still goes on, as park_cancel() does. A node starts zeroed, with
 * work.run and fd set.
 */
#ifndef NET_PARK_H
#define NET_PARK_H

#include <stdint.h>

#include "net/workers.h"

enum park_why { PARK_READABLE, PARK_TIMEOUT, PARK_SHUTDOWN };

struct parked {
	struct work work; /* work.run is set by the owner */
	int fd;
	int64_t deadline; /* set by park_wait; DEADLINE_NEVER is not allowed */
	enum park_why why;
	/* private to park.c */
	unsigned heap_at;
	uint32_t slot;
	bool is_known, is_waiting;
};

struct park;

struct park *park_new(
	struct workers *pool); /* NULL when the system has no descriptor or thread left */
void park_wait(struct park *pk, struct parked *p, int64_t deadline);
bool park_cancel(struct park *pk, struct parked *p);
void park_drop(struct park *pk, struct parked *p); /* forget the descriptor, before close(2) */
/* Hands every waiting socket to its worker with PARK_SHUTDOWN; later park_wait() calls return at once that way too. */
void park_shutdown(struct park *pk);
void park_free(struct park *pk);

#endif
