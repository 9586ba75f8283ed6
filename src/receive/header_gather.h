/*
 * header_gather.h - the lines at the top of a message as fields, one after the other.
 *
 * A field is complete when the next line does not go on with it; it is then handed to on_field, folds as LF and blank. The
 * first line that is neither field nor continuation ends the header and belongs to the body (unless it is empty). A
 * "From " line at the very top is eaten. The text kept is bounded by `max`; gather_line tells when a field is larger.
 *
 * Threads: one. Owns its buffer.
 */
#ifndef RECEIVE_HEADER_GATHER_H
#define RECEIVE_HEADER_GATHER_H

#include "base/str.h"

struct header_gather {
	struct str field; /* the unfinished field, then the unfinished line */
	size_t line_at;   /* where the current line begins in it */
	bool is_first_line, keeps_from_line;
	void (*on_field)(void *arg, struct view name, struct view value);
	void *arg;
};

enum gather_result {
	GATHER_MORE,      /* still in the header */
	GATHER_END,       /* the header is over, the line was its empty end */
	GATHER_BODY_LINE, /* the header is over, the line is text */
};

void gather_init(struct header_gather *g, size_t max, bool keeps_from_line,
		 void (*on_field)(void *arg, struct view name, struct view value), void *arg);
void gather_done(struct header_gather *g);
/* Some of a line; its end, if any, is not in it. False: more than max. */
bool gather_text(struct header_gather *g, struct view text);
/* The line is complete. For GATHER_BODY_LINE *out_line is the line without its end, valid until gather_done. */
enum gather_result gather_line(struct header_gather *g, struct view *out_line);
/* The input is over within the header: the last field. */
void gather_end(struct header_gather *g);

#endif
