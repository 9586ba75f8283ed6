/*
 * dsn.h - the text of a report about a message: header fields and body (contract/smtp.md 7.11, RFC 3464).
 *
 * A report is made from what became of the recipients of one envelope. dsn_write fills a new envelope: fields are added to
 * its header (behind which envelope_complete_header puts the usual ones) and its body is written. The envelope that is
 * reported on is only read. Blocks on reading its body. 0 or -errno when a body cannot be read or written.
 */
#ifndef REPORT_DSN_H
#define REPORT_DSN_H

#include "envelope/envelope.h"

enum dsn_kind { DSN_FAILURE, DSN_WARNING, DSN_RECEIPT, DSN_POSTMASTER };

struct dsn {
	enum dsn_kind kind;
	struct envelope *env;      /* the message that is reported on */
	struct rcpt *const *rcpts; /* of it, those the report tells about */
	size_t n_rcpts;
	const struct view *to; /* who gets the report, as shown in its header */
	size_t n_to;
	struct view subject; /* of a warning; none: the usual one of the kind */
	bool with_body;      /* return all of the message, else its header */
	bool lists_delayed;  /* a deliver-by warning names the late ones in its readable part too */
	int64_t retry_until_s; /* for delayed ones */
	int spool_dir_fd;      /* where a body goes that does not fit into memory */
};

int dsn_write(const struct dsn *d, const struct services *sv, struct envelope *report);

/* How the envelope of a delivered recipient is told in the session's transcript: "a@b... Successfully delivered". */
struct view dsn_success_note(const struct rcpt *r, struct arena *a);

#endif
