/* rehearse_test.c - a client that is only thought of hears what a real one would hear. */
#include "receive/rehearse.h"

#include "base/test.h"
#include "rewrite/observe.h"

static const char configuration[] =
	"V10/Berkeley\n"
	"Djme.test\n"
	"O OperatorChars=.:%@!^/[]+\n"
	"O QueueDirectory=/nonexistent\n"
	"O SmtpGreetingMessage=$j ready\n"
	"O BadRcptThrottle=1\n"
	"S3\nR$* < $* > $*\t$2\n"
	"S0\nR$+ @ me.test\t$#local $: $1\nR$+ @ $+\t$#esmtp $@ $2 $: $1 @ $2\nR$*\t$#local $: $1\n"
	"Scheck_relay\nRbad.test $| $*\t$#error $@ 5.7.1 $: \"554 not you\"\n"
	"Scheck_mail\nR$* evil $*\t$#error $@ 5.7.1 $: \"550 go away\"\n"
	"Scheck_rcpt\nR$*\t$: $&{client_addr} $| $&{client_name} $| $1\n"
	"R192.0.2.1 $| $* $| $* @ far.test $*\t$@ ok\n"
	"R$* $| $* $| $* @ far.test $*\t$#error $@ 5.7.1 $: 550 $2 may not relay\n"
	"Sgreet_pause\nR192.0.2.9 $| $*\t$# 1500\nR$* $| 192.0.2.9\t$# 1500\n"
	"Mlocal, P=/bin/true, F=lsDFMA5:/|@q, A=true $u\n"
	"Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"
	"Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n";

static void count_rule(void *arg, const struct rule *rule, const struct tokens *ws)
{
	(void)rule;
	(void)ws;
	++*(int *)arg;
}

struct stage {
	struct arena *arena;
	struct services services;
	struct snapshot_slot *slot;
	struct rw_observer observer;
	struct rehearsal what;
	struct rehearsing *r;
	struct view greeting;
	int64_t pause_ms;
	int n_rules;
};

static void stage_open(struct stage *s, const char *addr, const char *name)
{
	struct config_params c = { .path_label = "test", .text = view_of(configuration) };

	*s = (struct stage){ .arena = arena_new(1 << 20) };
	s->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	s->slot = snapshot_slot_new(snapshot_load(&c, &s->services));
	s->observer = (struct rw_observer){ .arg = &s->n_rules, .rewritten = count_rule };
	s->what.client_name = view_of(name);
	s->what.rules_observer = &s->observer;
	CHECK(addr_parse(view_of(addr), 40000, &s->what.client));
	s->r = rehearse_new(s->slot, &s->services, &s->what, s->arena, &s->greeting, &s->pause_ms);
}

static void stage_close(struct stage *s)
{
	rehearse_free(s->r);
	snapshot_slot_free(s->slot);
	log_free(s->services.log);
	arena_free(s->arena);
}

TEST("a client hears the replies of check_mail and check_rcpt without having called")
{
	struct stage s;
	static const struct {
		const char *line, *reply;
	} talk[] = {
		{"MAIL FROM:<evil@x.test>",    "550 5.7.1 <evil@x.test>... go away"            },
		{ "MAIL FROM:<a@x.test>",      "250 2.1.0 <a@x.test>... Sender ok"             },
		{ "RCPT TO:<b@me.test>",       "250 2.1.5 <b@me.test>... Recipient ok"         },
		{ "RCPT TO:<b@far.test>",      "550 5.7.1 <b@far.test>... c.test may not relay"},
		{ "RCPT TO:<d@far.test>",      "550 5.7.1 <d@far.test>... c.test may not relay"},
		{ "RCPT TO:<\"x y\"@me.test>", "250 2.1.5 <\"x y\"@me.test>... Recipient ok"   },
	};

	stage_open(&s, "192.0.2.7", "c.test");
	CHECK_VIEW(s.greeting, "220 me.test ESMTP ready");
	CHECK_VIEW(rehearse_relay(s.r), "c.test [192.0.2.7]");
	for (size_t i = 0; i < sizeof(talk) / sizeof(talk[0]); i++) {
		s.n_rules = 0;
		CHECK_VIEW(rehearse_say(s.r, view_of(talk[i].line), s.arena), talk[i].reply);
		CHECK(s.n_rules > 0);
	}
	CHECK(!rehearse_is_over(s.r));
	stage_close(&s);
}

TEST("check_relay and greet_pause see the client's name and address")
{
	struct stage s;

	stage_open(&s, "192.0.2.7", "bad.test");
	CHECK_VIEW(s.greeting, "220 me.test ESMTP ready");
	CHECK_VIEW(rehearse_say(s.r, VIEW("MAIL FROM:<a@x.test>"), s.arena), "554 5.7.1 not you");
	CHECK(s.n_rules > 0);
	stage_close(&s);
	stage_open(&s, "192.0.2.9", "c.test");
	CHECK_INT(s.pause_ms, 1500);
	stage_close(&s);
}
