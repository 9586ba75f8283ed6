/*
 * queue_id.h - message ids in the documented form, unique at any rate.
 *
 * An id is YMDhmsNNpppppp (contract/queue.md 6.2): the second in UTC, a sequence number 0-3599 in base 60 with a random
 * start, and the process id in at least six decimal digits. Only the process itself makes ids with its number, so
 * processes never collide. A process that needs more than 3,600 ids in one second goes on with a longer number in the
 * last field: lap * 10,000,000 + pid, which no process has (the largest possible pid has seven digits). The id's second
 * never runs backwards when the clock does; after 99 laps (360,000 ids) in one second the next second is borrowed.
 *
 * Threads: any; no lock. Owns nothing.
 */
#ifndef QUEUE_QUEUE_ID_H
#define QUEUE_QUEUE_ID_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/view.h"

struct queue_id_source {
	_Atomic uint64_t at; /* second << 20 | ids made in it */
	unsigned start;      /* of the sequence: 0-3599 */
	unsigned pid;
};

/* not_before_s: ids of this process number up to that second may be in use already (a crashed daemon had the same pid); 0: none. */
void queue_id_init(struct queue_id_source *s, pid_t pid, int64_t not_before_s);
/* now_s: wall clock seconds. out has room for 32 bytes. */
void queue_id_next(struct queue_id_source *s, int64_t now_s, char out[32]);
/* Can the text stand behind the two letters of a file's name: 1 to 31 printable characters, whoever chose them? Files
 * that were renamed by hand, or come from elsewhere, are messages too. */
bool queue_id_is_valid(struct view id);

#endif
