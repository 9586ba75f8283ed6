/*
 * status.h - what became of something, in the terms that SMTP, DSN and exit codes need.
 *
 * One type serves the server's replies, a recipient's state and a report. The text carries no codes. Text memory belongs
 * to whoever made the status (usually the arena of the transaction). Plain values, thread-safe.
 */
#ifndef MAIL_STATUS_H
#define MAIL_STATUS_H

#include <stdint.h>

#include "base/arena.h"

/* Exit statuses of mailers and programs (sysexits), contract/mailers.md 4.5. */
enum {
	EX_OK_ = 0,
	EX_USAGE_ = 64,
	EX_DATAERR_ = 65,
	EX_NOINPUT_ = 66,
	EX_NOUSER_ = 67,
	EX_NOHOST_ = 68,
	EX_UNAVAILABLE_ = 69,
	EX_SOFTWARE_ = 70,
	EX_OSERR_ = 71,
	EX_OSFILE_ = 72,
	EX_CANTCREAT_ = 73,
	EX_IOERR_ = 74,
	EX_TEMPFAIL_ = 75,
	EX_PROTOCOL_ = 76,
	EX_NOPERM_ = 77,
	EX_CONFIG_ = 78
};

enum outcome { OUTCOME_NONE, OUTCOME_SENT, OUTCOME_LATER, OUTCOME_NEVER };

struct status {
	int smtp;           /* 250, 451, 550 ...; 0: none yet */
	uint8_t dsn[3];     /* class.subject.detail; {0} none */
	int exit;           /* EX_* */
	struct view text;   /* without codes: "User unknown" */
	struct view remote; /* Remote-MTA name, or none */
	struct view reply;  /* the peer's whole reply for Diagnostic-Code and reply=, or none */
};

static inline struct status status_ok(void)
{
	return (struct status){ 0 };
}
enum outcome status_outcome(
	const struct status
		*st); /* from the SMTP code's and DSN's first digit, else the exit status */
struct status status_make(int smtp, const char *dsn, int exit,
			  struct view text); /* dsn like "5.1.1"; exit -1: by dsn */
bool status_parse_dsn(struct view text, uint8_t out[3]);
void status_format_dsn(const struct status *st, char out[16]);
/* "550 5.1.1 User unknown" or "5.1.1 text" at the front of a text: fills smtp, dsn, and the rest as text (a view into v). */
void status_from_text(struct view v, struct status *out);
/* The table of contract/mailers.md 4.5 (exit -> code, DSN, text) and 4.6 (DSN -> exit). */
struct status status_from_exit(int exit);
int status_exit_of_dsn(const uint8_t dsn[3]);
const char *status_exit_name(int exit); /* "EX_TEMPFAIL"; NULL when unknown */

#endif
