/*
 * reply.h - SMTP replies: made, and read. RFC 5321 4.2, RFC 3463.
 *
 * Threads: whoever has the stream. reply_write blocks only when the stream's buffer is full (its own deadline then counts),
 * reply_read until the deadline. A write that fails shows at the stream's next flush.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "mail/status.h"
#include "net/stream.h"

#define REPLY_LINE_MAX  2048
#define REPLY_LINES_MAX 100 /* more is a protocol error */

/* Adds "250 2.1.0 text\r\n" to the stream; text may hold LFs: continuation lines repeat code and dsn. dsn NULL or "": none.
 * CR and NUL become blanks, and a line ends at REPLY_LINE_MAX, so that no text can forge another reply. */
void reply_write(struct stream *st, int code, const char *dsn, struct view text);
void reply_writef(struct stream *st, int code, const char *dsn, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

struct reply {
	int code;          /* 0: none */
	struct view text;  /* all lines joined with LF, with codes, as received; in the arena */
	struct view first; /* the first line without code and enhanced code */
	struct view last;  /* the last line whole, "250 2.0.0 ok" */
	uint8_t dsn[3];    /* enhanced code of the last line, {0} none */
};
/* Reads one reply. 0, or -errno: -ETIMEDOUT, -EPIPE at end of file, -EPROTO when it is no SMTP reply (more than
 * REPLY_LINES_MAX lines). Lines that do not start with three digits are passed over; overlong lines are cut. 421 is returned
 * as any other. */
int reply_read(struct stream *st, struct arena *a, int64_t deadline, struct reply *out);

#endif
