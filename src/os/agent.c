/*
 * agent.c - see agent.h: the side that asks, remote or local.
 *
 * The pipes of a program are made here and travel beside the request, so that the agent never has to hand any back.
 */
#include "os/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "os/agent_act.h"
#include "os/agent_wire.h"

#define LOCK_WAIT_MS  300000 /* longest wait for a mailbox, whatever the deadline */
#define LOCK_PAUSE_MS 25
#define END_MS        5000 /* from SIGTERM to SIGKILL */
#define TICK_MS       10   /* where the system has no pidfd */

struct agent {
	int fd; /* -1: local */
};

struct agent *agent_attach(int socket_fd)
{
	struct agent *a = MEM_NEW(struct agent);

	a->fd = socket_fd;
	return a;
}

struct agent *agent_local(void)
{
	return agent_attach(-1);
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	if (a->fd >= 0)
		close(a->fd);
	free(a);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Waits until fd can be read: 0, -ETIMEDOUT or -errno. */
static int wait_readable(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int n = poll(&p, 1, deadline_left(deadline));

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && deadline_is_past(deadline))
			return -ETIMEDOUT;
	}
}

/* ---- asking ---- */

/* Sends a request with a new socket for its answers, and descriptors behind it. The answers' end, or -errno. */
static int put_request(struct agent *a, const void *packet, size_t size, const int *fds,
		       size_t n_fds)
{
	int ends[2], all[WIRE_FDS_MAX], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	all[0] = ends[1];
	for (size_t i = 0; i < n_fds; i++)
		all[i + 1] = fds[i];
	error = wire_send(a->fd, packet, size, all, n_fds + 1);
	close(ends[1]);
	if (error < 0) {
		close(ends[0]);
		return error;
	}
	return ends[0];
}

/* The next answer; *out_fd is a descriptor that came with it, or -1. */
static int take_answer(int answer, int64_t deadline, struct wire_answer *out, int *out_fd)
{
	int error = wait_readable(answer, deadline);
	size_t n_fds = 1;
	ssize_t n;

	*out_fd = -1;
	if (error < 0)
		return error;
	n = wire_receive(answer, out, sizeof(*out), out_fd, &n_fds);
	if (n == (ssize_t)sizeof(*out))
		return 0;
	close_one(out_fd);
	return n == 0 ? -EPIPE : n < 0 ? (int)n : -EPROTO;
}

/* ---- programs ---- */

struct pipes {
	int ours_in, ours_out, its_in, its_out;
};

static void pipes_close(struct pipes *p)
{
	if (p->ours_out != p->ours_in)
		close_one(&p->ours_out);
	close_one(&p->ours_in);
	if (p->its_out != p->its_in)
		close_one(&p->its_out);
	close_one(&p->its_in);
}

static int pipes_make(bool duplex, struct pipes *p)
{
	int to[2], from[2];

	*p = (struct pipes){ -1, -1, -1, -1 };
	if (duplex) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) < 0)
			return -errno;
		*p = (struct pipes){ to[0], to[0], to[1], to[1] };
	} else {
		if (pipe2(to, O_CLOEXEC) < 0)
			return -errno;
		p->ours_in = to[1];
		p->its_in = to[0];
		if (pipe2(from, O_CLOEXEC) < 0) {
			int error = -errno;

			pipes_close(p);
			return error;
		}
		p->ours_out = from[0];
		p->its_out = from[1];
	}
	fcntl(p->ours_in, F_SETFL, O_NONBLOCK);
	fcntl(p->ours_out, F_SETFL, O_NONBLOCK);
	return 0;
}

static int start_remote(struct agent *a, const struct agent_program *p, const struct pipes *pipes,
			int64_t deadline, struct agent_child *out)
{
	own_mem char *packet = mem_alloc(WIRE_MAX);
	ssize_t size = wire_encode_program(p, packet);
	const int fds[2] = { pipes->its_in, pipes->its_out };
	struct wire_answer answer;
	int fd, none, error;

	if (size < 0)
		return (int)size;
	fd = put_request(a, packet, (size_t)size, fds, 2);
	if (fd < 0)
		return fd;
	error = take_answer(fd, deadline, &answer, &none);
	close_one(&none);
	if (error == 0)
		error = answer.error;
	if (error < 0) {
		close(fd);
		return error;
	}
	out->answer = fd;
	out->pid = answer.pid;
	return 0;
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int start_local(const struct agent_program *p, const struct pipes *pipes,
		       struct agent_child *out)
{
	int failure, why = 0, status;
	pid_t pid;
	int error = act_start(p, pipes->its_in, pipes->its_out, &pid, &failure);
	ssize_t n;

	if (error < 0)
		return error;
	do {
		n = read(failure, &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	close(failure);
	if (n > 0) {
		waitpid(pid, &status, 0);
		return -why;
	}
	out->pid = pid;
	out->answer = pidfd_of(pid);
	return 0;
}

int agent_start(struct agent *a, const struct agent_program *p, bool duplex, int64_t deadline,
		struct agent_child *out_child)
{
	struct agent_child child = { .answer = -1 };
	struct pipes pipes;
	int error = pipes_make(duplex, &pipes);

	if (error < 0)
		return error;
	error = a->fd >= 0 ? start_remote(a, p, &pipes, deadline, &child)
			   : start_local(p, &pipes, &child);
	if (error == 0) {
		child.in = pipes.ours_in;
		child.out = pipes.ours_out;
		pipes.ours_in = pipes.ours_out = -1;
		*out_child = child;
	}
	pipes_close(&pipes);
	return error;
}

static void child_close(struct agent_child *child)
{
	if (child->out != child->in)
		close_one(&child->out);
	close_one(&child->in);
	child->out = -1;
	close_one(&child->answer);
}

static int wait_local(struct agent_child *child, int64_t deadline, int *out_status)
{
	for (;;) {
		pid_t pid = waitpid(child->pid, out_status, WNOHANG);

		if (pid == child->pid)
			return 0;
		if (pid < 0 && errno != EINTR)
			return -errno;
		if (deadline_is_past(deadline))
			return -ETIMEDOUT;
		if (child->answer >= 0)
			wait_readable(child->answer, deadline);
		else
			poll(NULL, 0, TICK_MS);
	}
}

static int wait_remote(struct agent_child *child, int64_t deadline, int *out_status)
{
	struct wire_answer answer;
	int none, error;

	error = take_answer(child->answer, deadline, &answer, &none);
	close_one(&none);
	if (error < 0)
		return error;
	if (!answer.is_over)
		return -EPROTO;
	*out_status = answer.status;
	return 0;
}

int agent_wait(struct agent *a, struct agent_child *child, int64_t deadline, int *out_status)
{
	int status = 0;
	int error = a->fd >= 0 ? wait_remote(child, deadline, &status)
			       : wait_local(child, deadline, &status);

	if (error == -ETIMEDOUT)
		return error;
	child_close(child);
	if (error == 0)
		*out_status = status;
	return error;
}

void agent_forget(struct agent *a, struct agent_child *child)
{
	int status;

	if (a->fd < 0 && child->pid > 0) {
		kill(-child->pid, SIGTERM);
		if (wait_local(child, deadline_in(END_MS), &status) == -ETIMEDOUT) {
			kill(-child->pid, SIGKILL);
			wait_local(child, deadline_in(END_MS), &status);
		}
	}
	child_close(child);
	child->pid = 0;
}

/* ---- files ---- */

static int open_remote(struct agent *a, const struct agent_open *what, int64_t deadline,
		       struct agent_file *out)
{
	own_mem char *packet = mem_alloc(WIRE_MAX);
	ssize_t size = wire_encode_open(what, packet);
	struct wire_answer answer;
	int fd, error;

	*out = (struct agent_file){ .fd = -1 };
	if (size < 0)
		return (int)size;
	fd = put_request(a, packet, (size_t)size, NULL, 0);
	if (fd < 0)
		return fd;
	error = take_answer(fd, deadline, &answer, &out->fd);
	close(fd);
	if (error == -ETIMEDOUT)
		snprintf(out->reason, sizeof(out->reason), "Timeout on file open");
	if (error < 0)
		return error;
	memcpy(out->reason, answer.reason, sizeof(out->reason));
	out->reason[sizeof(out->reason) - 1] = '\0';
	out->owner = answer.owner;
	out->group = answer.group;
	if (answer.error == 0 && out->fd < 0)
		return -EPROTO;
	if (answer.error < 0)
		close_one(&out->fd);
	return answer.error;
}

int agent_open(struct agent *a, const struct agent_open *what, int64_t deadline,
	       struct agent_file *out)
{
	int64_t last = deadline_in(LOCK_WAIT_MS);
	int error;

	if (deadline < last)
		last = deadline;
	for (;;) {
		error = a->fd >= 0 ? open_remote(a, what, deadline, out) : act_open(what, out);
		if (error != -EAGAIN || deadline_left(last) <= LOCK_PAUSE_MS)
			return error;
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
}
