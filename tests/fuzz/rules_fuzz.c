/*
 * rules_fuzz.c - random rules on random addresses must end, within the documented limits.
 *
 * The input up to the first NUL byte is configuration text, the rest an address that goes through ruleset A and through
 * parsing. No map that leaves the process can be declared: K lines are taken out.
 */
#include "rewrite/rewrite.h"
#include "rewrite/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] =
	"V10/Berkeley\nO OperatorChars=.:%@!^/[]+\nO QueueDirectory=/tmp\n"
	"Mlocal, P=/bin/true, F=lsDFMAw5:/|@q, A=true $u\nKnul null\nKar arith\nKdq dequote\n";

/* Taking every step takes time that grows with the power of the wildcards. */
#define PLAIN_TOKENS 6

/* Short addresses go through ruleset A a second time, with every step taken: the outcome must be the same. */
static void compare(struct rw *rw, int set, struct view address, const struct tokens *quick)
{
	struct tokens plain;

	tokens_scan(rw->snap->rules, rw->snap->cf, address, '\0', SCAN_ADDRESS, rw->arena, &plain,
		    NULL, NULL);
	if (plain.n > PLAIN_TOKENS)
		return;
	rw->takes_all_steps = true;
	rw_apply(rw, set, &plain);
	rw->takes_all_steps = false;
	if (plain.n != quick->n)
		__builtin_trap();
	for (size_t i = 0; i < plain.n; i++)
		if (!view_eq(plain.v[i].text, quick->v[i].text))
			__builtin_trap();
}

/* Lines that may touch files, programs or the network. */
static bool is_harmful(struct view line)
{
	return line.len && strchr("KFXOMQ", line.p[0]);
}

static void add_config(struct str *out, struct view text)
{
	struct view line;

	str_addz(out, head);
	while (view_cut(&text, '\n', &line)) {
		if (is_harmful(line))
			continue;
		str_add(out, line);
		str_addc(out, '\n');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_str struct str text = STR_MAX(1 << 20);
	struct view all = { (const char *)data, size };
	size_t end = view_find(all, '\0');
	struct config_params p = { .path_label = "fuzz.cf",
				   .is_test_mode = true,
				   .is_offline = true };
	struct arena *a = arena_new(64 << 20);
	struct triple triple;
	struct tokens ws;

	add_config(&text, view_first(all, end));
	p.text = str_view(&text);
	struct snapshot *snap = snapshot_load(&p, NULL);
	struct rw rw = { .snap = snap,
			 .macros = macros_new(snap->cf->macros, a),
			 .arena = a,
			 .deadline = INT64_MAX };
	struct view address = view_skip(all, end + 1);

	tokens_scan(snap->rules, snap->cf, address, '\0', SCAN_ADDRESS, a, &ws, NULL, NULL);
	int set = config_ruleset_number(snap->cf, VIEW("A"));

	rw_apply(&rw, set, &ws);
	if (ws.n > TOKENS_MAX)
		__builtin_trap();
	compare(&rw, set, address, &ws);
	rw_parse_address(&rw, address, PARSE_RCPT, &triple, NULL);
	snapshot_put(snap);
	arena_free(a);
	return 0;
}
