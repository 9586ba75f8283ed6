/*
 * request.h - what an operator's command asks of the daemons on a queue.
 *
 * A daemon has a directory .journal/N (journal_dir.h). Its file `lock` says who it is: "pid NUMBER" and "interval SECONDS". A command
 * writes its wishes to a file there, gives it the name `request` and sends the daemon USR2. The daemon renames it to
 * `serving`, does what it says, and removes it: the command waits until its file is gone. So two commands never
 * mix, and a daemon that dies leaves a file that the next one removes.
 *
 *   spill          what is only in the journal is written to files
 *   rest           what waits there for a queue run, deferred or held, is
 *   look           the directories are looked at for files that somebody else put there
 *   try PATH ID    this message is due now, whatever MinQueueAge says
 *
 * Threads: any. Blocks: request_send until the deadline, request_serve on the disk.
 */
#ifndef QUEUE_REQUEST_H
#define QUEUE_REQUEST_H

#include "base/str.h"
#include "queue/spool.h"

#define REQUEST_DAEMONS_MAX 16

struct request_daemon {
	int number; /* of its directory */
	pid_t pid;
	int64_t interval_s; /* of its queue runs; 0: none */
};

/* The daemons that live on this queue. Returns how many. */
int request_daemons(const struct spool *s, struct request_daemon *out, int max);
/* Asks all daemons; 0 when they have done it (or there is none), -ETIMEDOUT when one did not, -errno. */
int request_send(const struct spool *s, struct view text, int64_t deadline);

/* What the daemon writes into its lock file, and that of one that has ended. */
int request_introduce(int lock_fd, int64_t interval_s);
void request_part(int journal_fd, int lock_fd);

struct queue;
/* The daemon: obeys what is asked. False: nothing was. */
bool request_serve(struct queue *q);

#endif
