#include "smtp/reply.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/test.h"

struct talk {
	struct stream *s;
	int peer;
	struct arena *a;
	struct reply r;
};

static struct talk opened(void)
{
	int fd[2];
	struct talk t = { .a = arena_new(1 << 20) };

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	t.s = stream_new(fd[0], fd[0], true);
	t.peer = fd[1];
	return t;
}

static void closed(struct talk *t)
{
	stream_free(t->s);
	close(t->peer);
	arena_free(t->a);
}

static void expect_sent(struct talk *t, const char *want)
{
	char got[4000];
	ssize_t n;

	CHECK_INT(stream_flush(t->s, deadline_in(1000)), 0);
	n = read(t->peer, got, sizeof(got));
	CHECK(n > 0);
	CHECK_VIEW(view_from(got, (size_t)n), want);
}

static int hears(struct talk *t, const char *text)
{
	CHECK_INT(write(t->peer, text, strlen(text)), strlen(text));
	return reply_read(t->s, t->a, deadline_in(1000), &t->r);
}

TEST_COVERS("a reply repeats its codes on every line, and its text cannot forge another one", 117,
	    120)
{
	struct talk t = opened();

	reply_write(t.s, 250, "2.1.0", VIEW("<a@b>... Sender ok"));
	expect_sent(&t, "250 2.1.0 <a@b>... Sender ok\r\n");
	reply_write(t.s, 214, "2.0.0", VIEW("one\ntwo\n\nfour\n"));
	expect_sent(&t, "214-2.0.0 one\r\n214-2.0.0 two\r\n214-2.0.0 \r\n214 2.0.0 four\r\n");
	reply_write(t.s, 220, NULL, VIEW("mx ESMTP\r250 forged"));
	expect_sent(&t, "220 mx ESMTP 250 forged\r\n");
	reply_writef(t.s, 354, NULL, "End data with %s", "<CR><LF>.<CR><LF>");
	expect_sent(&t, "354 End data with <CR><LF>.<CR><LF>\r\n");
	reply_write(t.s, 250, "", VIEW(""));
	expect_sent(&t, "250 \r\n");
	closed(&t);
}

TEST_COVERS("a reply of several lines is read whole, with the codes of its last line", 73)
{
	struct talk t = opened();

	CHECK_INT(hears(&t, "250-mx.example.test Hello\r\n250-SIZE 100\r\n250 HELP\r\n"), 0);
	CHECK_INT(t.r.code, 250);
	CHECK_VIEW(t.r.text, "250-mx.example.test Hello\n250-SIZE 100\n250 HELP");
	CHECK_VIEW(t.r.first, "mx.example.test Hello");
	CHECK_VIEW(t.r.last, "250 HELP");
	CHECK_INT(t.r.dsn[0], 0);
	CHECK_INT(hears(&t, "550-5.1.1 no such\n550 5.1.1 user\n"), 0);
	CHECK_INT(t.r.code, 550);
	CHECK_VIEW(t.r.first, "no such");
	CHECK_INT(t.r.dsn[0], 5);
	CHECK_INT(t.r.dsn[2], 1);
	closed(&t);
}

TEST_COVERS("replies that are barely replies are read as far as they go", 73)
{
	struct talk t = opened();
	own_str struct str big = STR_MAX(10000);

	CHECK_INT(hears(&t, "250\r\n"), 0);
	CHECK_INT(t.r.code, 250);
	CHECK_VIEW(t.r.first, "");
	CHECK_INT(hears(&t, "hello there\r\n12x\r\n220 mx\r\n"), 0);
	CHECK_VIEW(t.r.text, "220 mx");
	CHECK_INT(hears(&t, "421 1.2.3.4 closing\r\n"), 0);
	CHECK_INT(t.r.dsn[0], 0);
	CHECK_VIEW(t.r.first, "1.2.3.4 closing");
	str_addz(&big, "250 ");
	for (int i = 0; i < 5000; i++)
		str_addc(&big, 'x');
	str_addz(&big, "\r\n221 bye\r\n");
	CHECK_INT(hears(&t, str_z(&big)), 0);
	CHECK_INT(t.r.last.len, REPLY_LINE_MAX);
	CHECK_INT(reply_read(t.s, t.a, deadline_in(1000), &t.r), 0);
	CHECK_INT(t.r.code, 221);
	closed(&t);
}

TEST_COVERS("silence, the end of the connection and endless replies are three errors", 149)
{
	struct talk t = opened();
	own_str struct str many = STR_MAX(100000);

	CHECK_INT(reply_read(t.s, t.a, deadline_in(20), &t.r), -ETIMEDOUT);
	for (int i = 0; i < REPLY_LINES_MAX + 1; i++)
		str_addz(&many, "250-more\r\n");
	CHECK_INT(hears(&t, str_z(&many)), -EPROTO);
	shutdown(t.peer, SHUT_WR);
	CHECK_INT(reply_read(t.s, t.a, deadline_in(1000), &t.r), -EPIPE);
	closed(&t);
}
