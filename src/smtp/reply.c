/* reply.c - see reply.h. */
#include "smtp/reply.h"

#include <errno.h>

#include "base/str.h"

#define WRITE_MAX (REPLY_LINE_MAX * REPLY_LINES_MAX)

/* ---- writing ---- */

static void add_clean(struct stream *st, struct view line)
{
	while (line.len > 0) {
		size_t n = 0;

		while (n < line.len && line.p[n] != '\r' && line.p[n] != '\0')
			n++;
		stream_add(st, view_first(line, n));
		if (n < line.len)
			stream_add(st, VIEW(" "));
		line = view_skip(line, n + 1);
	}
}

static void add_line(struct stream *st, int code, char mark, const char *dsn, struct view line)
{
	char head[32];
	int n = dsn && *dsn ? snprintf(head, sizeof(head), "%03d%c%.15s ", code, mark, dsn)
			    : snprintf(head, sizeof(head), "%03d%c", code, mark);

	stream_add(st, view_from(head, (size_t)n));
	add_clean(st, view_first(line, REPLY_LINE_MAX - (size_t)n - 2));
	stream_add(st, VIEW("\r\n"));
}

void reply_write(struct stream *st, int code, const char *dsn, struct view text)
{
	for (int i = 1; i < REPLY_LINES_MAX; i++) {
		size_t end = view_find(text, '\n');

		if (end == text.len || end + 1 == text.len) {
			text.len = end;
			break;
		}
		add_line(st, code, '-', dsn, view_first(text, end));
		text = view_skip(text, end + 1);
	}
	add_line(st, code, ' ', dsn, view_first(text, view_find(text, '\n')));
}

void reply_writef(struct stream *st, int code, const char *dsn, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(WRITE_MAX);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	reply_write(st, code, dsn, str_view(&s));
}

/* ---- reading ---- */

static bool is_reply_line(struct view v)
{
	return v.len >= 3 && isdigit((unsigned char)v.p[0]) && isdigit((unsigned char)v.p[1]) &&
	       isdigit((unsigned char)v.p[2]) && (v.len == 3 || v.p[3] == ' ' || v.p[3] == '-');
}

/* The next line; an overlong one is cut and its rest dropped. */
static int next_line(struct stream *st, struct arena *a, int64_t deadline, struct view *out)
{
	struct view line;
	int n = stream_line(st, REPLY_LINE_MAX, deadline, &line);

	if (n == -EMSGSIZE) {
		*out = arena_dup(a, view_first(stream_peek(st), REPLY_LINE_MAX));
		return stream_skip_line(st, deadline);
	}
	/* A reply whose line end went missing as the peer closed is a reply: asking again would send the message twice. */
	if (n == 0 && stream_peek(st).len > 0) {
		line = view_trim_end(stream_peek(st));
		stream_consume(st, stream_peek(st).len);
		n = 1;
	}
	if (n <= 0)
		return n == 0 ? -EPIPE : n;
	*out = arena_dup(a, line);
	return 0;
}

/* Cuts code and enhanced code off a line: the text for people. */
static struct view text_of(struct view line, uint8_t dsn[3])
{
	struct view rest = view_skip(line, 4), after = rest, word;

	if (view_word(&after, &word) && word.p == rest.p && strchr("245", word.p[0]) &&
	    status_parse_dsn(word, dsn))
		return view_skip(rest, word.len + 1);
	return rest;
}

int reply_read(struct stream *st, struct arena *a, int64_t deadline, struct reply *out)
{
	own_str struct str all = STR_MAX(WRITE_MAX);
	struct reply r = { .code = 0 };
	uint8_t dsn[3];

	for (int n = 0; n < REPLY_LINES_MAX; n++) {
		struct view line;
		int error = next_line(st, a, deadline, &line);

		if (error < 0)
			return error;
		if (!is_reply_line(line))
			continue;
		if (all.len > 0)
			str_addc(&all, '\n');
		str_add(&all, line);
		if (view_is_none(r.first))
			r.first = text_of(line, dsn);
		if (line.len > 3 && line.p[3] == '-')
			continue;
		r.code = (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + (line.p[2] - '0');
		r.last = line;
		r.text = arena_dup(a, str_view(&all));
		text_of(line, r.dsn);
		*out = r;
		return 0;
	}
	return -EPROTO;
}
