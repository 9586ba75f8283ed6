/*
 * split.h - one message becomes several where its recipients belong to different queue groups (contract/queue.md 6.6).
 *
 * The group of a recipient: what ruleset queuegroup says of its user part, else the mailer's Q=, else the default. The
 * recipients of the group of the first one stay; each other group, and what is more than the group's r=, leaves in a copy with
 * an id of its own.
 *
 * Threads: any, with the envelope still the caller's. Blocks: on the maps of the ruleset. An envelope that has its group
 * already is left as it is.
 */
#ifndef QUEUE_SPLIT_H
#define QUEUE_SPLIT_H

#include "queue/queue.h"

/* What was split, until it is known whether the copies are safe. */
struct split {
	struct envelope **v; /* the given ones, each followed by its copies */
	size_t n, cap;
	struct envelope **copies; /* these alone */
	size_t n_copies, cap_copies;
	struct split_moved {
		struct envelope *from;
		struct rcpt *
			rcpt; /* out of the list of `from`, and in that of a copy under another name */
	} * moved;
	size_t n_moved, cap_moved;
};

/* Could any message be split under this configuration? */
bool split_is_wanted(const struct config *cf);
/* Adds e and its copies. */
void split_add(struct queue *q, struct envelope *e, struct split *s);
/* The copies go, their recipients are in the given envelopes again. */
void split_undo(struct split *s);
void split_done(struct split *s);

#endif
