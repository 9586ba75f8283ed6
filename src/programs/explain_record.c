/* explain_record.c - rules at work, kept as a tree. */
#include "programs/explain.h"

#define NODES_MAX 50000

/* ---- workspaces as text ---- */

static bool is_operator(const struct token *t)
{
	return t->symbol != SYMBOL_NONE && t->symbol < SYMBOL_FIRST;
}

/* As an address is written, with blanks only around operators: "$#esmtp $@ b.test $: a<@b.test.>". */
static struct view as_text(struct ex_recorder *r, const struct tokens *ws)
{
	own_str struct str out = STR_MAX(65536);
	size_t i = 0;

	while (i < ws->n) {
		size_t from = i;

		if (is_operator(&ws->v[i])) {
			str_addf(&out, "%s" VIEW_FMT, out.len ? " " : "", VIEW_ARG(ws->v[i].text));
			if (ws->v[i++].symbol != '#')
				str_addc(&out, ' ');
			continue;
		}
		while (i < ws->n && !is_operator(&ws->v[i]))
			i++;
		str_add(&out, tokens_join_range(ws->v + from, i - from, &r->rules->charset, ' ',
						r->arena));
	}
	return arena_dup(r->arena, view_trim_end(str_view(&out)));
}

/* ---- events ---- */

static struct ex_node *add(struct ex_recorder *r, enum ex_kind kind)
{
	struct ex_node *n, *parent = r->at;

	if (r->n >= NODES_MAX) {
		r->is_cut = true;
		return NULL;
	}
	r->n++;
	n = ARENA_NEW(r->arena, struct ex_node);
	n->kind = kind;
	n->parent = parent;
	if (!parent)
		return n;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

static void entered(void *arg, int ruleset, struct view name, const struct tokens *ws)
{
	struct ex_recorder *r = arg;
	struct ex_node *n = add(r, EX_RULESET);

	if (!n) {
		r->n_skipped++;
		return;
	}
	n->name = arena_dup(r->arena, name);
	n->number = ruleset;
	n->before = as_text(r, ws);
	r->at = n;
}

static void matched(void *arg, const struct rule *rule, const struct tokens *ws)
{
	struct ex_recorder *r = arg;
	struct ex_node *n;

	if (r->n_skipped)
		return;
	/* A rule that failed was not finished. */
	if (r->at && r->at->kind == EX_RULE)
		r->at = r->at->parent;
	n = add(r, EX_RULE);
	if (!n)
		return;
	n->number = rule->line;
	n->before = as_text(r, ws);
	r->at = n;
}

static void rewritten(void *arg, const struct rule *rule, const struct tokens *ws)
{
	struct ex_recorder *r = arg;

	(void)rule;
	if (r->n_skipped || !r->at || r->at->kind != EX_RULE)
		return;
	r->at->after = as_text(r, ws);
	r->at = r->at->parent;
}

/* Quotes around a key are taken off before the map is asked. */
static struct view unquoted(struct view v, struct arena *a)
{
	char *p = arena_bytes(a, v.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] != '"')
			p[n++] = v.p[i];
	p[n] = '\0';
	return view_from(p, n);
}

static void looked_up(void *arg, const struct rw_observed_lookup *l)
{
	struct ex_recorder *r = arg;
	struct ex_node *n = r->n_skipped ? NULL : add(r, EX_LOOKUP);
	struct view *args;

	if (!n)
		return;
	args = ARENA_ARRAY(r->arena, struct view, l->n_args + 1);
	for (size_t i = 0; i < l->n_args; i++)
		args[i] = arena_dup(r->arena, l->args[i]);
	n->name = arena_dup(r->arena, l->map);
	n->map_class = arena_dup(r->arena, l->map_class);
	n->key = unquoted(l->key, r->arena);
	n->value = arena_dup(r->arena, l->value);
	n->messages = arena_dup(r->arena, view_trim_end(l->messages));
	n->args = args;
	n->n_args = l->n_args;
	n->found = l->found;
}

static void left(void *arg, const struct tokens *ws, int status)
{
	struct ex_recorder *r = arg;

	if (r->n_skipped) {
		r->n_skipped--;
		return;
	}
	while (r->at && r->at->kind != EX_RULESET)
		r->at = r->at->parent;
	if (!r->at)
		return;
	r->at->after = as_text(r, ws);
	r->at->status = status;
	r->at = r->at->parent;
}

static void complained(void *arg, struct view text)
{
	struct ex_recorder *r = arg;
	struct ex_node *n = r->n_skipped ? NULL : add(r, EX_COMPLAINT);

	if (n)
		n->name = arena_dup(r->arena, text);
}

void ex_recorder_init(struct ex_recorder *r, struct arena *a, const struct rules *rules)
{
	*r = (struct ex_recorder){
		.arena = a,
		.rules = rules,
		.observer = {.arg = r,
                             .entered = entered,
                             .matched = matched,
                             .rewritten = rewritten,
                             .looked_up = looked_up,
                             .left = left,
                             .complained = complained}
	};
}

struct ex_node *ex_record(struct ex_recorder *r)
{
	struct ex_node *root = ARENA_NEW(r->arena, struct ex_node);

	root->kind = EX_ROOT;
	r->at = root;
	r->n_skipped = 0;
	return root;
}

/* ---- reading the tree ---- */

bool ex_is_worth_showing(const struct ex_node *n)
{
	switch (n->kind) {
	case EX_LOOKUP:
	case EX_COMPLAINT:
		return true;
	case EX_RULESET:
	case EX_RULE:
		if (n->status || !view_eq(n->before, n->after))
			return true;
		break;
	case EX_ROOT:
		break;
	}
	for (const struct ex_node *c = n->first; c; c = c->next)
		if (ex_is_worth_showing(c))
			return true;
	return false;
}

static const struct ex_node *last_of(const struct ex_node *n, enum ex_kind kind)
{
	const struct ex_node *found = NULL;

	for (const struct ex_node *c = n->first; c; c = c->next)
		if (c->kind == kind)
			found = c;
	return found;
}

/* The ruleset that decided about a command: the last one that refused; for what was accepted the last check_ ruleset. */
static const struct ex_node *deciding_ruleset(const struct ex_node *root, bool is_refused)
{
	const struct ex_node *found = NULL;

	for (const struct ex_node *c = root->first; c; c = c->next) {
		if (c->kind != EX_RULESET)
			continue;
		if (is_refused ? view_starts(c->after, VIEW("$#error")) ||
					 view_starts(c->after, VIEW("$#discard"))
			       : view_starts(c->name, VIEW("check_")))
			found = c;
	}
	return found;
}

static const struct ex_node *deciding_rule(const struct ex_node *root, bool is_refused,
					   const struct ex_node **out_ruleset)
{
	const struct ex_node *set = deciding_ruleset(root, is_refused), *rule = NULL;

	*out_ruleset = NULL;
	while (set) {
		const struct ex_node *inner = last_of(set, EX_RULE);

		if (!inner)
			break;
		rule = inner;
		*out_ruleset = set;
		set = last_of(inner, EX_RULESET);
		/* What the called ruleset gave back unchanged was not decided there. */
		if (set && view_eq(set->before, set->after))
			break;
	}
	return rule;
}

/* A refused client gets its greeting all the same; it hears of it later. */
struct ex_decision ex_decision_of(const struct ex_said *s)
{
	struct ex_decision d = { .is_refused = s->reply.len &&
					       (s->reply.p[0] == '4' || s->reply.p[0] == '5') };

	if (s->command.len == 0) {
		d.rule = deciding_rule(s->rules, true, &d.ruleset);
		d.is_refused |= d.rule != NULL;
	}
	if (!d.rule)
		d.rule = deciding_rule(s->rules, d.is_refused, &d.ruleset);
	return d;
}

const struct ex_node *ex_find_source(const struct ex_node *root, struct view text)
{
	const struct ex_node *found;

	if (!root || text.len == 0)
		return NULL;
	if (root->kind == EX_LOOKUP && root->found == FOUND &&
	    view_search_nocase(root->value, text) < root->value.len &&
	    !view_eq_nocase(root->value, root->key) && !view_eq(root->map_class, VIEW("host")))
		return root;
	for (const struct ex_node *c = root->first; c; c = c->next) {
		found = ex_find_source(c, text);
		if (found)
			return found;
	}
	return NULL;
}
