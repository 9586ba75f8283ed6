/* header_gather.c - see header_gather.h. */
#include "receive/header_gather.h"

#include "mail/header.h"

void gather_init(struct header_gather *g, size_t max, bool keeps_from_line,
		 void (*on_field)(void *arg, struct view name, struct view value), void *arg)
{
	*g = (struct header_gather){ .field = STR_MAX(max),
				     .is_first_line = true,
				     .keeps_from_line = keeps_from_line,
				     .on_field = on_field,
				     .arg = arg };
}

void gather_done(struct header_gather *g)
{
	str_done(&g->field);
}

bool gather_text(struct header_gather *g, struct view text)
{
	struct view piece;

	/* A NUL byte in a header is left out (the body keeps its own). */
	while (view_cut(&text, '\0', &piece))
		str_add(&g->field, piece);
	return !g->field.cut;
}

/* What stands before the current line is a whole field. */
static void finish_field(struct header_gather *g)
{
	struct view text = view_first(str_view(&g->field), g->line_at), name, value;

	if (text.len == 0)
		return;
	text.len--; /* its last LF */
	if (header_parse_line(text, &name, &value))
		g->on_field(g->arg, name, value);
}

/* The current line becomes the beginning of the next field. */
static void keep_line(struct header_gather *g)
{
	size_t len = g->field.len - g->line_at;

	memmove(g->field.p, g->field.p + g->line_at, len);
	str_truncate(&g->field, len);
	g->line_at = len;
}

enum gather_result gather_line(struct header_gather *g, struct view *out_line)
{
	bool was_first = g->is_first_line;
	struct view line, name, value;

	str_addc(&g->field, '\n');
	line = view_skip(str_view(&g->field), g->line_at);
	line.len--;
	g->is_first_line = false;
	if (was_first && !g->keeps_from_line && view_starts(line, VIEW("From "))) {
		str_truncate(&g->field, 0);
		return GATHER_MORE;
	}
	if (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t') && g->line_at > 0) {
		g->line_at = g->field.len;
		return GATHER_MORE;
	}
	finish_field(g);
	if (line.len == 0)
		return GATHER_END;
	*out_line = line;
	if (!header_parse_line(line, &name, &value))
		return GATHER_BODY_LINE;
	keep_line(g);
	if (!(header_flags_of(name) & HEADER_EOH))
		return GATHER_MORE;
	finish_field(g);
	return GATHER_END;
}

void gather_end(struct header_gather *g)
{
	finish_field(g);
}
