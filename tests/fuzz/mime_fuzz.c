/*
 * mime_fuzz.c - any message through both conversions. First byte: which one. Converted to 7 bit, nothing grows without bound.
 */
#include "mail/mime.h"

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct session {
	struct view body, rest;
	struct str out;
};

static int read_line(void *arg, struct view *out_line)
{
	struct session *s = arg;
	size_t n = view_find(s->rest, '\n');
	bool is_piece = n > 200;

	if (s->rest.len == 0)
		return 0;
	if (is_piece)
		n = 200;
	*out_line = view_first(s->rest, n);
	s->rest = view_skip(s->rest, is_piece ? n : n + 1);
	return is_piece ? 2 : 1;
}

static int write_bytes(void *arg, struct view bytes)
{
	str_add(&((struct session *)arg)->out, bytes);
	return 0;
}

static int rewind_body(void *arg)
{
	((struct session *)arg)->rest = ((struct session *)arg)->body;
	return 0;
}

static bool is_in_class(void *arg, char class_name, struct view word)
{
	(void)arg;
	return (class_name == 'e' && view_eq_nocase(word, VIEW("8bit"))) ||
	       (class_name == 's' && view_eq_nocase(word, VIEW("rfc822"))) ||
	       (class_name == 'b' && view_eq_nocase(word, VIEW("image")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(16 << 20);
	struct session s = { .out = STR_MAX(64 << 20) };
	struct mime_io io = { read_line, write_bytes, &s };
	struct view rest, line, name, value, why;
	struct mime_params p = { .is_in_class = is_in_class, .default_charset = VIEW("x") };
	struct header h;

	if (size == 0) {
		arena_free(a);
		return 0;
	}
	p.mode = data[0] & 1 ? MIME_TO_8BIT : MIME_TO_7BIT;
	rest = view_from((const char *)data + 1, size - 1);
	header_init(&h);
	while (rest.len && view_cut(&rest, '\n', &line) && header_parse_line(line, &name, &value))
		header_add(&h, a, name, value);
	s.body = s.rest = view_is_none(rest) ? VIEW("") : rest;
	if (mime_wants_conversion(&h, &p) && mime_convert(&h, a, &p, &io, rewind_body, &why) < 0)
		__builtin_trap();
	if (s.out.len > 4 * size + 64 * size)
		__builtin_trap();
	str_done(&s.out);
	arena_free(a);
	return 0;
}
