/* ident.c - see ident.h. */
#include "receive/ident.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/own.h"
#include "net/stream.h"

#define IDENT_PORT     113
#define IDENT_LINE_MAX 1000
#define IDENT_USER_MAX 63

struct view ident_parse(struct view line, unsigned peer_port, unsigned local_port, struct arena *a)
{
	struct view part, ports, user = VIEW_NONE;
	int64_t number;
	char *out;
	size_t n = 0;

	if (!view_cut(&line, ':', &ports) || !view_cut(&ports, ',', &part))
		return VIEW_NONE;
	if (!number_parse(view_trim(part), 1, 65535, &number) || number != peer_port)
		return VIEW_NONE;
	if (!number_parse(view_trim(ports), 1, 65535, &number) || number != local_port)
		return VIEW_NONE;
	if (!view_cut(&line, ':', &part) || !view_eq_nocase(view_trim(part), VIEW("USERID")))
		return VIEW_NONE;
	if (!view_cut(&line, ':', &part)) /* the system's name */
		return VIEW_NONE;
	user = view_trim(line);
	out = arena_bytes(a, IDENT_USER_MAX + 1);
	for (size_t i = 0; i < user.len && n < IDENT_USER_MAX; i++)
		if (user.p[i] > ' ' && user.p[i] < 0x7f && !strchr("@<>()\"\\,;:[]", user.p[i]))
			out[n++] = user.p[i];
	out[n] = '\0';
	return n ? view_from(out, n) : VIEW_NONE;
}

struct view ident_ask(const struct addr *peer, const struct addr *local, int64_t timeout_s,
		      struct arena *a)
{
	int64_t deadline = deadline_in_s(timeout_s);
	struct addr from = *local, to = *peer;
	struct pollfd p;
	struct stream *st;
	struct view line, user = VIEW_NONE;
	own_fd int fd = socket(addr_family(peer), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return VIEW_NONE;
	addr_set_port(&from, 0);
	addr_set_port(&to, IDENT_PORT);
	if (bind(fd, &from.sa, from.len) < 0 ||
	    (connect(fd, &to.sa, to.len) < 0 && errno != EINPROGRESS))
		return VIEW_NONE;
	p = (struct pollfd){ .fd = fd, .events = POLLOUT };
	if (poll(&p, 1, deadline_left(deadline)) != 1 || (p.revents & (POLLERR | POLLHUP)))
		return VIEW_NONE;
	st = stream_new(fd, fd, false);
	stream_addf(st, "%u,%u\r\n", addr_port(peer), addr_port(local));
	if (stream_flush(st, deadline) == 0 &&
	    stream_line(st, IDENT_LINE_MAX, deadline, &line) == 1)
		user = ident_parse(line, addr_port(peer), addr_port(local), a);
	stream_free(st);
	return user;
}
