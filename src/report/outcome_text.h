/*
 * outcome_text.h - what a report says of one recipient: reason, status, codes, addresses.
 *
 * Pure functions over a recipient whose attempt is over; text in the arena. Shared by the readable and the machine-readable
 * part of a report.
 */
#ifndef REPORT_OUTCOME_TEXT_H
#define REPORT_OUTCOME_TEXT_H

#include "envelope/envelope.h"

struct outcome_text {
	struct view reason;     /* for "(reason: ...)"; none: unknown */
	struct view diagnostic; /* for Diagnostic-Code, without its type; none: unknown */
	char dsn[16];
	struct view expanded_from; /* the list it was expanded from, not the file of that; none */
	struct view original, final_, actual; /* Original-Recipient ...: "type;address"; none */
	struct view remote;                   /* Remote-MTA without its type; none */
	struct view type_mta, type_diag;      /* T= of the mailer */
};

void outcome_text_of(const struct rcpt *r, struct arena *a, struct outcome_text *out);
/* xtext (RFC 3461) decoded, as far as it is printable. */
struct view xtext_printable(struct view v, struct arena *a);

#endif
