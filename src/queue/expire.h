/*
 * expire.h - messages that have waited too long: Timeout.queuereturn and deliver-by.
 *
 * expire_overdue is called when an attempt is over, before reports are made: recipients that are still deferred become failed ones
 * (4.4.7, or 5.4.7 for deliver-by), the transcript and the message's status text say why. Recipients keep the last reply of their peer.
 * Thread: the one that owns the envelope. No I/O.
 */
#ifndef QUEUE_EXPIRE_H
#define QUEUE_EXPIRE_H

#include "base/str.h"
#include "envelope/envelope.h"

void expire_overdue(struct envelope *e, int64_t now_s);
/* "5 days", "4 hours", "1 hour 30 minutes" */
void expire_interval_text(int64_t seconds, struct str *out);

#endif
