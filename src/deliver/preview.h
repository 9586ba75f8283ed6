/*
 * preview.h - what delivery would do with a recipient, without doing it.
 *
 * Made by the code that delivers: the same macros, sender, arguments and identity. Nothing is opened or written; rules and their maps are asked.
 * Results live in the job's arena. One thread.
 */
#ifndef DELIVER_PREVIEW_H
#define DELIVER_PREVIEW_H

#include "deliver/attempt.h"
#include "deliver/program.h"

enum preview_transport {
	PREVIEW_SMTP,         /* to hosts */
	PREVIEW_SMTP_SOCKET,  /* to a local socket */
	PREVIEW_SMTP_PROGRAM, /* with a program */
	PREVIEW_PROGRAM,
	PREVIEW_FILE
};

struct preview {
	enum preview_transport transport;
	bool is_lmtp;
	struct view sender;      /* as MAIL has it, without brackets; "" for the null sender */
	struct view destination; /* hosts to look for, the path of the socket, the file */
	uint16_t port;
	const char *const *argv;  /* of a program; NULL ends */
	struct identity identity; /* of programs and files */
	struct check compat;      /* ruleset check_compat */
	bool is_held; /* an expensive mailer, or one with flag %: a new message waits for a queue run */
};

/* at: for more questions about the same attempt; lives as long as the arena. */
void preview_rcpt(struct job *job, struct envelope *e, struct rcpt *r, struct attempt *at,
		  struct preview *out);

#endif
