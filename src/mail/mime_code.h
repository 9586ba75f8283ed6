/*
 * mime_code.h - quoted-printable and base64, bytes in, text out.
 *
 * A coder is fed bytes in pieces of any length and calls write() with what comes out. Line ends inside are LF; base64 text
 * stands for CRLF (RFC 2045, 6.8). Bounded memory. One thread.
 */
#ifndef MAIL_MIME_CODE_H
#define MAIL_MIME_CODE_H

#include "base/str.h"

enum mime_coding { MIME_AS_IS, MIME_QP, MIME_BASE64 };

struct mime_coder {
	enum mime_coding coding;
	bool ebcdic_safe; /* quoted-printable: characters that EBCDIC gateways spoil are encoded too */
	int (*write)(void *arg, struct view bytes);
	void *arg;
	struct str out; /* gathered, given to write() in chunks */
	int error;      /* the first of write() */
	size_t column;
	char held; /* quoted-printable: a blank that may stand at the end of a line; 0: none */
	unsigned char group[4];
	size_t n_group;
};

void mime_coder_init(struct mime_coder *c, enum mime_coding coding,
		     int (*write)(void *arg, struct view), void *arg);
void mime_coder_done(struct mime_coder *c);

void mime_encode(struct mime_coder *c, struct view bytes); /* LF is a line end */
int mime_encode_end(struct mime_coder *c);                 /* what is left; 0 or the first error */

/* One line without its LF, or the front part of one (is_whole false). */
void mime_decode_line(struct mime_coder *c, struct view line, bool is_whole);
int mime_decode_end(struct mime_coder *c);

#endif
