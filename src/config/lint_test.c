/* lint_test.c - planted faults are found, sound files pass. */
#include "config/lint.h"

#include "base/test.h"

#define BASE                                                                                             \
	"V10/Berkeley\nO QueueDirectory=/q\nMlocal, P=/bin/cat, F=lsD, S=Frm, A=cat $u\nKused hash /x\n" \
	"CH one\nSFrm\nR$*\t$: $>Sub $(used $1 $)\nSSub\nR$* $=H\t$@ $1\nScheck_mail\nR$*\t$: $1\n"

static struct view linted(struct arena *a, const char *more, int *out_n)
{
	own_str struct str text = STR_MAX(65536), out = STR_MAX(65536);
	struct config_params p = { .path_label = "f.cf",
				   .is_offline = true,
				   .is_text_only = true,
				   .hostname = "h.example" };
	struct config *cf;

	str_addz(&text, BASE);
	str_addz(&text, more);
	p.text = str_view(&text);
	cf = config_load(&p);
	CHECK_INT(cf->messages.n_errors, 0);
	*out_n = config_lint(cf, &out);
	config_free(cf);
	return arena_dup(a, str_view(&out));
}

TEST("what a typing error hides is found, and nothing else")
{
	own_arena struct arena *a = arena_new(1 << 20);
	static const struct {
		const char *more, *want;
	} cases[] = {
		{"",							       ""					       },
		{ "Slonely\nRa\tb\n",					      "f.cf: line 12: ruleset lonely is never called\n"},
		{ "S77\nRa\tb\n",						  "f.cf: line 12: ruleset 77 is never called\n"    },
		{ "SFrm\nRa\t$: $>\"quoted\" $1\nSquoted\nRa\tb\n",                ""                                               },
		{ "SFrm\nR$* byname\t$: $>$&{x} $1\nSbyname\nRa\tb\n",             ""                                               },
		{ "Kspare hash /y\n",					      "f.cf: line 12: map spare is never used\n"       },
		{ "Kseq sequence used two\nKtwo hash /z\nSSub\nRa\t$(seq $1 $)\n", ""                                               },
		{ "SSub\nR$* $={Missing} $~{Missing}\t$1\n",
                 "f.cf: line 13: class Missing is never filled\n"								   },
		{ "F{Site}/nowhere\nSSub\nR$={Site}\tx\n",                         ""                                               },
		{ "SSub\nR$+ x   $: $1\tcomment\n",
                 "f.cf: line 13: blanks where a tab should part the two sides of the rule\n"                                        },
		{ "Snew=3\nR$*\t$@ $1\nRx\ty\n",
                 "f.cf: line 14: this rule is never tried: the one in line 13 always matches and ends the ruleset\n"                },
		{ "O Hacks=3\n",						   "f.cf: option Hacks has no effect\n"             },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int n = -1;

		CHECK_VIEW(linted(a, cases[i].more, &n), cases[i].want);
		CHECK_INT(n, cases[i].want[0] != '\0');
	}
}

TEST("an mc file with a mistyped name is told where")
{
	own_str struct str out = STR_MAX(65536);
	int n = config_lint_mc("x.mc",
			       VIEW("dnl FEATURE(`nonsense')\n# FEATURE(`nonsense')\n"
				    "OSTYPE(`linux')dnl\nOSTYPE(/site/linuks)\n"
				    "define(`confMAX_HOP', `25')dnl define(`confNO', `1')\n"
				    "define(`confMAX_HOPS', `25')\ndefine(`MY_OWN', 1)\n"
				    "FEATURE(`acces_db', `hash')\nMAILER(smtp)MAILER(`smpt')\n"),
			       &out);

	CHECK_INT(n, 4);
	CHECK_STR(str_z(&out),
		  "x.mc: line 4: unknown OSTYPE linuks\n"
		  "x.mc: line 6: no configuration name confMAX_HOPS: this define has no effect\n"
		  "x.mc: line 8: unknown FEATURE acces_db\n"
		  "x.mc: line 9: unknown MAILER smpt\n");
}
