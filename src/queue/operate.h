/*
 * operate.h - what an operator does to one message that rests in a queue file.
 *
 * Each takes the lock of the control file first, so that a message in somebody's hands is left alone (OPERATE_BUSY) and no daemon
 * picks it up meanwhile; the new text takes the place of the old by a rename. A machine that stops in between
 * leaves the message whole, in its old state or its new one, or held without its reason.
 *
 * Threads: any. Blocks: on the disk.
 */
#ifndef QUEUE_OPERATE_H
#define QUEUE_OPERATE_H

#include "queue/select.h"
#include "queue/spool.h"

enum operate_result {
	OPERATE_DONE,
	OPERATE_BUSY, /* somebody works on it */
	OPERATE_GONE, /* not there any more, or not what was meant any more */
	OPERATE_FAILED /* *out_error is -errno; -EBADMSG: no queue file as it ought to be, lost now */
};

struct operate_on {
	const struct spool *spool;
	int dir;
	char letter; /* of the control file */
	const char *id;
	/* Is it still meant, now that it is locked? NULL: yes. */
	bool (*is_meant)(void *arg, struct view text);
	void *arg;
};

/* hf with this reason, or back to qf without one. */
enum operate_result operate_hold(const struct operate_on *on, const char *reason, int *out_error);
enum operate_result operate_release(const struct operate_on *on, int *out_error);
/* The last try is forgotten: due at any queue run. */
enum operate_result operate_retry(const struct operate_on *on, int *out_error);
/* Whoever its file belongs to. */
enum operate_result operate_delete(const struct operate_on *on, int *out_error);
/* Reads it, locked meanwhile or not: for looking only. */
enum operate_result operate_read(const struct operate_on *on, struct str *out_text, int *out_error);

#endif
