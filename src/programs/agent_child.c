/* agent_child.c - see agent_child.h. */
#include "programs/agent_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/own.h"
#include "daemon/rights.h"

static void collect(struct agent_server *server, int signal_fd)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		agent_server_collected(server, pid, status);
}

/* Until the other end is closed. An interrupt is the owner's to obey. */
static void serve(const struct config *cf, int socket_fd)
{
	struct agent_server *server;
	sigset_t set;
	int signal_fd, rc = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGINT, SIG_IGN);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	server = agent_server_new(socket_fd);
	if (signal_fd < 0 || !server)
		return;
	rights_limit_agent(cf, server);
	while (rc == 0) {
		struct pollfd p[2] = {
			{.fd = signal_fd,                .events = POLLIN},
			{ .fd = agent_server_fd(server), .events = POLLIN},
		};

		poll(p, 2, deadline_left(agent_server_next(server)));
		collect(server, signal_fd);
		rc = agent_server_poll(server, 0);
	}
	agent_server_free(server);
}

struct agent *agent_child_start(const struct config *cf, pid_t *out_pid)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return NULL;
	*out_pid = fork();
	if (*out_pid == 0) {
		close(ends[1]);
		serve(cf, ends[0]);
		_exit(0);
	}
	close(ends[0]);
	if (*out_pid < 0) {
		close(ends[1]);
		return NULL;
	}
	return agent_attach(ends[1]);
}

void agent_child_end(struct agent *a, pid_t pid)
{
	agent_free(a);
	waitpid(pid, NULL, 0);
}
