/*
 * daemon.c - see daemon.h: the agent's process, from going into the background to its end.
 *
 *   no mta ── start ──> STARTING ── says ready ──> CURRENT ── HUP, when the next one is ready ──> LEAVING ── exits
 *                          └── exits: an error at the first start, else again later     └── exits: start the next at once
 *                          └── is killed: again, a few times at the first start
 *
 * Each mta has a socket and an agent_server of its own, so what a leaving one still has under way is not disturbed.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/own.h"
#include "config/check.h"
#include "daemon/info.h"
#include "daemon/listen.h"
#include "daemon/mta.h"
#include "daemon/pidfile.h"
#include "daemon/rights.h"
#include "mail/status.h"
#include "os/agent.h"

#define MTAS_MAX 16
#define SHORT_LIFE_MS                                                                              \
	10000 /* an mta that lived less than this is started again only after a pause */
#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS   60000
#define STOP_MS        40000 /* from TERM to KILL */
#define FIRST_TRIES    5     /* of an mta that is killed before one was ever ready */

enum mta_state { MTA_STARTING, MTA_CURRENT, MTA_LEAVING };

struct mta_process {
	enum mta_state state;
	pid_t pid;
	int ready_fd; /* -1: has said so, or ended */
	int64_t started;
	struct agent_server *server;
};

struct agent_process {
	const struct daemon_params *params;
	struct config *cf;
	struct listeners listeners;
	struct pidfile pidfile;
	int signal_fd;
	int tell_fd; /* where the starter waits; -1: told */
	struct mta_process mtas[MTAS_MAX];
	size_t n_mtas;
	bool has_been_ready, is_stopping;
	bool wants_another; /* the configuration has changed since the one that is starting was forked */
	int64_t start_at; /* the next mta; DEADLINE_NEVER: none is due */
	int64_t kill_at;
	int64_t pause_ms;
	int n_early_kills; /* before the first was ready */
	int exit_status;
};

/* ---- going into the background ---- */

/* Returns in the daemon, with the descriptor on which the starter waits for an exit status; the starter ends here. */
static int go_background(void)
{
	int ends[2];
	unsigned char status = EX_OSERR_;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (pid == 0) {
		close(ends[0]);
		setsid();
		return ends[1];
	}
	close(ends[1]);
	do {
		n = read(ends[0], &status, 1);
	} while (n < 0 && errno == EINTR);
	_exit(status);
}

static void tell_starter(struct agent_process *g, int status)
{
	unsigned char byte = (unsigned char)status;

	if (g->tell_fd < 0)
		return;
	if (write(g->tell_fd, &byte, 1) != 1)
		log_event(g->params->log, 9, LOG_NOTICE, NULL,
			  "whoever started the daemon has gone");
	close(g->tell_fd);
	g->tell_fd = -1;
}

static void let_go_of_terminal(const struct agent_process *g)
{
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (g->params->is_foreground || null < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
}

static void block_signals(struct agent_process *g)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&set, ours[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	g->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- configuration ---- */

static void print_messages(const struct config *cf)
{
	for (size_t i = 0; i < cf->messages.n; i++) {
		const struct cf_message *m = &cf->messages.v[i];

		if (m->line > 0)
			fprintf(stderr, VIEW_FMT ": line %d: " VIEW_FMT "\n", VIEW_ARG(m->file),
				m->line, VIEW_ARG(m->text));
		else
			fprintf(stderr, VIEW_FMT "\n", VIEW_ARG(m->text));
	}
}

/* Reads the configuration and binds its sockets; on failure the present ones stay. 0 or an exit status. */
static int configure(struct agent_process *g)
{
	struct config *cf = config_load(g->params->config);
	struct listeners next = { .n = 0 };
	int error = 0;

	print_messages(cf);
	config_log_errors(cf, g->params->log);
	if (cf->messages.n_errors > 0) {
		config_free(cf);
		return EX_CONFIG_;
	}
	if (g->params->with_smtp)
		error = listeners_open(cf, g->params->log, &g->listeners, &next);
	if (error < 0) {
		config_free(cf);
		return EX_UNAVAILABLE_;
	}
	g->listeners = next;
	if (g->cf)
		config_free(g->cf);
	g->cf = cf;
	log_set_level(g->params->log, cf->options.log_level);
	return 0;
}

/* ---- mtas ---- */

static _Noreturn void become_mta(struct agent_process *g, int agent_fd, int ready_fd)
{
	struct mta_params p = { .daemon = g->params,
				.listeners = &g->listeners,
				.agent_fd = agent_fd,
				.ready_fd = ready_fd };

	pidfile_forget(&g->pidfile);
	close(g->signal_fd);
	if (g->tell_fd >= 0)
		close(g->tell_fd);
	for (size_t i = 0; i < g->n_mtas; i++) {
		if (g->mtas[i].ready_fd >= 0)
			close(g->mtas[i].ready_fd);
		agent_server_abandon(g->mtas[i].server);
	}
	mta_main(&p);
}

static struct mta_process *mta_in_state(struct agent_process *g, enum mta_state state)
{
	for (size_t i = 0; i < g->n_mtas; i++) {
		if (g->mtas[i].state == state)
			return &g->mtas[i];
	}
	return NULL;
}

static int start_mta(struct agent_process *g)
{
	struct mta_process m = { .state = MTA_STARTING, .started = clock_ms() };
	int talk[2], ready[2];

	if (g->n_mtas == MTAS_MAX ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) < 0)
		return -EAGAIN;
	if (pipe2(ready, O_CLOEXEC) < 0) {
		close(talk[0]);
		close(talk[1]);
		return -EAGAIN;
	}
	m.pid = fork();
	if (m.pid == 0) {
		close(talk[0]);
		close(ready[0]);
		become_mta(g, talk[1], ready[1]);
	}
	close(talk[1]);
	close(ready[1]);
	m.server = m.pid > 0 ? agent_server_new(talk[0]) : NULL;
	m.ready_fd = ready[0];
	if (!m.server) {
		close(ready[0]);
		return -EAGAIN;
	}
	rights_limit_agent(g->cf, m.server);
	g->mtas[g->n_mtas++] = m;
	return 0;
}

static void start_next(struct agent_process *g)
{
	g->start_at = DEADLINE_NEVER;
	if (g->is_stopping)
		return;
	g->wants_another = mta_in_state(g, MTA_STARTING) != NULL;
	if (g->wants_another)
		return;
	if (start_mta(g) < 0) {
		log_event(g->params->log, 0, LOG_CRIT, "",
			  "SYSERR(root): cannot start an mta process: %s", strerrordesc_np(errno));
		g->start_at = deadline_in(PAUSE_FIRST_MS);
	}
}

static void log_started(struct agent_process *g)
{
	own_arena struct arena *a = arena_new(65536);
	own_str struct str argv = STR_MAX(900);
	struct view version = macros_get_expanded(g->cf->macros, 'v', a);
	char info[DAEMON_INFO_MAX];

	daemon_info(g->params, info);
	log_event(g->params->log, 0, LOG_INFO, NULL, "starting daemon (" VIEW_FMT "): %s",
		  VIEW_ARG(version), info);
	for (size_t i = 0; g->params->argv && g->params->argv[i]; i++)
		str_addf(&argv, "%s%s", i ? " " : "", g->params->argv[i]);
	log_event(g->params->log, 10, LOG_INFO, NULL, "started as: %s", str_z(&argv));
}

/* A new mta works: it is the current one, and the former one leaves. */
static void mta_is_ready(struct agent_process *g, struct mta_process *m)
{
	struct mta_process *former = mta_in_state(g, MTA_CURRENT);

	if (former) {
		former->state = MTA_LEAVING;
		kill(former->pid, SIGHUP);
	}
	m->state = MTA_CURRENT;
	log_started(g);
	if (!g->has_been_ready) {
		g->has_been_ready = true;
		tell_starter(g, 0);
		let_go_of_terminal(g);
	}
	if (g->wants_another)
		start_next(g);
}

static void hear_ready(struct agent_process *g, struct mta_process *m)
{
	char byte = 0;
	ssize_t n;

	do {
		n = read(m->ready_fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	close(m->ready_fd);
	m->ready_fd = -1;
	if (n == 1 && byte == MTA_READY && m->state == MTA_STARTING)
		mta_is_ready(g, m);
}

static void log_death(struct agent_process *g, const struct mta_process *m, int status)
{
	if (WIFSIGNALED(status))
		log_event(g->params->log, 0, LOG_CRIT, NULL, "mta process %d died with signal %d",
			  (int)m->pid, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_event(g->params->log, 0, LOG_CRIT, NULL, "mta process %d ended with status %d",
			  (int)m->pid, WEXITSTATUS(status));
}

static void plan_next(struct agent_process *g, const struct mta_process *m)
{
	if (clock_ms() - m->started >= SHORT_LIFE_MS) {
		g->pause_ms = 0;
		g->start_at = 0;
		return;
	}
	/* The first death may be an accident; one after another is not. */
	g->start_at = deadline_in(g->pause_ms);
	g->pause_ms = g->pause_ms == 0 ? PAUSE_FIRST_MS : g->pause_ms * 2;
	if (g->pause_ms > PAUSE_MAX_MS)
		g->pause_ms = PAUSE_MAX_MS;
}

static void mta_ended(struct agent_process *g, struct mta_process *m, int status)
{
	struct mta_process ended = *m;
	struct mta_process *current;

	if (ended.state != MTA_LEAVING && !g->is_stopping)
		log_death(g, &ended, status);
	if (ended.ready_fd >= 0)
		close(ended.ready_fd);
	agent_server_free(ended.server);
	*m = g->mtas[--g->n_mtas];
	current = mta_in_state(g, MTA_CURRENT);
	if (ended.state == MTA_LEAVING && current)
		kill(current->pid, SIGUSR2); /* what the former one left in the queue */
	if (ended.state == MTA_LEAVING || g->is_stopping)
		return;
	if (!g->has_been_ready && (WIFEXITED(status) || ++g->n_early_kills == FIRST_TRIES)) {
		g->is_stopping = true;
		g->exit_status = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
									  : EX_SOFTWARE_;
	} else if (ended.state == MTA_CURRENT || !current) {
		plan_next(g, &ended);
	} else if (g->wants_another) {
		g->start_at = 0;
	}
}

static void collect(struct agent_process *g)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < g->n_mtas; i++) {
			if (g->mtas[i].pid == pid) {
				mta_ended(g, &g->mtas[i], status);
				break;
			}
			if (agent_server_collected(g->mtas[i].server, pid, status))
				break;
		}
	}
}

/* ---- signals ---- */

static void signal_mtas(struct agent_process *g, int sig)
{
	for (size_t i = 0; i < g->n_mtas; i++)
		kill(g->mtas[i].pid, sig);
}

static void stop(struct agent_process *g)
{
	log_event(g->params->log, 10, LOG_INFO, "", "stopping daemon, reason=signal");
	g->is_stopping = true;
	g->start_at = DEADLINE_NEVER;
	g->kill_at = deadline_in(STOP_MS);
	signal_mtas(g, SIGTERM);
}

static void restart(struct agent_process *g)
{
	const char *path = g->params->argv && g->params->argv[0] ? g->params->argv[0] : "sendmail";
	int rc;

	log_event(g->params->log, 4, LOG_INFO, NULL, "restarting %s due to signal", path);
	rc = configure(g);
	if (rc != 0) {
		log_event(g->params->log, 0, LOG_CRIT, NULL,
			  "could not restart: %s; going on with the old one",
			  rc == EX_CONFIG_ ? "the configuration has errors"
					   : "not all of its sockets can be opened");
		return;
	}
	log_reopen(g->params->log);
	g->pause_ms = 0;
	start_next(g);
}

static void obey_signals(struct agent_process *g)
{
	struct signalfd_siginfo info;

	while (read(g->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			if (!g->is_stopping)
				stop(g);
			break;
		case SIGHUP:
			if (!g->is_stopping)
				restart(g);
			break;
		case SIGUSR1:
			signal_mtas(g, SIGUSR1);
			break;
		case SIGCHLD:
			collect(g);
			break;
		default:
			break;
		}
	}
}

/* ---- the loop ---- */

static int64_t next_deadline(const struct agent_process *g)
{
	int64_t next = g->start_at < g->kill_at ? g->start_at : g->kill_at;

	for (size_t i = 0; i < g->n_mtas; i++) {
		int64_t at = agent_server_next(g->mtas[i].server);

		if (at < next)
			next = at;
	}
	return next;
}

static void wait_and_serve(struct agent_process *g)
{
	struct pollfd p[1 + 2 * MTAS_MAX];
	size_t n_mtas = g->n_mtas;

	p[0] = (struct pollfd){ .fd = g->signal_fd, .events = POLLIN };
	for (size_t i = 0; i < n_mtas; i++) {
		p[1 + 2 * i] = (struct pollfd){ .fd = g->mtas[i].ready_fd, .events = POLLIN };
		p[2 + 2 * i] = (struct pollfd){ .fd = agent_server_fd(g->mtas[i].server),
						.events = POLLIN };
	}
	poll(p, 1 + 2 * n_mtas, deadline_left(next_deadline(g)));
	for (size_t i = 0; i < n_mtas; i++) {
		if (p[1 + 2 * i].revents && g->mtas[i].ready_fd >= 0)
			hear_ready(g, &g->mtas[i]);
		agent_server_poll(g->mtas[i].server, 0);
	}
	obey_signals(g);
}

static void loop(struct agent_process *g)
{
	while (!g->is_stopping || g->n_mtas > 0) {
		wait_and_serve(g);
		if (deadline_is_past(g->start_at))
			start_next(g);
		if (deadline_is_past(g->kill_at)) {
			signal_mtas(g, SIGKILL);
			g->kill_at = deadline_in(STOP_MS);
		}
	}
}

static void write_pid(struct agent_process *g)
{
	own_str struct str path = STR_MAX(4096);

	macros_expand(g->cf->macros, g->cf->options.pid_file, &path);
	pidfile_write(str_view(&path), g->params->argv, g->params->log, &g->pidfile);
}

static void close_all(struct agent_process *g)
{
	pidfile_remove(&g->pidfile);
	listeners_close(&g->listeners);
	if (g->cf)
		config_free(g->cf);
	close(g->signal_fd);
}

static int run(struct agent_process *g)
{
	int status;

	block_signals(g);
	if (chdir("/") < 0)
		return EX_OSERR_;
	status = configure(g);
	if (status == 0) {
		write_pid(g);
		start_next(g);
		loop(g);
		status = g->exit_status;
	}
	close_all(g);
	tell_starter(g, status);
	return status;
}

int daemon_run(const struct daemon_params *p)
{
	struct agent_process g = { .params = p,
				   .signal_fd = -1,
				   .tell_fd = -1,
				   .pidfile = { .fd = -1 },
				   .start_at = DEADLINE_NEVER,
				   .kill_at = DEADLINE_NEVER };
	int status;

	if (!p->is_foreground) {
		g.tell_fd = go_background();
		if (g.tell_fd < 0) {
			fprintf(stderr, "cannot go into the background: %s\n",
				strerrordesc_np(-g.tell_fd));
			return EX_OSERR_;
		}
	}
	status = run(&g);
	if (!p->is_foreground)
		exit(status);
	return status;
}
