/* lint_rules.c - lint_rule_texts: the text of each rule by itself: its classes, its mailer, its tabs, what opens and closes. */
#include "config/lint_part.h"

struct rules_seen {
	const struct config *cf;
	struct lint *out;
	struct table *told; /* classes that were complained about */
};

/* Classes that the cf tree names whether or not a site has words for them. */
static const char *const spare_classes[] = { "b",         "e",
					     "k",         "m",
					     "n",         "q",
					     "s",         "t",
					     "w",         "E",
					     "G",         "L",
					     "M",         "N",
					     "O",         "P",
					     "R",         "U",
					     "V",         "W",
					     "X",         "Y",
					     "Z",         ".",
					     "[",         "VirtHost",
					     "LDAPRoute", "LDAPRouteEquiv",
					     "Canonify",  "ResOk",
					     "src",       "Tls",
					     "tls",       "TrustAuthMech",
					     "Accept",    "SpamTag",
					     "D",         "cert_altnames",
					     NULL };

static bool is_in(const char *const *list, struct view name)
{
	for (; *list; list++)
		if (view_eq(name, view_of(*list)))
			return true;
	return false;
}

/* ---- classes ---- */

static bool is_filled(const struct config *cf, int number)
{
	if ((cf->classes_filled[number / 64] >> (number % 64)) & 1)
		return true;
	if (classes_is_defined(cf->classes, number))
		return true;
	for (int i = 0; i < cf->n_class_fills; i++) {
		if (cf->class_fills[i].class_number == number)
			return true;
	}
	return false;
}

/* $=x and $~x on left sides: the class must get words from somewhere. */
static void lint_classes_of(struct rules_seen *u, const struct cf_rule *rule)
{
	for (size_t i = 0; i + 2 < rule->lhs.len; i++) {
		struct view name = view_skip(rule->lhs, i + 2);
		int number;

		if (rule->lhs.p[i] != '$' || !strchr("=~", rule->lhs.p[i + 1]))
			continue;
		name = name.p[0] == '{' ? view_first(view_skip(name, 1), view_find(name, '}') - 1)
					: view_first(name, 1);
		number = macro_number(name, false);
		if ((number > 0 && is_filled(u->cf, number)) || is_in(spare_classes, name) ||
		    table_has(u->told, name))
			continue;
		lint_add(u->out, LINT_EMPTY_CLASS, u->cf->path, rule->line,
			 "class " VIEW_FMT " is never filled", VIEW_ARG(name));
		table_set(u->told, name, NULL);
	}
}

/* ---- mailers ---- */

/* Words after $# that are no mailers but answers: to the program, or of one ruleset of a generated file to another. */
static bool is_answer(struct view name)
{
	static const char *const answers[] = { "error", "discard", "quarantine", "TEMP",
					       "PERM",  "unknown", NULL };

	for (size_t i = 0; answers[i]; i++)
		if (view_eq_nocase(name, view_of(answers[i])))
			return true;
	return isdigit((unsigned char)name.p[0]);
}

static struct view nearest_mailer(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_mailers; i++)
		if (lint_is_near(name, cf->mailers[i]->name))
			return cf->mailers[i]->name;
	return VIEW_NONE;
}

/* "$#name ..." on a right side: the name, none when there is none or it is computed. */
static struct view mailer_name(struct view rhs, struct view *out_rest)
{
	size_t at = view_search(rhs, VIEW("$#"));
	struct view rest = view_skip(rhs, at + 2);
	size_t n = 0;

	while (rest.len && (rest.p[0] == ' ' || rest.p[0] == '"'))
		rest = view_skip(rest, 1);
	while (n < rest.len && !strchr(" \"$", rest.p[n]))
		n++;
	*out_rest = view_skip(rest, n);
	return view_first(rest, n);
}

static bool holds(struct view text, struct view what)
{
	return view_search(text, what) < text.len;
}

/* Only with a user part is it a mailer: check rulesets say $#OK and the like. */
static void lint_mailer_of(struct rules_seen *u, const struct cf_rule *rule)
{
	struct view rest, name = mailer_name(rule->rhs, &rest), meant;
	const struct mailer *m = config_mailer(u->cf, name);

	if (name.len == 0 || is_answer(name))
		return;
	if (m && view_eq(m->name, name) && !holds(rest, VIEW("$:"))) {
		lint_add(u->out, LINT_INCOMPLETE_TRIPLE, u->cf->path, rule->line,
			 "mailer " VIEW_FMT " without a user", VIEW_ARG(name));
	} else if (m && view_eq(m->name, name) && !flag_has(&m->flags, 'l') &&
		   !holds(rest, VIEW("$@"))) {
		lint_add(u->out, LINT_INCOMPLETE_TRIPLE, u->cf->path, rule->line,
			 "mailer " VIEW_FMT " without a host", VIEW_ARG(name));
	} else if (!m && holds(rest, VIEW("$:"))) {
		meant = nearest_mailer(u->cf, name);
		lint_add(u->out, LINT_UNKNOWN_MAILER, u->cf->path, rule->line,
			 "mailer " VIEW_FMT " is not defined%s" VIEW_FMT "%s", VIEW_ARG(name),
			 meant.len ? "; did you mean " : "", VIEW_ARG(meant), meant.len ? "?" : "");
	}
}

/* ---- two sides ---- */

/* Blanks in a row before something that only a right side has: the tab between the two was lost. */
static void lint_tabs(struct rules_seen *u, const struct cf_rule *rule)
{
	struct view lhs = rule->lhs;

	for (size_t i = 0; i + 2 < lhs.len; i++) {
		bool is_wide = lhs.p[i] == ' ' && lhs.p[i + 1] == ' ';
		struct view after = view_skip(lhs, i + 1);

		while (is_wide && after.len && after.p[0] == ' ')
			after = view_skip(after, 1);
		if (is_wide && after.len > 1 && after.p[0] == '$' &&
		    strchr(":@#>(123456789", after.p[1])) {
			lint_add(u->out, LINT_LOST_TAB, u->cf->path, rule->line,
				 "blanks where a tab should part the two sides of the rule");
			return;
		}
	}
}

/* What opens and closes on a right side. */
static void lint_balance(struct rules_seen *u, const struct cf_rule *rule)
{
	static const struct {
		char open, close;
	} pairs[] = {
		{'(',  ')'},
                { '[', ']'},
                { '?', '.'}
	};
	struct view rhs = rule->rhs;

	for (size_t p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++) {
		int depth = 0, least = 0;

		for (size_t i = 0; i + 1 < rhs.len; i++) {
			if (rhs.p[i] != '$')
				continue;
			i++;
			depth += (rhs.p[i] == pairs[p].open) - (rhs.p[i] == pairs[p].close);
			least = depth < least ? depth : least;
		}
		if (depth != 0 || least < 0)
			lint_add(u->out, LINT_UNBALANCED, u->cf->path, rule->line,
				 "$%c and $%c do not balance", pairs[p].open, pairs[p].close);
	}
}

void lint_rule_texts(const struct config *cf, struct lint *l)
{
	struct rules_seen u = { cf, l, table_new(TABLE_EXACT) };

	for (int i = 0; i < cf->n_rulesets; i++) {
		for (int r = 0; r < cf->rulesets[i].n; r++) {
			lint_classes_of(&u, &cf->rulesets[i].rules[r]);
			lint_tabs(&u, &cf->rulesets[i].rules[r]);
			lint_mailer_of(&u, &cf->rulesets[i].rules[r]);
			lint_balance(&u, &cf->rulesets[i].rules[r]);
		}
	}
	table_free(u.told);
}
