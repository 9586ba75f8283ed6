/*
 * address.c - see address.h.
 *
 * Everything here rests on one scan (struct scan): it walks over a field and says for each byte whether it is plain,
 * inside "quotes", or inside a (comment), escapes counted. What opens and is never closed reaches to the end.
 */
#include "mail/address.h"

#include "base/str.h"

#define MUST_QUOTE_ALWAYS "@,;:\\()[]"
#define MUST_QUOTE_MORE   ".'"

enum place { PLAIN, QUOTED, COMMENT };

struct scan {
	struct view v;
	size_t at; /* of the byte that scan_next told of */
	size_t next;
	enum place place; /* of that byte; the quotes and parentheses belong to what they enclose */
	bool is_literal;  /* that byte stands behind a backslash */
	bool is_escaped;  /* the next one will */
	int depth;
	bool in_quotes;
};

static struct scan scan_of(struct view v)
{
	return (struct scan){ .v = v };
}

static bool scan_next(struct scan *s)
{
	char c;

	if (s->next >= s->v.len)
		return false;
	s->at = s->next++;
	c = s->v.p[s->at];
	s->is_literal = s->is_escaped;
	s->is_escaped = false;
	if (s->is_literal)
		return true;
	s->place = s->depth ? COMMENT : s->in_quotes ? QUOTED : PLAIN;
	if (c == '\\') {
		s->is_escaped = true;
		return true;
	}
	if (s->depth == 0 && c == '"') {
		s->place = QUOTED;
		s->in_quotes = !s->in_quotes;
	} else if (!s->in_quotes && c == '(') {
		s->place = COMMENT;
		s->depth++;
	} else if (s->depth > 0 && c == ')') {
		s->depth--;
	}
	return true;
}

/* True for an unescaped byte c of the given scan position that stands outside quotes and comments. */
static bool scan_is(const struct scan *s, char c)
{
	return s->place == PLAIN && s->v.p[s->at] == c && !s->is_literal;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- the parts of one address ---- */

struct parts {
	struct view group;   /* up to and with the colon; none when there is none */
	struct view phrase;  /* before the '<' */
	struct view address; /* inside <>, or all of it; comments included */
	struct view tail;    /* after the '>' */
	bool has_angle;
};

/* A colon ends the name of a group, unless it is doubled or inside a domain literal. */
static size_t group_end(struct view v)
{
	struct scan s = scan_of(v);
	int brackets = 0;

	while (scan_next(&s)) {
		if (scan_is(&s, '<'))
			return 0;
		if (scan_is(&s, '['))
			brackets++;
		else if (brackets > 0 && scan_is(&s, ']'))
			brackets--;
		if (brackets > 0 || !scan_is(&s, ':'))
			continue;
		if (s.at + 1 == v.len || !strchr(":.", v.p[s.at + 1]))
			return s.at + 1;
		scan_next(&s);
	}
	return 0;
}

static struct parts parts_of(struct view field, bool colon_is_group)
{
	struct parts p = { .group = VIEW_NONE };
	struct view v = view_trim(field);
	size_t n = colon_is_group ? group_end(v) : 0;
	size_t open = 0, close = 0;
	struct scan s;
	bool is_open = false;

	if (n > 0) {
		p.group = view_first(v, n);
		v = view_skip(v, n);
	}
	for (s = scan_of(v); scan_next(&s);) {
		if (scan_is(&s, '<')) { /* the last one counts, what stands before it is phrase */
			p.has_angle = is_open = true;
			open = s.at;
			close = v.len;
		} else if (is_open && scan_is(&s, '>')) {
			close = s.at;
			is_open = false;
		}
	}
	if (!p.has_angle) {
		p.address = v;
		return p;
	}
	p.phrase = view_first(v, open);
	p.address = view_from(v.p + open + 1, close - open - 1);
	p.tail = view_skip(v, close + 1);
	return p;
}

/* ---- crack ---- */

static bool is_quoting_needed(struct view phrase, const struct address_rules *rules)
{
	struct view more = view_is_none(rules->must_quote) ? VIEW(MUST_QUOTE_MORE)
							   : rules->must_quote;
	struct scan s = scan_of(phrase);

	while (scan_next(&s)) {
		char c = phrase.p[s.at];

		if (s.place != PLAIN)
			continue;
		if (c == '\0' || strchr(MUST_QUOTE_ALWAYS "<>", c) || view_find(more, c) < more.len)
			return true;
	}
	return false;
}

/* The phrase with what is left open closed: a quote or comments that reach the end. */
static void add_balanced(struct str *out, struct view v)
{
	struct scan s = scan_of(v);

	while (scan_next(&s)) {
		if (!scan_is(&s, ')') && !scan_is(&s, '>'))
			str_addc(out, v.p[s.at]);
	}
	if (s.is_escaped)
		str_addc(out, '\\');
	if (s.in_quotes)
		str_addc(out, '"');
	for (; s.depth > 0; s.depth--)
		str_addc(out, ')');
}

static void add_quoted(struct str *out, struct view v)
{
	bool is_escaped = false;

	str_addc(out, '"');
	for (size_t i = 0; i < v.len; i++) {
		if (!is_escaped && v.p[i] == '"')
			str_addc(out, '\\');
		str_addc(out, v.p[i]);
		is_escaped = !is_escaped && v.p[i] == '\\';
	}
	if (is_escaped)
		str_addc(out, '\\');
	str_addc(out, '"');
}

/* A phrase between its own blanks, quoted as a whole when it holds what must be quoted. */
static void add_phrase(struct str *out, struct view phrase, const struct address_rules *rules)
{
	struct view word = view_trim(phrase);

	if (word.len == 0) {
		if (phrase.len)
			str_add(out, phrase);
		return;
	}
	str_add(out, view_first(phrase, (size_t)(word.p - phrase.p)));
	if (is_quoting_needed(word, rules))
		add_quoted(out, word);
	else
		add_balanced(out, word);
	str_add(out, view_skip(phrase, (size_t)(word.p - phrase.p) + word.len));
}

static void add_group(struct str *out, struct view group, const struct address_rules *rules)
{
	if (group.len == 0)
		return;
	add_phrase(out, view_first(group, group.len - 1), rules);
	str_addc(out, ':');
}

struct address_state {
	bool in_angle, has_text; /* there is an address besides the comments */
	bool has_g, in_comment, has_comment;
	int depth;
};

static void add_g(struct str *out, struct address_state *st, bool is_behind_list)
{
	if (st->has_comment && !is_behind_list)
		str_addc(out, ' ');
	str_addz(out, "\x81g");
	st->has_g = true;
}

/* One comment may stand before the address, further ones go behind it. */
static void add_comment_byte(struct str *out, struct address_state *st, const struct scan *s)
{
	if (!st->in_comment) {
		if (st->has_comment && !st->has_g && st->has_text && !st->in_angle)
			add_g(out, st, false);
		if (st->has_g || st->has_comment || st->in_angle)
			str_addc(out, ' ');
	}
	st->has_comment = true;
	str_addc(out, s->v.p[s->at]);
	st->in_comment = s->depth > 0;
	st->depth = s->depth;
}

/* A blank counts too; those in front are gone. */
static bool is_address_byte(const struct scan *s)
{
	return s->place != COMMENT && !scan_is(s, '>') && (s->v.p[s->at] != '"' || s->is_literal);
}

static bool has_address(struct view v)
{
	struct scan s = scan_of(v);

	while (scan_next(&s)) {
		if (is_address_byte(&s))
			return true;
	}
	return false;
}

/* Macro g for the address, and its comments around it, each parted by a blank. A semicolon that ends a list stays where it is. */
static void add_address(struct str *out, struct view v, bool in_angle, bool has_lists)
{
	struct address_state st = { .in_angle = in_angle, .has_text = has_address(v) };
	struct scan s = scan_of(v);

	while (scan_next(&s)) {
		bool ends_list = has_lists && scan_is(&s, ';');

		if (ends_list)
			str_addc(out, ';');
		if (s.place == COMMENT)
			add_comment_byte(out, &st, &s);
		else if (!st.has_g && is_address_byte(&s))
			add_g(out, &st, ends_list);
	}
	if (st.depth > 0 && s.is_escaped)
		str_addc(out, '\\');
	for (; st.depth > 0; st.depth--)
		str_addc(out, ')');
}

static void crack(const struct parts *p, const struct address_rules *rules, struct str *out)
{
	struct view v = p->address;
	size_t blanks = 0;

	add_group(out, p->group, rules);
	if (p->has_angle) {
		add_phrase(out, p->phrase, rules);
		str_addc(out, '<');
		add_address(out, v, true, rules->colon_is_group);
		str_addc(out, '>');
		add_balanced(out, p->tail);
		return;
	}
	while (blanks < v.len && is_blank(v.p[blanks]))
		blanks++;
	if (p->group.len)
		str_add(out, view_first(v, blanks));
	add_address(out, view_skip(v, blanks), false, rules->colon_is_group);
}

struct view address_crack_by(struct view field, const struct address_rules *rules, size_t max,
			     struct arena *a)
{
	struct parts p = parts_of(field, rules->colon_is_group);
	own_str struct str out = STR_MAX(max);

	/* A quoted word in a tail cannot be told from a second phrase. */
	if (view_find(p.tail, '"') + 1 < p.tail.len)
		return VIEW("<\x81g>");
	crack(&p, rules, &out);
	if (out.cut) /* what does not fit cannot be kept balanced */
		return p.has_angle ? VIEW("<\x81g>") : VIEW("\x81g");
	return arena_dup(a, str_view(&out));
}

struct view address_crack(struct view field, size_t max, struct arena *a)
{
	struct address_rules rules = { .colon_is_group = true };

	return address_crack_by(field, &rules, max, a);
}

/* ---- bare address, full name ---- */

struct view address_bare(struct view field, struct arena *a)
{
	struct parts p = parts_of(field, true);
	struct view v = view_trim(p.address);
	struct scan s = scan_of(v);
	char *out;
	size_t n = 0;

	if (!p.has_angle && p.group.len && v.len && v.p[v.len - 1] == ';')
		v = view_trim(view_first(v, v.len - 1));
	if (view_find(v, '(') == v.len && view_find(v, ')') == v.len)
		return v;
	out = arena_bytes(a, v.len + 1);
	for (s = scan_of(v); scan_next(&s);) {
		if (s.place != COMMENT && !scan_is(&s, ')'))
			out[n++] = v.p[s.at];
	}
	return view_trim(view_from(out, n));
}

/* Without the quotes around its quoted parts and without the backslashes. */
static struct view unquoted(struct view v, struct arena *a)
{
	char *out = arena_bytes(a, v.len + 1);
	bool is_escaped = false;
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (!is_escaped && (c == '\\' || c == '"')) {
			is_escaped = c == '\\';
			continue;
		}
		is_escaped = false;
		out[n++] = c;
	}
	return view_trim(view_from(out, n));
}

struct view address_full_name(struct view field, struct arena *a)
{
	struct parts p = parts_of(field, true);
	struct view phrase = view_trim(p.phrase);
	struct scan s = scan_of(p.address);
	size_t from = SIZE_MAX;

	if (p.has_angle && phrase.len)
		return unquoted(phrase, a);
	while (scan_next(&s)) {
		if (s.place != COMMENT)
			continue;
		if (from == SIZE_MAX)
			from = s.at + 1;
		if (s.depth == 0)
			return view_trim(view_from(p.address.p + from, s.at - from));
	}
	return VIEW_NONE;
}

struct view address_quote_phrase(struct view phrase, struct view must_quote, struct arena *a)
{
	struct address_rules rules = { .must_quote = must_quote };
	own_str struct str out = STR_MAX(2 * phrase.len + 2);

	if (!is_quoting_needed(phrase, &rules))
		return phrase;
	add_quoted(&out, phrase);
	return arena_dup(a, str_view(&out));
}

/* ---- lists ---- */

/* Blanks separate only in a list that shows no other syntax. */
static bool is_blank_list(struct view v)
{
	struct scan s = scan_of(v);

	while (scan_next(&s)) {
		if (s.place == COMMENT || scan_is(&s, ',') || scan_is(&s, ';') || scan_is(&s, '<'))
			return false;
	}
	return true;
}

/* Does an angle bracket open here that nothing closes? Then it holds no list together. */
static bool is_unclosed(struct scan s)
{
	while (scan_next(&s))
		if (scan_is(&s, '>'))
			return false;
	return true;
}

/* The first separator of v, or its length. */
static size_t list_cut(struct view v, bool by_blanks, bool with_groups)
{
	struct scan s = scan_of(v);
	bool in_angle = false;

	while (scan_next(&s)) {
		if (scan_is(&s, '<'))
			in_angle = in_angle || !is_unclosed(s);
		else if (scan_is(&s, '>'))
			in_angle = false;
		else if (!in_angle && (scan_is(&s, ',') || (with_groups && scan_is(&s, ';'))))
			return s.at;
		else if (by_blanks && s.place == PLAIN && is_blank(v.p[s.at]))
			return s.at;
	}
	return v.len;
}

bool address_list_next(struct view *rest, bool blanks, bool colon_is_group,
		       struct view *out_address)
{
	bool is_new_style = false;
	struct view v = *rest, one;
	size_t n;

	for (;;) {
		while (v.len &&
		       (is_blank(v.p[0]) || v.p[0] == ',' || (colon_is_group && v.p[0] == ';'))) {
			is_new_style = is_new_style || v.p[0] == ',' || v.p[0] == ';';
			v = view_skip(v, 1);
		}
		if (v.len == 0) {
			*rest = v;
			return false;
		}
		n = colon_is_group ? group_end(view_first(v, list_cut(v, false, true))) : 0;
		if (n > 0) {
			v = view_skip(v, n);
			is_new_style = true;
			continue;
		}
		n = list_cut(v, blanks && !is_new_style && is_blank_list(v), colon_is_group);
		one = view_trim(view_first(v, n));
		v = view_skip(v, n);
		if (one.len)
			break;
	}
	*rest = v;
	*out_address = one;
	return true;
}

struct view address_unquoted(struct view v, struct arena *a)
{
	char *copy = arena_bytes(a, v.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '"')
			continue;
		if (v.p[i] == '\\' && i + 1 < v.len)
			i++;
		copy[n++] = v.p[i];
	}
	copy[n] = '\0';
	return view_from(copy, n);
}
