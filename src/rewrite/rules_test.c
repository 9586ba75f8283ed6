/* rules_test.c - rules from text to workspace, limits, triples and checks. */
#include "base/test.h"
#include "rewrite/rewrite.h"
#include "rewrite/rules.h"
#include "rewrite/trace.h"

#define HEAD                                                                                       \
	"V10/Berkeley\n"                                                                           \
	"O OperatorChars=.:%@!^/[]+\n"                                                             \
	"O QueueDirectory=/tmp\n"                                                                  \
	"Mlocal, P=/bin/true, F=lsDFMAw5:/|@q, S=10/30, R=20/40, T=DNS/RFC822/X-Unix, A=true $u\n" \
	"Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"                                             \
	"Mesmtp, P=[IPC], F=mDFMuXa, S=11/31, R=21, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP "    \
	"$h\n"

struct fixture {
	struct snapshot *snap;
	struct arena *arena;
	struct macros *macros;
	struct rw rw;
};

static void fixture_init(struct fixture *f, const char *rules)
{
	own_str struct str text = STR_MAX(65536);
	struct config_params p = { .path_label = "test.cf",
				   .is_test_mode = true,
				   .is_offline = true };

	str_addz(&text, HEAD);
	str_addz(&text, rules);
	p.text = str_view(&text);
	f->snap = snapshot_load(&p, NULL);
	f->arena = arena_new(16 << 20);
	f->macros = macros_new(f->snap->cf->macros, f->arena);
	f->rw = (struct rw){
		.snap = f->snap, .macros = f->macros, .arena = f->arena, .deadline = INT64_MAX
	};
}

static void fixture_done(struct fixture *f)
{
	snapshot_put(f->snap);
	arena_free(f->arena);
}

/* The workspace after ruleset `set`, tokens with blanks between. */
static struct view ran(struct fixture *f, const char *set, const char *address, int *out_status)
{
	own_str struct str s = STR_MAX(65536);
	struct tokens ws;
	int status;

	tokens_scan(f->snap->rules, f->snap->cf, view_of(address), '\0', SCAN_ADDRESS, f->arena,
		    &ws, NULL, NULL);
	status = rw_apply(&f->rw, config_ruleset_number(f->snap->cf, view_of(set)), &ws);
	if (out_status)
		*out_status = status;
	for (size_t i = 0; i < ws.n; i++) {
		if (i)
			str_addc(&s, ' ');
		str_add(&s, ws.v[i].text);
	}
	return arena_dup(f->arena, str_view(&s));
}

struct rule_case {
	const char *rule, *address, *result;
};

static void check_cases(const char *before, const struct rule_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		own_str struct str text = STR_MAX(8192);
		struct fixture f;

		str_addf(&text, "%sSA\nR%s\n", before, cases[i].rule);
		fixture_init(&f, str_z(&text));
		CHECK_VIEW(ran(&f, "A", cases[i].address, NULL), cases[i].result);
		fixture_done(&f);
	}
}

#define CHECK_CASES(before, cases) check_cases(before, cases, sizeof(cases) / sizeof(cases[0]))

TEST_COVERS("left-side operators match shortest first and back up", 26, 37)
{
	static const struct rule_case cases[] = {
		{"$* x $*\t$@ $1 | $2",           "a x b x c",      "a | b x c"    },
		{ "$+ @ $+\t$@ $2 at $1",         "a@b@c",          "b @ c at a"   },
		{ "$- $-\t$@ $2 $1",              "one two",        "two one"      },
		{ "$- $-\t$@ $2 $1",              "one two three",  "one two three"},
		{ "$@\t$@ empty",                 "",               "empty"        },
		{ "$* $@\t$@ end $1",             "a b",            "end a b"      },
		{ "FOO.$-\t$@ $1",                "foo.Bar",        "Bar"          },
		{ "$* $=W $*\t$@ <$1> <$2> <$3>", "x three.four y",
                 "< x > < three . four > < y >"                                    },
		{ "$* . $=W\t$@ $2",              "foo.THREE.four", "THREE . four" },
		{ "$* $~W $*\t$@ <$2>",           "one zed two",    "< zed >"      },
		{ "$=W\t$@ yes",                  "three . fou",    "three . fou"  },
		{ "$* $&{M} $*\t$@ $1 | $2",      "x a . b y",      "x | y"        },
		{ "$+ $* $+\t$@ $1 / $2 / $3",    "a b c",          "a / / b c"    },
	};

	CHECK_CASES("CW one two three.four\nD{M}a.b\n", cases);
}

TEST_COVERS("right sides substitute, call, look up and resolve", 27)
{
	static const struct rule_case cases[] = {
		{"$- $-\t$: $2 $1",                            "a b",   "b a"               },
		{ "$* a $*\t$: $1 b $2\nR$* b $*\t$@ $1 c $2", "x a y", "x c y"             },
		{ "$* a $*\t$1 b $2",                          "a a a", "b b b"             },
		{ "$*\t$: <$>B $1>",                           "x",     "< bee x >"         },
		{ "$*\t$: $>B $>C $1",                         "x",     "bee cee x"         },
		{ "$*\t$: $(nul $1 $: none $1 $) z",           "x",     "none x z"          },
		{ "$*\t$: $(nul $1 $) z",                      "x",     "x z"               },
		{ "$*\t$: $(ar + $@ 2 $@ 3 $) !",              "x",     "5 !"               },
		{ "$*\t$#esmtp $@ $1 $: u\nR$*\t$: never",     "h",     "$# esmtp $@ h $: u"},
		{ "$*\t$: $$1 $&{M} $&{None} end",             "x",     "$1 a . b end"      },
		{ "$*\t$: $1 $| $1",                           "x",     "x $| x"            },
		{ "$*\t$: \"$1\" $1",                          "x",
                 "\"\x95"
		  "1\" x"								   },
	};

	CHECK_CASES("Knul null\nKar arith\nD{M}a.b\nSB\nR$*\t$@ bee $1\nSC\nR$*\t$@ cee $1\n",
		    cases);
}

TEST_COVERS("macros and conditionals are expanded when the rule is read, $& when it runs", 25)
{
	struct fixture f;

	fixture_init(&f, "DXvalue\nD{Nest}<$X>\nSA\n"
			 "R$*\t$: $X ${Nest} $?X yes $| no $. $?{Un}un$|set$. $&{Late}\n");
	macros_set(f.macros, macro_number(VIEW("Late"), true), VIEW("now.here"));
	CHECK_VIEW(ran(&f, "A", "q", NULL), "value < value > yes set now . here");
	fixture_done(&f);
}

TEST_COVERS("loops, recursion and sizes have their limits and texts", 29)
{
	struct fixture f;
	struct rw_trace trace = { .is_test_mode = true };
	char *text = NULL;
	size_t size = 0;
	int status;

	fixture_init(&f, "SLoop\nR$*\t$1 x\nSDeep\nR$*\t$: $>Deep $1\nSOut\nR$*\t$: $1 $2\n");
	trace.out = open_memstream(&text, &size);
	f.rw.trace = &trace;
	ran(&f, "Loop", "a", NULL);
	ran(&f, "Deep", "a", &status);
	CHECK_INT(status, EX_CONFIG_);
	ran(&f, "Out", "a", &status);
	CHECK_INT(status, EX_CONFIG_);
	fclose(trace.out);
	CHECK(strstr(text, "Infinite loop in ruleset Loop, rule 1\n"));
	CHECK(strstr(text, "rewrite: excessive recursion (max 50), ruleset Deep\n"));
	CHECK(strstr(text, "rewrite: ruleset Out: replacement $2 out of bounds\n"));
	free(text);
	fixture_done(&f);
}

TEST_COVERS("rulesets that call each other in rules that are tried again come to an end", 29)
{
	struct status mistake = status_ok();
	struct fixture f;
	int status;

	fixture_init(&f, "SA\nR$*\t$>B $1\nSB\nR$*\t$>A $1\n");
	f.rw.mistake = &mistake;
	CHECK_VIEW(ran(&f, "A", "x", &status), "x");
	CHECK_INT(status, EX_CONFIG_);
	CHECK_INT(mistake.smtp, 554);
	fixture_done(&f);
}

TEST("a pattern that backs up without end still ends soon")
{
	own_str struct str address = STR_MAX(4096);
	struct fixture f;

	fixture_init(&f, "SA\nR$* a $* a $* a $* a $* a $* a $* a $* a $* z\t$@ found\n");
	for (int i = 0; i < 300; i++)
		str_addz(&address, "a.");
	CHECK(ran(&f, "A", str_z(&address), NULL).len > 400);
	fixture_done(&f);
}

TEST_COVERS("mistakes in rules are named with their line", 26, 27)
{
	static const struct {
		const char *rule, *text;
	} cases[] = {
		{"R$*\t$2",                            "replacement $2 out of bounds"     },
		{ "R$1\ta",			    "Inappropriate use of $1-$9 on LHS"},
		{ "R$:\ta",			    "Inappropriate use of $: on LHS"   },
		{ "R$*\t$*",                           "Inappropriate use of $* on RHS"   },
		{ "R$*\t$(a $[ b $] $)",               "cannot nest map lookups"          },
		{ "R$*\t$(a b",                        "missing map closing token"        },
		{ "R\tfoo",			    "R line: null LHS"                 },
		{ "R$* $* $* $* $* $* $* $* $* $*\ta", "R line: too many wildcards"       },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own_str struct str text = STR_MAX(4096);
		struct fixture f;
		bool found = false;

		str_addf(&text, "SA\n%s\n", cases[i].rule);
		fixture_init(&f, str_z(&text));
		for (size_t k = 0; k < f.snap->cf->messages.n; k++) {
			const struct cf_message *m = &f.snap->cf->messages.v[k];

			if (view_eq(m->text, view_of(cases[i].text)) && m->line == 8)
				found = true;
		}
		CHECK(found);
		fixture_done(&f);
	}
}

#define ROUTING                                                                                    \
	"S3\nR$* < $+ > $*\t$2\nS0\n"                                                              \
	"Rbad\t$#error $@ 5.1.1 $: \"550 no such\"\n"                                              \
	"Rlater\t$#error $@ 4.2.1 $: \"450 not now\"\n"                                            \
	"Rword\t$#error $@ nohost $: where\n"                                                      \
	"Rnone\t$@ nothing\n"                                                                      \
	"Rat\t$#local $: @Joe\n"                                                                   \
	"R$* @ $*\t$#esmtp $@ $2 $: $1 @ $2\n"                                                     \
	"R$*\t$#local $: $1\n"

TEST_COVERS("ruleset 0 gives mailer, host and user, or an error with its status", 31, 35)
{
	static const struct {
		const char *address, *mailer, *host, *user;
		int smtp, exit;
		const char *text;
	} cases[] = {
		{"Al <a@B.c>",   "esmtp", "b.c",    "a@B.c",           0,   0,            ""                                      },
		{ "Joe",         "local", "",       "joe",             0,   0,            ""                                      },
		{ "at",          "local", "",       "joe",             0,   0,            ""                                      },
		{ "\"|prog x\"", "prog",  "",       "\"|prog x\"",     0,   0,            ""                                      },
		{ "bad",         NULL,    "5.1.1",  "\"550 no such\"", 550, EX_NOUSER_,   "no such"                               },
		{ "later",       NULL,    "4.2.1",  "\"450 not now\"", 450, EX_TEMPFAIL_, "not now"                               },
		{ "word",        NULL,    "nohost", "where",           553, EX_NOHOST_,   "where"                                 },
		{ "none",        NULL,    "",       "",                554, EX_CONFIG_,   "buildaddr: no mailer in parsed address"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct triple t;

		fixture_init(&f, ROUTING);
		rw_parse_address(&f.rw, view_of(cases[i].address), PARSE_RCPT, &t, NULL);
		CHECK_VIEW(t.mailer ? t.mailer->name : VIEW("none"),
			   cases[i].mailer ? cases[i].mailer : "none");
		CHECK_VIEW(t.host, cases[i].host);
		CHECK_VIEW(t.user, cases[i].user);
		CHECK_INT(t.status.smtp, cases[i].smtp);
		CHECK_INT(t.status.exit, cases[i].exit);
		CHECK_VIEW(t.status.text, cases[i].text);
		fixture_done(&f);
	}
}

TEST_COVERS("a mailer shows an address through 3, 1 or 2, its own ruleset, and 4", 31)
{
	struct fixture f;
	struct view shown;
	int exit;

	fixture_init(&f, "S3\nR$* < $+ > $*\t$2\nS1\nR$*\t$: s1 . $1\nS2\nR$*\t$: r2 . $1\n"
			 "S11\nR$*\t$: e11 . $1\nS31\nR$*\t$: h31 . $1\nS21\nR$*\t$: t21 . $1\n"
			 "S4\nR$*\t$: $1 . end\nS0\nR$*\t$#local $: $1\n");
	shown = rw_remote_name(&f.rw, VIEW("Al Bo <a@b>"), config_mailer(f.snap->cf, VIEW("esmtp")),
			       REMOTE_SENDER | REMOTE_HEADER, VIEW_NONE, &exit);
	CHECK_VIEW(shown, "Al Bo <h31.s1.a@b.end>");
	shown = rw_remote_name(&f.rw, VIEW("a@b (hey)"), config_mailer(f.snap->cf, VIEW("esmtp")),
			       REMOTE_SENDER, VIEW_NONE, &exit);
	CHECK_VIEW(shown, "e11.s1.a@b.end (hey)");
	shown = rw_remote_name(&f.rw, VIEW("a@b"), config_mailer(f.snap->cf, VIEW("esmtp")), 0,
			       VIEW_NONE, &exit);
	CHECK_VIEW(shown, "t21.r2.a@b.end");
	fixture_done(&f);
}

TEST_COVERS("check rulesets accept, reject, discard and quarantine", 32, 35)
{
	struct fixture f;
	struct check c;

	fixture_init(
		&f,
		"Scheck_x\nRno\t$#error $@ 5.7.1 $: \"550 go away\"\nRdrop\t$#discard $: discard\n"
		"Rhold\t$#error $@ quarantine $: odd mail\nRfine\t$#OK\n"
		"R$* $| 10 . $*\t$#error $@ 4.7.1 $: 450 4.7.9 later $1\nR$*\t$@ x\n");
	rw_check(&f.rw, "check_x", VIEW("no"), VIEW_NONE, 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_REJECT);
	CHECK_INT(c.status.smtp, 550);
	CHECK_VIEW(c.status.text, "go away");
	rw_check(&f.rw, "check_x", VIEW("drop"), VIEW_NONE, 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_DISCARD);
	rw_check(&f.rw, "check_x", VIEW("hold"), VIEW_NONE, 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_QUARANTINE);
	CHECK_VIEW(c.reason, "odd mail");
	rw_check(&f.rw, "check_x", VIEW("fine"), VIEW_NONE, 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_OK);
	CHECK(c.has_result);
	rw_check(&f.rw, "check_x", VIEW("host.example"), VIEW("10.1.2.3"), 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_REJECT);
	CHECK_VIEW(c.status.text, "later host.example");
	CHECK_INT(c.status.dsn[2], 9);
	rw_check(&f.rw, "check_none", VIEW("no"), VIEW_NONE, 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_OK);
	CHECK(!c.has_result);
	fixture_done(&f);
}

TEST("an outside separator cannot pass for the one between two parts")
{
	struct fixture f;
	struct check c;

	fixture_init(&f, "Scheck_x\nR$* $| $*\t$#error $@ 5.7.1 $: \"550 bar\"\n");
	rw_check(&f.rw, "check_x", VIEW("a $| b"), VIEW_NONE, 0, NULL, &c);
	CHECK_INT(c.verdict, CHECK_OK);
	fixture_done(&f);
}
