/* lint_test.c - planted faults are found where they are, sound files pass. */
#include "config/lint.h"

#include "base/test.h"

#define BASE                                                                                                \
	"V10/Berkeley\nO QueueDirectory=/q\nMlocal, P=/bin/cat, F=lsD, S=Frm, A=cat $u\nMprog, P=/bin/sh, " \
	"F=l, A=sh\nKused hash /x\n"                                                                        \
	"CH one\nSFrm\nR$*\t$: $>Sub $(used $1 $)\nSSub\nR$* $=H\t$@ $1\nScheck_mail\nR$*\t$: $1\n"

/* "line kind text" of each finding. */
static void format(struct lint *l, struct str *out)
{
	lint_sort(l);
	for (size_t i = 0; i < l->n; i++)
		str_addf(out, "%d %s: " VIEW_FMT "\n", l->v[i].line,
			 lint_kind_row(l->v[i].kind)->name, VIEW_ARG(l->v[i].text));
}

static struct view linted(struct arena *a, const char *more)
{
	own_str struct str text = STR_MAX(65536), out = STR_MAX(65536);
	struct lint l = LINT_INIT(a);
	struct config_params p = { .path_label = "f.cf",
				   .is_offline = true,
				   .is_text_only = true,
				   .hostname = "h.example" };
	struct config *cf;

	str_addz(&text, BASE);
	str_addz(&text, more);
	p.text = str_view(&text);
	cf = config_load(&p);
	config_lint(cf, &l);
	config_lint_text(VIEW("f.cf"), str_view(&text), &l);
	format(&l, &out);
	config_free(cf);
	return arena_dup(a, str_view(&out));
}

struct fault {
	const char *text, *want;
};

TEST("what a typing error hides in a .cf is found, and nothing else")
{
	own_arena struct arena *a = arena_new(1 << 20);
	static const struct fault cases[] = {
		{"",														""						   },
		{ "Slonely\nRa\tb\n",											       "13 unused-ruleset: ruleset lonely is never called\n"},
		{ "S77\nRa\tb\n",												   "13 unused-ruleset: ruleset 77 is never called\n"    },
		{ "Scheck_rctp\nRa\tb\n",
                 "13 unused-ruleset: ruleset check_rctp is never called; did you mean check_rcpt?\n"                                                                                     },
		{ "SFrm\nR$* x\t$: $>\"quoted\" $1\nSquoted\nRa\tb\n",
                 "13 ruleset-twice: ruleset Frm began in line 7 already\n"													       },
		{ "SLocal_x\nR$* y\t$: $>Local_x $>cheek_mail $1\n",
                 "14 empty-ruleset: ruleset cheek_mail is called, but nowhere defined; did you mean check_mail?\n"                                                                       },
		{ "SSub2\nSLocal_y\nR$* y\t$: $>Local_y $>Sub2 $1\n",                                                               ""                                                   },
		{ "Kspare hash /y\n",											       "13 unused-map: map spare is never used\n"           },
		{ "Kused btree /z\n",
                 "13 map-twice: map used is declared in line 5 with other arguments\n"												   },
		{ "Scheck_rcpt\nR$-\t$(usde $1 $)\n",
                 "14 unknown-map: map usde is not declared; did you mean used?\n"													},
		{ "Kseq sequence used two\nKtwo hash /z\nScheck_rcpt\nRa\t$(seq $1 $)\n",                                           ""                                                   },
		{ "Scheck_rcpt\nR$* $={Missing} $~{Missing}\t$1\n",
                 "14 empty-class: class Missing is never filled\n"														       },
		{ "F{Site}/nowhere\nScheck_rcpt\nR$={Site}\tx\n",								   ""                                                   },
		{ "Scheck_rcpt\nR$+ x   $: $1\tcomment\n",
                 "14 lost-tab: blanks where a tab should part the two sides of the rule\n"											       },
		{ "Scheck_rcpt\n R$+ x\t$: $1\n",
                 "14 swallowed-line: this line belongs to the one before it: it begins with a blank\n"                                                                                   },
		{ "Scheck_rcpt\nR$+ x\n\t\t$: $1\n",										""                                                   },
		{ "Scheck_rcpt\nR$+ x\t$: $&{client_adr} $&{client_addr}\n",
                 "14 undefined-macro: macro {client_adr} is never given a value; did you mean client_addr?\n"                                                                            },
		{ "Kmacro macro\nD{mine}v\nScheck_rcpt\nR$+ x\t$: $&{mine} $&{Set}\nRb\t$(macro {Set} $@ 1 $)\n",
                 ""																				      },
		{ "Scheck_rcpt\nR$+ x\t$#esmpt $@ $1 $: $1\nR$+ y\t$#loacl $: $1\nR$+\t$#OK\n",
                 "14 unknown-mailer: mailer esmpt is not defined\n"
		  "15 unknown-mailer: mailer loacl is not defined; did you mean local?\n"												},
		{ "Scheck_rcpt\nR$+ z\t$#error $@ 5.7.1 $: \"550 no\"\nR$+ d\t$#discard $: discard\n",
                 ""																				      },
		{ "Mnet, P=[IPC], F=m, A=TCP $h\nScheck_rcpt\nR$+ @ $+\t$#net $: $1\nR$+\t$#local $@ $1\nR$-\t$#net $@ $1 $: $1\n",
                 "15 incomplete-triple: mailer net without a host\n16 incomplete-triple: mailer local without a user\n"                                                                  },
		{ "Scheck_rcpt\nR$+ x\t$: $1 $)\nR$+ y\t$?x $1\nR$+ z\t$[ $1 $] $(used $1 $) $?x $1 $| $1 $. $$)\n",
                 "14 unbalanced: $( and $) do not balance\n15 unbalanced: $? and $. do not balance\n"                                                                                    },
		{ "HSubject: $>Nowhere\nHX-Y: $>+check_mail\n",
                 "13 empty-ruleset: header Subject is checked by ruleset Nowhere, which is nowhere defined\n"                                                                            },
		{ "Mnet, P=[IPC], F=m, S=chek_mail, A=TCP $h\n",
                 "0 empty-ruleset: mailer net names ruleset chek_mail, which is nowhere defined; did you mean check_mail?\n"                                                             },
		{ "O LogLevel=nine\n",
                 "13 option-value: option LogLevel: \"nine\" is no plain number\n"												       },
		{ "Mprog, P=/bin/sh, F=l, A=sh\n",
                 "13 mailer-twice: mailer prog is defined in line 4 already\n"													   },
		{ "O Hacks=3\n",												    "0 option-ignored: option Hacks has no effect\n"     },
		{ "O FIPSMode=true\n",
                 "0 option-not-built: option FIPSMode is set, but this version does nothing with it\n"                                                                                   },
		{ "O MaxMessageSize=10MB\n",
                 "13 option-value: option MaxMessageSize: \"10MB\" is no plain number\n"												 },
		{ "O HoldExpensive=on\n",
                 "13 option-value: option HoldExpensive: \"on\" is neither True nor False\n"                                                                                             },
		{ "O MaxHopCounts=25\n",
                 "13 error: unknown option name MaxHopCounts; did you mean MaxHopCount?\n"											       },
		{ "Cwone",													  "13 no-line-end: the last line has no line end\n"    },
		{ "Cwone\r\n",												      "13 crlf: 1 line ends in CR LF\n"                    },
		{ "Cwone\xc2\xa0two\n",											     "13 odd-character: a non-breaking space\n"           },
		{ "# \xe2\x80\x9cquoted\xe2\x80\x9d\n",									     ""                                                   },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_VIEW(linted(a, cases[i].text), cases[i].want);
}

static struct view linted_mc(struct arena *a, const char *text)
{
	own_str struct str out = STR_MAX(65536);
	struct lint l = LINT_INIT(a);

	config_lint_mc(VIEW("x.mc"), view_of(text), &l);
	format(&l, &out);
	return arena_dup(a, str_view(&out));
}

#define OS "OSTYPE(`linux')dnl\n"

TEST("what a typing error hides in an .mc file is found, and nothing else")
{
	own_arena struct arena *a = arena_new(1 << 20);
	static const struct fault cases[] = {
		{"divert(-1)dnl\n# don't FEATURE(`nonsense'\ndivert(0)dnl\n" OS
		  "dnl FEATURE(`nonsense')\n# FEATURE(`nonsense')\nMAILER(`smtp')\n",              ""					      },
		{ OS "define(`confMAX_HOP', `25')dnl define(`confNO', `1')\n",                                      ""                                              },
		{ OS "define(`confMAX_HOPS', `25')\n",
                 "2 unknown-define: there is no confMAX_HOPS; did you mean confMAX_HOP?\n"                                                                          },
		{ OS "define(`CONFMAX_HOP', `25')\n",
                 "2 unknown-define: there is no CONFMAX_HOP; did you mean confMAX_HOP?\n"                                                                           },
		{ OS "define(`MAX_HOP', `25')\n",
                 "2 unknown-define: there is no MAX_HOP; did you mean confMAX_HOP?\n"                                                                               },
		{ OS "define(`SMART_HSOT', `a.b')\n",
                 "2 unknown-define: there is no SMART_HSOT; did you mean SMART_HOST?\n"                                                                             },
		{ OS "define(`MY_OWN', 1)\n",								       ""                                              },
		{ OS "FEATURE(`acces_db', `hash /x')\n",
                 "2 unknown-feature: unknown FEATURE acces_db; did you mean access_db?\n"                                                                           },
		{ OS "FEATURE(`sts')\n",
                 "2 unknown-feature: FEATURE sts is not built in this version\n"										    },
		{ OS "FEATURE(`/site/own.m4')\n",								   ""                                              },
		{ OS "MAILER(smtp)MAILER(`smpt')\n",
                 "2 unknown-mailer-file: unknown MAILER smpt; did you mean smtp?\n"                                                                                 },
		{ "OSTYPE(`linuks')\n",
                 "1 unknown-ostype: unknown OSTYPE linuks; did you mean linux?\n"										   },
		{ OS "DOMAIN(`debian-mat')\n",
                 "2 unknown-domain: unknown DOMAIN debian-mat; did you mean debian-mta?\n"                                                                          },
		{ OS "DOMAIN(`our-site')\n",									""                                              },
		{ "MAILER(`smtp')\n",
                 "0 needs: there is no OSTYPE: m4 gives an error instead of a configuration\n"                                                                      },
		{ OS "FEATRE(`access_db')\n",
                 "2 unknown-macro: \"FEATRE\" is no macro; did you mean FEATURE?\n"                                                                                 },
		{ OS "MASQERADE_AS(`a.b')dnl\n",
                 "2 unknown-macro: \"MASQERADE_AS\" is no macro; did you mean MASQUERADE_AS?\n"                                                                     },
		{ OS "WHATEVER(`a.b')dnl\n",									"2 unknown-macro: \"WHATEVER\" is no macro\n"   },
		{ OS "define(`WHATEVER', `x')WHATEVER(`a.b')dnl\n",                                                 ""                                              },
		{ OS "dn FEATURE(`access_db')\n",
                 "2 unknown-macro: \"dn\" is no macro; did you mean dnl?\n"											 },
		{ OS "FEATURE(`access_db')dln\n",
                 "2 unknown-macro: \"dln\" is no macro; did you mean dnl?\n"											},
		{ OS "dnlFEATURE(`access_db')\n",
                 "2 dnl: \"dnlFEATURE\": dnl is not a word of its own\n"											    },
		{ OS "define(`confMAX_HOP, `25')\nMAILER(`smtp')\n",
                 "2 quote: the quote that opens here is never closed\n"											     },
		{ OS "define(confMAX_HOP', `25')\n",
                 "2 quote: a quote closes in define(...) that was not opened\n"										     },
		{ OS "FEATURE('access_db')\n",
                 "2 quote: a quote closes in FEATURE(...) that was not opened\n"
		  "2 quote: an argument of FEATURE begins with ' instead of `\n"										    },
		{ OS "FEATURE(`access_db'\nMAILER(`smtp')\n",
                 "2 parenthesis: the parenthesis of FEATURE( is never closed\n"										     },
		{ OS "FEATURE (`access_db')\n",
                 "2 blank-before-arguments: a blank between FEATURE and its parenthesis\n"                                                                          },
		{ OS "FEATURE()\n",
                 "2 unknown-feature: unknown FEATURE\n2 argument: : \"\" names nothing\n"                                                                           },
		{ OS "MAILER(`smtp')\nFEATURE(`access_db')\n",
                 "3 order: FEATURE(access_db) stands after MAILER(smtp) in line 2\n"                                                                                },
		{ OS "MAILER(`smtp')\ndefine(`SMTP_MAILER_FLAGS', `a')\n",
                 "3 order: define(SMTP_MAILER_FLAGS) stands after MAILER(smtp) in line 2\n"                                                                         },
		{ "FEATURE(`access_db')\n" OS,
                 "2 order: OSTYPE(linux) stands after FEATURE(access_db) in line 1\n"                                                                               },
		{ OS "MAILER(`uucp')\nMAILER(`smtp')\n",
                 "2 order: MAILER(uucp) stands before MAILER(smtp): uucp-dom and uucp-uudom are left out\n"                                                         },
		{ OS "define(`confMAX_HOP', 1)\ndefine(`confMAX_HOP', 2)\n",
                 "3 twice: define confMAX_HOP is in line 2 with another value\n"										    },
		{ OS
		  "define(`confMAX_HOP', 1)\nundefine(`confMAX_HOP')\ndefine(`confMAX_HOP', 2)\n", ""					      },
		{ OS "define(`confMAX_HOP', 1)\nifdef(`X', `define(`confMAX_HOP', 2)')\n",                          ""                                              },
		{ OS "ifdef(`X', `FEATURE(`acces_db')')\n",
                 "2 unknown-feature: unknown FEATURE acces_db; did you mean access_db?\n"                                                                           },
		{ OS "FEATURE(`dnsbl', `a.b')\nFEATURE(`dnsbl', `c.d')\n",                                          ""                                              },
		{ OS "FEATURE(`mailertable', `hash /a')\nFEATURE(`mailertable', `hash /b')\n",
                 "3 twice: FEATURE mailertable is in line 2 with another value\n"										   },
		{ OS "FEATURE(`blocklist_recipients')\n",
                 "2 needs: FEATURE(blocklist_recipients) has no effect without FEATURE(access_db)\n"                                                                },
		{ OS "MASQUERADE_DOMAIN(`a.b')\n",
                 "2 needs: MASQUERADE_DOMAIN has no effect without MASQUERADE_AS\n"                                                                                 },
		{ OS "MASQUERADE_AS(`@a.b')\n",
                 "2 argument: MASQUERADE_AS: \"@a.b\" is an address; a host or domain is wanted\n"                                                                  },
		{ OS "EXPOSED_USER_FILE(`root')\n",
                 "2 argument: EXPOSED_USER_FILE: \"root\" is no path: the macro for names does not end in _FILE\n"                                                  },
		{ OS "RELAY_DOMAIN(`/etc/mail/relay-domains')\n",
                 "2 argument: RELAY_DOMAIN: \"/etc/mail/relay-domains\" is a path: the macro for files ends in _FILE\n"                                             },
		{ OS "FEATURE(`mailertable', `/etc/mail/mailertable')\n",
                 "2 argument: mailertable: \"/etc/mail/mailertable\" is a path without the class of the map, such as hash\n"                                        },
		{ OS "define(`confMAX_MESSAGE_SIZE', `10M')\n",
                 "2 argument: confMAX_MESSAGE_SIZE: \"10M\" is no plain number: what follows the digits is not read\n"                                              },
		{ OS "LOCAL_RULESETS\nSLocal_x\nR$* $: $1\nR$+\t$: $1\n",
                 "4 lost-tab: a rule without a tab between its two sides\n"											 },
		{ OS "LOCAL_RULESETS\nSLocal_x\nR$* .....\n\t\t\t$: $1\n",                                          ""                                              },
		{ OS "LOCAL_CONFIG\nCwa.b don't\nO Foo(x)=1\n",                                                     ""                                              },
		{ OS "MAILER(`smtp')dnl",									   "2 no-line-end: the last line has no line end\n"},
		{ OS "define(\xe2\x80\x98"
		     "confMAX_HOP', 1)\n",							 "2 odd-character: a typographic quote\n"
		  "2 quote: a quote closes in define(...) that was not opened\n"                         },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_VIEW(linted_mc(a, cases[i].text), cases[i].want);
}

TEST("what is found in the .cf of local sections is told with the lines of the .mc")
{
	own_arena struct arena *a = arena_new(1 << 20);
	own_str struct str marked = STR_MAX(65536), out = STR_MAX(65536);
	struct lint found = LINT_INIT(a), l = LINT_INIT(a);
	struct view cf = VIEW("Kown\n#~mc 3\nKmine\n#~mc 4\nR$*\n\t$1\nRtree\n#~mc 3\n\nRtree\n"
			      "#~mc 9\nO Hacks=1\n");

	CHECK(!lint_mc_mark(VIEW("OSTYPE(`linux')\nKx\n"), a, &marked));
	CHECK(lint_mc_mark(
		VIEW("LOCAL_CONFIG\n# a\nKx hash\n\nR$*\tx\n\tR$1\nCwa dnl b\nCwc\ndnl\nCwd\n"
		     "ifdef(`X', `(\nO Y=1\n')\nMAILER(`smtp')\nKy\n"),
		a, &marked));
	CHECK_STR(
		str_z(&marked),
		"LOCAL_CONFIG\n# a\n#~mc 3\nKx hash\n\n#~mc 5\nR$*\tx\n\tR$1\n#~mc 7\nCwa dnl b\nCwc\n"
		"dnl\n#~mc 10\nCwd\nifdef(`X', `(\n#~mc 12\nO Y=1\n')\nMAILER(`smtp')\nKy\n");
	str_clear(&marked);
	CHECK(lint_mc_mark(VIEW("LOCAL_CONFIG\nRELAY_DOMAIN(`a')dnl\nKx\n"), a, &marked));
	CHECK_STR(str_z(&marked), "LOCAL_CONFIG\nRELAY_DOMAIN(`a')dnl\n#~mc 3\nKx\n");
	lint_add(&found, LINT_UNUSED_MAP, VIEW("f"), 1, "the tree's");
	lint_add(&found, LINT_UNUSED_MAP, VIEW("f"), 3, "mine");
	lint_add(&found, LINT_MAP_TWICE, VIEW("f"), 3, "is in line 1 too");
	lint_add(&found, LINT_DEAD_RULE, VIEW("f"), 6, "line 3 takes all");
	lint_add(&found, LINT_DEAD_RULE, VIEW("f"), 7, "line 5 takes all");
	lint_add(&found, LINT_DEAD_RULE, VIEW("f"), 10, "line 7 takes all");
	lint_add(&found, LINT_OPTION_IGNORED, VIEW("f"), 0, "option Hacks has no effect");
	lint_add(&found, LINT_OPTION_IGNORED, VIEW("f"), 0, "option Other has no effect");
	lint_mc_take(VIEW("f.mc"), cf, &found, &l);
	format(&l, &out);
	CHECK_STR(str_z(&out),
		  "3 unused-map: mine\n3 map-twice: is in a line that the tree adds too\n"
		  "4 dead-rule: in what the tree adds: line 4 takes all\n"
		  "5 dead-rule: line 3 takes all\n"
		  "9 option-ignored: option Hacks has no effect\n");
}

TEST("mistyped tags and actions of the access map are found")
{
	own_arena struct arena *a = arena_new(1 << 20);
	own_str struct str out = STR_MAX(65536);
	struct lint l = LINT_INIT(a);

	lint_access(
		VIEW("access"),
		VIEW("# Conect:x REJECT\nConnect:192.0.2 REJECT\nConect:192.0.2 REJECT\nConnect 192.0.2 REJECT\n"
		     "From:a@b.c REJCT\na@b.c\tRELAY\nspammer.example\tERROR:550 no\nGreetPuase:1.2.3.4 5000\n"
		     "IPv6:2001:db8 RELAY\nTo:x 550 no such RELY\nTo:y\nTLS_Srv:z VERIFY:112\nMyTag:u OK\n"
		     "ClientRate:1.2 10\nto OK\n"),
		&l);
	format(&l, &out);
	CHECK_STR(str_z(&out), "3 access-key: unknown tag Conect:; did you mean Connect:?\n"
			       "4 access-key: the colon behind Connect is missing\n"
			       "5 access-value: unknown action REJCT; did you mean REJECT?\n"
			       "8 access-key: unknown tag GreetPuase:; did you mean GreetPause:?\n"
			       "11 access-value: \"To:y\" has no value\n");
}

TEST("every kind of finding has a name, a meaning and an advice, and no two the same name")
{
	for (enum lint_kind i = 0; i < LINT_KINDS; i++) {
		const struct lint_kind_row *row = lint_kind_row(i);

		CHECK(row->name && row->meaning && row->advice);
		for (enum lint_kind k = 0; k < i; k++)
			CHECK(strcmp(row->name, lint_kind_row(k)->name) != 0);
	}
}

TEST("names are near when a letter is missing, added, changed or swapped")
{
	static const char *const list[] = { "check_rcpt", "check_mail", "access_db", "smtp", NULL };
	static const struct {
		const char *name, *nearest;
	} cases[] = {
		{"check_rctp",  "check_rcpt"},
		{ "chek_mail",  "check_mail"},
		{ "accessdb",   "access_db" },
		{ "acccess_db", "access_db" },
		{ "ACCESS_DB",  "access_db" },
		{ "smpt",       "smtp"      },
		{ "uucp",       NULL        },
		{ "local",      NULL        },
		{ "db",         NULL        },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = lint_nearest(view_of(cases[i].name), list);

		CHECK_STR(got ? got : "", cases[i].nearest ? cases[i].nearest : "");
	}
}
