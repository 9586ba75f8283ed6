/*
 * records.h - one small record for each queued message that rests in a file: what the schedule knows without opening it.
 *
 * About 130 bytes a message with its share of the index and the heaps, so a million are about 130 MB. A record is in one of the states
 * below at any time. Waiting records stand in a heap by next try, ready ones in a heap by the sort key of the
 * queue run, crowded ones in a heap of their destination by the same key, so every step costs the logarithm of the queue.
 *
 * Not locked: the queue's lock guards a set of records. Owns the records.
 */
#ifndef QUEUE_RECORDS_H
#define QUEUE_RECORDS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/view.h"

struct site;

enum record_state {
	RECORD_RESTING, /* known, not scheduled: quarantined, or no queue interval */
	RECORD_WAITING, /* until next_try_s */
	RECORD_READY,   /* due: waits for a thread */
	RECORD_CROWDED, /* due, but enough others for its destination are under way: crowd.h */
	RECORD_ACTIVE   /* its envelope is in memory */
};

#define RECORDS_GROUPS 50 /* queue groups: each has a heap of ready records */
#define RECORDS_DIRS   4096
#define RECORDS_CROWDS 8192 /* destinations share one by chance: then they are counted together */

struct record {
	struct record *hash_next;
	int64_t next_try_s;
	int64_t sort_key; /* lower first; what it is depends on QueueSortOrder */
	int64_t priority;
	struct site *site;   /* where its last attempt wanted to go first; NULL: unknown */
	uint32_t at;         /* place in the heap of its state */
	uint32_t dest;       /* of its first recipient's host: a hash; 0: unknown */
	uint32_t number, of; /* place in its queue run, for -v; 0: none */
	uint16_t dir;
	uint8_t state, group;
	char letter;    /* q or h */
	bool is_forced; /* MinQueueAge is not asked */
	bool is_asked;  /* an operator wants it tried: the host status is not asked either */
	char id[];
};

struct record_heap {
	struct record **v;
	size_t n, cap;
};

struct records {
	struct record **buckets;
	size_t n_buckets, n;
	struct record_heap waiting, ready[RECORDS_GROUPS];
	struct record_heap *crowded;    /* RECORDS_CROWDS of them */
	size_t n_crowded;               /* in all of these */
	uint8_t group_of[RECORDS_DIRS]; /* of each directory */
};

void records_init(struct records *s);
void records_done(struct records *s);
struct record *records_find(const struct records *s, int dir, const char *id);
struct record *records_add(struct records *s, int dir, const char *id, char letter); /* RESTING */
void records_remove(struct records *s, struct record *r);                            /* frees it */
/* Moves the record to another state; next_try_s or sort_key are set before. */
void records_set(struct records *s, struct record *r, enum record_state state);
/* The first waiting one, the first ready one; NULL when there is none. They stay where they are. */
struct record *records_first_waiting(const struct records *s);
struct record *records_first_ready(const struct records *s); /* of any group */
struct record *records_first_ready_of(const struct records *s, int group);
struct record *records_first_crowded(const struct records *s, uint32_t dest);
/* Said before there are records: the directory belongs to that group; 0 otherwise. */
void records_set_group(struct records *s, int dir, int group);

#endif
