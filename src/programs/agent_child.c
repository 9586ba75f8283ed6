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

static void allow_programs(const struct config *cf, struct agent_server *server)
{
	own_arena struct arena *a = arena_new(65536);
	const char *paths[CONFIG_MAILERS_MAX + 1];
	size_t n = 0;

	for (int i = 0; i < cf->n_mailers; i++) {
		const struct mailer *m = cf->mailers[i];

		if (m && flag_has(&m->flags, 'S') && m->path.len > 0 && m->path.p[0] == '/')
			paths[n++] = arena_dupz(a, m->path);
	}
	paths[n] = NULL;
	agent_server_allow_keep_uid(server, paths);
}

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
	allow_programs(cf, server);
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
