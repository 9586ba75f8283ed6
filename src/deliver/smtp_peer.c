/*
 * smtp_peer.c - see smtp_peer.h. Linked into test programs only.
 */
#include "deliver/smtp_peer.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define LINE_BYTES 4096
#define WAIT_MS    5000

struct smtp_peer {
	pthread_t thread;
	const char *script;
	int fd;
	bool is_wrong;
	struct str message;
	char buf[65536];
	size_t have;
};

/* One line of the client, without CRLF. False at the end of the connection. */
static bool read_line(struct smtp_peer *p, char line[LINE_BYTES])
{
	for (;;) {
		char *end = memchr(p->buf, '\n', p->have);
		struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
		ssize_t n;

		if (end) {
			size_t len = (size_t)(end - p->buf);
			size_t keep = len < LINE_BYTES - 1 ? len : LINE_BYTES - 1;

			memcpy(line, p->buf, keep);
			line[keep] = '\0';
			if (keep > 0 && line[keep - 1] == '\r')
				line[keep - 1] = '\0';
			p->have -= len + 1;
			memmove(p->buf, end + 1, p->have);
			return true;
		}
		if (p->have == sizeof(p->buf) || poll(&pfd, 1, WAIT_MS) <= 0)
			return false;
		n = read(p->fd, p->buf + p->have, sizeof(p->buf) - p->have);
		if (n <= 0)
			return false;
		p->have += (size_t)n;
	}
}

static void say(struct smtp_peer *p, const char *text, size_t len, const char *end)
{
	own_str struct str s = STR_MAX(1 << 20);

	str_add(&s, view_from(text, len));
	str_addz(&s, end);
	if (send(p->fd, s.p, s.len, MSG_NOSIGNAL) < 0)
		p->is_wrong = true;
}

static void read_message(struct smtp_peer *p)
{
	char line[LINE_BYTES];

	while (read_line(p, line)) {
		if (strcmp(line, ".") == 0)
			return;
		str_addf(&p->message, "%s\n", line);
	}
	p->is_wrong = true;
}

static void want(struct smtp_peer *p, const char *text, size_t len)
{
	char line[LINE_BYTES];

	if (!read_line(p, line) || strncmp(line, text, len) != 0) {
		fprintf(stderr, "peer: wanted %.*s\n", (int)len, text);
		p->is_wrong = true;
	}
}

/* False: the script is over. */
static bool play(struct smtp_peer *p, const char *step, size_t len)
{
	char rest[LINE_BYTES];

	switch (step[0]) {
	case '<':
		say(p, step + 2, len - 2, "\r\n");
		break;
	case '#':
		say(p, step + 2, len - 2, "");
		break;
	case '>':
		want(p, step + 2, len - 2);
		break;
	case '.':
		read_message(p);
		break;
	case '~':
		while (read_line(p, rest))
			;
		return false;
	default:
		return false;
	}
	return !p->is_wrong;
}

static void *peer_main(void *arg)
{
	struct smtp_peer *p = arg;
	const char *at = p->script;
	bool is_closed = false;
	char line[LINE_BYTES];

	while (*at) {
		size_t len = strcspn(at, "\n");

		is_closed = *at == '!';
		if (!play(p, at, len))
			break;
		at += len + (at[len] == '\n');
	}
	while (!is_closed && !p->is_wrong && read_line(p, line))
		if (strcmp(line, "QUIT") == 0 || strcmp(line, "RSET") == 0)
			say(p, "250 fine", 8, "\r\n");
	close(p->fd);
	return NULL;
}

struct smtp_peer *smtp_peer_start(const char *script, int *out_fd)
{
	struct smtp_peer *p = MEM_NEW(struct smtp_peer);
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		abort();
	p->script = script;
	p->message = STR_MAX(1 << 24);
	p->fd = fds[0];
	*out_fd = fds[1];
	if (pthread_create(&p->thread, NULL, peer_main, p) != 0)
		abort();
	return p;
}

bool smtp_peer_finish(struct smtp_peer *p, struct str *out_message)
{
	bool is_right;

	pthread_join(p->thread, NULL);
	is_right = !p->is_wrong;
	if (out_message)
		str_add(out_message, str_view(&p->message));
	str_done(&p->message);
	free(p);
	return is_right;
}
