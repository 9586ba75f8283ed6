/* session_test.c - conversations with a whole server: what is answered, what gets into the queue. */
#include "base/test.h"
#include "receive/server_harness.h"

/* What the server answers, greeting and last lines left out: codes with their enhanced codes, blank separated. */
static void codes_of(struct view replies, struct str *out)
{
	struct view line;

	while (view_cut(&replies, '\n', &line)) {
		size_t n = 3;

		if (line.len < 4 || line.p[3] == '-')
			continue;
		if (line.len > 9 && line.p[5] == '.' && line.p[7] == '.')
			n = 9;
		str_addf(out, "%s" VIEW_FMT, out->len ? " | " : "", VIEW_ARG(view_first(line, n)));
	}
}

static void check_talk(const char *more, const char *input, const char *codes)
{
	own_str struct str replies = STR_MAX(1 << 20), got = STR_MAX(10000);
	struct server_harness h;

	harness_open(&h, more);
	harness_talk(&h, view_of(input), &replies);
	codes_of(str_view(&replies), &got);
	CHECK_VIEW(str_view(&got), codes);
	harness_close(&h);
}

#define START "EHLO a.test\r\nMAIL From:<a@b.test>\r\n"

TEST_COVERS("commands out of order are told what is missing", 117, 119)
{
	check_talk(
		NULL,
		"RCPT To:<a@me.test>\r\nDATA\r\nHELO x\r\nMAIL From:<a@b.test>\r\nDATA\r\nMAIL From:<c@d.test>\r\nQUIT\r\n",
		"220 | 503 5.0.0 | 503 5.0.0 | 250 | 250 2.1.0 | 503 5.0.0 | 503 5.5.0 | 221 2.0.0");
}

TEST_COVERS("a pipelined transaction is answered in order and the message is stored", 117, 120, 122)
{
	own_str struct str replies = STR_MAX(1 << 20), body = STR_MAX(10000);
	struct server_harness h;

	harness_open(&h, NULL);
	harness_talk(
		&h,
		VIEW(START
		     "RCPT To:<al@me.test>\r\nRCPT To:<x@bad.test>\r\nDATA\r\nSubject: x\r\n\r\nline\r\n..dot\r\n.\r\nQUIT\r\n"),
		&replies);
	CHECK(view_search(
		      str_view(&replies),
		      VIEW("250 2.1.5 <al@me.test>... Recipient ok\r\n550 5.1.2 <x@bad.test>... No such host here\r\n"
			   "354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 ")) < replies.len);
	harness_take_body(&h, &body);
	CHECK_VIEW(str_view(&body), "line\n.dot\n");
	harness_close(&h);
}

TEST_COVERS("rules refuse senders, recipients, headers, and their codes are kept", 118, 119)
{
	check_talk(
		NULL,
		"EHLO a.test\r\nMAIL From:<evil@b.test>\r\nMAIL From:<a@b.test>\r\nRCPT To:<full@me.test>\r\nRCPT To:<x@busy.test>\r\n"
		"RCPT To:<al@me.test>\r\nDATA\r\nSubject: spam here\r\n\r\nx\r\n.\r\nQUIT\r\n",
		"220 | 250 | 550 5.7.1 | 250 2.1.0 | 452 4.2.2 | 450 4.2.1 | 250 2.1.5 | 354 | 554 5.7.1 | 221 2.0.0");
	check_talk(
		NULL,
		START
		"RCPT To:<al@me.test>\r\nDATA\r\nA:1\r\nB:1\r\nC:1\r\nD:1\r\nE:1\r\nF:1\r\nG:1\r\n\r\nx\r\n.\r\nQUIT\r\n",
		"220 | 250 | 250 2.1.0 | 250 2.1.5 | 354 | 554 5.6.0 | 221 2.0.0");
}

TEST_COVERS("a discarded message is answered as if accepted and is nowhere", 119)
{
	own_str struct str replies = STR_MAX(1 << 20), body = STR_MAX(10000);
	struct server_harness h;

	harness_open(&h, NULL);
	harness_talk(
		&h,
		VIEW("EHLO a.test\r\nMAIL From:<silent@b.test>\r\nRCPT To:<al@me.test>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n"),
		&replies);
	CHECK(view_search(str_view(&replies), VIEW("Message accepted for delivery")) < replies.len);
	harness_take_body(&h, &body);
	CHECK_VIEW(str_view(&body), "");
	harness_close(&h);
}

TEST_COVERS("limits: size, recipients, header length, bad commands", 121, 123)
{
	own_str struct str many = STR_MAX(1 << 20), big = STR_MAX(1 << 20);

	check_talk(
		"O MaxMessageSize=100\nO MaxRecipientsPerMessage=1\n",
		"EHLO a.test\r\nMAIL From:<a@b.test> SIZE=101\r\nMAIL From:<a@b.test> SIZE=100\r\nRCPT To:<al@me.test>\r\n"
		"RCPT To:<bo@me.test>\r\nDATA\r\n\r\n12345678901234567890123456789012345678901234567890\r\n"
		"12345678901234567890123456789012345678901234567890\r\n.\r\nQUIT\r\n",
		"220 | 250 | 552 5.2.3 | 250 2.1.0 | 250 2.1.5 | 452 4.5.3 | 354 | 552 5.2.3 | 221 2.0.0");
	str_addz(&big, START "RCPT To:<al@me.test>\r\nDATA\r\n");
	for (int i = 0; i < 1000; i++)
		str_addf(&big, "X-%d: 1234567890123456789012345678901234567890\r\n", i);
	str_addz(&big, "\r\nx\r\n.\r\nQUIT\r\n");
	check_talk(NULL, str_z(&big),
		   "220 | 250 | 250 2.1.0 | 250 2.1.5 | 354 | 552 5.6.0 | 221 2.0.0");
	for (int i = 0; i < 25; i++)
		str_addz(&many, "FOO\r\n");
	str_addz(&many, "BAR\r\nNOOP\r\n");
	check_talk(
		NULL, str_z(&many),
		"220 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | "
		"500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | "
		"500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 500 5.5.1 | 421 4.7.0");
}

TEST_COVERS("parameters of MAIL and RCPT", 119, 125)
{
	check_talk(
		NULL,
		"EHLO a.test\r\nMAIL From:<a@b.test> BODY=X\r\nMAIL From:<a@b.test> RET=FULL RET=HDRS\r\nMAIL From:<a@b.test> ENVID=+zz\r\n"
		"MAIL From:<a@b.test> BY=5;X\r\nMAIL From:<a@b.test> SIZE=-1\r\nMAIL From:<a@b.test> FOO=1\r\n"
		"MAIL From:<a@b.test> SIZE=10 BODY=8bitmime RET=hdrs ENVID=q BY=100;R AUTH=<>\r\n"
		"RCPT To:<a@me.test> NOTIFY=never,success\r\nRCPT To:<a@me.test> ORCPT=x\r\nRCPT To:<a@me.test> NOTIFY=success,delay ORCPT=rfc822;a\r\n"
		"QUIT\r\n",
		"220 | 250 | 501 5.5.4 | 501 5.5.0 | 501 5.5.4 | 501 5.5.2 | 552 5.2.3 | 555 5.5.4 | 250 2.1.0 | 501 5.5.4 | 501 5.5.4 | "
		"250 2.1.5 | 221 2.0.0");
}

TEST_COVERS("a lone line end in the text ends the connection", 122)
{
	check_talk(
		NULL,
		START
		"RCPT To:<al@me.test>\r\nDATA\r\nSubject: x\r\n\r\nbody\n.\r\nMAIL From:<c@d.test>\r\n",
		"220 | 250 | 250 2.1.0 | 250 2.1.5 | 354 | 421 4.5.0");
}

TEST_COVERS("a client that hangs up within the text leaves nothing behind", 122)
{
	own_str struct str replies = STR_MAX(1 << 20), body = STR_MAX(10000);
	struct server_harness h;

	harness_open(&h, NULL);
	harness_talk(&h, VIEW(START "RCPT To:<al@me.test>\r\nDATA\r\nSubject: x\r\n\r\nhalf a li"),
		     &replies);
	harness_take_body(&h, &body);
	CHECK_VIEW(str_view(&body), "");
	harness_close(&h);
}

TEST_COVERS("names in HELO: at most 256 bytes, blanks only behind them", 117)
{
	own_str struct str input = STR_MAX(4096);

	str_addz(&input, "HELO ");
	for (int i = 0; i < 257; i++)
		str_addc(&input, 'a');
	str_addz(&input, "\r\nHELO a b\r\nHELO a  \r\nQUIT\r\n");
	check_talk(NULL, str_z(&input), "220 | 501 5.0.0 | 501 5.0.0 | 250 | 221 2.0.0");
}

TEST_COVERS("a program and a byte that no mailbox has are no sender", 119)
{
	check_talk(
		NULL,
		"EHLO a.test\r\nMAIL From:<|/bin/sh>\r\nMAIL From:<\"|/bin/sh\"@me.test>\r\nMAIL From:<a\xff@b.test>\r\n"
		"MAIL From:<a\x01@b.test>\r\nMAIL From:<\"a\xff\"@b.test>\r\nRCPT To:<a\xff@me.test>\r\nQUIT\r\n",
		"220 | 250 | 553 5.1.7 | 553 5.1.7 | 501 5.1.7 | 501 5.1.7 | 250 2.1.0 | 501 5.1.3 | 221 2.0.0");
}

TEST_COVERS(
	"parameters: ends of lists, an address type before the semicolon, what is looked at first",
	119, 125)
{
	check_talk(
		"O DeliverByMin=1h\n",
		"EHLO a.test\r\nMAIL From:<a@b.test> BY=-1;RX\r\nMAIL From:<a@b.test> BY=10;RX\r\nMAIL From:<a@b.test> BY=9999;RX\r\n"
		"MAIL From:<a@b.test>\r\nRCPT To:<a@me.test> NOTIFY=success,\r\nRCPT To:<a@me.test> ORCPT=;x\r\n"
		"RCPT To:<a@me.test> ORCPT=rfc822;\r\nQUIT\r\n",
		"220 | 250 | 501 5.5.4 | 555 5.5.2 | 501 5.5.2 | 250 2.1.0 | 501 5.5.4 | 501 5.5.4 | 250 2.1.5 | 221 2.0.0");
	check_talk("O DeliverByMin=-1\n",
		   "EHLO a.test\r\nMAIL From:<a@b.test> BY=100;N\r\nQUIT\r\n",
		   "220 | 250 | 555 5.5.4 | 221 2.0.0");
}

TEST_COVERS("SoftBounce: what would be refused for good is refused for now", 119)
{
	check_talk(
		"O SoftBounce=true\n",
		"EHLO a.test\r\nMAIL From:<evil@b.test>\r\nFOO\r\nMAIL From:<a@b.test>\r\n"
		"RCPT To:<x@bad.test>\r\nRCPT To:<x@busy.test>\r\nQUIT\r\n",
		"220 | 250 | 450 4.7.1 | 400 4.5.1 | 250 2.1.0 | 450 4.1.2 | 450 4.2.1 | 221 2.0.0");
}

TEST_COVERS("MaxRecipientsPerMessage counts what was answered 250, the same mailbox twice", 121)
{
	check_talk(
		"O MaxRecipientsPerMessage=2\n",
		START
		"RCPT To:<x@bad.test>\r\nRCPT To:<al@me.test>\r\nRCPT To:<al@me.test>\r\n"
		"RCPT To:<bo@me.test>\r\nRSET\r\nMAIL From:<a@b.test>\r\nRCPT To:<bo@me.test>\r\nQUIT\r\n",
		"220 | 250 | 250 2.1.0 | 550 5.1.2 | 250 2.1.5 | 250 2.1.5 | 452 4.5.3 | 250 2.0.0 | 250 2.1.0 | "
		"250 2.1.5 | 221 2.0.0");
}

TEST_COVERS("a greeting of several lines", 116)
{
	own_str struct str replies = STR_MAX(1 << 16);
	struct server_harness h;

	harness_open(&h, "O SmtpGreetingMessage=$j hello\\nsecond line\n");
	harness_talk(&h, VIEW("QUIT\r\n"), &replies);
	CHECK(view_starts(str_view(&replies),
			  VIEW("220-me.test ESMTP hello\r\n220 second line\r\n221 ")));
	harness_close(&h);
}
