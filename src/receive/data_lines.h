/*
 * data_lines.h - the octets of the DATA phase as lines: where a line ends, where the message ends, what is stuffed.
 *
 * RFC 5321: a line ends with CRLF, the message with CRLF.CRLF, a dot at the front of a longer line is dropped. A lone CR or LF is
 * never any of these unless the site asked for it; what to do about one is DATA_REFUSE (stop: PIECE_BARE_*), DATA_BLANK (it becomes
 * a blank) or DATA_ACCEPT (a lone LF ends a line but never the message; a lone CR is text). is_lenient is the behaviour of old:
 * a lone LF counts as CRLF everywhere.
 *
 * The input may be cut anywhere. No copying: a piece is a view into the input or a constant. No I/O, plain values.
 */
#ifndef RECEIVE_DATA_LINES_H
#define RECEIVE_DATA_LINES_H

#include "base/view.h"

enum data_policy { DATA_REFUSE, DATA_BLANK, DATA_ACCEPT };

enum data_state { DATA_LINE_START, DATA_DOT, DATA_DOT_CR, DATA_TEXT, DATA_CR };

struct data_lines {
	enum data_policy bare_lf, bare_cr;
	bool is_lenient;
	enum data_state state;
	bool is_after_lone_lf; /* the previous line was ended by one */
	bool had_bare_lf, had_bare_cr;
};

enum data_piece_kind {
	PIECE_TEXT,
	PIECE_LINE_END,
	PIECE_MESSAGE_END,
	PIECE_BARE_LF,
	PIECE_BARE_CR
};

struct data_piece {
	enum data_piece_kind kind;
	struct view
		text; /* PIECE_TEXT: some of a line; PIECE_LINE_END: the rest of it, may be empty */
};

void data_lines_init(struct data_lines *d, enum data_policy bare_lf, enum data_policy bare_cr,
		     bool is_lenient);
/* The next piece, cut off *rest. False when the input is used up. After PIECE_MESSAGE_END and PIECE_BARE_* no more calls. */
bool data_lines_next(struct data_lines *d, struct view *rest, struct data_piece *out);

#endif
