/* mime_type.c - see mime_type.h. */
#include "mail/mime_type.h"

/* Blanks, line breaks and comments at the front are skipped. */
static struct view skip_blanks(struct view v)
{
	size_t i = 0, depth = 0;

	for (; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\' && depth)
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\n' && c != '\r')
			break;
	}
	return view_skip(v, i);
}

static struct view cut_token(struct view *v)
{
	size_t n = 0;

	*v = skip_blanks(*v);
	while (n < v->len && v->p[n] > ' ' && v->p[n] != 0x7f &&
	       !strchr("()<>@,;:\\\"/[]?=", v->p[n]))
		n++;
	struct view token = view_first(*v, n);

	*v = skip_blanks(view_skip(*v, n));
	return token;
}

/* A quoted string without its quotes, or a run of anything but blanks and semicolons. */
static struct view cut_value(struct view *v, struct arena *a)
{
	char *out;
	size_t n = 0, i = 1;

	if (v->len == 0 || v->p[0] != '"') {
		while (n < v->len && !strchr(" \t\r\n;(", v->p[n]) && v->p[n])
			n++;
		struct view plain = view_first(*v, n);

		*v = view_skip(*v, n);
		return plain;
	}
	out = arena_bytes(a, v->len);
	for (; i < v->len && v->p[i] != '"'; i++) {
		if (v->p[i] == '\\' && i + 1 < v->len)
			i++;
		out[n++] = v->p[i];
	}
	*v = view_skip(*v, i + 1);
	return view_from(out, n);
}

struct mime_type mime_type_parse(struct view value, struct arena *a)
{
	struct mime_type t = { .type = VIEW_NONE };
	struct view v = skip_blanks(value);

	t.type = cut_token(&v);
	if (t.type.len == 0 || v.len == 0 || v.p[0] != '/')
		return (struct mime_type){ .type = VIEW_NONE };
	v = view_skip(v, 1);
	t.subtype = cut_token(&v);
	t.whole = arena_printf(a, VIEW_FMT "/" VIEW_FMT, VIEW_ARG(t.type), VIEW_ARG(t.subtype));
	while (v.len) {
		size_t semicolon = view_find(v, ';');
		struct view name, parameter;

		v = view_skip(v, semicolon + 1);
		name = cut_token(&v);
		if (v.len == 0 || v.p[0] != '=')
			continue;
		v = skip_blanks(view_skip(v, 1));
		parameter = cut_value(&v, a);
		if (view_eq_nocase(name, VIEW("boundary")) && parameter.len &&
		    parameter.len <= MIME_BOUNDARY_MAX)
			t.boundary = view_trim_end(parameter);
	}
	return t;
}

struct view mime_word(struct view value)
{
	struct view v = skip_blanks(value);
	size_t n = 0;

	while (n < v.len && !strchr(" \t\r\n;(", v.p[n]) && v.p[n])
		n++;
	return view_first(v, n);
}
