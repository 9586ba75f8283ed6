/*
 * mime.h - MIME conversions of a body on its way out: 8 to 7 bit and back.
 *
 * Reads LF-ended text through a pull function and writes LF-ended text through a push function, in bounded memory, with
 * bounded nesting (VU#146718). A message that needs no conversion passes untouched (contract/smtp.md 7.99).
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include "mail/header.h"

struct mime_io {
	/* One line without its LF; 1, or 2 for the front part of a line whose rest comes next, or 0 at the end, or -errno.
	 * The view is valid until the next call. */
	int (*read_line)(void *arg, struct view *out_line);
	int (*write)(void *arg, struct view bytes); /* 0 or -errno */
	void *arg;
};

enum mime_mode { MIME_TO_7BIT, MIME_TO_8BIT };

struct mime_params {
	enum mime_mode mode;
	struct view default_charset;
	/* Class membership: b (base64 types), e (convertible encodings), n (never), q (quoted-printable), s (nested). */
	bool (*is_in_class)(void *arg, char class_name, struct view word);
	void *class_arg;
	struct view
		by; /* "mail.example id 6AK...": who converts, for X-MIME-Autoconverted; none: it is not added */
	bool only_text;   /* mailer flag 9: text/plain only */
	bool ebcdic_safe; /* mailer flag 3 */
};

/* True when these headers say that a conversion may apply; *out_reason for X-MIME-Autoconverted ("from 8bit to base64"). */
bool mime_wants_conversion(const struct header *h, const struct mime_params *p);
/* Converts the body; the header fields that change (Content-Transfer-Encoding, Content-Type, MIME-Version,
 * X-MIME-Autoconverted reason) are changed in h before the body is written. Needs two passes over the body at most: rewind()
 * is called once in between. 0 or -errno. */
int mime_convert(struct header *h, struct arena *a, const struct mime_params *p, struct mime_io *io,
		 int (*rewind)(void *arg), struct view *out_reason);

/* Labels text that came without: MIME-Version, Content-Type text/plain with that charset, and the encoding ("8bit" for
 * EightBitMode m towards a mailer that takes 8-bit). What is there already stays, but for the encoding. */
void mime_label(struct header *h, struct arena *a, struct view charset, struct view encoding);

#endif
