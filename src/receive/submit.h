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

/* Makes the envelope of it, not yet accepted. An exit status, and *out_env: a message to be accepted by the caller, also
 * when the status is not 0 (some recipients were refused: the rest gets it, and the status is the program's); NULL: there is none.
 * Messages for the user go to standard error as sendmail words them. */
int submit_read(const struct submit_params *p, struct envelope **out_env);
/* -bv */
int submit_verify(const struct submit_params *p);

#endif
