/*
 * journal.h - makes messages durable, many with one disk sync. The format is in journal_format.h.
 *
 *   journal_append(j, &m, &ref, &ticket);  journal_wait(j, &ticket);      then say 250
 *   journal_note(j, ref, text);                                           lazily
 *   journal_done(j, ref);                                                 lazily; exactly once for each ref
 *
 * Appending copies into the batch that gathers while the disk syncs the one before. The first of a batch that finds
 * nobody writing writes it, for all: there is no journal thread to wake, and a single writer waits for nothing but the disk.
 * When journal_wait returns an error the message may or may not be found at restart; the caller calls journal_done and answers 4xx.
 *
 * Segments are prepared by journal_tend, which the owner calls every now and then from a thread that may block; appending never
 * makes one. When there is no room, -EAGAIN: the caller writes files instead.
 *
 * Threads: any. Blocks: journal_wait, journal_tend, journal_read on the disk. Owns the segments, not the directory's lock.
 */
#ifndef QUEUE_JOURNAL_H
#define QUEUE_JOURNAL_H

#include "base/log.h"
#include "base/str.h"
#include "queue/journal_format.h"

struct journal;
struct batch;

struct journal_params {
	int dir_fd;                /* of the journal's own, locked directory; not taken */
	size_t segment_bytes;      /* 0: 16 MB */
	int max_segments;          /* 0: 32 */
	uint32_t first_generation; /* above every generation in the directory */
	struct log *log;
};

struct journal *journal_open(const struct journal_params *p, int *out_error);
void journal_close(struct journal *j); /* writes what is pending */

struct journal_ticket {
	struct batch *batch;
};

/* The largest message that fits (control text and body). */
size_t journal_message_max(const struct journal *j);
/* 0 with the reference of the message; -EAGAIN no room now; -EFBIG never. ticket NULL: nobody waits for it. */
int journal_append(struct journal *j, const struct journal_message *m, uint64_t *out_ref,
		   struct journal_ticket *ticket);
int journal_wait(struct journal *j, struct journal_ticket *ticket); /* once for each ticket */
void journal_note(struct journal *j, uint64_t ref, struct view text);
void journal_done(struct journal *j, uint64_t ref);

/* The message as it was appended; views into *memory. For spilling. */
int journal_read(struct journal *j, uint64_t ref, struct str *memory, struct journal_message *out);
/* Everything appended so far is on disk when it returns, unless a write failed. */
void journal_flush(struct journal *j);
/* Writes pending notes, keeps a spare segment ready. */
int journal_tend(struct journal *j);

struct journal_stats {
	uint64_t appended, batches, bytes;
	int segments_used, segments_max;
};
void journal_stats(struct journal *j, struct journal_stats *out);

#endif
