/*
 * stream.c - see stream.h.
 *
 *   in   [ consumed | buffered input | room ]      in_at .. in_end; scanned: no LF before it
 *   out  [ pending output ]
 *
 * The input buffer starts small, doubles when one read fills it (a body is coming) and is given back by stream_trim.
 *
 * The kernel's timeout of a socket is set seldom: any value that is not longer than the time left does, since an early
 * wake only costs another turn of the loop. So one that was set for a long wait stays for all long waits.
 */
#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define IN_FIRST      8192
#define KEPT_LONG_MS  60000 /* a kernel timeout as long as this serves every longer wait */
#define KEPT_SHORT_MS 8     /* less is one tick of the kernel's clock, whatever it is called */
#define SOON_MS       2
#define SKIPS_MAX     64
#define PIPE_AT_ONCE  PIPE_BUF
#define DEADLINE_NONE 0 /* do not wait */

struct stream {
	int fd_in, fd_out;
	bool owns, is_socket, is_nonblocking_in, is_nonblocking_out;
	bool traces_text;
	uint8_t skips;        /* how often stream_fill_soon does not wait from now on */
	uint8_t skips_next;   /* how often after the next time in vain */
	int recv_ms, send_ms; /* the kernel's timeouts now; 0: not set */
	char *in;
	size_t in_at, in_end, in_cap, scanned;
	struct str out;
	void (*trace)(void *arg, bool is_out, struct view text);
	void *trace_arg;
	const struct stream_layer *layer;
	void *layer_self;
};

struct stream *stream_new(int fd_in, int fd_out, bool owns)
{
	struct stream *s = MEM_NEW(struct stream);
	int one = 1, flags;

	s->fd_in = fd_in;
	s->fd_out = fd_out;
	s->owns = owns;
	s->out = STR_MAX(STREAM_OUT_MAX);
	s->is_socket = fd_in == fd_out &&
		       (setsockopt(fd_in, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0 ||
			errno != ENOTSOCK);
	flags = fcntl(fd_in, F_GETFL);
	if (s->is_socket) {
		if (flags >= 0 && (flags & O_NONBLOCK))
			fcntl(fd_in, F_SETFL, flags & ~O_NONBLOCK);
		return s;
	}
	s->is_nonblocking_in = flags >= 0 && (flags & O_NONBLOCK);
	flags = fcntl(fd_out, F_GETFL);
	s->is_nonblocking_out = flags >= 0 && (flags & O_NONBLOCK);
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->layer)
		s->layer->close(s->layer_self);
	if (s->owns) {
		close(s->fd_in);
		if (s->fd_out != s->fd_in)
			close(s->fd_out);
	}
	free(s->in);
	str_done(&s->out);
	free(s);
}

int stream_fd(const struct stream *s)
{
	return s->fd_in;
}

/* ---- the descriptors ---- */

static int64_t time_left(int64_t deadline)
{
	int64_t left;

	if (deadline == DEADLINE_NONE)
		return 0;
	if (deadline == DEADLINE_NEVER)
		return KEPT_LONG_MS;
	left = deadline - clock_ms();
	return left < 0 ? 0 : left;
}

/* Sees to it that the kernel ends a call after at most left_ms. */
static int set_timeout(struct stream *s, int option, int *kept_ms, int64_t left_ms)
{
	int ms = left_ms > KEPT_LONG_MS ? KEPT_LONG_MS : left_ms < KEPT_SHORT_MS ? 1 : (int)left_ms;
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (*kept_ms == ms)
		return 0;
	if (setsockopt(option == SO_RCVTIMEO ? s->fd_in : s->fd_out, SOL_SOCKET, option, &tv,
		       sizeof(tv)) < 0)
		return -errno;
	*kept_ms = ms;
	return 0;
}

static int timed_out(int64_t deadline)
{
	return deadline == DEADLINE_NONE ? -EAGAIN : -ETIMEDOUT;
}

/* Milliseconds that a call may wait, which it is told by the option of the socket; 0: not at all. -errno. */
static int64_t begin_wait(struct stream *s, int option, int *kept_ms, int64_t deadline)
{
	int64_t left = time_left(deadline);
	int error = left > 0 ? set_timeout(s, option, kept_ms, left) : 0;

	return error < 0 ? error : left;
}

/* The call has failed: 0, it is to be made again; else -errno. */
static int end_wait(int64_t left, int64_t deadline)
{
	if (errno != EAGAIN && errno != EINTR)
		return -errno;
	if (left == 0 && errno == EAGAIN)
		return timed_out(deadline);
	return 0;
}

static ssize_t socket_recv(struct stream *s, void *buf, size_t n, int64_t deadline)
{
	for (;;) {
		int64_t left = begin_wait(s, SO_RCVTIMEO, &s->recv_ms, deadline);
		ssize_t r;

		if (left < 0)
			return left;
		r = recv(s->fd_in, buf, n, left > 0 ? 0 : MSG_DONTWAIT);
		if (r >= 0)
			return r;
		r = end_wait(left, deadline);
		if (r < 0)
			return r;
	}
}

static ssize_t socket_send(struct stream *s, const struct iovec *iov, int n_iov, int64_t deadline)
{
	struct msghdr m = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n_iov };

	for (;;) {
		int64_t left = begin_wait(s, SO_SNDTIMEO, &s->send_ms, deadline);
		ssize_t r;

		if (left < 0)
			return left;
		r = sendmsg(s->fd_out, &m, MSG_NOSIGNAL | (left > 0 ? 0 : MSG_DONTWAIT));
		if (r >= 0)
			return r;
		r = end_wait(left, deadline);
		if (r < 0)
			return r;
	}
}

/* 0 when fd is ready, else what timed_out gives, or -errno. */
static int wait_file(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int n = poll(&p, 1, deadline == DEADLINE_NONE ? 0 : deadline_left(deadline));

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && (deadline == DEADLINE_NONE || deadline_is_past(deadline)))
			return timed_out(deadline);
	}
}

static ssize_t file_recv(struct stream *s, void *buf, size_t n, int64_t deadline)
{
	bool is_ready = s->is_nonblocking_in;

	for (;;) {
		ssize_t r;
		int error = is_ready ? 0 : wait_file(s->fd_in, POLLIN, deadline);

		if (error < 0)
			return error;
		r = read(s->fd_in, buf, n);
		if (r >= 0)
			return r;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		is_ready = false;
	}
}

/* A blocking pipe that polls as writable takes PIPE_BUF bytes without waiting, so no more is offered to it at once. */
static ssize_t file_send(struct stream *s, const struct iovec *iov, int64_t deadline)
{
	bool is_ready = s->is_nonblocking_out;
	size_t n = iov->iov_len;

	if (!s->is_nonblocking_out && n > PIPE_AT_ONCE)
		n = PIPE_AT_ONCE;
	for (;;) {
		ssize_t r;
		int error = is_ready ? 0 : wait_file(s->fd_out, POLLOUT, deadline);

		if (error < 0)
			return error;
		r = write(s->fd_out, iov->iov_base, n);
		if (r >= 0)
			return r;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		is_ready = false;
	}
}

ssize_t stream_raw_recv(struct stream *s, void *buf, size_t n, int64_t deadline)
{
	return s->is_socket ? socket_recv(s, buf, n, deadline) : file_recv(s, buf, n, deadline);
}

ssize_t stream_raw_send(struct stream *s, const struct iovec *iov, int n_iov, int64_t deadline)
{
	while (n_iov > 1 && iov->iov_len == 0) {
		iov++;
		n_iov--;
	}
	return s->is_socket ? socket_send(s, iov, n_iov, deadline) : file_send(s, iov, deadline);
}

void stream_set_layer(struct stream *s, const struct stream_layer *ops, void *self)
{
	s->layer = ops;
	s->layer_self = self;
}

void *stream_layer_self(const struct stream *s, const struct stream_layer *ops)
{
	return s->layer == ops ? s->layer_self : NULL;
}

/* ---- input ---- */

/* Room for at least one more byte behind the buffered input: moved to the front, or grown. */
static int make_room(struct stream *s)
{
	size_t used = s->in_end - s->in_at;

	if (!s->in) {
		s->in = mem_alloc(IN_FIRST);
		s->in_cap = IN_FIRST;
	}
	if (s->in_at > 0 && (used == 0 || s->in_end == s->in_cap)) {
		memmove(s->in, s->in + s->in_at, used);
		s->scanned -= s->in_at < s->scanned ? s->in_at : s->scanned;
		s->in_at = 0;
		s->in_end = used;
	}
	if (s->in_end < s->in_cap)
		return 0;
	if (s->in_cap >= STREAM_IN_MAX)
		return -EMSGSIZE;
	s->in_cap *= 2;
	s->in = mem_resize(s->in, s->in_cap, 1);
	return 0;
}

/* A read that filled all the room there was says that more is coming: the next one is offered more. */
static void grow_when_busy(struct stream *s, size_t room, ssize_t got)
{
	if ((size_t)got == room && s->in_cap < 8 * IN_FIRST) {
		s->in_cap *= 2;
		s->in = mem_resize(s->in, s->in_cap, 1);
	}
}

ssize_t stream_fill(struct stream *s, int64_t deadline)
{
	int error = make_room(s);
	size_t room;
	ssize_t n;

	if (error < 0)
		return error;
	room = s->in_cap - s->in_end;
	n = s->layer ? s->layer->recv(s->layer_self, s->in + s->in_end, room, deadline)
		     : stream_raw_recv(s, s->in + s->in_end, room, deadline);
	if (n > 0) {
		s->in_end += (size_t)n;
		grow_when_busy(s, room, n);
	}
	return n;
}

ssize_t stream_fill_now(struct stream *s)
{
	return stream_fill(s, DEADLINE_NONE);
}

ssize_t stream_fill_soon(struct stream *s)
{
	ssize_t n;

	if (s->skips > 0) {
		s->skips--;
		return stream_fill(s, DEADLINE_NONE);
	}
	n = stream_fill(s, deadline_in(SOON_MS));
	if (n != -ETIMEDOUT) {
		s->skips_next = 0;
		return n;
	}
	/* In vain twice as often, tried half as often. */
	s->skips = s->skips_next;
	s->skips_next = s->skips_next == 0          ? 1
			: s->skips_next < SKIPS_MAX ? (uint8_t)(s->skips_next * 2)
						    : SKIPS_MAX;
	return -EAGAIN;
}

struct view stream_peek(const struct stream *s)
{
	return s->in ? view_from(s->in + s->in_at, s->in_end - s->in_at) : VIEW("");
}

void stream_consume(struct stream *s, size_t n)
{
	size_t used = s->in_end - s->in_at;

	s->in_at += n < used ? n : used;
	if (s->scanned < s->in_at)
		s->scanned = s->in_at;
}

void stream_drop_input(struct stream *s)
{
	s->in_at = s->in_end = s->scanned = 0;
}

/* Position just behind the next LF, 0 when none is buffered. */
static size_t find_line_end(struct stream *s)
{
	const char *lf;

	if (s->scanned < s->in_at)
		s->scanned = s->in_at;
	if (s->scanned >= s->in_end)
		return 0;
	lf = memchr(s->in + s->scanned, '\n', s->in_end - s->scanned);
	if (!lf) {
		s->scanned = s->in_end;
		return 0;
	}
	return (size_t)(lf - s->in) + 1;
}

int stream_line_buffered(struct stream *s, size_t max, struct view *out_line)
{
	size_t end = find_line_end(s);
	struct view line;

	if (end == 0) {
		*out_line = VIEW_NONE;
		return s->in_end - s->in_at > max ? -EMSGSIZE : 0;
	}
	line = view_from(s->in + s->in_at, end - 1 - s->in_at);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len > max)
		return -EMSGSIZE;
	s->in_at = s->scanned = end;
	if (s->trace)
		s->trace(s->trace_arg, false, line);
	*out_line = line;
	return 0;
}

int stream_line(struct stream *s, size_t max, int64_t deadline, struct view *out_line)
{
	for (;;) {
		struct view line;
		ssize_t n;
		int error = stream_line_buffered(s, max, &line);

		if (error < 0)
			return error;
		if (!view_is_none(line)) {
			*out_line = line;
			return 1;
		}
		n = stream_fill(s, deadline);
		if (n <= 0)
			return (int)n;
	}
}

int stream_skip_line(struct stream *s, int64_t deadline)
{
	for (;;) {
		size_t end;
		ssize_t n;

		s->scanned = s->in_at;
		end = find_line_end(s);
		if (end > 0) {
			s->in_at = s->scanned = end;
			return 0;
		}
		stream_drop_input(s);
		n = stream_fill(s, deadline);
		if (n <= 0)
			return n == 0 ? -EPIPE : (int)n;
	}
}

/* ---- output ---- */

void stream_add(struct stream *s, struct view v)
{
	str_add(&s->out, v);
}

void stream_addf(struct stream *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s->out, fmt, ap);
	va_end(ap);
}

size_t stream_pending(const struct stream *s)
{
	return s->out.len;
}

static void trace_lines(struct stream *s, struct view rest)
{
	struct view line;

	while (rest.len > 0 && view_cut(&rest, '\n', &line)) {
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		s->trace(s->trace_arg, true, line);
	}
}

/* Takes the first n bytes off the vector. */
static void advance(struct iovec *iov, int n_iov, size_t n)
{
	for (int i = 0; i < n_iov && n > 0; i++) {
		size_t part = n < iov[i].iov_len ? n : iov[i].iov_len;

		iov[i].iov_base = (char *)iov[i].iov_base + part;
		iov[i].iov_len -= part;
		n -= part;
	}
}

static int send_all(struct stream *s, struct iovec *iov, int n_iov, int64_t deadline)
{
	while (n_iov > 0) {
		ssize_t n;

		if (iov->iov_len == 0) {
			iov++;
			n_iov--;
			continue;
		}
		n = s->layer ? s->layer->send(s->layer_self, iov, n_iov, deadline)
			     : stream_raw_send(s, iov, n_iov, deadline);
		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : (int)n;
		advance(iov, n_iov, (size_t)n);
	}
	return 0;
}

int stream_flush_with(struct stream *s, struct view v, int64_t deadline)
{
	struct iovec iov[2] = {
		{s->out.p,     s->out.len},
                { (void *)v.p, v.len     }
	};
	bool is_cut = s->out.cut;
	int error;

	if (s->trace) {
		trace_lines(s, str_view(&s->out));
		if (s->traces_text)
			trace_lines(s, v);
	}
	error = is_cut ? -EMSGSIZE : send_all(s, iov, 2, deadline);
	str_clear(&s->out);
	return error;
}

int stream_flush(struct stream *s, int64_t deadline)
{
	return stream_flush_with(s, VIEW(""), deadline);
}

void stream_trim(struct stream *s)
{
	if (s->in_at == s->in_end) {
		free(s->in);
		s->in = NULL;
		s->in_cap = 0;
		stream_drop_input(s);
	}
	if (s->out.len == 0)
		str_done(&s->out);
}

void stream_trace(struct stream *s, void (*line)(void *arg, bool is_out, struct view text),
		  void *arg)
{
	s->trace = line;
	s->trace_arg = arg;
}

void stream_trace_text(struct stream *s, bool with_text)
{
	s->traces_text = with_text;
}
