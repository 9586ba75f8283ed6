#include "net/stream.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"

struct pair {
	struct stream *s;
	int peer;
};

static struct pair opened(void)
{
	int fd[2];
	struct pair p;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd), 0);
	p.s = stream_new(fd[0], fd[0], true);
	p.peer = fd[1];
	return p;
}

static void closed(struct pair *p)
{
	stream_free(p->s);
	close(p->peer);
}

static void says(struct pair *p, const char *text)
{
	CHECK_INT(write(p->peer, text, strlen(text)), strlen(text));
}

TEST("lines end with CRLF or LF, and a piece without an end waits for the rest")
{
	struct pair p = opened();
	struct view line;

	says(&p, "EHLO a\r\nNOOP\nQU");
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "EHLO a");
	CHECK_INT(stream_line_buffered(p.s, 100, &line), 0);
	CHECK_VIEW(line, "NOOP");
	CHECK_INT(stream_line_buffered(p.s, 100, &line), 0);
	CHECK(view_is_none(line));
	CHECK_INT(stream_fill_now(p.s), -EAGAIN);
	says(&p, "IT\r\n");
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "QUIT");
	closed(&p);
}

TEST("waiting ends at the deadline, and the end of file is 0")
{
	struct pair p = opened();
	struct view line;
	int64_t begin = clock_ms();

	CHECK_INT(stream_line(p.s, 100, deadline_in(40), &line), -ETIMEDOUT);
	CHECK(clock_ms() - begin >= 40 && clock_ms() - begin < 1000);
	begin = clock_ms();
	CHECK_INT(stream_fill(p.s, begin - 1), -ETIMEDOUT);
	says(&p, "half");
	CHECK_INT(shutdown(p.peer, SHUT_WR), 0);
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 0);
	closed(&p);
}

TEST("a short wait is tried less often where it was in vain, and again when it pays")
{
	struct pair p = opened();
	int64_t begin = clock_ms();

	for (int i = 0; i < 100; i++)
		CHECK_INT(stream_fill_soon(p.s), -EAGAIN);
	CHECK(clock_ms() - begin < 500); /* each would be some milliseconds */
	says(&p, "x");
	CHECK_INT(stream_fill_soon(p.s), 1);
	closed(&p);
}

TEST("a line over its maximum is an error, and its rest can be skipped")
{
	struct pair p = opened();
	struct view line;
	char big[400];

	memset(big, 'x', sizeof(big));
	CHECK_INT(write(p.peer, big, sizeof(big)), sizeof(big));
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), -EMSGSIZE);
	says(&p, "tail\r\nNOOP\r\n");
	CHECK_INT(stream_skip_line(p.s, deadline_in(1000)), 0);
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "NOOP");
	closed(&p);
}

TEST("input nobody takes stops at its bound")
{
	struct pair p = opened();
	static char big[65536];
	ssize_t n = 0;

	for (int i = 0; i < 40 && n >= 0; i++) {
		if (write(p.peer, big, sizeof(big)) < 0)
			break;
		while ((n = stream_fill_now(p.s)) > 0)
			;
		if (n == -EAGAIN)
			n = 0;
	}
	CHECK_INT(n, -EMSGSIZE);
	CHECK(stream_peek(p.s).len <= STREAM_IN_MAX);
	stream_drop_input(p.s);
	CHECK_INT(stream_peek(p.s).len, 0);
	closed(&p);
}

TEST("what is added is sent in one piece, with the text behind it")
{
	struct pair p = opened();
	char got[100];
	ssize_t n;

	stream_add(p.s, VIEW("250 ok\r\n"));
	stream_addf(p.s, "%d %s\r\n", 354, "go");
	CHECK_INT(stream_pending(p.s), 16);
	CHECK_INT(stream_flush_with(p.s, VIEW("text"), deadline_in(1000)), 0);
	n = read(p.peer, got, sizeof(got));
	CHECK_VIEW(view_from(got, (size_t)n), "250 ok\r\n354 go\r\ntext");
	CHECK_INT(stream_pending(p.s), 0);
	closed(&p);
}

TEST("a peer that does not read makes a flush end at its deadline")
{
	struct pair p = opened();
	static char big[4 * 1024 * 1024];
	int64_t begin = clock_ms();

	CHECK_INT(stream_flush_with(p.s, view_from(big, sizeof(big)), deadline_in(50)), -ETIMEDOUT);
	CHECK(clock_ms() - begin >= 50 && clock_ms() - begin < 2000);
	closed(&p);
}

static void *read_slowly(void *arg)
{
	static char sink[50000];
	size_t total = 0;
	ssize_t n;

	while ((n = recv(*(int *)arg, sink, sizeof(sink), 0)) != 0) {
		if (n > 0)
			total += (size_t)n;
		else
			usleep(100);
	}
	return (void *)total;
}

TEST("a large text arrives whole although the peer reads it in pieces")
{
	struct pair p = opened();
	static char big[3 * 1024 * 1024];
	pthread_t reader;
	void *total;

	CHECK_INT(pthread_create(&reader, NULL, read_slowly, &p.peer), 0);
	stream_add(p.s, VIEW("head"));
	CHECK_INT(stream_flush_with(p.s, view_from(big, sizeof(big)), deadline_in(5000)), 0);
	CHECK_INT(shutdown(stream_fd(p.s), SHUT_WR), 0);
	pthread_join(reader, &total);
	CHECK_INT((size_t)total, sizeof(big) + 4);
	closed(&p);
}

TEST("a peer that is gone is an error, not a signal")
{
	struct pair p = opened();
	int error;

	close(p.peer);
	stream_add(p.s, VIEW("x"));
	error = stream_flush(p.s, deadline_in(1000));
	CHECK(error == -EPIPE || error == -ECONNRESET);
	p.peer = -1;
	stream_free(p.s);
}

TEST("pipes are read and written within their deadlines, too")
{
	int to[2], from[2];
	struct stream *s;
	struct view line;
	static char big[200000];
	int64_t begin = clock_ms();

	CHECK_INT(pipe(to), 0);
	CHECK_INT(pipe(from), 0);
	s = stream_new(to[0], from[1], true);
	CHECK_INT(stream_line(s, 100, deadline_in(30), &line), -ETIMEDOUT);
	CHECK_INT(write(to[1], "hello\n", 6), 6);
	CHECK_INT(stream_line(s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "hello");
	CHECK_INT(stream_flush_with(s, view_from(big, sizeof(big)), deadline_in(30)), -ETIMEDOUT);
	CHECK(clock_ms() - begin < 2000);
	stream_free(s);
	close(to[1]);
	close(from[0]);
}

struct seen {
	char text[200];
};

static void note_line(void *arg, bool is_out, struct view text)
{
	struct seen *seen = arg;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%c" VIEW_FMT "|", is_out ? '>' : '<',
		 VIEW_ARG(text));
}

TEST("a trace shows each line of both directions, message text only when asked for")
{
	struct pair p = opened();
	struct seen seen = { "" };
	struct view line;

	stream_trace(p.s, note_line, &seen);
	says(&p, "MAIL From:<>\r\n");
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 1);
	stream_add(p.s, VIEW("250-a\r\n250 b\r\n"));
	CHECK_INT(stream_flush_with(p.s, VIEW("secret\r\n"), deadline_in(1000)), 0);
	CHECK_STR(seen.text, "<MAIL From:<>|>250-a|>250 b|");
	stream_trace_text(p.s, true);
	CHECK_INT(stream_flush_with(p.s, VIEW("text\r\n"), deadline_in(1000)), 0);
	CHECK_STR(seen.text, "<MAIL From:<>|>250-a|>250 b|>text|");
	closed(&p);
}

/* A layer that turns every byte's case, to see that both directions pass through it. */
static ssize_t turn_recv(void *self, void *buf, size_t n, int64_t deadline)
{
	ssize_t got = stream_raw_recv(self, buf, n, deadline);

	for (ssize_t i = 0; i < got; i++)
		((char *)buf)[i] ^= 0x20;
	return got;
}

static ssize_t turn_send(void *self, const struct iovec *iov, int n_iov, int64_t deadline)
{
	char byte;
	struct iovec one = { &byte, 1 };

	CHECK(n_iov > 0 && iov->iov_len > 0);
	byte = (char)(*(char *)iov->iov_base ^ 0x20);
	return stream_raw_send(self, &one, 1, deadline);
}

static void turn_close(void *self __attribute__((unused)))
{
}

TEST("a layer stands between the buffers and the socket")
{
	static const struct stream_layer turn = { turn_recv, turn_send, turn_close };
	struct pair p = opened();
	char got[10];

	stream_set_layer(p.s, &turn, p.s);
	CHECK(stream_layer_self(p.s, &turn) == p.s);
	says(&p, "ab");
	CHECK_INT(stream_fill(p.s, deadline_in(1000)), 2);
	CHECK_VIEW(stream_peek(p.s), "AB");
	stream_add(p.s, VIEW("Cd"));
	CHECK_INT(stream_flush(p.s, deadline_in(1000)), 0);
	CHECK_INT(read(p.peer, got, sizeof(got)), 2);
	CHECK_VIEW(view_from(got, 2), "cD");
	closed(&p);
}

TEST("an idle stream gives its buffers back and works on")
{
	struct pair p = opened();
	struct view line;

	says(&p, "A\r\n");
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 1);
	stream_trim(p.s);
	CHECK_INT(stream_peek(p.s).len, 0);
	says(&p, "B\r\nC");
	CHECK_INT(stream_line(p.s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "B");
	stream_trim(p.s);
	CHECK_VIEW(stream_peek(p.s), "C");
	closed(&p);
}
