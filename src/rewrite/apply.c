/*
 * apply.c - rulesets run on a workspace.
 *
 * For each rule: match, build the right side in a second buffer (matched tokens, run-time macros), look up its maps in
 * place (lookup.c), call its rulesets from the last to the first (call.c), and put the result back into the workspace. A
 * rule without a prefix is tried again after it matched. Nothing is allocated for a rule that does not match, and a rule
 * whose gate is shut for the workspace is not even tried.
 */
#include "rewrite/run.h"

#define LOOPS_MAX     100
#define RECURSION_MAX 50
#define STEPS_MAX     200000 /* rules that match for one workspace, calls included: more is no end */
#define FIRST_TOKENS  800
#define MARKS_WORTH   8 /* rules left that make it worth to look at the whole workspace first */

static bool append_macro(struct run *r, struct tokens *out, int number)
{
	struct view value = macros_get_unread(r->rw->macros, number, r->rw->arena);
	struct tokens scanned;

	trace_rhs_macro(r->rw, number, value);
	if (value.len == 0)
		return true;
	if (view_find(value, MACRO_REF) < value.len)
		r->rw->stats.had_inner_macros = true;
	if (!run_scan(r, value, &scanned))
		return false;
	trace_macro_tokens(r->rw, &scanned);
	return run_append(r, out, scanned.v, scanned.n);
}

/* The tokens that $digit stands for; NULL: the pattern has no such one. */
static const struct span *find_span(struct run *r, const struct match *m, uint32_t digit)
{
	const struct span *span;

	if (digit == '0' || digit - '1' >= m->n) {
		rw_config_error(r->rw, "5.3.5",
				"rewrite: ruleset " VIEW_FMT ": replacement $%c out of bounds",
				VIEW_ARG(r->set->name), (char)digit);
		return NULL;
	}
	span = &m->spans[digit - '1'];
	if (r->rw->trace)
		trace_replacement(r->rw, (char)digit, span->first, span->n);
	return span;
}

/* Builds the right side without its prefix, piece by piece. 0 or an exit status. */
static int substitute(struct run *r, const struct rule *rule, const struct match *m,
		      struct tokens *out)
{
	const struct span *span;
	bool fits;

	out->n = 0;
	r->first_operator = r->pile->has_leftovers ? 0 : SIZE_MAX;
	for (size_t i = 0; i < rule->n_pieces; i++) {
		const struct piece *p = &rule->pieces[i];

		if (p->has_operators && r->first_operator > out->n)
			r->first_operator = out->n;

		if (p->kind == PIECE_DIGIT) {
			span = find_span(r, m, p->words->symbol);
			if (!span)
				return EX_CONFIG_;
			fits = run_append(r, out, span->first, span->n);
		} else if (p->kind == PIECE_MACRO) {
			fits = append_macro(r, out, p->words->arg);
		} else {
			fits = run_append(r, out, p->words, p->n);
		}
		if (!fits)
			return EX_DATAERR_;
	}
	return 0;
}

static struct marks marks_of(const struct tokens *ws)
{
	struct marks m = { 0 };
	uint32_t last = SYMBOL_NONE;

	for (size_t i = 0; i < ws->n; i++) {
		uint32_t symbol = ws->v[i].symbol;
		uint64_t bit = symbol_bit(symbol);

		m.twice |= m.symbols & bit;
		m.symbols |= bit;
		m.pairs |= pair_bit(last, symbol);
		last = symbol;
	}
	return m;
}

/* Does the workspace hold operators of look-ups and calls that nobody ran? */
static bool holds_leftovers(const struct tokens *ws)
{
	for (size_t i = 0; i < ws->n; i++) {
		uint32_t symbol = ws->v[i].symbol;

		if (symbol == '(' || symbol == '[' || symbol == '>')
			return true;
	}
	return false;
}

/* Builds the right side in `out`, and runs the look-ups and calls in it. Not 0: there is no result. */
static int build(struct run *r, const struct rule *rule, const struct match *m, struct tokens *out,
		 int *status)
{
	int error = substitute(r, rule, m, out);

	/* Operators come from the rule, or were left over in the workspace. A map's value holds none. */
	if (!error && (rule->has_map || r->pile->has_leftovers))
		error = run_lookups(r, out, status);
	if (!error && (rule->has_call || r->pile->has_leftovers)) {
		int called = run_calls(r, out);

		if (called)
			*status = called;
		if (called == EX_CONFIG_ ||
		    (out->n && out->v[out->n - 1].symbol == '>')) /* it names no ruleset */
			r->pile->has_leftovers = true;
	}
	return error;
}

/* The rule matched: its right side becomes the workspace, which changes places with the buffer that it was built in.
 * Not 0: the ruleset ends here, without a result. */
static int rewrite_with(struct run *r, const struct rule *rule, const struct match *m,
			struct tokens *ws, int *status)
{
	struct tokens built;
	int error;

	OBSERVE(r->rw, matched, rule, ws);
	if (r->spare.cap == 0)
		r->spare = run_buffer(r, ws->n + rule->rhs.n);
	error = build(r, rule, m, &r->spare, status);
	if (error)
		return error;
	built = r->spare;
	r->spare = *ws;
	*ws = built;
	if (r->rw->trace)
		trace_rewritten(r->rw, ws);
	OBSERVE(r->rw, rewritten, rule, ws);
	return 0;
}

static inline bool is_wide_enough(const struct rule_gate *g, const struct tokens *ws)
{
	if (ws->n < g->min_tokens || ws->n > g->max_tokens)
		return false;
	if (ws->n == 0)
		return true;
	return (!g->first || g->first == ws->v[0].symbol) &&
	       (!g->last || g->last == ws->v[ws->n - 1].symbol);
}

static inline bool lacks_needs(const struct rule_gate *g, const struct marks *lacks)
{
	return ((g->needs.symbols & lacks->symbols) | (g->needs.pairs & lacks->pairs) |
		(g->needs.twice & lacks->twice)) != 0;
}

/* What is known of the workspace that rules are tried on. */
struct look {
	bool has_marks, has_failed; /* failed: a rule was tried on it in vain */
	struct marks lacks;
};

/* The next rule from `from` on that could match. A trace that shows rules wants to see them all. */
static size_t next_rule(const struct run *r, size_t from, const struct tokens *ws,
			struct look *look)
{
	const struct rule_gate *gates = r->set->gates;
	size_t n = r->set->n;

	if (shows_all_steps(r->rw))
		return from;
	if (!look->has_marks && (look->has_failed || n - from >= MARKS_WORTH)) {
		struct marks m = marks_of(ws);

		look->lacks = (struct marks){ ~m.symbols, ~m.twice, ~m.pairs };
		look->has_marks = true;
	}
	if (!look->has_marks) {
		while (from < n && !is_wide_enough(&gates[from], ws))
			from++;
	} else {
		while (from < n && (lacks_needs(&gates[from], &look->lacks) ||
				    !is_wide_enough(&gates[from], ws)))
			from++;
	}
	return from;
}

static bool try_rule(struct run *r, const struct rule *rule, const struct tokens *ws,
		     struct match *m)
{
	bool matches;

	if (r->rw->trace)
		trace_rule(r->rw, rule);
	r->rw->stats.rules_tried++;
	matches = rule_matches(r->rw, rule, ws, m);
	if (r->rw->trace && matches)
		trace_matches(r->rw, rule);
	else if (r->rw->trace)
		trace_fails(r->rw);
	return matches;
}

/* Rulesets that call each other without end, each in a rule that is tried again, would run for years: the recursion ends each
 * call, not the loops. Said once; from then on no rule is tried. */
static bool is_worn_out(struct run *r)
{
	if (r->pile->steps < STEPS_MAX)
		return false;
	if (r->pile->steps++ == STEPS_MAX)
		rw_config_error(r->rw, "5.3.5",
				"rewrite: too many rules matched (max %d), ruleset " VIEW_FMT,
				STEPS_MAX, VIEW_ARG(r->set->name));
	return true;
}

/* All rules of a set. False when the ruleset ends without a result; *status then says why. */
static bool run_rules(struct run *r, struct tokens *ws, int *status)
{
	struct look look = { 0 };
	struct match m;
	int loops = 0;

	for (size_t i = 0; i < r->set->n;) {
		const struct rule *rule;
		size_t next;
		int error;

		if (ws->n && ws->v[0].symbol == '#')
			break;
		next = next_rule(r, i, ws, &look);
		loops = next == i ? loops + 1 : 1;
		i = next;
		if (i == r->set->n)
			break;
		if (is_worn_out(r)) {
			*status = EX_CONFIG_;
			break;
		}
		rule = &r->set->rules[i];
		if (loops > LOOPS_MAX) {
			if (r->rw->trace)
				trace_rule(r->rw, rule);
			rw_config_error(r->rw, "5.3.5",
					"Infinite loop in ruleset " VIEW_FMT ", rule %zu",
					VIEW_ARG(r->set->name), i + 1);
			trace_workspace(r->rw, ws);
			break;
		}
		if (!try_rule(r, rule, ws, &m)) {
			i++;
			loops = 0;
			look.has_failed = true;
			continue;
		}
		look.has_marks = look.has_failed = false;
		r->pile->steps++;
		error = rewrite_with(r, rule, &m, ws, status);
		if (error) {
			*status = error;
			return false;
		}
		if (rule->prefix == PREFIX_RETURN || rule->prefix == PREFIX_RESOLVE)
			break;
		if (rule->prefix == PREFIX_ONCE) {
			i++;
			loops = 0;
		}
	}
	return true;
}

/* The name of a ruleset that nobody defined: its number, at most three digits. */
static const char *number_name(int number, char room[16])
{
	char *p = room + 15;

	*p = '\0';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return p;
}

int run_ruleset(struct rw *rw, int ruleset, struct tokens *ws, int depth, struct pile *pile)
{
	struct run r = { .rw = rw, .rules = rw->snap->rules, .pile = pile, .depth = depth + 1 };
	struct ruleset unnamed = { .name = VIEW_NONE };
	char name[16];
	int status = 0;

	if (ruleset < 0 || ruleset >= RULESETS_MAX) {
		rw_config_error(rw, "5.3.5", "rewrite: illegal ruleset number %d", ruleset);
		return EX_CONFIG_;
	}
	r.set = &rw->snap->rules->sets[ruleset];
	if (!r.set->is_defined) {
		unnamed.name = view_of(number_name(ruleset, name));
		r.set = &unnamed;
	}
	if (rw->trace)
		trace_enter(rw, r.set->name, ws);
	OBSERVE(rw, entered, ruleset, r.set->name, ws);
	if (depth > RECURSION_MAX) {
		rw_config_error(rw, "5.3.5",
				"rewrite: excessive recursion (max %d), ruleset " VIEW_FMT,
				RECURSION_MAX, VIEW_ARG(r.set->name));
		status = EX_CONFIG_;
	} else if (run_rules(&r, ws, &status)) {
		if (rw->trace)
			trace_leave(rw, r.set->name, ws);
	}
	OBSERVE(rw, left, ws, status);
	return status;
}

static void copy_tokens(struct tokens *to, const struct tokens *from, struct arena *a)
{
	to->n = 0;
	tokens_reserve(to, from->n, a);
	if (from->n)
		memcpy(to->v, from->v, from->n * sizeof(*to->v));
	to->n = from->n;
}

int rw_apply(struct rw *rw, int ruleset, struct tokens *ws)
{
	struct token room[FIRST_TOKENS];
	struct block first = { .v = room, .cap = FIRST_TOKENS };
	struct pile pile = { .block = &first, .has_leftovers = holds_leftovers(ws) };

	struct run r = { .rw = rw, .pile = &pile };
	struct tokens work = run_buffer(&r, ws->n);
	int status;

	copy_tokens(&work, ws, rw->arena);
	status = run_ruleset(rw, ruleset, &work, 0, &pile);
	copy_tokens(ws, &work, rw->arena);
	return status;
}
