/*
 * text_out.c - LF text to the line form of a mailer.
 *
 * The common case, CRLF with dots doubled and no line over the limit, is one memchr and one memcpy for each line. A line
 * that is too long is broken as "part!" and continues on the next line after a blank.
 */
#include "deliver/text_out.h"

void text_out_init(struct text_out *o, const struct text_format *f,
		   int (*flush)(void *arg, struct view), void *arg)
{
	*o = (struct text_out){
		.format = *f, .buf = STR_MAX(4 * TEXT_OUT_CHUNK), .flush = flush, .arg = arg
	};
}

void text_out_done(struct text_out *o)
{
	str_done(&o->buf);
}

void text_out_reset(struct text_out *o, const struct text_format *f)
{
	o->format = *f;
	str_clear(&o->buf);
	o->error = 0;
	o->column = 0;
	o->bytes = 0;
	o->n_held = 0;
}

int text_out_flush(struct text_out *o)
{
	if (o->error == 0 && o->buf.len > 0) {
		o->error = o->flush(o->arg, str_view(&o->buf));
		o->bytes += (int64_t)o->buf.len;
	}
	str_clear(&o->buf);
	return o->error;
}

static void add_bytes(struct text_out *o, const char *p, size_t len)
{
	str_add(&o->buf, view_from(p, len));
	if (o->buf.len >= TEXT_OUT_CHUNK)
		text_out_flush(o);
}

void text_out_raw(struct text_out *o, struct view bytes)
{
	add_bytes(o, bytes.p, bytes.len);
}

static void end_line(struct text_out *o)
{
	add_bytes(o, o->format.eol.p, o->format.eol.len);
	o->column = 0;
}

/* What a line needs before its first byte. */
static void start_line(struct text_out *o, struct view line)
{
	if (o->format.dot_stuff && line.p[0] == '.')
		add_bytes(o, ".", 1);
	if (o->format.escape_from && line.len >= 5 && memcmp(line.p, "From ", 5) == 0)
		add_bytes(o, ">", 1);
}

/* Part of one line, without its end. */
static void add_part(struct text_out *o, struct view part)
{
	size_t limit = o->format.line_limit > 1 ? (size_t)o->format.line_limit : 0;

	if (part.len == 0)
		return;
	if (o->column == 0)
		start_line(o, part);
	while (limit > 0 && o->column + part.len > limit) {
		size_t n = o->column < limit - 1 ? limit - 1 - o->column : 0;

		add_bytes(o, part.p, n);
		add_bytes(o, "!", 1);
		end_line(o);
		add_bytes(o, " ", 1);
		o->column = 1;
		part = view_skip(part, n);
	}
	add_bytes(o, part.p, part.len);
	o->column += part.len;
}

static void release_held(struct text_out *o)
{
	size_t n = o->n_held;

	o->n_held = 0;
	add_part(o, view_from(o->held, n));
}

void text_out_end_line(struct text_out *o)
{
	release_held(o);
	if (o->column > 0)
		end_line(o);
}

/* The slow way for mailers that cannot take every byte. */
static void add_part_stripped(struct text_out *o, struct view part)
{
	char copy[1024];

	while (part.len > 0) {
		size_t take = part.len < sizeof(copy) ? part.len : sizeof(copy), n = 0;

		for (size_t i = 0; i < take; i++) {
			char c = o->format.strip_high ? (char)(part.p[i] & 0x7f) : part.p[i];

			if (c != '\0' || !o->format.strip_nul)
				copy[n++] = c;
		}
		add_part(o, view_from(copy, n));
		part = view_skip(part, take);
	}
}

/* Takes the bytes that decide whether a held start of a line is "From ". */
static struct view add_to_held(struct text_out *o, struct view text)
{
	while (o->n_held < sizeof(o->held) && text.len > 0 && text.p[0] == "From "[o->n_held]) {
		o->held[o->n_held++] = text.p[0];
		text = view_skip(text, 1);
	}
	if (text.len > 0 || o->n_held == sizeof(o->held))
		release_held(o);
	return text;
}

static bool may_become_from(const struct text_out *o, struct view text)
{
	return o->format.escape_from && o->column == 0 && text.len < sizeof(o->held) &&
	       memcmp(text.p, "From ", text.len) == 0;
}

void text_out_add(struct text_out *o, struct view text)
{
	bool strips = o->format.strip_high || o->format.strip_nul;

	if (o->n_held > 0)
		text = add_to_held(o, text);
	while (text.len > 0 && o->error == 0) {
		const char *end = memchr(text.p, '\n', text.len);
		size_t len = end ? (size_t)(end - text.p) : text.len;
		size_t piece = len < TEXT_OUT_CHUNK ? len : TEXT_OUT_CHUNK;

		if (!end && may_become_from(o, text)) {
			add_to_held(o, text);
			return;
		}
		if (strips)
			add_part_stripped(o, view_from(text.p, piece));
		else
			add_part(o, view_from(text.p, piece));
		text = view_skip(text, piece);
		if (piece == len && end) {
			end_line(o);
			text = view_skip(text, 1);
		}
	}
}
