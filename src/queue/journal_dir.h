/*
 * journal_dir.h - where journals live: DIR/.journal/N, one locked directory for each daemon on a queue.
 *
 * DIR is the base of the default queue group. A daemon takes the first N whose lock is free. Journals whose daemon is gone are adopted by
 * whoever comes next, a daemon or a command-line run: what is in them becomes qf and df.
 *
 * Threads: one at a time. Blocks: on the disk. Errors: -errno.
 */
#ifndef QUEUE_JOURNAL_DIR_H
#define QUEUE_JOURNAL_DIR_H

#include "queue/journal_scan.h"
#include "queue/spool.h"

#define JOURNAL_DIRS_MAX 64

struct journal_dir {
	int fd;      /* the directory N */
	int lock_fd; /* holds its lock */
	uint32_t last_generation;
};

/* Writes the messages of every journal without a daemon into the spool. Returns how many there were, or -errno when one could not be
 * written (it stays in its journal). Journals of other users are left alone, unless root asks: the files are then theirs. */
int journal_adopt(struct spool *s);
/* Makes and locks a journal directory for this process; call after journal_adopt. interval_s is told to those who look (request.h). */
int journal_dir_take(struct spool *s, int64_t interval_s, struct journal_dir *out);
/* The directory N: a descriptor, or -errno. */
int journal_dir_open(const struct spool *s, int number);
void journal_dir_release(struct journal_dir *d);

/* Calls each() for every message in any journal that is not done and has no qf file; mailq's view. */
void journal_dirs_each(const struct spool *s,
		       void (*each)(void *arg, const struct journal_message *m), void *arg);

#endif
