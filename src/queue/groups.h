/*
 * groups.h - what the queue groups allow (contract/queue.md 6.6): how often each is run, in which order, and how many of its
 * messages may be under way at once.
 *
 * The limits count messages that were opened out of queue files; what has just been accepted is delivered beside them.
 * R= of a group bounds the group, MaxQueueChildren all of them together.
 *
 * Not locked: the caller holds the queue's lock, except for what groups_init sets for good.
 */
#ifndef QUEUE_GROUPS_H
#define QUEUE_GROUPS_H

#include "queue/records.h"
#include "rewrite/snapshot.h"

struct group_state {
	int64_t interval_s;  /* between two runs; 0: it is not run by itself */
	int64_t next_scan_s; /* of its directories; 0: never. The tending thread's own. */
	int limit;           /* R=; 0: none */
	int n_open;
	int max_jobs;   /* so many of a directory are looked at: MaxQueueRunSize; 0: no limit */
	int first_jobs; /* so many of a run are worked on, the first in its order: J=; 0: all */
	bool is_off;    /* R=0: run only when it is named */
	char sort;
};

struct groups {
	struct group_state v[RECORDS_GROUPS];
	int n, turn;
	int limit, n_open; /* MaxQueueChildren, and what counts towards it */
	bool take_turns;   /* else one group after the other */
};

struct queue;
void groups_init(struct queue *q, const struct config *cf);
struct group_state *groups_of_dir(struct queue *q, int dir);
/* How long a message in this directory rests between two runs; 0: no run comes by itself. */
int64_t groups_interval(struct queue *q, int dir);
/* The ready message that may be opened now; NULL: none. */
struct record *groups_first_ready(struct queue *q);
void groups_open(struct queue *q, int group);
void groups_close(struct queue *q, int group);

#endif
