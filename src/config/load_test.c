/* load_test.c - reading configurations: lines, options, mailers, rulesets, and what is said about errors. */
#include <unistd.h>

#include "base/test.h"
#include "config/config.h"

static struct config *loaded(const char *text)
{
	struct config_params p = { .text = view_of(text),
				   .path_label = "f.cf",
				   .is_offline = true,
				   .is_check = true,
				   .hostname = "host.example.test" };

	return config_load(&p);
}

#define BASE                                                                                       \
	"V10/Berkeley\nO QueueDirectory=/q\nMlocal, P=/bin/cat, F=lsDFMAw5:/|@q, S=0, R=0, A=cat $u\n"

/* The messages of a configuration whose lines follow a good start (lines 1 to 3), one per line. */
static struct view complaints(struct arena *a, const char *lines, int *out_exit)
{
	own_str struct str text = STR_MAX(65536), out = STR_MAX(65536);
	struct config *cf;

	str_addz(&text, BASE);
	str_addz(&text, lines);
	cf = loaded(str_z(&text));
	for (size_t i = 0; i < cf->messages.n; i++) {
		const struct cf_message *m = &cf->messages.v[i];

		if (m->line)
			str_addf(&out, VIEW_FMT ": line %d: ", VIEW_ARG(m->file), m->line);
		str_addf(&out, VIEW_FMT "\n", VIEW_ARG(m->text));
	}
	*out_exit = cf->messages.exit;
	config_free(cf);
	return arena_dup(a, str_view(&out));
}

TEST_COVERS("errors are told with file and line, in the original's words", 23, 43)
{
	static const struct {
		const char *lines, *want;
		int exit;
	} cases[] = {
		{"O Foo=bar\n",                         "f.cf: line 4: readcf: unknown option name Foo\n",             70},
		{ "O\n",				"f.cf: line 4: readcf: unknown option name 0x0\n",             70},
		{ "O*\n",			       "f.cf: line 4: readcf: unknown option name 0x2a\n",            70},
		{ "O MaxMess=12\n",
                 "f.cf: line 4: Option MaxMess used as abbreviation for MaxMessageSize\n",                             0 },
		{ "O M=12\n",
                 "f.cf: line 4: readcf: ambiguous option name M (matches MinFreeBlocks and MatchGECOS)\n",
                 70												      },
		{ "O Timeout.foo=5m\n",                 "f.cf: line 4: settimeout: invalid timeout foo\n",             70},
		{ "O Timeout.mail=5x\n",                "f.cf: line 4: Invalid time unit `x'\n",                       0 },
		{ "O PrivacyOptions=foo,goaway\n",
                 "f.cf: line 4: readcf: Op line: foo unrecognized\n",                                                  70},
		{ "O DeliveryMode=x\nO Foo\n",          "f.cf: line 4: Unknown delivery mode x\n",                     64},
		{ "O QueueSortOrder=z\n",               "f.cf: line 4: Invalid queue sort order \"z\"\n",              70},
		{ "O DaemonPortOptions=Zzz=1\n",
                 "f.cf: line 4: PortOptions parameter \"Zzz=1\" unknown\n",                                            70},
		{ "Zfoo\n",			     "f.cf: line 4: unknown configuration line \"Zfoo\"\n",         70},
		{ "$foo\n",			     "f.cf: line 4: unknown configuration line \"\001foo\"\n",      70},
		{ "Mm1, P=/x\n",                        "f.cf: line 4: Mm1: A= argument required\n",                   70},
		{ "Mm1, A=x\n",                         "f.cf: line 4: Mm1: P= argument required\n",                   70},
		{ "Mm1,\n\tP=/x,\n\tZ=3, A=x\nZ\n",
                 "f.cf: line 6: Mm1: unknown mailer equate Z=\n"
		  "f.cf: line 7: unknown configuration line \"Z\"\n",						  70},
		{ "Mm1, P=[IPC], A=IPC $h\n",
                 "Mm1: Warning: first argument in [IPC] mailer must be TCP or FILE\n",                                 0 },
		{ "Mm1, P=/x, Flags, A=x\n",            "f.cf: line 4: mailer m1: `=' expected\n",                     70},
		{ "Rfoo\tbar\n",                        "f.cf: line 4: missing valid ruleset for \"Rfoo\tbar\"\n",     70},
		{ "Sx\nR$* b $$\n",
                 "f.cf: line 5: invalid rewrite line \"R\001* b $\" (tab expected)\n",                                 70},
		{ "Sbad=x\n",
                 "f.cf: line 4: bad ruleset definition \"bad=x\" (number required after `=')\n",		       70},
		{ "S300\n",			     "f.cf: line 4: bad ruleset 300 (100 max)\n",                   70},
		{ "Sfoo=3\nSfoo=4\n",                   "f.cf: line 5: foo=4: ruleset changed value (old 3, new 4)\n",
                 70												      },
		{ "Sa\nRx\ty\nSa\n",                    "WARNING: Ruleset a has multiple definitions\n",               0 },
		{ "D\n",				"f.cf: line 4: Name required for macro/class\n",               70},
		{ "D{foo-bar}x\n",                      "f.cf: line 4: Invalid macro/class character -\n",             70},
		{ "Fw/nonexistent\n",
                 "f.cf: line 4: fileclass: cannot open '/nonexistent': No such file or directory\n",		   71},
		{ "Fw-o /nonexistent\n",                "",							    0 },
		{ "Kfoo bar\n",                         "f.cf: line 4: readcf: map foo: class bar not available\n",    70},
		{ "H?X foo: bar\n",                     "f.cf: line 4: header syntax error, line \"?X foo: bar\"\n",
                 70												      },
		{ "H?XYZ?: x\n",                        "f.cf: line 4: header syntax error, line \"?XYZ\"\n",          70},
		{ "Qfoo, Z=3\n",                        "f.cf: line 4: Qfoo: unknown queue equate Z=\n",               70},
		{ "Xfoo, S=inet:1@127.0.0.1, T=Z:3s\n",
                 "f.cf: line 4: Xfoo: unknown filter timeout Z\n",                                                     70},
		{ "Xfoo\n",			     "f.cf: line 4: Xfoo: empty or missing socket information\n",   70},
		{ "Pfoo\n",			     "f.cf: line 4: unknown configuration line \"Pfoo\"\n",         70},
	};
	own_arena struct arena *a = arena_new(1 << 20);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int exit = -1;

		CHECK_VIEW(complaints(a, cases[i].lines, &exit), cases[i].want);
		CHECK_INT(exit, cases[i].exit);
	}
}

TEST_COVERS("comments, continuations and dollars are read as they should be", 24)
{
	own_arena struct arena *a = arena_new(65536);
	struct config *cf = loaded(BASE "# one\n more of it\n\nDXfoo\\#bar # gone\n"
					"CAa b # c\n d\nDY\"q r\" \\,\nHX-A: one\n\ttwo # c\n");
	own_str struct str s = STR_MAX(256);

	CHECK_INT(cf->messages.n_errors, 0);
	CHECK_VIEW(macros_get_expanded(cf->macros, 'X', a), "foo#bar");
	CHECK_VIEW(macros_get_expanded(cf->macros, 'Y', a), "q r ,");
	CHECK(classes_has(cf->classes, 'A', VIEW("D")) &&
	      !classes_has(cf->classes, 'A', VIEW("c")));
	macros_decode(cf->headers[0].template, &s);
	CHECK_STR(str_z(&s), "one\n\ttwo");
	config_free(cf);
}

TEST("the names of this host and the given classes are there")
{
	own_arena struct arena *a = arena_new(65536);
	struct config *cf = loaded(BASE "DjX.$m\nCZ$j $=w\n");

	CHECK_VIEW(macros_get_expanded(cf->macros, 'w', a), "host");
	CHECK_VIEW(macros_get_expanded(cf->macros, 'm', a), "example.test");
	CHECK_VIEW(macros_get_expanded(cf->macros, 'j', a), "X.example.test");
	CHECK(classes_has(cf->classes, 'w', VIEW("host.example.test")));
	CHECK(classes_has(cf->classes, 'w', VIEW("x.example.test")));
	CHECK(classes_has(cf->classes, 'Z', VIEW("host.example.test")));
	CHECK(classes_has(cf->classes, 'e', VIEW("8BIT")));
	CHECK(classes_has(cf->classes, macro_number(VIEW("checkMIMEHeaders"), false),
			  VIEW("Content-Id")));
	config_free(cf);
}

TEST_COVERS("the times of the resolver's tries are those of a question in all", 43)
{
	struct config *cf = loaded(BASE "O Timeout.resolver.retrans=2s\n"),
		      *other = loaded(
			      BASE "O Timeout.resolver.retrans=1s\nO Timeout.resolver.retry=4\n"),
		      *none = loaded(BASE);

	CHECK_INT(timeouts_resolver_ms(&cf->options.timeout), 6000);
	CHECK_INT(timeouts_resolver_ms(&other->options.timeout), 15000);
	CHECK_INT(timeouts_resolver_ms(&none->options.timeout), 0);
	config_free(cf);
	config_free(other);
	config_free(none);
}

TEST_COVERS("options take their values, long, short and abbreviated", 41, 42, 43)
{
	struct config *cf = loaded(
		BASE "O MaxMessageSize=1000000\nOh17\nO timeout.CONNECT = 1m30s\nO MeToo=False\n"
		     "O Timeout.queuereturn.urgent=2d\nO Timeout.queuewarn=4h\nOr7m\n"
		     "O PrivacyOptions=goaway restrictqrun\nO BlankSub=.\nO SuperSafe=PostMilter\n"
		     "O QueueFileMode=0640\nO SmtpGreetingMessage=$j hello\nO EightBitMode=pass8\n"
		     "O NoRecipientAction=Add-To-Undisclosed\nO DontBlameSendmail=TrustStickyBit\n"
		     "O MinQueueAge=30\nOT3d/2h\n");
	const struct options *o = &cf->options;

	CHECK_INT(cf->messages.n_errors, 0);
	CHECK_INT(o->max_message_size, 1000000);
	CHECK_INT(o->max_hop_count, 17);
	CHECK_INT(o->timeout.connect_s, 90);
	CHECK_INT(o->timeout.iconnect_s, 90);
	CHECK_INT(o->timeout.mail_s, 420);
	CHECK_INT(o->timeout.quit_s, 120);
	CHECK_INT(o->timeout.queuereturn_s[TIMEOUT_URGENT], 3 * 86400);
	CHECK_INT(o->timeout.queuewarn_s[TIMEOUT_DSN], 7200);
	CHECK(!o->me_too && o->send_mime_errors);
	CHECK(o->privacy_options & PRIVACY_RESTRICTQRUN && o->privacy_options & PRIVACY_NOVERB);
	CHECK(!(o->privacy_options & PRIVACY_NOETRN));
	CHECK_INT(o->blank_sub, '.');
	CHECK_INT(o->super_safe, 'p');
	CHECK_INT(o->queue_file_mode, 0640);
	CHECK_VIEW(o->smtp_greeting_message, "\x81j hello");
	CHECK_INT(o->eight_bit_mode, EIGHT_BIT_PASS);
	CHECK_INT(o->no_recipient_action, NO_RCPT_ADD_TO_UNDISCLOSED);
	CHECK(o->dont_blame_sendmail != 0);
	CHECK_INT(o->min_queue_age_s, 1800);
	CHECK(!o->colon_ok_in_addr);
	config_free(cf);
}

TEST_COVERS("sources of aliases are divided by commas, with their classes and flags", 85)
{
	static const char *const cases[][5] = {
		{"/etc/a",				 "/etc/a"     },
		{  "/etc/a, hash:/etc/b",                                "/etc/a", "hash:/etc/b" },
		{ "hash:-o /etc/a,-o /etc/b",                        "hash:-o /etc/a",   "-o /etc/b" },
		{ "hash -o:/etc/a,/b",                        "hash:-o /etc/a",          "/b" },
		{ "text:-k0 -v1 /etc/a /etc/c, /etc/b",            "text:-k0 -v1 /etc/a /etc/c",      "/etc/b" },
		{ "text:-z\",\" /a, /b",                       "text:-z\",\" /a",          "/b" },
		{ "ldap:-k (&(a=b,c)(x=%0)) -v d,e, hash:/etc/b",       "ldap:-k (&(a=b,c)(x=%0)) -v d,e",
                 "hash:/etc/b" },
		{					   "sqlite:-d /a -Q \"select a, b from c\",/d",
                 "sqlite:-d /a -Q \"select a, b from c\"",          "/d" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own_str struct str text = STR_MAX(1000);
		struct config *cf;
		int n = 0;

		str_addf(&text, "V10\nO AliasFile=%s\n", cases[i][0]);
		cf = loaded(str_z(&text));
		while (cases[i][n + 1]) {
			CHECK(n < cf->options.alias_file.n);
			CHECK_VIEW(cf->options.alias_file.v[n], cases[i][n + 1]);
			n++;
		}
		CHECK_INT(cf->options.alias_file.n, n);
		config_free(cf);
	}
}

TEST_COVERS("the command line holds against the file, and tells what is not safe", 44)
{
	static const char *const options[] = { "LogLevel=3",
					       "-h5",
					       "MaxMessageSize=7",
					       "PrivacyOptions=noexpn",
					       "Timeout.queuereturn=1m",
					       "Timeout.queuewarn.urgent=2m",
					       "Timeout.ident=3",
					       NULL };
	struct config_params p = {
		.text = VIEW(BASE "O LogLevel=12\nO MaxHopCount=9\n"
				  "O MaxMessageSize=8\nO PrivacyOptions=novrfy\n"
				  "O Timeout.queuereturn=5d\nO Timeout.queuewarn=4h\n"
				  "O Timeout.queuereturn.urgent=2d\nO Timeout.ident=0\n"),
		.path_label = "f.cf",
		.is_offline = true,
		.set_options = options
	};
	struct config *cf = config_load(&p);

	CHECK_INT(cf->options.log_level, 3);
	CHECK_INT(cf->options.max_hop_count, 5);
	CHECK_INT(cf->options.max_message_size, 7);
	CHECK_INT(cf->options.timeout.queuereturn_s[TIMEOUT_NORMAL], 60);
	CHECK_INT(cf->options.timeout.queuereturn_s[TIMEOUT_URGENT], 2 * 86400);
	CHECK_INT(cf->options.timeout.queuewarn_s[TIMEOUT_URGENT], 4 * 3600);
	CHECK_INT(cf->options.timeout.ident_s, 3);
	CHECK(cf->options.privacy_options & PRIVACY_NOEXPN);
	CHECK(cf->options.privacy_options & PRIVACY_NOVRFY);
	CHECK(!cf->must_drop_privileges);
	config_free(cf);
	p.is_safe_only = true;
	cf = config_load(&p);
	CHECK(cf->must_drop_privileges); /* MaxHopCount is not for everybody */
	CHECK_INT(cf->options.log_level, 12);
	config_free(cf);
}

TEST_COVERS("daemons have their keys and modifiers", 45, 46)
{
	struct config *cf = loaded(
		BASE
		"O DaemonPortOptions=Name=MSA, Port=587, Addr=127.0.0.1, M=Eaf, L=5, c=3, d=9\n"
		"O DaemonPortOptions=Family=local,A=/run/x,I=f1;f2\nO ClientPortOptions=M=h\n"
		"Xf1, S=local:/1\nXf2, S=local:/2, F=T, T=C:1m;E:9s\n"
		"O InputMailFilters=f2,f1\n");
	const struct daemon_options *d = cf->options.daemons;

	CHECK_INT(cf->messages.n_errors, 0);
	CHECK_INT(cf->options.n_daemons, 2);
	CHECK_VIEW(d[0].name, "MSA");
	CHECK_VIEW(d[0].modifier_text, "EE a f");
	CHECK(flag_has(&d[0].modifiers, 'E') && !flag_has(&d[0].modifiers, 'A'));
	CHECK_INT(d[0].listen, 5);
	CHECK_INT(d[0].children, 3);
	CHECK_INT(d[0].delay_la, 9);
	CHECK_INT(d[0].queue_la, -1);
	CHECK_VIEW(d[1].name, "Daemon1");
	CHECK_VIEW(d[1].addr, "/run/x");
	CHECK_INT(d[1].n_filters, 2);
	CHECK_INT(cf->options.n_input_mail_filters, 2);
	CHECK_INT(cf->options.input_mail_filters[0], 1);
	CHECK_INT(cf->milters[1].connect_s, 60);
	CHECK_INT(cf->milters[1].eom_s, 9);
	CHECK_INT(cf->milters[1].on_failure, 'T');
	CHECK(flag_has(&cf->options.clients[0].modifiers, 'h'));
	config_free(cf);
}

TEST_COVERS("mailers have their equates and defaults", 68, 69)
{
	struct config *cf = loaded(BASE
				   "SEnvFrom=11\nSTo\n"
				   "Msmtp, P=[IPC], F=mDFMuXL, S=EnvFrom/HdrFrom, R=To, "
				   "A=TCP $h\nMlm,P=[IPC],F=z,A=FILE /s,r=7\n"
				   "Mx, P = /bin/a\\,b, E=\\r\\n, T=a/b, M=99, A=a \"b\" $u\n");
	const struct mailer *m = config_mailer(cf, VIEW("SMTP"));

	CHECK_INT(cf->messages.n_errors, 0);
	CHECK_INT(m->sender_env_set, 11);
	CHECK_INT(m->sender_hdr_set, config_ruleset_number(cf, VIEW("HdrFrom")));
	CHECK_INT(m->rcpt_env_set, m->rcpt_hdr_set);
	CHECK_INT(m->line_limit, 990);
	CHECK_INT(m->max_rcpts, 100);
	CHECK_VIEW(m->eol, "\r\n");
	CHECK_VIEW(m->type_diag, "smtp");
	CHECK_VIEW(m->argv[1], "\x81h");
	CHECK_INT(config_mailer(cf, VIEW("lm"))->max_rcpts, 7);
	CHECK_VIEW(config_mailer(cf, VIEW("lm"))->type_diag, "x-unix");
	m = config_mailer(cf, VIEW("x"));
	CHECK_VIEW(m->path, "/bin/a,b");
	CHECK_VIEW(m->args_text, "a b $u");
	CHECK_VIEW(m->eol, "\r\n");
	CHECK_INT(m->max_size, 99);
	CHECK_INT(cf->prog_mailer->number, 0);
	CHECK_VIEW(cf->local_mailer->eol, "\n");
	CHECK(flag_has(&cf->local_mailer->flags, '|'));
	config_free(cf);
}

TEST_COVERS("headers carry conditions, and checks stand apart", 33, 59)
{
	struct config *cf = loaded(BASE
				   "H?PD?Date: $a\nH?${foo}?X-Foo: ${foo}\nHSubject: $>+Check\n"
				   "HSubject: $>Other\nH*: $>Any\nHX-B : plain\n");

	CHECK_INT(cf->messages.n_errors, 0);
	CHECK_INT(cf->n_headers, 4);
	CHECK_VIEW(cf->headers[0].raw_condition, "PD");
	CHECK(cf->headers[0].mailer_flags['P' / 8] & (1 << ('P' % 8)));
	CHECK_INT(cf->headers[1].macro, macro_number(VIEW("foo"), false));
	CHECK_VIEW(cf->headers[2].name, "Subject");
	CHECK(cf->headers[2].check_keeps_comments);
	CHECK_INT(cf->headers[2].check_ruleset, config_ruleset_number(cf, VIEW("Check")));
	CHECK_INT(cf->default_check->check_ruleset, config_ruleset_number(cf, VIEW("Any")));
	CHECK_VIEW(cf->headers[3].name, "X-B");
	CHECK_VIEW(cf->headers[3].template, "plain");
	config_free(cf);
}

TEST_COVERS("rulesets have names, numbers, or both", 30)
{
	struct config *cf = loaded(BASE "Scanonify=3\nRa\tb\tcomment\nS3\nRc\t\td e\nSnamed\nS4\n");

	CHECK_INT(config_ruleset_number(cf, VIEW("canonify")), 3);
	CHECK_INT(config_ruleset_number(cf, VIEW("named")), 199);
	CHECK_INT(config_ruleset_number(cf, VIEW("4")), 4);
	CHECK_INT(config_ruleset_number(cf, VIEW("Named")), -1);
	CHECK_INT(cf->by_number[3]->n, 2);
	CHECK_VIEW(cf->by_number[3]->rules[0].rhs, "b");
	CHECK_VIEW(cf->by_number[3]->rules[1].lhs, "c");
	CHECK_VIEW(cf->by_number[3]->rules[1].rhs, "d e");
	CHECK_INT(cf->by_number[3]->rules[1].line, 7);
	config_free(cf);
}

static void write_words(char path[64])
{
	static const char text[] = "a b\n#x\n c\n\nd@e, f\nxyz u\n";
	int fd;

	memcpy(path, "/tmp/words.XXXXXX", 18);
	fd = mkstemp(path);
	CHECK(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	close(fd);
}

TEST_COVERS("classes come from files with formats, and from programs", 36)
{
	char path[64], text[1024];
	struct config *cf;
	static const struct {
		const char *format, *word;
		size_t n;
	} cases[] = {
		{"",         "d@e,", 4},
                { " %[^,]",  "u",    6},
                { " %*s %s", "f",    3},
		{ " x%s",    "yz",   1},
                { " %3s",    "d@e",  4},
                { " %c",     "x",    3}
	};

	write_words(path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 BASE "O DontBlameSendmail=TrustStickyBit\nF{Words}%s%s\n", path,
			 cases[i].format);
		cf = loaded(text);
		CHECK_INT(cf->messages.n_errors, 0);
		CHECK(classes_has(cf->classes, macro_number(VIEW("Words"), false),
				  view_of(cases[i].word)));
		CHECK_INT(
			table_count(classes_words(cf->classes, macro_number(VIEW("Words"), false))),
			cases[i].n);
		config_free(cf);
	}
	unlink(path);
	cf = loaded(BASE "F{Prog}|/bin/echo hello there\nF{Map}key@hash:-o /x/y\n");
	CHECK(classes_has(cf->classes, macro_number(VIEW("Prog"), false), VIEW("hello")));
	CHECK_INT(cf->n_class_fills, 1);
	CHECK_VIEW(cf->class_fills[0].key, "key");
	CHECK_VIEW(cf->class_fills[0].spec, "/x/y");
	CHECK(cf->class_fills[0].optional);
	config_free(cf);
}

TEST_COVERS("queue groups, precedences and the environment", 60, 105)
{
	struct config *cf = loaded(BASE
				   "Qfast, P=/q/f*, F=f, R=3, I=5m, r=2\nPjunk=-100\n"
				   "EFOO=bar\nEFOO=baz\nKaccess hash -T<TMPF> /etc/$j/access\n");

	CHECK_INT(cf->messages.n_errors, 0);
	CHECK_INT(cf->n_groups, 2);
	CHECK_VIEW(cf->groups[0].path, "/q");
	CHECK_VIEW(config_group(cf, VIEW("fast"))->path, "/q/f*");
	CHECK_INT(cf->groups[1].interval_s, 300);
	CHECK_INT(config_precedence(cf, VIEW("Junk")), -100);
	CHECK_STR(cf->environ[0], "FOO=baz");
	CHECK_STR(cf->environ[1], "AGENT=sendmail");
	CHECK(cf->environ[2] == NULL);
	CHECK_VIEW(cf->maps[0].args, "-T<TMPF> /etc/host.example.test/access");
	config_free(cf);
}
