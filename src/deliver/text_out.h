/*
 * text_out.h - the text of a message as a mailer wants it: line ends, dots, From lines, limits.
 *
 * Takes text whose lines end in LF, in pieces of any length, and writes it in the form of the mailer into a buffer; when the
 * buffer holds a chunk it goes through flush(). What is left in the buffer at the end is the caller's to write, so that a
 * small message and its final dot are one write. Memory is bounded by the chunk. One thread.
 */
#ifndef DELIVER_TEXT_OUT_H
#define DELIVER_TEXT_OUT_H

#include "base/str.h"

struct text_format {
	struct view eol;  /* E= */
	int line_limit;   /* L=, 0 none: longer lines are broken with '!' */
	bool dot_stuff;   /* flag X, or SMTP */
	bool escape_from; /* flag E */
	bool strip_nul;   /* flag 1 */
	bool strip_high;  /* flag 7 */
};

struct text_out {
	struct text_format format;
	struct str buf;
	int (*flush)(void *arg, struct view bytes); /* 0 or -errno */
	void *arg;
	int error;     /* the first error of flush(); nothing more is written then */
	size_t column; /* bytes on the current line of the output; 0: at its start */
	int64_t bytes; /* given to flush() so far */
	char held[5];  /* the start of a line that may become "From " with the next piece */
	size_t n_held;
};

#define TEXT_OUT_CHUNK 65536

void text_out_init(struct text_out *o, const struct text_format *f,
		   int (*flush)(void *arg, struct view), void *arg);
void text_out_done(struct text_out *o);
/* For the next message: the buffer is kept. */
void text_out_reset(struct text_out *o, const struct text_format *f);
void text_out_add(struct text_out *o, struct view text);
/* Ends a line that the text left open. */
void text_out_end_line(struct text_out *o);
/* Bytes as they are, such as the final dot. */
void text_out_raw(struct text_out *o, struct view bytes);
/* Writes what is buffered. 0, or the first error. */
int text_out_flush(struct text_out *o);

#endif
