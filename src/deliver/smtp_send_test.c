/*
 * smtp_send_test.c - conversations with peers of all sorts.
 */
#include "deliver/smtp_send.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "deliver/message_out.h"
#include "deliver/smtp_peer.h"

/* Two configurations: one never loses patience, the other is for peers that fall silent. */
#define TIMEOUTS(t)                                                                                \
	"O Timeout.initial=" t "\nO Timeout.mail=" t "\nO Timeout.rcpt=" t                         \
	"\nO Timeout.datainit=" t "\nO Timeout.datafinal=" t "\n"
#define CONFIGURATION(t)                                                                           \
	"V10/Berkeley\n"                                                                           \
	"Djme.test\n"                                                                              \
	"O OperatorChars=.:%@!^/[]+\n" TIMEOUTS(                                                   \
		t) "S3\n"                                                                          \
		   "R$* < $* > $*\t\t$2\n"                                                         \
		   "S0\n"                                                                          \
		   "R$*\t\t\t$#esmtp $@ peer.test $: $1\n"                                         \
		   "Mlocal, P=/bin/true, F=lsDFMAw5:/|@q, A=true $u\n"                             \
		   "Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"                                  \
		   "Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n"                              \
		   "Mlmtp, P=[IPC], F=lmDFMuXz, E=\\r\\n, A=FILE /none\n"

enum patience { PATIENT, IMPATIENT };
static const char *const configurations[] = { CONFIGURATION("5m"), CONFIGURATION("1s") };

struct fixture {
	struct services services;
	struct snapshot *snap;
	struct job job;
	struct task task;
	struct attempt at;
	struct smtp_client *client;
	struct smtp_peer *peer;
};

/* Read once: finding the names of this host may take a while. */
static struct snapshot *shared_snapshot(enum patience patience)
{
	static struct services sv = { .hostname = "me.test" };
	static struct snapshot *snaps[2];
	struct snapshot **snap = &snaps[patience];

	if (!sv.log)
		sv.log = log_new(LOG_TO_NOTHING, "test", NULL);
	if (!*snap)
		*snap = snapshot_load(
			&(struct config_params){ .text = view_of(configurations[patience]),
						 .path_label = "test" },
			&sv);
	return *snap;
}

static void set_up_for(struct fixture *f, enum patience patience, const char *mailer,
		       const char *script)
{
	int fd;

	*f = (struct fixture){
		.services = {.log = log_new(LOG_TO_NOTHING, "test", NULL), .hostname = "me.test"}
	};
	f->snap = snapshot_get(shared_snapshot(patience));
	f->job = (struct job){ .services = &f->services,
			       .arena = arena_new(1 << 20),
			       .header = STR_MAX(1 << 20) };
	text_out_init(&f->job.text, &(struct text_format){ .eol = VIEW("\n") }, NULL, NULL);
	f->task.env = envelope_new(f->snap);
	f->task.env->sender = VIEW("<al@a.test>");
	f->task.env->body = body_new(1 << 20, -1);
	body_append(f->task.env->body, VIEW("hello\n.dot\n"));
	header_add(&f->task.env->header, f->task.env->arena, VIEW("Subject"), VIEW(" test"));
	f->task.mailer = config_mailer(f->snap->cf, view_of(mailer));
	f->task.rcpts = ARENA_ARRAY(f->task.env->arena, struct rcpt *, 20);
	f->at = (struct attempt){ .job = &f->job,
				  .task = &f->task,
				  .env = f->task.env,
				  .cf = f->snap->cf,
				  .mailer = f->task.mailer,
				  .arena = f->job.arena,
				  .sender = VIEW("al@a.test"),
				  .has_spoken = true,
				  .remote = VIEW("peer.test") };
	f->at.scope = macros_new(f->at.env->macros, f->at.arena);
	envelope_rw(f->at.env, &f->services, f->at.arena, f->at.scope, &f->at.rw);
	f->peer = smtp_peer_start(script, &fd);
	f->client = smtp_client_new(stream_new(fd, fd, true), "peer.test", "peer.test [192.0.2.1]");
	f->client->is_lmtp = strcmp(mailer, "lmtp") == 0;
}

static void set_up(struct fixture *f, const char *mailer, const char *script)
{
	set_up_for(f, PATIENT, mailer, script);
}

static struct rcpt *add_rcpt(struct fixture *f, const char *address)
{
	struct rcpt *r = envelope_add_rcpt(f->task.env, view_of(address), NULL);

	r->state = RCPT_TRYING;
	r->triple.mailer = f->task.mailer;
	r->triple.user = view_of(address);
	f->task.rcpts[f->task.n_rcpts++] = r;
	return r;
}

static enum send_result talk(struct fixture *f)
{
	struct status st = status_ok();
	bool try_next;

	if (smtp_client_greet(f->client, &f->at, &st, &try_next) != EX_OK_) {
		outcome_set_rest(&f->at, &st);
		return SEND_DONE;
	}
	return smtp_send(&f->at, f->client);
}

static bool finish(struct fixture *f, struct str *message)
{
	bool is_right;

	smtp_client_close(f->client, &f->at);
	is_right = smtp_peer_finish(f->peer, message);
	text_out_done(&f->job.text);
	str_done(&f->job.header);
	arena_free(f->job.arena);
	envelope_free(f->task.env);
	snapshot_put(f->snap);
	log_free(f->services.log);
	return is_right;
}

#define HELLO "< 220 peer.test ESMTP\n> EHLO me.test\n"
#define PIPE                                                                                       \
	HELLO "< 250-peer.test\n< 250-PIPELINING\n< 250-8BITMIME\n< 250-DSN\n< 250 SIZE 100000\n"
#define PLAIN HELLO "< 250 peer.test\n"

TEST_COVERS("a pipelined message arrives whole and is told as sent", 73, 135)
{
	struct fixture f;
	struct rcpt *r;
	own_str struct str got = STR_MAX(10000);

	set_up(&f, "esmtp",
	       PIPE
	       "> MAIL From:<al@a.test>\n> RCPT To:<bo@b.test>\n> DATA\n< 250 ok\n< 250 ok\n< 354 go\n.\n"
	       "< 250 2.0.0 taken\n> QUIT\n< 221 bye\n");
	r = add_rcpt(&f, "bo@b.test");
	CHECK_INT(talk(&f), SEND_DONE);
	CHECK_INT(r->state, RCPT_SENT);
	CHECK_VIEW(r->status.text, "Sent (2.0.0 taken)");
	CHECK(r->flags & RCPT_DSN_PASSED);
	CHECK(finish(&f, &got));
	CHECK(strstr(str_z(&got), "Subject: test\n\nhello\n..dot\n") != NULL);
}

TEST_COVERS("each recipient has its own outcome, step by step and in a pipeline", 73, 136)
{
	static const char *const scripts[] = {
		PLAIN
		"> MAIL\n< 250 ok\n> RCPT\n< 550 5.1.1 no such user\n> RCPT\n< 451 4.2.1 busy\n> RCPT\n< 250 ok\n> DATA\n"
		"< 354 go\n.\n< 250 done\n> QUIT\n< 221 bye\n",
		PIPE
		"> MAIL\n> RCPT\n> RCPT\n> RCPT\n> DATA\n< 250 ok\n< 550 5.1.1 no such user\n< 451 4.2.1 busy\n< 250 ok\n"
		"< 354 go\n.\n< 250 done\n> QUIT\n< 221 bye\n",
	};

	for (size_t i = 0; i < 2; i++) {
		struct fixture f;
		struct rcpt *bad, *busy, *good;

		set_up(&f, "esmtp", scripts[i]);
		bad = add_rcpt(&f, "bad@b.test");
		busy = add_rcpt(&f, "busy@b.test");
		good = add_rcpt(&f, "good@b.test");
		talk(&f);
		CHECK_INT(bad->state, RCPT_FAILED);
		CHECK_INT(bad->status.exit, EX_NOUSER_);
		CHECK_VIEW(bad->status.text, "User unknown");
		CHECK_VIEW(bad->status.reply, "550 5.1.1 no such user");
		CHECK_INT(busy->state, RCPT_DEFERRED);
		CHECK_VIEW(busy->status.text, "451 4.2.1 busy");
		CHECK_INT(good->state, RCPT_SENT);
		CHECK(finish(&f, NULL));
	}
}

/* What one recipient comes to with a peer that plays this script. */
static enum rcpt_state state_after(enum patience patience, const char *script,
				   struct status *out_status, bool *out_is_right)
{
	struct fixture f;
	struct rcpt *r;
	enum rcpt_state state;
	static char text[256];

	set_up_for(&f, patience, "esmtp", script);
	r = add_rcpt(&f, "bo@b.test");
	talk(&f);
	state = r->state;
	*out_status = r->status;
	snprintf(text, sizeof(text), VIEW_FMT, VIEW_ARG(r->status.text));
	out_status->text = view_of(text);
	*out_is_right = finish(&f, NULL);
	return state;
}

/* A peer that closes with bytes unread resets the connection, when they reached it before. */
static const char CLOSED_OR_RESET[] = "closed or reset";

TEST_COVERS("every stage knows what refusals, silence, garbage and lost connections mean", 136, 142)
{
	static const struct {
		const char *script;
		enum rcpt_state state;
		const char *text;
	} cases[] = {
		{"< 421 busy\n",										  RCPT_DEFERRED, "421 busy"                           },
		{ "< 554 no mail here\n",									 RCPT_FAILED,   "Service unavailable"                },
		{ "!\n",											  RCPT_DEFERRED, "Connection reset by peer.test"      },
		{ "~\n",											  RCPT_DEFERRED, "Connection timed out with peer.test"},
		{ "< hello there\n",									      RCPT_DEFERRED, "Connection timed out with peer.test"},
		{ HELLO
		  "< 500 what\n> HELO me.test\n< 250 peer.test\n> MAIL From:<al@a.test>\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n"
		  "< 354 go\n.\n< 250 fine\n",						   RCPT_SENT,     "Sent (fine)"                        },
		{ HELLO "< 421 later\n",									  RCPT_DEFERRED, "421 later"                          },
		{ HELLO "< 250 me.test\n",									RCPT_FAILED,   "Local configuration error"          },
		{ PLAIN "> MAIL\n< 452 full\n",								   RCPT_DEFERRED, "452 full"                           },
		{ PLAIN "> MAIL\n< 501 syntax\n",								 RCPT_FAILED,   "Data format error"                  },
		{ PLAIN "> MAIL\n< 552 too big\n",								RCPT_FAILED,   "Service unavailable"                },
		{ PLAIN "> MAIL\n< 354 what\n",								   RCPT_FAILED,   "Remote protocol error"              },
		{ PLAIN "> MAIL\n!\n",									    RCPT_DEFERRED, ""                                   },
		{ PLAIN "> MAIL\n~\n",									    RCPT_DEFERRED, "Connection timed out with peer.test"},
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 421 closing\n!\n",                                           RCPT_DEFERRED,
                 "421 closing"																	},
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n!\n",							  RCPT_DEFERRED,
                 "Connection reset by peer.test"														      },
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 451 no room\n",
                 RCPT_DEFERRED,												  "451 no room"                        },
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 550 no\n",                                 RCPT_FAILED,
                 "Service unavailable"																},
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 250 what\n",                               RCPT_FAILED,
                 "Remote protocol error"															      },
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\n!\n",                              RCPT_DEFERRED,
                 CLOSED_OR_RESET																      },
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\n.\n!\n",
                 RCPT_DEFERRED,												  ""                                   },
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\n.\n~\n",
                 RCPT_DEFERRED,												  "Connection timed out with peer.test"},
		{ PLAIN "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\n.\n< 452 full\n",
                 RCPT_DEFERRED,												  "452 full"                           },
		{ PLAIN
		  "> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\n.\n< 554 5.6.0 spam\n", RCPT_FAILED,   "Service unavailable"                },
		{ PIPE "> MAIL\n> RCPT\n> DATA\n< 550 5.7.1 no\n< 503 no\n< 503 no\n",                            RCPT_FAILED,
                 "Service unavailable"																},
		{ PIPE "> MAIL\n> RCPT\n> DATA\n< 250 ok\n< 550 no\n< 354 go\n> .\n< 554 nobody\n",
                 RCPT_FAILED,												    "User unknown"                       },
		{ PIPE "> MAIL\n> RCPT\n> DATA\n< 250 ok\n!\n",                                                   RCPT_DEFERRED,
                 "Connection reset by peer.test"														      },
		{ PIPE "> MAIL\n> RCPT\n> DATA\n# 250-no end\n~\n",                                               RCPT_DEFERRED,
                 "Connection timed out with peer.test"														},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct status st;
		bool is_right;
		enum patience patience = strstr(cases[i].text, "timed out") ? IMPATIENT : PATIENT;
		enum rcpt_state got = state_after(patience, cases[i].script, &st, &is_right);

		const char *text = cases[i].text;

		if (text == CLOSED_OR_RESET)
			text = st.text.len ? "Connection reset by peer.test" : "";
		if (got != cases[i].state || !view_eq(st.text, view_of(text)))
			fprintf(stderr, "case %zu: state %d text " VIEW_FMT "\n", i, (int)got,
				VIEW_ARG(st.text));
		CHECK_INT(got, cases[i].state);
		CHECK_VIEW(st.text, text);
	}
}

TEST_COVERS(
	"a reply's code says what it means at its stage; its enhanced code counts where it was announced",
	136, 148)
{
	static const struct {
		enum smtp_stage stage;
		const char *line;
		bool has_enhanced;
		const char *dsn, *text;
	} cases[] = {
		{STAGE_GREETING,  "421 4.3.2 busy",     false, "4.5.0", "421 4.3.2 busy"       },
		{ STAGE_GREETING, "550 5.7.1 no",       false, "5.5.0", "Service unavailable"  },
		{ STAGE_HELO,     "450 4.7.9 tired",    false, "4.5.0", "450 4.7.9 tired"      },
		{ STAGE_HELO,     "354 go",             false, "4.5.0", ""                     },
		{ STAGE_MAIL,     "421 4.3.2 closing",  true,  "4.0.0", "421 4.3.2 closing"    },
		{ STAGE_MAIL,     "452 4.7.9 full",     true,  "4.7.9", "452 4.7.9 full"       },
		{ STAGE_MAIL,     "452 4.7.9 full",     false, "4.3.1", "452 4.7.9 full"       },
		{ STAGE_MAIL,     "552 too big",        true,  "5.3.4", "Service unavailable"  },
		{ STAGE_MAIL,     "500 5.7.9 what",     false, "5.0.0", "Service unavailable"  },
		{ STAGE_RCPT,     "450 later",          true,  "4.2.0", "450 later"            },
		{ STAGE_RCPT,     "451 4.7.1 grey",     true,  "4.7.1", "451 4.7.1 grey"       },
		{ STAGE_RCPT,     "552 5.7.9 full",     false, "5.2.2", "Service unavailable"  },
		{ STAGE_RCPT,     "504 odd",            true,  "5.5.4", "Service unavailable"  },
		{ STAGE_RCPT,     "550 5.7.1 no",       true,  "5.7.1", "User unknown"         },
		{ STAGE_DATA,     "451 4.3.0 later",    true,  "4.0.0", "451 4.3.0 later"      },
		{ STAGE_DATA,     "554 5.7.0 never",    true,  "5.0.0", "Service unavailable"  },
		{ STAGE_DATA,     "250 huh",            true,  "5.5.1", "Remote protocol error"},
		{ STAGE_DOT,      "553 name",           true,  "5.1.0", "Service unavailable"  },
		{ STAGE_DOT,      "571 5.7.1 no",       true,  "5.7.1", "Remote protocol error"},
		{ STAGE_DOT,      "250-2.0.0 a\n250 b", true,  "2.0.0", "Sent (2.0.0 a)"       },
	};
	struct arena *a = arena_new(1 << 16);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view line = view_of(cases[i].line), word;
		struct view after = view_skip(line, 4);
		struct reply r = { .code = (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
					   line.p[2] - '0',
				   .text = line };
		struct status st;
		char dsn[16];

		if (view_word(&after, &word))
			status_parse_dsn(word, r.dsn);
		st = outcome_of_reply(a, cases[i].stage, &r, cases[i].has_enhanced, VIEW("h"));
		status_format_dsn(&st, dsn);
		if (strcmp(dsn, cases[i].dsn) != 0)
			fprintf(stderr, "case %zu: %s\n", i, dsn);
		CHECK_STR(dsn, cases[i].dsn);
		CHECK_VIEW(st.text, cases[i].text);
		CHECK_INT(st.remote.len, cases[i].stage > STAGE_MAIL ? 1 : 0);
	}
	arena_free(a);
}

TEST_COVERS("a reply without its line end, and then the end, is a reply", 136)
{
	struct status st;
	bool is_right;

	CHECK_INT(
		state_after(
			PATIENT,
			PLAIN
			"> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\n.\n# 250 got it\n!\n",
			&st, &is_right),
		RCPT_SENT);
	CHECK_VIEW(st.text, "Sent (got it)");
}

TEST_COVERS("a message larger than the peer takes is not begun", 136)
{
	struct fixture f;
	struct rcpt *r;

	set_up(&f, "esmtp", PIPE "> QUIT\n< 221 bye\n");
	f.at.size = 200000;
	r = add_rcpt(&f, "bo@b.test");
	talk(&f);
	CHECK_INT(r->state, RCPT_FAILED);
	CHECK_VIEW(r->status.text, "Message is too large; 100000 bytes max");
	CHECK(finish(&f, NULL));
}

TEST_COVERS("DSN parameters are passed to a peer that takes them", 135)
{
	struct fixture f;
	struct rcpt *r;

	set_up(&f, "esmtp",
	       PIPE
	       "> MAIL From:<al@a.test> SIZE=20 ENVID=e1 RET=HDRS\n"
	       "> RCPT To:<bo@b.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bo+2Bx@b.test\n> DATA\n"
	       "< 250 ok\n< 250 ok\n< 354 go\n.\n< 250 fine\n> QUIT\n< 221 bye\n");
	f.at.size = 20;
	f.task.env->envid = VIEW("e1");
	f.task.env->flags |= ENV_RET_GIVEN | ENV_RET_HEADERS;
	r = add_rcpt(&f, "bo@b.test");
	r->flags |= RCPT_NOTIFY_GIVEN | RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_DELAY;
	r->orcpt = VIEW("rfc822;bo+2Bx@b.test");
	talk(&f);
	CHECK_INT(r->state, RCPT_SENT);
	CHECK(finish(&f, NULL));
}

TEST_COVERS("LMTP answers for each recipient after the dot", 73)
{
	struct fixture f;
	struct rcpt *a, *b;

	set_up(&f, "lmtp",
	       "< 220 peer LMTP\n> LHLO me.test\n< 250-peer\n< 250 PIPELINING\n> MAIL\n> RCPT\n> RCPT\n> DATA\n< 250 ok\n"
	       "< 250 ok\n< 250 ok\n< 354 go\n.\n< 250 stored\n< 452 4.2.2 over quota\n> QUIT\n< 221 bye\n");
	a = add_rcpt(&f, "a");
	b = add_rcpt(&f, "b");
	talk(&f);
	CHECK_INT(a->state, RCPT_SENT);
	CHECK(a->flags & RCPT_DELIVERED_LOCAL);
	CHECK_INT(b->state, RCPT_DEFERRED);
	CHECK_VIEW(b->status.text, "452 4.2.2 over quota");
	CHECK(finish(&f, NULL));
}

TEST_COVERS("a kept connection is used again without RSET; when it has died a new one may be tried",
	    135)
{
	struct fixture f;
	struct rcpt *r;

	set_up(&f, "esmtp",
	       PIPE
	       "> MAIL\n> RCPT\n> DATA\n< 250 ok\n< 250 ok\n< 354 go\n.\n< 250 one\n"
	       "> MAIL\n> RCPT\n> DATA\n< 250 ok\n< 250 ok\n< 354 go\n.\n< 250 two\n> MAIL\n!\n");
	r = add_rcpt(&f, "bo@b.test");
	talk(&f);
	CHECK_VIEW(r->status.text, "Sent (one)");
	r->state = RCPT_TRYING;
	CHECK_INT(smtp_send(&f.at, f.client), SEND_DONE);
	CHECK_VIEW(r->status.text, "Sent (two)");
	r->state = RCPT_TRYING;
	CHECK_INT(smtp_send(&f.at, f.client), SEND_AGAIN);
	CHECK_INT(r->state, RCPT_TRYING);
	CHECK(finish(&f, NULL));
}

TEST("an address cannot smuggle a command")
{
	struct fixture f;
	struct rcpt *r;

	set_up(&f, "esmtp",
	       PLAIN
	       "> MAIL\n< 250 ok\n> RCPT To:<a@b.test>??RSET>\n< 250 ok\n> DATA\n< 354 go\n.\n< 250 fine\n"
	       "> QUIT\n< 221 bye\n");
	r = add_rcpt(&f, "a@b.test>\r\nRSET");
	talk(&f);
	CHECK_INT(r->state, RCPT_SENT);
	CHECK(finish(&f, NULL));
}

TEST_COVERS("a long reply of many lines is read, one without an end is not", 73)
{
	struct fixture f;
	struct rcpt *r;
	own_str struct str script = STR_MAX(1 << 20);

	str_addz(&script, "< 220 peer.test ESMTP\n> EHLO me.test\n");
	for (int i = 0; i < 90; i++)
		str_addf(&script, "< 250-X%d\n", i);
	str_addz(&script, "< 250 DSN\n> MAIL\n< 250 ok\n> RCPT\n");
	for (int i = 0; i < 1000; i++)
		str_addf(&script, "< 250-X%d\n", i);
	str_addz(&script, "~\n");
	set_up(&f, "esmtp", str_z(&script));
	r = add_rcpt(&f, "bo@b.test");
	talk(&f);
	CHECK_INT(f.client->extensions, SMTP_DSN);
	CHECK_INT(r->state, RCPT_FAILED);
	CHECK_VIEW(r->status.text, "Remote protocol error");
	finish(&f, NULL);
}
