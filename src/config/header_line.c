/* header_line.c - H lines: fields that mailers get, and rulesets that look at fields (contract/macros-classes-headers.md 3.4). */
#include "config/load.h"

#define FLAGS_MAX 64

static void syntax_error(struct loader *ld, struct view shown)
{
	load_error(ld, "header syntax error, line \"" VIEW_FMT "\"",
		   VIEW_ARG(load_show(ld, shown)));
}

/* ?flags? or ?${macro}? in front; *rest moves past it. False when it is broken, with the error told. */
static bool read_condition(struct loader *ld, struct view *rest, struct cf_header *h)
{
	struct view whole = *rest, v = view_skip(whole, 1);
	size_t end;

	if (whole.len == 0 || whole.p[0] != '?')
		return true;
	if (v.len && v.p[0] == '$') {
		v = view_skip(v, 1);
		if (view_starts(v, VIEW("{}"))) { /* told already */
			syntax_error(ld, whole);
			return false;
		}
		h->macro = load_name(ld, &v);
		end = (size_t)(v.p - whole.p);
		if (!h->macro || v.len == 0 || v.p[0] != '?') {
			syntax_error(ld, h->macro ? whole : view_first(whole, v.len ? 2 : 1));
			return false;
		}
	} else {
		end = 1 + view_find(v, '?');
		if (end >= whole.len) {
			syntax_error(ld, whole);
			return false;
		}
	}
	h->raw_condition = view_first(view_skip(whole, 1), end - 1);
	*rest = view_skip(whole, end + 1);
	if (!h->macro) {
		for (size_t i = 0; i < h->raw_condition.len && i < FLAGS_MAX; i++) {
			unsigned char c = (unsigned char)h->raw_condition.p[i];

			if (c >= 128 || c == '$') {
				syntax_error(ld, whole);
				return false;
			}
			h->mailer_flags[c / 8] |= (uint8_t)(1u << (c % 8));
		}
	}
	return true;
}

static bool is_field_name(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] <= ' ' || v.p[i] >= 127 || v.p[i] == '$')
			return false;
	}
	return v.len > 0;
}

static struct cf_header *add(struct loader *ld, const struct cf_header *h)
{
	struct config *cf = ld->cf;

	LOAD_GROW(ld, cf->headers, cf->n_headers, cf->cap_headers);
	cf->headers[cf->n_headers] = *h;
	return &cf->headers[cf->n_headers++];
}

static bool has_check(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_headers; i++) {
		if (cf->headers[i].check_ruleset >= 0 && view_eq_nocase(cf->headers[i].name, name))
			return true;
	}
	return false;
}

/* $>name or $>+name: the field is looked at; the first ruleset given for a field stays. */
static void add_check(struct loader *ld, struct cf_header *h, struct view value)
{
	struct config *cf = ld->cf;

	value = view_skip(value, 2);
	if (value.len && value.p[0] == '+') {
		h->check_keeps_comments = true;
		value = view_skip(value, 1);
	}
	h->check_ruleset = ruleset_intern(ld, view_trim(load_expand(ld, value)));
	if (h->check_ruleset < 0)
		return;
	if (view_eq(h->name, VIEW("*"))) {
		if (cf->default_check)
			return;
		cf->default_check = ARENA_NEW(cf->arena, struct cf_header);
		*cf->default_check = *h;
		return;
	}
	if (!has_check(cf, h->name))
		add(ld, h);
}

void header_line(struct loader *ld, struct view text)
{
	struct cf_header h = { .check_ruleset = -1, .line = ld->line };
	struct view rest = text, value;
	size_t colon;

	if (!read_condition(ld, &rest, &h))
		return;
	colon = view_find(rest, ':');
	h.name = view_trim_end(view_first(rest, colon));
	if (colon == rest.len || !is_field_name(h.name)) {
		syntax_error(ld,
			     rest.p == text.p ? text : view_first(text, h.raw_condition.len + 1));
		return;
	}
	h.name = arena_dup(ld->cf->arena, h.name);
	h.raw_condition = arena_dup(ld->cf->arena, h.raw_condition);
	value = view_skip(rest, colon + 1);
	while (value.len && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = view_skip(value, 1);
	if (view_starts(value, VIEW("$>"))) {
		add_check(ld, &h, value);
	} else if (!view_eq(h.name, VIEW("*"))) {
		h.template = load_encode(ld, value);
		add(ld, &h);
	}
}
