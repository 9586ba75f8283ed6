/* call.c - the calls $> of rulesets in a right side that was built. */
#include "mail/address.h"
#include "rewrite/run.h"

#define CALLS_MAX       16
#define NAMED_SETS_FROM 100 /* below, rulesets are called by their numbers */
#define NAME_SHOWN_MAX  20  /* of a ruleset that there is not */

static bool is_quoted(struct view v)
{
	return view_find(v, '"') < v.len || view_find(v, '\\') < v.len;
}

/* A ruleset by the name at the front of the token; what follows a name does not matter. */
static int find_ruleset(struct run *r, const struct token *t)
{
	const struct named *known = rules_named(r->rules, t);
	struct view name = t->text, text = t->text;
	size_t n = 0;
	int number;

	if (r->rw->trace)
		trace_note_call(r->rw, t);
	if (known && known->set >= 0)
		return known->set;

	if (is_quoted(name))
		name = text = address_unquoted(name, r->rw->arena);
	else if (t->symbol && t->symbol < SYMBOL_FIRST)
		name = text = tokens_join_range(t, 1, &r->rules->charset, ' ', r->rw->arena);
	while (n < name.len && (isalnum((unsigned char)name.p[n]) || name.p[n] == '_'))
		n++;
	name = view_first(name, n);
	if (n == 0 || name.p[0] == '_')
		rw_config_error(r->rw, "5.3.5", "invalid ruleset name: \"" VIEW_FMT "\"",
				VIEW_ARG(view_first(text, NAME_SHOWN_MAX)));
	number = config_ruleset_number(r->rules->cf, name);
	if (n && isdigit((unsigned char)name.p[0]) && (number < 0 || number >= NAMED_SETS_FROM)) {
		rw_config_error(r->rw, "5.3.5", "bad ruleset " VIEW_FMT " (%d max)", VIEW_ARG(name),
				NAMED_SETS_FROM);
		number = -1;
	}
	if (number < 0)
		rw_config_error(r->rw, "5.3.5", "Unknown ruleset " VIEW_FMT, VIEW_ARG(text));
	return number;
}

static void cut_tokens(struct tokens *t, size_t at, size_t n)
{
	memmove(t->v + at, t->v + at + n, (t->n - at - n) * sizeof(*t->v));
	t->n -= n;
}

/* The name of no ruleset stays in the workspace, without its quotes. */
static void strip_quotes(struct token *t, struct arena *a)
{
	if (is_quoted(t->text)) {
		t->text = address_unquoted(t->text, a);
		t->symbol = SYMBOL_NONE;
	}
}

/* Finds the $> calls in t, from the left. A call of a ruleset without rules is nothing, and goes away. */
static int find_calls(struct run *r, struct tokens *t, size_t *at, int *sets, size_t *out_n)
{
	size_t n = 0;

	*out_n = 0;
	if (r->first_operator >= t->n)
		return 0;
	for (size_t i = r->first_operator; i + 1 < t->n; i++) {
		int set;

		if (t->v[i].symbol != '>')
			continue;
		set = find_ruleset(r, &t->v[i + 1]);
		if (set < 0) {
			strip_quotes(&t->v[i + 1], r->rw->arena);
			return EX_CONFIG_;
		}
		if (r->rules->sets[set].n == 0) {
			trace_skip(r->rw, r->rules->sets[set].name, set);
			cut_tokens(t, i--, 2);
			continue;
		}
		if (n == CALLS_MAX) {
			rw_config_error(r->rw, "5.3.0", "callsubr: too many calls (%d max)",
					CALLS_MAX);
			return EX_CONFIG_;
		}
		sets[n] = set;
		at[n++] = i;
	}
	*out_n = n;
	return 0;
}

int run_calls(struct run *r, struct tokens *t)
{
	size_t at[CALLS_MAX], n;
	int sets[CALLS_MAX], status = 0;

	if (find_calls(r, t, at, sets, &n))
		return EX_CONFIG_;
	while (n-- > 0) {
		struct pile before = *r->pile;
		size_t n_args = t->n - at[n] - 2;
		struct tokens args = run_buffer(r, n_args);
		bool fits;
		int called;

		if (!run_append(r, &args, t->v + at[n] + 2, n_args))
			return EX_DATAERR_;
		called = run_ruleset(r->rw, sets[n], &args, r->depth, r->pile);
		if (called)
			status = called;
		t->n = at[n];
		fits = run_append(r, t, args.v, args.n);
		r->pile->block = before.block;
		r->pile->used = before.used;
		if (!fits)
			return EX_DATAERR_;
		if (called && called != EX_TEMPFAIL_) /* the calls before it are not made */
			break;
	}
	return status;
}
