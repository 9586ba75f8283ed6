/*
 * index_test.c - the quick way through rules against the plain one.
 *
 * Random rules on random addresses: what the gates pass over and the quick matcher leaves out may change nothing. The
 * numbers are made from a seed, so that a failure comes again.
 */
#include "base/test.h"
#include "rewrite/match.h"
#include "rewrite/rewrite.h"
#include "rewrite/rules.h"

#define SETS_OF_RULES 400
#define ADDRESSES     40

#define HEAD                                                                                       \
	"V10/Berkeley\n"                                                                           \
	"O OperatorChars=.:%@!^/[]+\n"                                                             \
	"O QueueDirectory=/tmp\n"                                                                  \
	"DMa.b\nDNc\nDO\n"                                                                         \
	"CWa b.c a.b.c c@d\nCXb.c b.c.d d\n"                                                       \
	"Kdequote dequote\nKarith arith\n"

struct dice {
	uint64_t state;
};

static unsigned throw_dice(struct dice *d, unsigned sides)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(d->state >> 33) % sides;
}

static const char *pick(struct dice *d, const char *const *words, size_t n)
{
	return words[throw_dice(d, (unsigned)n)];
}
#define PICK(d, words) pick(d, words, sizeof(words) / sizeof((words)[0]))

static const char *const words[] = { "a", "b", "c", "A", "@", "@", ".", "<", ">", "foo" };
static const char *const wildcards[] = { "$*", "$*", "$+", "$+", "$-", "$=W", "$=X", "$~W", "$=E" };
static const char *const prefixes[] = { "", "", "$:", "$:", "$:", "$@" };

static void add_left(struct dice *d, struct str *out, unsigned *wild)
{
	unsigned n = 1 + throw_dice(d, 7);

	*wild = 0;
	str_addc(out, 'R');
	for (unsigned i = 0; i < n; i++) {
		unsigned kind = throw_dice(d, 16);

		if (kind < 6 && *wild < 5) {
			str_addz(out, PICK(d, wildcards));
			++*wild;
		} else if (kind == 6) {
			str_addz(out, i ? "$&M" : "$@");
		} else if (kind == 7) {
			str_addz(out, "$&N");
		} else {
			str_addz(out, PICK(d, words));
		}
		str_addc(out, ' ');
	}
}

/* set: rulesets call only those after them, so that every run ends soon. */
static void add_right(struct dice *d, struct str *out, unsigned wild, char set)
{
	unsigned n = throw_dice(d, 7);

	str_addz(out, PICK(d, prefixes));
	str_addc(out, ' ');
	if (set < 'C' && throw_dice(d, 4) == 0)
		str_addf(out, "$>%c ", set + 1 + (int)throw_dice(d, 2));
	for (unsigned i = 0; i <= n; i++) {
		unsigned kind = throw_dice(d, 20);

		if (kind < 9 && wild)
			str_addf(out, "$%u ", 1 + throw_dice(d, wild));
		else if (kind == 9)
			str_addz(out, "$&M ");
		else if (kind == 10)
			str_addf(out, "$(dequote %s $: %s $) ", wild ? "$1" : "a", PICK(d, words));
		else if (kind == 11)
			str_addz(out, "$(arith + $@ 1 $@ 2 $: no $) ");
		else if (kind == 12)
			str_addz(out, "$| ");
		else
			str_addf(out, "%s ", PICK(d, words));
	}
}

static void add_rules(struct dice *d, struct str *out)
{
	str_addz(out, HEAD);
	for (char set = 'A'; set <= 'D'; set++) {
		unsigned n = 1 + throw_dice(d, 14);

		str_addf(out, "S%c\n", set);
		for (unsigned i = 0; i < n; i++) {
			unsigned wild;

			add_left(d, out, &wild);
			str_addc(out, '\t');
			add_right(d, out, wild, set);
			str_addc(out, '\n');
		}
	}
}

static void add_address(struct dice *d, struct str *out)
{
	static const char *const more[] = { "d", "zebra", "\"a b\"", "FOO", " " };
	unsigned n = throw_dice(d, 12);

	for (unsigned i = 0; i < n; i++)
		str_addz(out, throw_dice(d, 4) ? PICK(d, words) : PICK(d, more));
}

/* An address that a rule of ruleset A is likely to match: its own words, and random ones for its wildcards. */
static void add_likely(struct dice *d, const struct rules *r, int set, struct str *out)
{
	const struct ruleset *rules = &r->sets[set];
	const struct rule *rule = &rules->rules[throw_dice(d, (unsigned)rules->n)];

	for (size_t i = 0; i < rule->n_lhs; i++) {
		const struct pattern *p = &rule->lhs[i];
		unsigned n = p->kind == PATTERN_ANY || p->kind == PATTERN_SOME
				     ? throw_dice(d, 3)
				     : p->kind != PATTERN_NOTHING;

		if (p->kind == PATTERN_SYMBOL)
			str_add(out, rule->lhs_text.v[i].text);
		else if (p->kind == PATTERN_MACRO)
			str_addz(out, p->number == 'M' ? "a.b" : "c");
		else
			while (n-- > 0)
				str_addz(out, PICK(d, words));
		str_addc(out, ' ');
	}
}

static struct tokens scanned(struct rw *rw, struct view text)
{
	struct tokens ws;

	tokens_scan(rw->snap->rules, rw->snap->cf, text, '\0', SCAN_ADDRESS, rw->arena, &ws, NULL,
		    NULL);
	return ws;
}

static bool are_equal(const struct tokens *a, const struct tokens *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].symbol != b->v[i].symbol || !view_eq(a->v[i].text, b->v[i].text))
			return false;
	return true;
}

/* Every rule of the file on the same address, the wildcards' tokens compared. Says how many matched. */
static unsigned compare_matches(struct rw *rw, struct view address)
{
	struct tokens ws = scanned(rw, address);
	unsigned n_matched = 0;

	for (size_t set = 0; set < RULESETS_MAX; set++)
		for (size_t i = 0; i < rw->snap->rules->sets[set].n; i++) {
			const struct rule *rule = &rw->snap->rules->sets[set].rules[i];
			struct match plain, quick;
			bool matches = rule_matches_plainly(rw, rule, &ws, &plain);

			CHECK(rule_matches(rw, rule, &ws, &quick) == matches);
			if (!matches)
				continue;
			n_matched++;
			CHECK(plain.n == quick.n);
			for (size_t k = 0; k < plain.n; k++)
				CHECK(plain.spans[k].n == quick.spans[k].n &&
				      (plain.spans[k].n == 0 ||
				       plain.spans[k].first == quick.spans[k].first));
		}
	return n_matched;
}

/* Ruleset A on the address, once each way; says whether it changed anything. */
static bool compare_runs(struct rw *rw, struct view address)
{
	struct tokens before = scanned(rw, address), plain = scanned(rw, address),
		      quick = scanned(rw, address);
	int set = config_ruleset_number(rw->snap->cf, VIEW("A")), status;

	rw->takes_all_steps = true;
	status = rw_apply(rw, set, &plain);
	rw->takes_all_steps = false;
	CHECK(rw_apply(rw, set, &quick) == status);
	CHECK(are_equal(&plain, &quick));
	return !are_equal(&before, &quick);
}

TEST("random rules change random addresses in the same way with and without short cuts")
{
	struct dice dice = { 20 };
	unsigned n_matched = 0, n_changed = 0;

	for (int i = 0; i < SETS_OF_RULES; i++) {
		own_str struct str text = STR_MAX(1 << 16);
		struct config_params p = { .path_label = "random.cf",
					   .is_test_mode = true,
					   .is_offline = true };
		struct arena *a = arena_new(64 << 20);
		struct rw rw = { .arena = a, .deadline = INT64_MAX };
		struct snapshot *snap;

		add_rules(&dice, &text);
		p.text = str_view(&text);
		snap = snapshot_load(&p, NULL);
		rw.snap = snap;
		rw.macros = macros_new(rw.snap->cf->macros, a);
		for (int k = 0; k < ADDRESSES; k++) {
			own_str struct str address = STR_MAX(1024);

			if (k % 2)
				add_address(&dice, &address);
			else
				add_likely(&dice, snap->rules,
					   config_ruleset_number(snap->cf, VIEW("A")), &address);
			n_matched += compare_matches(&rw, str_view(&address));
			n_changed += compare_runs(&rw, str_view(&address));
			arena_reset(a);
			rw.macros = macros_new(rw.snap->cf->macros, a);
		}
		snapshot_put(snap);
		arena_free(a);
	}
	CHECK(n_matched > SETS_OF_RULES * ADDRESSES);
	CHECK(n_changed > SETS_OF_RULES * ADDRESSES / 3);
}
