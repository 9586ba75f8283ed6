/*
 * scan.h - walking over the queue files of a directory.
 *
 * Threads: any. Blocks: on the disk.
 */
#ifndef QUEUE_SCAN_H
#define QUEUE_SCAN_H

#include "queue/spool.h"

/* Calls each(letter q, h or Q; id) for every control file until it returns false. Order as the file system gives it. */
void scan_dir(const struct spool *s, int dir,
	      bool (*each)(void *arg, int dir, char letter, const char *id), void *arg);

/* Removes temporary control files that nobody has locked and that are older than an hour: their writers died before the message was
 * acknowledged. */
void scan_remove_temporary(const struct spool *s, int dir, int64_t now_s);

#endif
