/*
 * outcome.h - the policy for everything that may become of a delivery: one place for replies, exit codes and errors.
 *
 * The outcome_of_ functions judge: they turn what was seen into a struct status whose exit code says sent, later or never
 * (contract/mailers.md 4.5, 4.6, smtp.md 7.10). outcome_set makes it so: recipient states, the log line, the
 * transcript, -v. Texts of results live in the arena given. Threads: outcome_set takes the lock of the envelope.
 */
#ifndef DELIVER_OUTCOME_H
#define DELIVER_OUTCOME_H

#include "deliver/attempt.h"
#include "smtp/reply.h"

enum smtp_stage {
	STAGE_GREETING,
	STAGE_HELO,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_DOT,
	STAGE_RSET,
	STAGE_QUIT
};
#define SMTP_STAGES (STAGE_QUIT + 1)

/* What a stage is called in "timeout waiting for input from HOST during PHASE". */
const char *outcome_stage_name(enum smtp_stage stage);

/* has_enhanced: the peer announced ENHANCEDSTATUSCODES. */
struct status outcome_of_reply(struct arena *a, enum smtp_stage stage, const struct reply *reply,
			       bool has_enhanced, struct view host);
/* The connection failed while the answer of that stage was awaited. */
struct status outcome_of_lost(struct arena *a, enum smtp_stage stage, int error, struct view host);
/* error: -errno of connect, read or write; -EPROTO for garbage. is_connected: the connection had been made. */
struct status outcome_of_io(struct arena *a, int error, struct view host, bool is_connected);
/* wait_status as of waitpid(2). */
struct status outcome_of_exit(struct arena *a, const struct mailer *m, int wait_status);

/* Gives the recipients this outcome. The status is copied. */
void outcome_set(struct attempt *at, struct rcpt *const *rcpts, size_t n, const struct status *st);
/* The same for every recipient of the task that has none yet. */
void outcome_set_rest(struct attempt *at, const struct status *st);
/* Trouble of a mailer's system that is named without "Deferred: ". */
bool outcome_speaks_for_itself(const struct status *st);
/* How stat= words it: "Sent (ok)", "Deferred: ...", "User unknown". */
struct view outcome_stat(const struct status *st, struct arena *a);
/* For those that never came to an attempt: failed while being resolved. Logs only. */
void outcome_log_unrouted(const struct services *sv, struct envelope *e, struct rcpt *r);

#endif
