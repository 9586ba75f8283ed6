/* explain_text_rules.c - what rules did, in words: each ruleset that changed something, by which lines, and what maps said. */
#include "programs/explain_page.h"

#define COLUMNS 80

void page_name_ruleset(const struct ex_node *n, struct str *out)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", n->number);
	if (view_eq(n->name, view_of(number)))
		str_addf(out, "ruleset %d", n->number);
	else if (n->number < 100)
		str_addf(out, "ruleset " VIEW_FMT " (%d)", VIEW_ARG(n->name), n->number);
	else
		str_addf(out, "ruleset " VIEW_FMT, VIEW_ARG(n->name));
}

void page_lookup(const struct page *p, const struct ex_node *n, int indent)
{
	own_str struct str with = STR_MAX(512);

	for (size_t i = 0; i < n->n_args; i++)
		str_addf(&with, "%s" VIEW_FMT, i ? ", " : " with ", VIEW_ARG(n->args[i]));
	if (n->found == FOUND)
		page_line(p, indent,
			  "map " VIEW_FMT " asked for \"" VIEW_FMT "\"%s: found \"" VIEW_FMT "\"",
			  VIEW_ARG(n->name), VIEW_ARG(n->key), str_z(&with), VIEW_ARG(n->value));
	else
		page_line(p, indent, "map " VIEW_FMT " asked for \"" VIEW_FMT "\"%s: %s",
			  VIEW_ARG(n->name), VIEW_ARG(n->key), str_z(&with),
			  n->found == NOT_FOUND ? "not found" : "cannot be asked now");
	if (n->messages.len)
		page_line(p, indent + 2, VIEW_FMT, VIEW_ARG(n->messages));
}

static bool has_children_to_show(const struct page *p, const struct ex_node *n)
{
	for (const struct ex_node *c = n->first; c; c = c->next)
		if (p->x->is_verbose || ex_is_worth_showing(c))
			return true;
	return false;
}

/* Rules that only rewrite, one after the other, share a line. */
static const struct ex_node *show_plain_rules(const struct page *p, const struct ex_node *n,
					      int indent)
{
	own_str struct str s = STR_MAX(PAGE_TEXT_MAX);
	const struct ex_node *last = n;
	int count = 0;

	for (; n && n->kind == EX_RULE && !has_children_to_show(p, n); n = n->next) {
		last = n;
		if (view_eq(n->before, n->after) && !p->x->is_verbose)
			continue;
		str_addf(&s, "%s%d", count++ ? ", " : "", n->number);
	}
	if (count)
		page_line(p, indent, "by line%s %s", count > 1 ? "s" : "", str_z(&s));
	return last;
}

/* The text on a line of the file, as "left side -> right side". */
static void show_rule_text(const struct page *p, int number, int indent)
{
	const struct config *cf = p->x->snap->cf;

	for (int i = 0; i < cf->n_rulesets; i++)
		for (int r = 0; r < cf->rulesets[i].n; r++)
			if (cf->rulesets[i].rules[r].line == number)
				page_line(p, indent, "R" VIEW_FMT " -> " VIEW_FMT,
					  VIEW_ARG(view_trim(cf->rulesets[i].rules[r].lhs)),
					  VIEW_ARG(view_trim(cf->rulesets[i].rules[r].rhs)));
}

static void show_rule(const struct page *p, const struct ex_node *n, int indent)
{
	page_line(p, indent, "line %d", n->number);
	if (p->x->is_verbose) {
		show_rule_text(p, n->number, indent + 2);
		page_line(p, indent + 2, VIEW_FMT, VIEW_ARG(n->before));
	}
	page_nodes(p, n, indent + 2);
	if (p->x->is_verbose && !view_is_none(n->after))
		page_line(p, indent + 2, "-> " VIEW_FMT, VIEW_ARG(n->after));
}

static void show_ruleset(const struct page *p, const struct ex_node *n, int indent)
{
	own_str struct str s = STR_MAX(PAGE_TEXT_MAX);
	bool is_short;

	page_name_ruleset(n, &s);
	is_short = (int)(s.len + n->before.len + n->after.len) + indent + 6 <= COLUMNS;
	if (view_eq(n->before, n->after)) {
		page_line(p, indent, "%s: " VIEW_FMT ", unchanged", str_z(&s), VIEW_ARG(n->before));
	} else if (is_short) {
		page_line(p, indent, "%s: " VIEW_FMT " -> " VIEW_FMT, str_z(&s),
			  VIEW_ARG(n->before), VIEW_ARG(n->after));
	} else {
		page_line(p, indent, "%s: " VIEW_FMT, str_z(&s), VIEW_ARG(n->before));
		page_line(p, indent + 2, "-> " VIEW_FMT, VIEW_ARG(n->after));
	}
	if (n->status == EX_TEMPFAIL_)
		page_line(p, indent + 2, "not certain: a map could not be asked");
	else if (n->status)
		page_line(p, indent + 2, "ended early: an error in the rules");
	page_nodes(p, n, indent + 2);
}

void page_nodes(const struct page *p, const struct ex_node *parent, int indent)
{
	for (const struct ex_node *n = parent->first; n; n = n->next) {
		if (n->kind == EX_RULE && !has_children_to_show(p, n)) {
			n = show_plain_rules(p, n, indent);
			continue;
		}
		if (!p->x->is_verbose && !ex_is_worth_showing(n))
			continue;
		if (n->kind == EX_RULE)
			show_rule(p, n, indent);
		else if (n->kind == EX_RULESET)
			show_ruleset(p, n, indent);
		else if (n->kind == EX_LOOKUP)
			page_lookup(p, n, indent);
		else
			page_line(p, indent, "complaint: " VIEW_FMT, VIEW_ARG(n->name));
	}
}

void page_rules(const struct page *p, const char *title, const struct ex_node *rules)
{
	if (!rules || !rules->first)
		return;
	page_heading(p, title);
	if (!p->x->is_verbose && !ex_is_worth_showing(rules))
		page_line(p, 4, "they change nothing");
	page_nodes(p, rules, 4);
}
