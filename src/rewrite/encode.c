/*
 * encode.c - the text of one side of a rule with macros expanded and operators marked.
 *
 * A dollar in a rule is an operator ($*, $1, $=w ...), a macro that is expanded now, or part of a conditional, which is
 * decided now. Macro values are templates and may hold the same things, with other marks.
 */
#include "rewrite/rules.h"

#define NESTING_MAX 10

struct encoder {
	const struct config *cf;
	struct str out;
	int depth;
	int conditions, skipped; /* open $? in all; of these, the ones inside skipped text */
	bool is_skipping;
};

static void encode_text(struct encoder *e, struct view text, bool is_template);

/* A macro or class name at the front of v: x or {long}; returns its length, 0 when there is none. */
static size_t name_at(struct view v, struct view *out_name)
{
	size_t close;

	if (v.len == 0)
		return 0;
	if (v.p[0] == '{') {
		close = view_find(v, '}');
		if (close < v.len && close > 1) {
			*out_name = view_from(v.p + 1, close - 1);
			return close + 1;
		}
	}
	*out_name = view_first(v, 1);
	return 1;
}

static void add_plain(struct encoder *e, char c)
{
	if (e->is_skipping)
		return;
	if (c == RULE_OPERATOR)
		str_addc(&e->out, c);
	str_addc(&e->out, c);
}

static void add_operator(struct encoder *e, char op)
{
	if (e->is_skipping)
		return;
	str_addc(&e->out, RULE_OPERATOR);
	str_addc(&e->out, op);
}

static void add_named_operator(struct encoder *e, char op, int number)
{
	if (e->is_skipping)
		return;
	add_operator(e, op);
	str_addc(&e->out, (char)(number & 0xff));
	str_addc(&e->out, (char)(number >> 8));
}

static void begin_condition(struct encoder *e, struct view name)
{
	e->conditions++;
	if (e->is_skipping) {
		e->skipped++;
		return;
	}
	e->is_skipping = macros_get(e->cf->macros, macro_number(name, false)).len == 0;
}

/* $| and $. belong to the innermost condition; without one $| is an operator and so is $. (which no rule may use). */
static void turn_condition(struct encoder *e, char op)
{
	if (e->conditions == 0) {
		add_operator(e, op);
	} else if (op == '|') {
		if (e->skipped == 0)
			e->is_skipping = !e->is_skipping;
	} else {
		e->conditions--;
		if (e->skipped > 0)
			e->skipped--;
		else
			e->is_skipping = false;
	}
}

static void expand_macro(struct encoder *e, struct view name)
{
	struct view value;

	if (e->is_skipping)
		return;
	value = macros_get(e->cf->macros, macro_number(name, false));
	if (value.len == 0 || e->depth >= NESTING_MAX)
		return;
	e->depth++;
	encode_text(e, value, true);
	e->depth--;
}

/* What follows a dollar; returns the bytes it took, 0 for a dollar that is just a character. */
static size_t encode_dollar(struct encoder *e, struct view after)
{
	struct view name = VIEW_NONE;
	size_t len;
	char c;

	if (after.len == 0 || view_starts(after, VIEW("{}"))) /* a name that could not be read */
		return after.len ? 2 : 0;
	c = after.p[0];
	if (c == '$') {
		add_plain(e, '$');
		return 1;
	}
	if (c == '|' || c == '.') {
		turn_condition(e, c);
		return 1;
	}
	if (c == '?' || c == '=' || c == '~' || c == '&') {
		len = name_at(view_skip(after, 1), &name);
		if (len == 0)
			name = VIEW(" ");
		if (view_starts(view_skip(after, 1),
				VIEW("{}"))) /* a name that could not be read */
			len = 2, name = VIEW("");
		if (c == '?')
			begin_condition(e, name);
		else
			add_named_operator(e, c, name.len ? macro_number(name, true) : 0);
		return 1 + len;
	}
	if (strchr("*+-#@:>[]()0123456789", c)) {
		add_operator(e, c);
		return 1;
	}
	len = name_at(after, &name);
	expand_macro(e, name);
	return len;
}

/* The marks of a template say the same as the dollars of a rule. */
static size_t encode_mark(struct encoder *e, struct view text)
{
	struct view after = view_skip(text, 1), name = VIEW_NONE;
	size_t len;

	switch (text.p[0]) {
	case MACRO_REF:
		return 1 + encode_dollar(e, after);
	case MACRO_IF:
		len = name_at(after, &name);
		begin_condition(e, name);
		return 1 + len;
	case MACRO_ELSE:
		turn_condition(e, '|');
		return 1;
	case MACRO_END:
		turn_condition(e, '.');
		return 1;
	default:
		return 0;
	}
}

static void encode_text(struct encoder *e, struct view text, bool is_template)
{
	for (size_t i = 0; i < text.len;) {
		size_t taken = 0;

		if (is_template && text.p[i] == MACRO_QUOTE && i + 1 < text.len)
			i++;
		else if (is_template)
			taken = encode_mark(e, view_skip(text, i));
		else if (text.p[i] == '$')
			taken = encode_dollar(e, view_skip(text, i + 1)), taken += taken > 0;
		if (taken == 0)
			add_plain(e, text.p[i++]);
		else
			i += taken;
	}
}

struct view rule_encode(const struct config *cf, struct view cf_text, struct arena *a)
{
	struct encoder e = { .cf = cf, .out = STR_MAX(65536) };
	struct view encoded;

	encode_text(&e, cf_text, false);
	encoded = arena_dup(a, str_view(&e.out));
	str_done(&e.out);
	return encoded;
}

size_t rule_operator_token(struct view encoded, struct token *out, struct arena *a)
{
	struct view name;
	char op;

	if (encoded.len < 2 || encoded.p[1] == RULE_OPERATOR) {
		*out = (struct token){ .text = VIEW("\xff") };
		return encoded.len < 2 ? encoded.len : 2;
	}
	op = encoded.p[1];
	*out = (struct token){ .symbol = (unsigned char)op };
	if ((op != '=' && op != '~' && op != '&') || encoded.len < 4) {
		out->text = arena_printf(a, "$%c", op);
		return 2;
	}
	out->arg = (unsigned char)encoded.p[2] | (unsigned char)encoded.p[3] << 8;
	name = macro_name(out->arg);
	if (name.len == 0)
		out->text = arena_printf(a, "$%c", op);
	else if (name.len == 1)
		out->text = arena_printf(a, "$%c%c", op, name.p[0]);
	else
		out->text = arena_printf(a, "$%c{" VIEW_FMT "}", op, VIEW_ARG(name));
	return 4;
}
