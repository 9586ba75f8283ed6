/* rehearse.c - see rehearse.h. The session writes to one end of a pipe whose other end is read here. */
#include "receive/rehearse.h"

#include <errno.h>
#include <fcntl.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "receive/session.h"

#define REPLY_MAX    65536
#define FLUSH_TIME_S 10
#define NO_QUEUE_ID  "explained"

struct rehearsing {
	struct server *server;
	struct session *session;
	int fd; /* to read replies from */
};

/* What the session has written; at most a pipe's worth, so nobody waits. */
static struct view take_reply(struct rehearsing *r, struct arena *a)
{
	own_str struct str text = STR_MAX(REPLY_MAX);
	own_str struct str lines = STR_MAX(REPLY_MAX);
	struct view line, rest;
	char buffer[4096];
	ssize_t n;

	if (stream_flush(r->session->stream, deadline_in_s(FLUSH_TIME_S)) < 0)
		return VIEW("");
	while ((n = read(r->fd, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			str_add(&text, view_from(buffer, (size_t)n));
	rest = view_trim_end(str_view(&text));
	while (view_cut(&rest, '\n', &line)) {
		if (lines.len)
			str_addc(&lines, '\n');
		str_add(&lines, view_trim_end(line));
	}
	return arena_dup(a, str_view(&lines));
}

static struct session *open_session(struct server *server, int fd)
{
	struct session *s = session_new(server, stream_new(fd, fd, true), 0);

	if (s->snap->cf->options.n_daemons == 0)
		s->daemon_index = -1;
	/* Nothing that is said here gets an id of the queue. */
	snprintf(s->next_id, sizeof(s->next_id), NO_QUEUE_ID);
	return s;
}

struct rehearsing *rehearse_new(struct snapshot_slot *slot, const struct services *sv,
				const struct rehearsal *what, struct arena *a,
				struct view *out_greeting, int64_t *out_pause_ms)
{
	struct server_params p = { .slot = slot,
				   .services = sv,
				   .rehearsal = what,
				   .daemon_info = "SMTP",
				   .for_tests = true };
	struct rehearsing *r = MEM_NEW(struct rehearsing);
	int fds[2];

	bug_if(pipe2(fds, O_CLOEXEC) < 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	r->fd = fds[0];
	r->server = server_new(&p);
	r->session = open_session(r->server, fds[1]);
	*out_pause_ms = peer_open(r->session);
	peer_greet(r->session);
	r->session->phase = PHASE_COMMAND;
	*out_greeting = take_reply(r, a);
	return r;
}

struct view rehearse_say(struct rehearsing *r, struct view line, struct arena *a)
{
	serve_line(r->session, line);
	return take_reply(r, a);
}

bool rehearse_is_over(const struct rehearsing *r)
{
	return r->session->must_close || r->session->phase == PHASE_OVER;
}

struct view rehearse_relay(const struct rehearsing *r)
{
	return r->session->relay;
}

void rehearse_free(struct rehearsing *r)
{
	if (!r)
		return;
	session_free(r->session);
	server_free(r->server);
	close(r->fd);
	free(r);
}
