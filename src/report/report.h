/*
 * report.h - bounces, delay warnings, receipts: new messages made from what became of an envelope (contract/smtp.md 7.11).
 *
 * report_attempt_over looks at the recipients after an attempt and makes what is due: a bounce for failed ones, a
 * warning for late ones, a receipt for those who asked; sends them back as new envelopes by queue_accept; a bounce
 * of a bounce goes to DoubleBounceAddress. It is the queue's on_attempt_over hook. Recipients that
 * were reported are marked so, and nothing is reported twice. Blocks on queue_accept.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "queue/queue.h"
#include "report/statistics.h"

struct report_ctx {
	struct queue *queue;
	const struct services *services;
	struct statistics *statistics; /* deliveries are counted there; NULL: they are not */
	void (*say)(void *arg, struct view line); /* -v: that a message is late, or given up */
};
/* Messages that are too old are given up here: their late recipients fail (Timeout.queuereturn). A double bounce that
 * cannot be reported either goes to DeadLetterDrop, or has ENV_LOST set: the queue keeps it as Qf.
 * 0, or -errno when a report could not be made safe: the envelope then stays in the queue and is reported later. */
int report_attempt_over(const struct report_ctx *ctx, struct envelope *e);

/* Will a delivery be reported, so that the transcript is to show it? */
bool report_wants_receipt(const struct envelope *e, const struct rcpt *r);

/* Writes the last counts and frees them. */
void report_close(struct report_ctx *ctx, struct snapshot_slot *slot);

#endif
