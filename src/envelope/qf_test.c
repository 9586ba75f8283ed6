/* qf_test.c - qf files written and read. */
#include "envelope/qf.h"

#include <errno.h>

#include "base/test.h"

static const char sample[] =
	"V8\nT1795220772\nK1795220773\nN1\nP210014\n"
	"B8BITMIME\nMDeferred: filer mailer (/bin/sh) exited with EX_TEMPFAIL\nFwr8bdns\n"
	"$_root@localhost\n$rESMTP\n$sme\n${daemon_flags}c u\n"
	"S<s@x.y>\nZabc+2Bd\nA<>\n!\x12 120\n"
	"rRFC822; a@b.c\nRPFD:<a@b.c>\n"
	"Cplain:1:0:plain\nQrfc822;fwd@o\nrRFC822; fwd@mail.oracle.example\nRNFDA:me2@x.y\n"
	"C::include:/etc/mail/inc\nrRFC822; list@mail.oracle.example\nRFD:inca@x.y\n"
	"H?P?Return-Path: <\x81g>\n"
	"H??Received: from me (root@localhost)\n\tby mail.oracle.example; Sat, 21 Nov 2026 00:26:12 GMT\n"
	"H?${foo}?X-Foo: bar\n"
	"H??X-Meta: a\xff\x81g b\xff\xff \xe9 z\n"
	"H??X-Empty:\n"
	"H??Subject: hi\n folded\n"
	".\n";

TEST_COVERS("a queue file that is read is written again the same, byte for byte", 97, 99)
{
	struct envelope *e = envelope_new(NULL);
	own_str struct str out = STR_MAX(1 << 20);
	struct qf_error error;

	CHECK_INT(qf_read(view_of(sample), e, &error), 0);
	qf_write(e, VIEW_NONE, 0, 0, 0, &out);
	CHECK_VIEW(str_view(&out), sample);
	envelope_free(e);
}

TEST_COVERS("the lines of a queue file become the parts of an envelope", 99)
{
	struct envelope *e = envelope_new(NULL);
	struct qf_error error;
	const struct rcpt *r;

	CHECK_INT(qf_read(view_of(sample), e, &error), 0);
	CHECK_INT(e->created_s, 1795220772);
	CHECK_INT(e->tries, 1);
	CHECK_INT(e->priority, 210014);
	CHECK(e->flags & ENV_WARNED && e->flags & ENV_RESPONSE && e->flags & ENV_RET_HEADERS);
	CHECK_VIEW(e->protocol, "ESMTP");
	CHECK_VIEW(e->relay, "root@localhost");
	CHECK_VIEW(e->sender, "<s@x.y>");
	CHECK_VIEW(e->envid, "abc+2Bd");
	CHECK_INT(e->deliver_by_s, 120);
	CHECK_INT(e->deliver_by_mode, 'R');
	CHECK(e->deliver_by_trace);
	CHECK_INT(e->n_rcpts, 3);
	r = LIST_OWNER(e->rcpts.head.next->next, struct rcpt, link);
	CHECK_VIEW(r->address, "me2@x.y");
	CHECK(!(r->flags & RCPT_PRIMARY) && r->flags & RCPT_FROM_ALIAS);
	CHECK(r->user.is_set && r->user.uid == 1);
	CHECK_VIEW(r->user.alias, "plain");
	CHECK_VIEW(r->orcpt, "rfc822;fwd@o");
	CHECK_VIEW(header_value(&e->header, VIEW("x-meta")), "a\x81g b\xff \xe9 z");
	CHECK_INT(e->hop_count, 1);
	envelope_free(e);
}

static void check_bad(const char *text, int want, const char *message, const char *loss)
{
	struct envelope *e = envelope_new(NULL);
	struct qf_error error;

	CHECK_INT(qf_read(view_of(text), e, &error), want);
	CHECK_STR(error.text, message);
	if (loss)
		CHECK_STR(error.loss, loss);
	CHECK_INT(error.is_bogus, loss != NULL);
	envelope_free(e);
}

TEST_COVERS("a queue file that cannot be understood is refused with the reason", 99)
{
	check_bad("V9\n.\n", -EINVAL, "Version number in queue file (9) greater than max (8)",
		  "unsupported queue file version");
	check_bad("V8\nT1\nYfoo\n.\n", -EINVAL, "line 3: bad line \"Yfoo\"", "unrecognized line");
	check_bad("V8\n\n.\n", -EINVAL, "line 2: bad line \"\"", "unrecognized line");
	check_bad("V8\nFrom me\n.\n", -EINVAL, "SECURITY ALERT: bogus qf line From me",
		  "bogus queue line");
	check_bad("V8\n.\nxx\n", -EINVAL, "SECURITY ALERT: extra or bogus data in queue file: xx",
		  "bogus queue line");
	check_bad("V8\nSroot\n", -EAGAIN, "incomplete queue file read", NULL);
	check_bad("", -EAGAIN, "incomplete queue file read", NULL);
}

TEST_COVERS("queue files of older versions are read", 99)
{
	static const char old[] =
		"P5\nT1\nDdfAA1\nSme@x\nCroot:list\nRa@b:c\nRd@e\nHSubject: x\nH?D?Date: y\n.\n";
	struct envelope *e = envelope_new(NULL);
	struct qf_error error;
	const struct rcpt *r;

	CHECK_INT(qf_read(view_of(old), e, &error), 0);
	CHECK_INT(e->n_rcpts, 2);
	r = LIST_OWNER(e->rcpts.head.next, struct rcpt, link);
	CHECK_VIEW(r->address, "a@b:c");
	CHECK_VIEW(r->user.alias, "list");
	CHECK(r->flags & RCPT_NOTIFY_FAILURE);
	CHECK_VIEW(header_value(&e->header, VIEW("Subject")), "x");
	CHECK_VIEW(header_find(&e->header, VIEW("Date"))->raw_condition, "D");
	envelope_free(e);
}

TEST_COVERS("a recipient that is done is not written, one that failed stays until it is reported",
	    97)
{
	struct envelope *e = envelope_new(NULL);
	own_str struct str out = STR_MAX(1 << 20);
	struct rcpt *sent = envelope_add_rcpt(e, VIEW("<sent@x>"), NULL);
	struct rcpt *failed = envelope_add_rcpt(e, VIEW("<failed@x>"), NULL);

	envelope_add_rcpt(e, VIEW("<new@x>"), NULL);
	sent->state = RCPT_SENT;
	failed->state = RCPT_FAILED;
	qf_write(e, VIEW_NONE, 0, 0, 0, &out);
	CHECK(view_search(str_view(&out), VIEW("sent@x")) == out.len);
	CHECK(view_search(str_view(&out), VIEW("RPFD:<failed@x>\n")) < out.len);
	failed->flags |= RCPT_REPORTED;
	str_clear(&out);
	qf_write(e, VIEW("/q2"), 254, 0, 77, &out);
	CHECK(view_search(str_view(&out), VIEW("failed@x")) == out.len);
	CHECK(view_search(str_view(&out), VIEW("rRFC822; new@x\nRPFD:<new@x>\n")) < out.len);
	CHECK(view_search(str_view(&out), VIEW("d/q2\nI254/0/77\nFs\n")) < out.len);
	envelope_free(e);
}

TEST_COVERS("line breaks in values cannot make new lines of the queue file", 99, 174)
{
	struct envelope *e = envelope_new(NULL);
	own_str struct str out = STR_MAX(1 << 20);

	e->sender = VIEW("<a@b>\nRPFD:<evil@x>");
	envelope_add_rcpt(e, VIEW("<a\nSx>"), NULL);
	header_add(&e->header, e->arena, VIEW("X"), VIEW(" a\nSroot\n\n\tb"));
	qf_write(e, VIEW_NONE, 0, 0, 0, &out);
	CHECK(view_search(str_view(&out), VIEW("S<a@b> RPFD:<evil@x>\n")) < out.len);
	CHECK(view_search(str_view(&out), VIEW(":<a Sx>\n")) < out.len);
	CHECK(view_search(str_view(&out), VIEW("H??X: a\n\tSroot\n\tb\n.\n")) < out.len);
	envelope_free(e);
}

TEST("the transcript keeps its beginning and its end when it grows too long")
{
	struct envelope *e = envelope_new(NULL);

	for (int i = 0; i < 20000; i++)
		envelope_note(e, "line number %d", i);
	CHECK(e->transcript.len <= 65536);
	CHECK(view_starts(e->transcript, VIEW("line number 0\n")));
	CHECK(view_ends_nocase(e->transcript, VIEW("line number 19999\n")));
	CHECK(view_search(e->transcript, VIEW("\n... lines left out ...\nline number")) <
	      e->transcript.len);
	envelope_free(e);
}

TEST_COVERS(
	"a queue file with the line ends of another system, or with something behind its dot, is taken",
	99)
{
	struct envelope *e = envelope_new(NULL);
	struct qf_error error;

	CHECK_INT(
		qf_read(VIEW("V8\r\nT 12 x\r\nS<a@b>\r\nRPFD:<c@d>\r\nH??Subject: x\r\n\ty\r\n.end\r\n"),
			e, &error),
		0);
	CHECK_INT(e->created_s, 12);
	CHECK_VIEW(e->sender, "<a@b>");
	CHECK_INT(e->n_rcpts, 1);
	CHECK_VIEW(header_value(&e->header, VIEW("subject")), "x\n\ty");
	envelope_free(e);
}
