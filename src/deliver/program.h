/*
 * program.h - mailers that are programs: started through the agent as the right user (contract/mailers.md 4.4).
 *
 * The message goes to standard input; what the program prints goes into the transcript; its exit status is the outcome.
 * Blocks: until the program ends, at most PROGRAM_TIME_MAX_S after the message is written.
 */
#ifndef DELIVER_PROGRAM_H
#define DELIVER_PROGRAM_H

#include "deliver/attempt.h"
#include "os/agent.h"

#define PROGRAM_TIME_MAX_S 3600

/* Who a mailer runs as for a recipient: flag S, the controlling user, U=, DefaultUser. */
struct identity {
	uid_t uid;
	gid_t gid;
	const char *user; /* NULL: no supplementary groups */
	bool keep_uid;    /* flag S without U= */
};
void program_identity(struct attempt *at, const struct rcpt *r, struct identity *out);

/* The arguments with which the mailer's program is run, NULL ends; NULL: too many. */
const char *const *program_arguments(struct attempt *at, struct rcpt *const *rcpts, size_t n);
/* Starts the mailer's program for these recipients. 0, or -1 with *out_status. */
int program_start(struct attempt *at, struct rcpt *const *rcpts, size_t n, bool duplex,
		  struct agent_child *out_child, struct status *out_status);
/* Every recipient of the task gets its outcome; one process for each unless the mailer has flag m. */
void program_deliver(struct attempt *at);
/* The lines before the header: "From " for mailers without flag n, the UUCP form with U. */
void program_from_line(struct attempt *at, struct text_out *o);

#endif
