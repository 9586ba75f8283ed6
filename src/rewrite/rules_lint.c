/*
 * rules_lint.c - see rules_lint.h.
 *
 * Whether pattern A matches all that pattern B matches is asked of the two patterns element by element: A's wildcards take elements of B instead
 * of tokens. That is never too generous: an element of B is only taken by one of A's that matches whatever the former may stand for.
 */
#include "rewrite/rules_lint.h"

#define RULES_BACK_MAX 1000  /* an earlier rule further away is not compared */
#define STEPS_MAX      20000 /* a pair of rules that takes longer is let off */

struct cover {
	const struct rule *a, *b;
	int steps;
};

/* Fewest tokens that an element stands for. */
static bool may_be_nothing(const struct pattern *p)
{
	return p->kind == PATTERN_ANY || p->kind == PATTERN_NOTHING || p->kind == PATTERN_MACRO;
}

static bool is_one_token(const struct pattern *p)
{
	return p->kind == PATTERN_ONE || p->kind == PATTERN_SYMBOL || p->kind == PATTERN_NOT_CLASS;
}

static bool is_same(const struct pattern *a, const struct pattern *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PATTERN_SYMBOL:
		return a->symbol == b->symbol;
	case PATTERN_CLASS:
	case PATTERN_NOT_CLASS:
		return a->class == b->class;
	case PATTERN_MACRO:
		return a->number == b->number;
	case PATTERN_NOTHING:
		return true;
	default:
		return false;
	}
}

static bool covers(struct cover *c, size_t i, size_t k);

/* A's element i is $* or $+ and has taken enough; it goes on at B's element k. */
static bool covers_rest(struct cover *c, size_t i, size_t k)
{
	for (; k <= c->b->n_lhs; k++)
		if (covers(c, i + 1, k))
			return true;
	return false;
}

static bool covers_some(struct cover *c, size_t i, size_t k)
{
	for (; k < c->b->n_lhs; k++)
		if (!may_be_nothing(&c->b->lhs[k]))
			return covers_rest(c, i, k + 1);
	return false;
}

/* Do A's elements from i on match all that B's from k on match? */
static bool covers(struct cover *c, size_t i, size_t k)
{
	const struct pattern *a = &c->a->lhs[i], *b = &c->b->lhs[k];

	if (c->steps++ > STEPS_MAX)
		return false;
	if (i == c->a->n_lhs)
		return k == c->b->n_lhs;
	if (a->kind == PATTERN_ANY)
		return covers_rest(c, i, k);
	if (a->kind == PATTERN_SOME)
		return covers_some(c, i, k);
	if (k == c->b->n_lhs)
		return false;
	if (a->kind == PATTERN_ONE)
		return is_one_token(b) && covers(c, i + 1, k + 1);
	return is_same(a, b) && covers(c, i + 1, k + 1);
}

static bool ends_ruleset(const struct rule *r)
{
	return r->prefix == PREFIX_RETURN || r->prefix == PREFIX_RESOLVE;
}

/* Nothing that it matches gets past it: it ends the ruleset, or is repeated until it no longer matches. */
static bool lets_nothing_past(const struct rule *r)
{
	return ends_ruleset(r) || r->prefix == PREFIX_NONE;
}

/* Generated files have this one, whatever their features. */
static bool is_known(const struct cf_ruleset *from, size_t i)
{
	return view_eq(from->name, VIEW("Basic_check_mail")) &&
	       view_eq(view_trim(from->rules[i].lhs), VIEW("<?> $*"));
}

static void lint_ruleset(const struct ruleset *set, const struct cf_ruleset *from, struct view path,
			 struct lint *l)
{
	for (size_t b = 1; b < set->n; b++) {
		for (size_t a = b; a-- > 0 && b - a < RULES_BACK_MAX;) {
			struct cover c = { &set->rules[a], &set->rules[b], 0 };

			if (lets_nothing_past(c.a) && covers(&c, 0, 0) && !is_known(from, b)) {
				lint_add(l, LINT_DEAD_RULE, path, c.b->line,
					 "this rule never matches: line %d takes all that it could",
					 c.a->line);
				break;
			}
			if (!ends_ruleset(c.a))
				break;
		}
	}
}

void rules_lint(const struct rules *rules, struct view path, struct lint *l)
{
	for (int i = 0; i < RULESETS_MAX; i++) {
		const struct cf_ruleset *from = rules->cf->by_number[i];

		/* Rules put behind those of an earlier definition are told of already. */
		if (rules->sets[i].is_defined && from && !from->has_many_definitions)
			lint_ruleset(&rules->sets[i], from, path, l);
	}
}
