/*
 * submit.h - mail from the command line: sendmail -bm, -t, -bv (contract/command-line.md 8.1).
 *
 * Reads the message from a descriptor, builds the envelope, and hands it to the queue; delivery is the caller's (programs/).
 */
#ifndef RECEIVE_SUBMIT_H
#define RECEIVE_SUBMIT_H

#include "queue/queue.h"
#include "resolve/expand.h"

struct submit_params {
	struct snapshot *snap;
	const struct services *services;
	struct queue *queue;
	int fd_in;
	const char *sender;    /* -f; NULL: the user */
	const char *full_name; /* -F */
	const char *const *rcpts;
	size_t n_rcpts;
	bool from_header; /* -t */
	bool dot_is_text; /* -i */
	bool no_aliases;  /* -n */
	bool verbose;
	const char *body_type, *notify, *ret, *envid; /* -B -N -R -V */
	const char *protocol;                         /* -p */
	int hop_count;                                /* -h */
	bool is_gateway;                              /* -G */
	bool is_utf8;                                 /* -U */
	char delivery_mode;                           /* 0: the option's */
	uid_t real_uid;
};

/*
 * The message with its recipients expanded, and a copy for each list that has an owner. Those that were refused are RCPT_FAILED in
 * env, which may have no others: a report on them is the caller's to make (report_attempt_over). What has open
 * recipients is to be accepted.
 */
struct submitted {
	struct envelope *env; /* NULL: there is no message */
	struct envelope **copies;
	size_t n_copies;
};

/* Makes the envelopes, not yet accepted. An exit status, also when there is a message (some recipients were refused). Messages for
 * the user go to standard error as sendmail words them, where the error mode wants them. */
int submit_read(const struct submit_params *p, struct submitted *out);
/* Frees what is still there: whoever hands an envelope on sets it NULL. */
void submitted_done(struct submitted *s);
/* -bv */
int submit_verify(const struct submit_params *p);

#endif
