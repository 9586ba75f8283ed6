/* observe_test.c - what an observer is told, and in which order. */
#include "base/str.h"
#include "base/test.h"
#include "rewrite/observe.h"

static void add_tokens(struct str *out, const struct tokens *ws)
{
	for (size_t i = 0; i < ws->n; i++)
		str_addf(out, " " VIEW_FMT, VIEW_ARG(ws->v[i].text));
	str_addc(out, '\n');
}

static void entered(void *arg, int ruleset, struct view name, const struct tokens *ws)
{
	str_addf(arg, "in %d " VIEW_FMT ":", ruleset, VIEW_ARG(name));
	add_tokens(arg, ws);
}

static void matched(void *arg, const struct rule *rule, const struct tokens *ws)
{
	str_addf(arg, "rule %d on:", rule->line);
	add_tokens(arg, ws);
}

static void rewritten(void *arg, const struct rule *rule, const struct tokens *ws)
{
	str_addf(arg, "rule %d gives:", rule->line);
	add_tokens(arg, ws);
}

static void looked_up(void *arg, const struct rw_observed_lookup *l)
{
	static const char *const words[] = { "found", "not found", "failed" };

	str_addf(arg, "map " VIEW_FMT " (" VIEW_FMT ") " VIEW_FMT, VIEW_ARG(l->map),
		 VIEW_ARG(l->map_class), VIEW_ARG(l->key));
	for (size_t i = 0; i < l->n_args; i++)
		str_addf(arg, "|" VIEW_FMT, VIEW_ARG(l->args[i]));
	str_addf(arg, " %s " VIEW_FMT "\n", words[l->found], VIEW_ARG(l->value));
}

static void left(void *arg, const struct tokens *ws, int status)
{
	str_addf(arg, "out %d:", status);
	add_tokens(arg, ws);
}

static void complained(void *arg, struct view text)
{
	str_addf(arg, "complaint " VIEW_FMT "\n", VIEW_ARG(text));
}

static void run(const char *rules, const char *address, struct str *out)
{
	own_str struct str text = STR_MAX(65536);
	own_arena struct arena *arena = arena_new(1 << 20);
	const struct rw_observer observer = { .arg = out,
					      .entered = entered,
					      .matched = matched,
					      .rewritten = rewritten,
					      .looked_up = looked_up,
					      .left = left,
					      .complained = complained };
	struct config_params p = { .path_label = "test.cf",
				   .is_test_mode = true,
				   .is_offline = true };
	struct snapshot *snap;
	struct tokens ws;
	struct rw rw;

	str_addf(&text,
		 "V10/Berkeley\nO OperatorChars=.:%%@!^/[]+\n"
		 "Mlocal, P=/bin/true, F=l, A=true $u\nMprog, P=/bin/sh, F=l, A=sh -c $u\n%s",
		 rules);
	p.text = str_view(&text);
	snap = snapshot_load(&p, NULL);
	rw = (struct rw){ .snap = snap,
			  .macros = macros_new(snap->cf->macros, arena),
			  .arena = arena,
			  .observer = &observer,
			  .deadline = INT64_MAX };
	tokens_scan(snap->rules, snap->cf, view_of(address), '\0', SCAN_ADDRESS, arena, &ws, NULL,
		    NULL);
	rw_apply(&rw, config_ruleset_number(snap->cf, VIEW("A")), &ws);
	snapshot_put(snap);
}

TEST("an observer sees rulesets, rules and look-ups in the order in which they happen")
{
	own_str struct str out = STR_MAX(65536);

	run("Kplus arith\nSA=9\n"
	    "R$- @ $-\t$: $2 $(plus + $@ $1 $@ 1 $) $>B $1\n"
	    "R$* never\tx\n"
	    "SB=8\n"
	    "R$-\t$@ < $1 >\n",
	    "41@b", &out);
	CHECK_STR(str_z(&out), "in 9 A: 41 @ b\n"
			       "rule 7 on: 41 @ b\n"
			       "map plus (arith) +|41|1 found 42\n"
			       "in 8 B: 41\n"
			       "rule 10 on: 41\n"
			       "rule 10 gives: < 41 >\n"
			       "out 0: < 41 >\n"
			       "rule 7 gives: b 42 < 41 >\n"
			       "out 0: b 42 < 41 >\n");
}

TEST("a rule without end and a map that nobody declared are complaints, and the ruleset is left")
{
	own_str struct str out = STR_MAX(65536);

	run("SA=9\nR$-\t$: $(nosuch $1 $)\n", "a", &out);
	CHECK_STR(str_z(&out), "in 9 A: a\nrule 6 on: a\n"
			       "complaint rewrite: map nosuch not found\n"
			       "rule 6 gives: a\nout 0: a\n");
	str_clear(&out);
	run("SA=9\nR$-\t$: $>A $1\n", "a", &out);
	CHECK(strstr(str_z(&out), "complaint rewrite: excessive recursion (max 50), ruleset A\n"));
	CHECK(strstr(str_z(&out), "out 78: a\nrule 6 gives: a\nout 78: a\n"));
}
