/*
 * agent_server.c - see agent.h: the side that does.
 *
 *   request ──> STARTING ── program entered ──> RUNNING ── SIGCHLD ──> answer, gone
 *                  └── could not: answer, gone        └── nobody is interested: SIGTERM, later SIGKILL
 *
 * One epoll instance watches the mta's socket and, for each child, the end on which its answers go (its closing ends the
 * interest) and the pipe that tells whether the program was entered. A child is freed only between two rounds of events,
 * since a later event of the same round may still name it; and a descriptor is taken out of epoll by name before it is
 * closed, since a child that has not yet become its program holds copies which would keep it there.
 */
#include "os/agent.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "os/agent_act.h"
#include "os/agent_limits.h"
#include "os/agent_wire.h"

#define CHILDREN_MAX   1000
#define EVENTS_AT_ONCE 32
#define END_MS         5000 /* from SIGTERM to SIGKILL */

enum source_kind { FROM_MTA, FROM_ANSWER, FROM_FAILURE };

struct source {
	enum source_kind kind;
	struct child *child;
};

struct child {
	struct link link;
	struct agent_server *server;
	struct source on_answer, on_failure;
	pid_t pid; /* 0: collected */
	int answer, failure;
	int64_t kill_at; /* DEADLINE_NEVER: not being ended */
};

struct agent_server {
	int fd, epoll_fd;
	struct source on_mta;
	struct list children;
	int n_children;
	struct limits *limits; /* NULL: none set */
	bool is_over;          /* the mta's end is closed */
	char packet[WIRE_MAX];
	struct wire_decoded decoded;
};

static int watch(struct agent_server *s, int fd, uint32_t events, struct source *source)
{
	struct epoll_event ev = { .events = events, .data.ptr = source };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void unwatch(struct agent_server *s, int *fd)
{
	if (*fd >= 0)
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, *fd, NULL);
	close_one(fd);
}

struct agent_server *agent_server_new(int socket_fd)
{
	struct agent_server *s = MEM_NEW(struct agent_server);

	list_init(&s->children);
	s->fd = socket_fd;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd >= 0 && watch(s, s->fd, EPOLLIN, &s->on_mta) == 0)
		return s;
	close_one(&s->epoll_fd);
	close_one(&s->fd);
	free(s);
	return NULL;
}

/* ---- children ---- */

static void answer_child(struct child *c, const struct wire_answer *answer)
{
	if (c->answer >= 0)
		wire_send(c->answer, answer, sizeof(*answer), NULL, 0);
}

static void signal_child(const struct child *c, int sig)
{
	/* Its process group exists as soon as it has called setsid(2), which may be a moment away. */
	if (c->pid > 0 && kill(-c->pid, sig) < 0)
		kill(c->pid, sig);
}

static void end_child(struct child *c)
{
	if (c->pid == 0 || c->kill_at != DEADLINE_NEVER)
		return;
	signal_child(c, SIGTERM);
	c->kill_at = deadline_in(END_MS);
}

/* The program has been entered, or could not be. */
static void learn_start(struct child *c)
{
	struct wire_answer answer = { .pid = c->pid };
	int why = 0;
	ssize_t n;

	do {
		n = read(c->failure, &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	unwatch(c->server, &c->failure);
	answer.error = n == (ssize_t)sizeof(why) ? -why : 0;
	answer_child(c, &answer);
	if (answer.error)
		unwatch(c->server, &c->answer);
}

static void collected(struct child *c, int status)
{
	struct wire_answer answer = { .pid = c->pid, .is_over = 1, .status = status };

	if (c->failure >= 0)
		learn_start(c);
	answer_child(c, &answer);
	unwatch(c->server, &c->answer);
	c->pid = 0;
}

static void free_collected(struct agent_server *s)
{
	LIST_EACH_SAFE (&s->children, it) {
		struct child *c = LIST_OWNER(it, struct child, link);

		if (c->pid != 0)
			continue;
		list_remove(it);
		s->n_children--;
		free(c);
	}
}

bool agent_server_collected(struct agent_server *s, pid_t pid, int status)
{
	LIST_EACH (&s->children, it) {
		struct child *c = LIST_OWNER(it, struct child, link);

		if (c->pid != pid)
			continue;
		collected(c, status);
		free_collected(s);
		return true;
	}
	return false;
}

static void kill_overdue(struct agent_server *s)
{
	LIST_EACH (&s->children, it) {
		struct child *c = LIST_OWNER(it, struct child, link);

		if (c->pid == 0 || c->kill_at == DEADLINE_NEVER || !deadline_is_past(c->kill_at))
			continue;
		signal_child(c, SIGKILL);
		c->kill_at = deadline_in(END_MS);
	}
}

int64_t agent_server_next(const struct agent_server *s)
{
	int64_t next = DEADLINE_NEVER;

	LIST_EACH (&s->children, it) {
		const struct child *c = LIST_OWNER(it, struct child, link);

		if (c->pid != 0 && c->kill_at < next)
			next = c->kill_at;
	}
	return next;
}

/* ---- requests ---- */

static int start(struct agent_server *s, struct agent_program *p, int *fds)
{
	struct child *c;
	int failure, error;
	pid_t pid;

	error = limits_on_program(s->limits, p);
	if (error < 0)
		return error;
	if (s->n_children >= CHILDREN_MAX)
		return -EAGAIN;
	error = act_start(p, fds[1], fds[2], &pid, &failure);
	if (error < 0)
		return error;
	c = MEM_NEW(struct child);
	*c = (struct child){ .server = s,
			     .pid = pid,
			     .failure = failure,
			     .answer = fds[0],
			     .kill_at = DEADLINE_NEVER };
	c->on_answer = (struct source){ FROM_ANSWER, c };
	c->on_failure = (struct source){ FROM_FAILURE, c };
	list_append(&s->children, &c->link);
	s->n_children++;
	fds[0] = -1; /* the child's now */
	/* A descriptor that cannot be watched only delays things until the child is collected. */
	watch(s, c->failure, EPOLLIN, &c->on_failure);
	watch(s, c->answer, EPOLLRDHUP, &c->on_answer);
	return 0;
}

static void open_for(struct agent_server *s, struct agent_open *what, int answer_fd)
{
	struct wire_answer answer = { 0 };
	struct agent_file file = { .fd = -1 };

	answer.error = limits_on_open(s->limits, what);
	if (answer.error == 0)
		answer.error = act_open(what, &file);
	answer.owner = file.owner;
	answer.group = file.group;
	memcpy(answer.reason, file.reason, sizeof(answer.reason));
	wire_send(answer_fd, &answer, sizeof(answer), &file.fd, file.fd >= 0 ? 1 : 0);
	close_one(&file.fd);
}

static void serve(struct agent_server *s, size_t size, int *fds, size_t n_fds)
{
	struct wire_answer answer = { 0 };
	struct wire_decoded *d = &s->decoded;

	if (n_fds == 0)
		return;
	answer.error = wire_decode(s->packet, size, d);
	if (answer.error == 0 && d->kind == WIRE_OPEN && n_fds == 1) {
		open_for(s, &d->open, fds[0]);
		return;
	}
	if (answer.error == 0)
		answer.error = d->kind == WIRE_START && n_fds == 3 ? start(s, &d->program, fds)
								   : -EPROTO;
	if (answer.error < 0)
		wire_send(fds[0], &answer, sizeof(answer), NULL, 0);
}

/* One packet; more are the next event. */
static void take_request(struct agent_server *s)
{
	int fds[WIRE_FDS_MAX];
	size_t n_fds = WIRE_FDS_MAX;
	ssize_t n = wire_receive(s->fd, s->packet, sizeof(s->packet), fds, &n_fds);

	if (n == -EPROTO || n == -EAGAIN)
		return;
	if (n <= 0) {
		s->is_over = true;
		unwatch(s, &s->fd);
		return;
	}
	serve(s, (size_t)n, fds, n_fds);
	for (size_t i = 0; i < n_fds; i++)
		close_one(&fds[i]);
}

static void handle(struct agent_server *s, struct source *source)
{
	switch (source->kind) {
	case FROM_MTA:
		take_request(s);
		break;
	case FROM_FAILURE:
		if (source->child->failure >= 0)
			learn_start(source->child);
		break;
	case FROM_ANSWER:
		if (source->child->answer >= 0) {
			unwatch(s, &source->child->answer);
			end_child(source->child);
		}
		break;
	}
}

int agent_server_fd(const struct agent_server *s)
{
	return s->epoll_fd;
}

int agent_server_poll(struct agent_server *s, int64_t deadline)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(s->epoll_fd, events, EVENTS_AT_ONCE,
			   deadline == 0 ? 0 : deadline_left(deadline));

	for (int i = 0; i < n; i++)
		handle(s, events[i].data.ptr);
	kill_overdue(s);
	free_collected(s);
	return s->is_over ? -EPIPE : 0;
}

void agent_server_limit(struct agent_server *s, const struct agent_limits *l)
{
	limits_free(s->limits);
	s->limits = limits_new(l);
}

static void let_go(struct agent_server *s, int sig)
{
	LIST_EACH_SAFE (&s->children, it) {
		struct child *c = LIST_OWNER(it, struct child, link);

		if (sig)
			signal_child(c, sig);
		close_one(&c->answer);
		close_one(&c->failure);
		free(c);
	}
	limits_free(s->limits);
	close_one(&s->fd);
	close_one(&s->epoll_fd);
	free(s);
}

void agent_server_free(struct agent_server *s)
{
	if (s)
		let_go(s, SIGTERM);
}

void agent_server_abandon(struct agent_server *s)
{
	if (s)
		let_go(s, 0);
}
