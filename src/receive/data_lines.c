/* data_lines.c - see data_lines.h. The text between line ends is found by memchr; only bytes at line ends are looked at singly. */
#include "receive/data_lines.h"

void data_lines_init(struct data_lines *d, enum data_policy bare_lf, enum data_policy bare_cr,
		     bool is_lenient)
{
	*d = (struct data_lines){ .bare_lf = bare_lf,
				  .bare_cr = bare_cr,
				  .is_lenient = is_lenient };
}

static bool give(struct data_piece *out, enum data_piece_kind kind, struct view text)
{
	*out = (struct data_piece){ kind, text };
	return true;
}

static struct view cut(struct view *rest, size_t n)
{
	struct view front = view_first(*rest, n);

	*rest = view_skip(*rest, n);
	return front;
}

static bool line_end(struct data_lines *d, bool is_lone, struct data_piece *out, struct view text)
{
	d->state = DATA_LINE_START;
	d->is_after_lone_lf = is_lone;
	return give(out, PIECE_LINE_END, text);
}

/* A CR without LF behind it; the CR itself is consumed already. */
static bool lone_cr(struct data_lines *d, struct data_piece *out)
{
	d->had_bare_cr = true;
	d->state = DATA_TEXT;
	switch (d->bare_cr) {
	case DATA_BLANK:
		return give(out, PIECE_TEXT, VIEW(" "));
	case DATA_ACCEPT:
		return give(out, PIECE_TEXT, VIEW("\r"));
	case DATA_REFUSE:
		break;
	}
	return give(out, PIECE_BARE_CR, VIEW_NONE);
}

/* An LF without CR before it, consumed already; line is what stands before it and was not given yet. */
static bool lone_lf(struct data_lines *d, struct data_piece *out, struct view line)
{
	d->had_bare_lf = true;
	if (d->is_lenient || d->bare_lf == DATA_ACCEPT)
		return line_end(d, true, out, line);
	if (d->bare_lf == DATA_REFUSE)
		return give(out, PIECE_BARE_LF, VIEW_NONE);
	d->state = DATA_TEXT;
	return give(out, PIECE_TEXT, VIEW(" "));
}

/* Within a line: up to its end, a stray CR or LF, or the end of the input. */
static bool next_text(struct data_lines *d, struct view *rest, struct data_piece *out)
{
	const char *lf = memchr(rest->p, '\n', rest->len);
	size_t n = lf ? (size_t)(lf - rest->p) : rest->len;
	const char *cr = memchr(rest->p, '\r', n);

	if (cr) {
		struct view text = cut(rest, (size_t)(cr - rest->p));

		if (rest->len == 1) {
			cut(rest, 1);
			d->state = DATA_CR;
			return give(out, PIECE_TEXT, text);
		}
		if (rest->p[1] == '\n') {
			cut(rest, 2);
			return line_end(d, false, out, text);
		}
		if (text.len > 0)
			return give(out, PIECE_TEXT, text);
		cut(rest, 1);
		return lone_cr(d, out);
	}
	if (!lf)
		return give(out, PIECE_TEXT, cut(rest, n));
	if (n > 0 && !d->is_lenient && d->bare_lf != DATA_ACCEPT)
		return give(out, PIECE_TEXT, cut(rest, n));
	struct view line = cut(rest, n);

	cut(rest, 1);
	return lone_lf(d, out, line);
}

/* Behind a dot that began a line, and behind that dot and a CR. A dot alone in its line ends the message only between real
 * line ends; otherwise it is text. */
static bool next_dot(struct data_lines *d, struct view *rest, struct data_piece *out)
{
	char c = rest->p[0];

	if (d->state == DATA_DOT) {
		if (c == '\r') {
			cut(rest, 1);
			d->state = DATA_DOT_CR;
			return false;
		}
		if (c == '\n') {
			cut(rest, 1);
			if (d->is_lenient)
				return give(out, PIECE_MESSAGE_END, VIEW_NONE);
			return lone_lf(d, out, VIEW("."));
		}
		d->state = DATA_TEXT;
		return false;
	}
	if (c != '\n')
		return lone_cr(d, out);
	cut(rest, 1);
	if (d->is_lenient || !d->is_after_lone_lf)
		return give(out, PIECE_MESSAGE_END, VIEW_NONE);
	return line_end(d, false, out, VIEW("."));
}

bool data_lines_next(struct data_lines *d, struct view *rest, struct data_piece *out)
{
	while (rest->len > 0) {
		switch (d->state) {
		case DATA_LINE_START:
			d->state = rest->p[0] == '.' ? DATA_DOT : DATA_TEXT;
			if (d->state == DATA_DOT)
				cut(rest, 1);
			break;
		case DATA_DOT:
		case DATA_DOT_CR:
			if (next_dot(d, rest, out))
				return true;
			break;
		case DATA_CR:
			if (rest->p[0] != '\n')
				return lone_cr(d, out);
			cut(rest, 1);
			return line_end(d, false, out, VIEW(""));
		case DATA_TEXT:
			return next_text(d, rest, out);
		}
	}
	return false;
}
