/*
 * times.h - is a message too old? Timeout.queuewarn, Timeout.queuereturn, and the deliver-by time of its sender.
 *
 * Pure: nothing is changed. The texts are those of the log, of reports and of the M line.
 */
#ifndef REPORT_TIMES_H
#define REPORT_TIMES_H

#include "envelope/envelope.h"

enum time_verdict {
	TIME_GOES_ON,   /* try again later */
	TIME_WARN,      /* tell the sender that it is late */
	TIME_GIVE_UP,   /* return it */
	TIME_BY_WARN,   /* the sender's own limit is past; he wants to know */
	TIME_BY_GIVE_UP /* ... and wants it back */
};

struct time_decision {
	enum time_verdict verdict;
	struct view
		subject; /* of a warning, and the M line: "Warning: could not send message for past 4 hours" */
	struct view log_text; /* "Cannot send message for 5 days" */
	struct view notes[2]; /* lines of the transcript */
	int64_t retry_until_s;
};

void times_decide(const struct envelope *e, int64_t now_s, struct arena *a,
		  struct time_decision *out);

/* Should the message go back without another attempt: is its deliver-by time past, in mode R? */
bool times_is_by_over(const struct envelope *e, int64_t now_s);
/* Timeout.queuereturn=now: what is in the queue is returned as it stands. */
bool times_is_return_now(const struct envelope *e);

#endif
