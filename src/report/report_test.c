/* report_test.c - reports as they come out, through a queue in a directory of its own. */
#include "report/report.h"

#include <dirent.h>
#include <ftw.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/test.h"

#define CONFIG                                                                                                             \
	"V10/Berkeley\nDwmail\nDmexample.test\nDjmail.example.test\nDnMAILER-DAEMON\n"                                     \
	"O OperatorChars=.:%@!^/[]+\nO Timeout.queuereturn=5d\nO Timeout.queuewarn=4h\n"                                   \
	"HReceived: $?sfrom $s $.by $j id $i; $b\nH?D?Date: $a\nH?F?From: $?x$x <$g>$|$g$.\n"                              \
	"H?M?Message-Id: <$i@$j>\n"                                                                                        \
	"Scanonify=3\nR$* < $* > $*\t$: $2\nSparse=0\nRnobody\t$#error $@ 5.1.1 $: 550 User unknown\nR$*\t$#local $: $1\n" \
	"Mlocal, P=/bin/false, F=lsDFM, S=0, R=0, T=DNS/RFC822/X-Unix, A=x $u\n"                                           \
	"Mprog, P=/bin/sh, F=lsDFM, A=sh -c $u\n"                                                                          \
	"Mesmtp, P=[IPC], F=mDFMuX, S=0, R=0, T=DNS/RFC822/SMTP, A=TCP $h\n"

struct bench {
	char dir[64];
	struct services sv;
	struct snapshot_slot *slot;
	struct snapshot *snap;
	struct queue *queue;
	struct report_ctx ctx;
	struct envelope *e;
};

static void begin(struct bench *b, const char *more)
{
	own_str struct str text = STR_MAX(1 << 16), why = STR_MAX(1024);
	struct config_params cp = { .path_label = "test.cf" };
	struct queue_params qp = { .on_attempt_over = NULL };

	*b = (struct bench){ .dir = "/tmp/report_test.XXXXXX" };
	CHECK(mkdtemp(b->dir) != NULL);
	b->sv.log = log_new(LOG_TO_NOTHING, "t", NULL);
	str_addz(&text, CONFIG);
	str_addf(&text, "O QueueDirectory=%s\n%s", b->dir, more);
	cp.text = str_view(&text);
	b->snap = snapshot_load(&cp, &b->sv);
	CHECK_INT(b->snap->cf->messages.n_errors, 0);
	b->slot = snapshot_slot_new(snapshot_get(b->snap));
	qp.slot = b->slot;
	qp.services = &b->sv;
	b->queue = queue_open(&qp, &why);
	CHECK(b->queue != NULL);
	b->ctx = (struct report_ctx){ .queue = b->queue, .services = &b->sv };
	b->e = envelope_new(b->snap);
	memcpy(b->e->id, "ORIGID", 7);
	b->e->sender = VIEW("<s@x.test>");
	b->e->relay = VIEW("h.test [192.0.2.1]");
	b->e->created_s = wall_s() - 60;
	b->e->body = body_new(1000, -1);
	body_append(b->e->body, VIEW("body line\n"));
	header_add(&b->e->header, b->e->arena, VIEW("Subject"), VIEW(" original"));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void finish(struct bench *b)
{
	envelope_free(b->e);
	queue_close(b->queue);
	snapshot_slot_free(b->slot);
	snapshot_put(b->snap);
	log_free(b->sv.log);
	nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct rcpt *add(struct bench *b, const char *address, const char *mailer,
			enum rcpt_state state, struct status status)
{
	struct rcpt *r = envelope_add_rcpt(b->e, view_of(address), NULL);

	r->state = state;
	r->status = status;
	r->triple.mailer = config_mailer(b->snap->cf, view_of(mailer));
	r->attempted_at_s = wall_s();
	return r;
}

/* All control files and bodies of the queue, one behind the other. Returns the number of messages. */
static int collect(struct bench *b, struct str *out)
{
	DIR *d = opendir(b->dir);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(d))) {
		char path[400], line[4096];
		FILE *f;

		if (strncmp(entry->d_name, "qf", 2) != 0 && strncmp(entry->d_name, "df", 2) != 0)
			continue;
		n += entry->d_name[0] == 'q';
		snprintf(path, sizeof(path), "%s/%s", b->dir, entry->d_name);
		f = fopen(path, "r");
		while (fgets(line, sizeof(line), f))
			str_addz(out, line);
		fclose(f);
	}
	closedir(d);
	return n;
}

static bool has(const struct str *text, const char *what)
{
	return view_search(str_view(text), view_of(what)) < text->len;
}

#define CHECK_HAS(text, what)                                                                      \
	do {                                                                                       \
		if (!has(&(text), what))                                                           \
			fail_msg("not there: %s\nin: %s", what, str_z(&(text)));                   \
	} while (0)

TEST_COVERS("a failed recipient is reported to the sender in three parts", 153)
{
	struct bench b;
	begin(&b, "");
	own_str struct str got = STR_MAX(1 << 20);
	struct status st = status_make(550, "5.1.1", -1, VIEW("User unknown"));
	struct rcpt *r;

	st.reply = VIEW("550 5.1.1 nobody here");
	st.remote = VIEW("mx.y.test");
	r = add(&b, "<r@y.test>", "esmtp", RCPT_FAILED, st);
	r->orcpt = VIEW("rfc822;orig+40z.test");
	b.e->envid = VIEW("env+2Bid");
	envelope_note(b.e, "550 5.1.1 <r@y.test>... User unknown");
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK(r->flags & RCPT_REPORTED);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0); /* nothing is reported twice */
	CHECK_INT(collect(&b, &got), 1);
	CHECK_HAS(got, "\nFr\n");
	CHECK_HAS(got, "\nSMAILER-DAEMON\nrRFC822; s@x.test\nRPF:<s@x.test>\n");
	CHECK_HAS(got, "H??Received: from localhost by mail.example.test id ");
	CHECK_HAS(got, "H?F?From: Mail Delivery Subsystem <MAILER-DAEMON>\n");
	CHECK_HAS(got,
		  "H??To: <s@x.test>\nH??MIME-Version: 1.0\n"
		  "H??Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"");
	CHECK_HAS(got, "H??Subject: Returned mail: see transcript for details\n"
		       "H??Auto-Submitted: auto-generated (failure)\n");
	CHECK_HAS(got, "This is a MIME-encapsulated message\n\n--");
	CHECK_HAS(
		got,
		"\nfrom h.test [192.0.2.1]\n\n"
		"   ----- The following addresses had permanent fatal errors -----\n<r@y.test>\n"
		"    (reason: 550 5.1.1 nobody here)\n\n"
		"   ----- Transcript of session follows -----\n550 5.1.1 <r@y.test>... User unknown\n\n--");
	CHECK_HAS(got, "Content-Type: message/delivery-status\n\nOriginal-Envelope-Id: env+id\n"
		       "Reporting-MTA: dns; mail.example.test\nArrival-Date: ");
	CHECK_HAS(got,
		  "\n\nOriginal-Recipient: rfc822;orig@z.test\nFinal-Recipient: RFC822; r@y.test\n"
		  "X-Actual-Recipient: rfc822; r@y.test\nAction: failed\nStatus: 5.1.1\n"
		  "Remote-MTA: DNS; mx.y.test\nDiagnostic-Code: SMTP; 550 5.1.1 nobody here\n"
		  "Last-Attempt-Date: ");
	CHECK_HAS(got, "Content-Type: message/rfc822\n\nSubject: original\n\nbody line\n\n--");
	finish(&b);
}

TEST_COVERS("NOTIFY decides who hears of what", 153, 154)
{
	struct status no = status_make(550, "5.0.0", -1, VIEW("No")),
		      ok = status_make(250, "2.0.0", -1, VIEW("Sent"));
	struct bench b;
	begin(&b, "");
	own_str struct str got = STR_MAX(1 << 20);

	add(&b, "<never@y>", "esmtp", RCPT_FAILED, no)->flags |= RCPT_NOTIFY_GIVEN;
	add(&b, "<delay@y>", "esmtp", RCPT_FAILED, no)->flags |= RCPT_NOTIFY_GIVEN |
								 RCPT_NOTIFY_DELAY;
	add(&b, "<quiet@y>", "esmtp", RCPT_SENT, ok);
	add(&b, "<passed@y>", "esmtp", RCPT_SENT, ok)->flags |=
		RCPT_NOTIFY_GIVEN | RCPT_NOTIFY_SUCCESS | RCPT_DSN_PASSED;
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 0);
	add(&b, "<receipt@y>", "esmtp", RCPT_SENT, ok)->flags |= RCPT_NOTIFY_GIVEN |
								 RCPT_NOTIFY_SUCCESS;
	add(&b, "<box>", "local", RCPT_SENT, ok)->flags |= RCPT_NOTIFY_GIVEN | RCPT_NOTIFY_SUCCESS |
							   RCPT_DELIVERED_LOCAL;
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 1);
	CHECK_HAS(got,
		  "Subject: Return receipt\nH??Auto-Submitted: auto-generated (return-receipt)\n");
	CHECK_HAS(
		got,
		"   ----- The following addresses had successful delivery notifications -----\n"
		"<receipt@y>  (relayed to non-DSN-aware mailer)\n<box>  (successfully delivered to mailbox)\n");
	CHECK_HAS(got, "Action: relayed (to non-DSN-aware mailer)\n");
	CHECK_HAS(got, "Action: delivered (to mailbox)\n");
	CHECK_HAS(got, "Content-Type: text/rfc822-headers\n");
	CHECK(!has(&got, "passed@y"));
	finish(&b);
}

TEST_COVERS("late messages are announced once, and given up in the end", 109, 153)
{
	struct status later = status_make(451, "4.4.1", -1, VIEW("Connection refused"));
	struct bench b;
	begin(&b, "");
	own_str struct str got = STR_MAX(1 << 20);
	struct rcpt *r = add(&b, "<r@y>", "esmtp", RCPT_DEFERRED, later);

	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 0);
	b.e->created_s -= 5 * 3600;
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 1);
	CHECK(b.e->flags & ENV_WARNED);
	CHECK_VIEW(b.e->status_text, "Warning: could not send message for past 4 hours");
	CHECK_HAS(got, "H??Subject: Warning: could not send message for past 4 hours\n"
		       "H??Auto-Submitted: auto-generated (warning-timeout)\n");
	CHECK_HAS(got, "    **      THIS IS A WARNING MESSAGE ONLY      **\n");
	CHECK_HAS(got, "Warning: message still undelivered after 4 hours\n"
		       "Will keep trying until message is 5 days old\n");
	CHECK_HAS(got, "Action: delayed\nStatus: 4.4.1\n");
	b.e->created_s -= 5 * 86400;
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(r->state, RCPT_FAILED);
	str_clear(&got);
	CHECK_INT(collect(&b, &got), 2);
	CHECK_VIEW(b.e->status_text, "Cannot send message for 5 days");
	CHECK_HAS(
		got,
		"Message could not be delivered for 5 days\nMessage will be deleted from queue\n");
	CHECK_HAS(got, "Status: 4.4.7\n");
	finish(&b);
}

TEST_COVERS("what cannot be returned goes to the postmaster, and no further", 111, 155)
{
	struct status no = status_make(550, "5.0.0", -1, VIEW("No"));
	struct bench b;
	begin(&b, "O DoubleBounceAddress=pm@x.test\n");
	own_str struct str got = STR_MAX(1 << 20);

	b.e->sender = VIEW("<>");
	add(&b, "<r@y>", "esmtp", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 1);
	CHECK_HAS(got, "RPF:pm@x.test\n");
	CHECK_HAS(got, "H??Subject: Postmaster notify: see transcript for details\n"
		       "H??Auto-Submitted: auto-generated (postmaster-notification)\n");
	CHECK_HAS(got, "\nwith id ORIGID\n");
	b.e->flags |= ENV_RESPONSE | ENV_ABOUT_REPORT;
	b.e->tries = 2; /* it has waited: the address may have been mended since */
	add(&b, "<r2@y>", "esmtp", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK(!(b.e->flags & ENV_LOST));
	str_clear(&got);
	CHECK_INT(collect(&b, &got), 2);
	b.e->tries = 1;
	add(&b, "<r3@y>", "esmtp", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK(b.e->flags & ENV_LOST);
	str_clear(&got);
	CHECK_INT(collect(&b, &got), 2);
	finish(&b);
}

TEST_COVERS(
	"a report that nobody could get is the postmaster's, with what was wrong with its address",
	111, 155)
{
	struct status no = status_make(550, "5.0.0", -1, VIEW("No")),
		      later = status_make(451, "4.4.1", -1, VIEW("Connection refused"));
	struct bench b;
	begin(&b, "O DoubleBounceAddress=pm@x.test\n");
	own_str struct str got = STR_MAX(1 << 20);

	b.e->sender = VIEW("nobody");
	add(&b, "<r@y>", "esmtp", RCPT_DEFERRED, later);
	b.e->created_s -= 5 * 3600;
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 1);
	CHECK_HAS(got, "RPF:pm@x.test\n");
	CHECK_HAS(got, "550 5.1.1 nobody... User unknown\n\n--");
	CHECK_HAS(got, "Action: delayed\n");
	add(&b, "<r2@y>", "esmtp", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	str_clear(&got);
	CHECK_INT(collect(&b, &got), 2);
	CHECK_HAS(got, "Action: failed\n");
	CHECK(!has(&got, "To: nobody"));
	finish(&b);
}

TEST_COVERS(
	"a receipt is made even when nobody could get it, and when the postmaster cannot either the report is kept",
	111, 155)
{
	struct status no = status_make(550, "5.0.0", -1, VIEW("No")),
		      ok = status_make(250, "2.0.0", -1, VIEW("Sent"));
	struct bench b;
	begin(&b, "O DoubleBounceAddress=nobody\n");
	own_str struct str got = STR_MAX(1 << 20);

	b.e->sender = VIEW("nobody");
	add(&b, "<r@y>", "esmtp", RCPT_SENT, ok)->flags |= RCPT_NOTIFY_GIVEN | RCPT_NOTIFY_SUCCESS;
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 1);
	CHECK_HAS(got, "Subject: Return receipt\n");
	b.e->flags |= ENV_RESPONSE;
	add(&b, "<r2@y>", "esmtp", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK(b.e->flags & ENV_LOST);
	str_clear(&got);
	CHECK_INT(collect(&b, &got), 1);
	finish(&b);
}

TEST_COVERS("PostmasterCopy gets the header only, and nodobyreturn keeps the body back", 111, 155)
{
	struct status no = status_make(550, "5.0.0", -1, VIEW("No"));
	struct bench b;
	begin(&b, "O PostmasterCopy=copy@x.test\nO PrivacyOptions=nobodyreturn\n");
	own_str struct str got = STR_MAX(1 << 20);

	add(&b, "<r@y>", "esmtp", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	CHECK_INT(collect(&b, &got), 2);
	CHECK_HAS(got, "RPF:copy@x.test\n");
	CHECK(!has(&got, "body line"));
	CHECK_HAS(got, "Content-Type: text/rfc822-headers\n\nSubject: original\n\n--");
	finish(&b);
}

TEST_COVERS("Errors-To counts only with UseErrorsTo", 61)
{
	struct status no = status_make(550, "5.0.0", -1, VIEW("No"));

	for (int use = 0; use < 2; use++) {
		struct bench b;
		begin(&b, use ? "O UseErrorsTo=True\n" : "");
		own_str struct str got = STR_MAX(1 << 20);

		header_add(&b.e->header, b.e->arena, VIEW("Errors-To"), VIEW(" Al <err@x.test>"));
		add(&b, "<r@y>", "esmtp", RCPT_FAILED, no);
		CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
		collect(&b, &got);
		CHECK_INT(has(&got, "RPF:err@x.test\n"), use);
		CHECK_HAS(got, "RPF:<s@x.test>\n");
		finish(&b);
	}
}

TEST_COVERS("without SendMimeErrors a report is plain text", 153)
{
	struct status no = status_make(0, NULL, EX_NOUSER_, VIEW("User unknown"));
	struct bench b;
	begin(&b, "O SendMimeErrors=False\nO ErrorHeader=Greetings from $j\n");
	own_str struct str got = STR_MAX(1 << 20);

	add(&b, "r", "local", RCPT_FAILED, no);
	CHECK_INT(report_attempt_over(&b.ctx, b.e), 0);
	collect(&b, &got);
	CHECK(!has(&got, "MIME"));
	CHECK_HAS(got, "\nfrom h.test [192.0.2.1]\n\nGreetings from mail.example.test\n\n   -----");
	CHECK_HAS(
		got,
		"r\n    (reason: User unknown)\n\n   ----- Transcript of session is unavailable -----\n\n"
		"   ----- Original message follows -----\n\nSubject: original\n\nbody line\n");
	finish(&b);
}
