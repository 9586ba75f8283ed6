/*
 * walk.h - every message of a queue, read once, by several threads: for listings and for the operator's commands.
 *
 *   struct walk *w = walk_new(&params);
 *   for each directory: walk_dir(w, dir);      calls prepare and take
 *   walk_free(w);
 *
 * Control files are read in batches as the directory gives them; memory is that of a few batches, whatever the size of the
 * queue. prepare() runs in any of the threads, several at a time, and may make a text of an entry; take() is called for one
 * entry after the other in the order of the directory. Messages that are only in the journal of a daemon come at the end of
 * their directory; a message that moves to a file meanwhile is seen once.
 *
 * Threads: walk_dir in one. Blocks: on the disk. Owns its copies of what the journals have.
 */
#ifndef QUEUE_WALK_H
#define QUEUE_WALK_H

#include "queue/select.h"
#include "queue/spool.h"

struct queue_entry {
	int dir;
	char letter; /* of the control file: q h Q */
	char id[QUEUE_ID_MAX];
	bool is_locked;    /* somebody works on it */
	bool is_journaled; /* it is in no file yet: the daemon has it */
	int error;         /* 0, or the -errno with which the file could not be read */
	int64_t size;      /* of the body, -1 unknown */
	int64_t mtime_s;   /* of the control file, when it is wanted */
	struct view text;  /* control text, valid during the call */
	struct qf_head head;
	size_t order; /* its place among those of its directory */
};

struct walk_params {
	const struct spool *spool;
	const char *letters; /* of the control files to look at */
	bool with_size;      /* the body's size is wanted: a call more for each message */
	bool finds_body; /* also of a body that a d line says is elsewhere */
	bool with_locks; /* is_locked is wanted */
	bool with_mtime; /* mtime_s is wanted */
	int n_threads;   /* 0: one for each processor, at most 4 */
	/* Is this message of interest, by its id alone? NULL: all. Any thread. */
	bool (*is_meant)(void *arg, const char *id);
	/* Any thread. False: not of interest, take is not called. NULL: all are. */
	bool (*prepare)(void *arg, const struct queue_entry *e, struct str *out);
	/* One at a time; prepared is what prepare made. False ends the walk. */
	bool (*take)(void *arg, const struct queue_entry *e, struct view prepared);
	void *arg;
};

struct walk;

struct walk *walk_new(const struct walk_params *p);
/* False when take ended it. */
bool walk_dir(struct walk *w, int dir);
/* 0, or the -errno that kept the last directory from being read to its end. */
int walk_error(const struct walk *w);
/* How many messages are only in a daemon's journal. */
size_t walk_count_journaled(const struct walk *w);
void walk_free(struct walk *w);

#endif
