/* mime_limits.c - see mime_limits.h. */
#include "mail/mime_limits.h"

#include "base/str.h"

struct balance {
	size_t depth; /* of comments */
	bool in_quotes, is_escaped;
};

static void step(struct balance *b, char c)
{
	if (b->is_escaped)
		b->is_escaped = false;
	else if (c == '\\')
		b->is_escaped = true;
	else if (b->depth == 0 && c == '"')
		b->in_quotes = !b->in_quotes;
	else if (!b->in_quotes && c == '(')
		b->depth++;
	else if (!b->in_quotes && c == ')' && b->depth > 0)
		b->depth--;
}

struct view mime_balance(struct view v, size_t max, struct arena *a)
{
	struct balance b = { 0 }, best = { 0 };
	size_t n = 0, len;
	char *p;

	for (size_t i = 0; i < v.len && i < max; i++) {
		step(&b, v.p[i]);
		if (!b.is_escaped && i + 1 + b.depth + b.in_quotes <= max) {
			n = i + 1;
			best = b;
		}
	}
	if (n == v.len && best.depth == 0 && !best.in_quotes)
		return v;
	len = n + best.depth + best.in_quotes;
	p = arena_bytes(a, len + 1);
	if (n)
		memcpy(p, v.p, n);
	memset(p + n, best.in_quotes ? '"' : ')', len - n);
	return view_from(p, len);
}

/* The first semicolon outside quotes and comments, or the end. */
static size_t part_end(struct view v)
{
	struct balance b = { 0 };

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == ';' && !b.in_quotes && b.depth == 0 && !b.is_escaped)
			return i;
		step(&b, v.p[i]);
	}
	return v.len;
}

static bool limit_whole(struct view name, struct view *value, const struct mime_limits *limits,
			struct arena *a, char out_what[160])
{
	struct view v = *value;
	bool is_long = v.len > limits->max_header;

	if (limits->is_text)
		*value = is_long ? view_first(v, limits->max_header - 1) : v;
	else
		*value = mime_balance(v, is_long ? limits->max_header : v.len, a);
	if (value->p == v.p && value->len == v.len)
		return false;
	if (is_long)
		snprintf(out_what, 160, "Truncated long MIME %.*s header (length = %zu)",
			 (int)view_first(name, 64).len, name.p, v.len);
	else
		snprintf(out_what, 160, "Fixed MIME %.*s header", (int)view_first(name, 64).len,
			 name.p);
	return true;
}

static bool limit_parts(struct view name, struct view *value, const struct mime_limits *limits,
			struct arena *a, char out_what[160])
{
	own_str struct str out = STR_MAX(value->len + 1);
	struct view rest = *value;
	bool is_changed = false;

	for (;;) {
		size_t n = part_end(rest);
		struct view part = view_first(rest, n);
		bool is_long = part.len > limits->max_field;
		struct view kept = mime_balance(part, is_long ? limits->max_field : part.len, a);

		if (kept.p != part.p || kept.len != part.len) {
			int w = (int)view_first(name, 64).len;

			if (is_long)
				snprintf(
					out_what, 160,
					"Truncated MIME %.*s header due to field size (length = %zu)",
					w, name.p, part.len);
			else
				snprintf(out_what, 160, "Fixed MIME %.*s header field", w, name.p);
			is_changed = true;
		}
		str_add(&out, kept);
		if (n == rest.len)
			break;
		str_addc(&out, ';');
		rest = view_skip(rest, n + 1);
	}
	if (is_changed)
		*value = arena_dup(a, str_view(&out));
	return is_changed;
}

bool mime_limit_field(struct view name, struct view *value, const struct mime_limits *limits,
		      struct arena *a, char out_what[160])
{
	bool is_changed = false;

	if (limits->max_field)
		is_changed = limit_parts(name, value, limits, a, out_what);
	if (limits->max_header)
		is_changed = limit_whole(name, value, limits, a, out_what) || is_changed;
	return is_changed;
}
