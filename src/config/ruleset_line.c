/*
 * ruleset_line.c - S and R lines, and the names of rulesets.
 *
 * Numbers below 100 are given in the file; a name without a number takes the next free one from the top.
 */
#include "config/load.h"

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct cf_ruleset *make(struct loader *ld, int number)
{
	struct config *cf = ld->cf;
	struct cf_ruleset *rs = cf->by_number[number];

	if (rs)
		return rs;
	rs = &cf->rulesets[cf->n_rulesets++];
	rs->number = number;
	rs->line = ld->line;
	cf->by_number[number] = rs;
	return rs;
}

/* There is room for every number from the start, so pointers to rulesets stay. */
void ruleset_start(struct loader *ld)
{
	ld->cf->cap_rulesets = RULESETS_MAX;
	ld->cf->rulesets = ARENA_ARRAY(ld->cf->arena, struct cf_ruleset, RULESETS_MAX);
	ld->cf->ruleset_names = table_new(TABLE_EXACT);
}

static struct cf_ruleset *by_name(const struct config *cf, struct view name)
{
	return table_get(cf->ruleset_names, name);
}

static void name_it(struct loader *ld, struct cf_ruleset *rs, struct view name)
{
	rs->name = arena_dup(ld->cf->arena, name);
	table_set(ld->cf->ruleset_names, name, rs);
}

/* What an S line or a reference says: a name, a number, or both. */
struct reference {
	struct view name;  /* none: a number only */
	int64_t number;    /* -1: none given */
	struct view shown; /* all of it, for messages */
};

static struct view first_word(struct view v)
{
	struct view word;

	return view_word(&v, &word) ? word : v;
}

/* False with the error told. */
static bool read_reference(struct loader *ld, struct view text, struct reference *out)
{
	struct view v = view_trim(text);
	size_t n = 0;

	*out = (struct reference){ .number = -1, .shown = v };
	while (n < v.len && is_name_char(v.p[n]))
		n++;
	if (n == 0 || v.p[0] == '_') {
		load_error(ld, "invalid ruleset name: \"" VIEW_FMT "\"",
			   VIEW_ARG(view_first(load_show(ld, v), 20)));
		return false;
	}
	if (isdigit((unsigned char)v.p[0])) {
		out->number = (int32_t)load_number(v, 10);
		if (out->number < 0 || out->number >= RULESETS_NUMBERED) {
			load_error(ld, "bad ruleset %lld (%d max)", (long long)out->number,
				   RULESETS_NUMBERED);
			return false;
		}
		return true;
	}
	out->name = view_first(v, n);
	v = view_trim(view_skip(v, n));
	if (v.len == 0 || v.p[0] != '=')
		return true;
	v = view_trim(view_skip(v, 1));
	if (v.len == 0 || !isdigit((unsigned char)v.p[0])) {
		load_error(ld,
			   "bad ruleset definition \"" VIEW_FMT "\" (number required after `=')",
			   VIEW_ARG(first_word(out->shown)));
		return false;
	}
	out->number = load_number(v, 10);
	if (out->number >= RULESETS_NUMBERED) {
		load_error(ld, "bad ruleset number %lld in \"" VIEW_FMT "\" (%d max)",
			   (long long)out->number, VIEW_ARG(out->shown), RULESETS_NUMBERED);
		return false;
	}
	return true;
}

static struct cf_ruleset *make_named(struct loader *ld, struct view name)
{
	struct cf_ruleset *rs;

	if (ld->next_named < RULESETS_NUMBERED) {
		load_error(ld, VIEW_FMT ": too many named rulesets (%d max)", VIEW_ARG(name),
			   RULESETS_MAX - RULESETS_NUMBERED);
		return NULL;
	}
	rs = make(ld, ld->next_named--);
	name_it(ld, rs, name);
	return rs;
}

static struct cf_ruleset *resolve(struct loader *ld, const struct reference *r)
{
	struct cf_ruleset *rs;

	if (view_is_none(r->name))
		return make(ld, (int)r->number);
	rs = by_name(ld->cf, r->name);
	if (rs && r->number >= 0 && rs->number != r->number) {
		load_error(ld, VIEW_FMT ": ruleset changed value (old %d, new %lld)",
			   VIEW_ARG(r->shown), rs->number, (long long)r->number);
		return rs;
	}
	if (rs)
		return rs;
	if (r->number < 0)
		return make_named(ld, r->name);
	rs = make(ld, (int)r->number);
	name_it(ld, rs, r->name);
	return rs;
}

int ruleset_intern(struct loader *ld, struct view name)
{
	struct reference r;
	const struct cf_ruleset *rs;

	if (!read_reference(ld, name, &r))
		return -1;
	rs = resolve(ld, &r);
	return rs ? rs->number : -1;
}

void ruleset_line(struct loader *ld, struct view text)
{
	struct reference r;

	ld->ruleset = NULL;
	text = load_expand(ld, text);
	if (!read_reference(ld, text, &r))
		return;
	ld->ruleset = resolve(ld, &r);
	if (!ld->ruleset)
		return;
	ld->ruleset->is_begun = true;
	if (ld->ruleset->n == 0)
		return;
	ld->ruleset->has_many_definitions = true;
	if (ld->params->is_test_mode || ld->params->is_check)
		load_plain(ld, 0, "WARNING: Ruleset " VIEW_FMT " has multiple definitions",
			   VIEW_ARG(r.shown));
}

/* One side of a rule. A dollar directly before a tab names nothing. */
static struct view side(struct loader *ld, struct view text, bool ends_in_tab)
{
	size_t dollars = 0;

	while (dollars < text.len && text.p[text.len - 1 - dollars] == '$')
		dollars++;
	if (ends_in_tab && dollars % 2)
		return arena_printf(ld->cf->arena, VIEW_FMT "{}", VIEW_ARG(text));
	return arena_dup(ld->cf->arena, text);
}

void rule_line(struct loader *ld, struct view whole)
{
	struct cf_ruleset *rs = ld->ruleset;
	size_t tab = view_find(whole, '\t');
	struct view rhs;

	if (!rs) {
		load_error(ld, "missing valid ruleset for \"" VIEW_FMT "\"",
			   VIEW_ARG(load_show(ld, whole)));
		return;
	}
	if (tab == whole.len) {
		load_error(ld, "invalid rewrite line \"" VIEW_FMT "\" (tab expected)",
			   VIEW_ARG(load_show(ld, whole)));
		return;
	}
	ld->has_operator_chars = ld->are_operators_fixed = true;
	rhs = view_skip(whole, tab);
	while (rhs.len && rhs.p[0] == '\t')
		rhs = view_skip(rhs, 1);
	LOAD_GROW(ld, rs->rules, rs->n, rs->cap);
	rs->rules[rs->n++] =
		(struct cf_rule){ .lhs = side(ld, view_first(view_skip(whole, 1), tab - 1), true),
				  .rhs = side(ld, view_first(rhs, view_find(rhs, '\t')),
					      view_find(rhs, '\t') < rhs.len),
				  .operator_chars = ld->cf->options.operator_chars,
				  .line = ld->line };
}

int config_ruleset_number(const struct config *cf, struct view name)
{
	const struct cf_ruleset *rs = by_name(cf, name);
	int64_t n;

	if (rs)
		return rs->number;
	if (name.len == 0 || !isdigit((unsigned char)name.p[0]))
		return -1;
	n = load_number(name, 10);
	return n < RULESETS_MAX ? (int)n : -1;
}
