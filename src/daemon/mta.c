/*
 * mta.c - see mta.h.
 *
 * The parts are started in the order in which they need each other and ended in the opposite one:
 * log, agent, resolver, configuration | rights | queue, workers, park, server, deliverer | sandbox.
 */
#include "daemon/mta.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "config/check.h"
#include "daemon/info.h"
#include "daemon/rights.h"
#include "deliver/deliverer.h"
#include "mail/status.h"
#include "net/park.h"
#include "os/privileges.h"
#include "os/sandbox.h"
#include "receive/server.h"
#include "report/report.h"
#include "smtp/auth_library.h"

#define WORKERS_MIN      4
#define WORKERS_MAX      256
#define PERSISTENT_RUN_S 5 /* -qp without a time */

/* How long conversations, then deliveries, may go on after a stop; and conversations when another mta has taken over. */
#define STOP_SERVER_MS    5000
#define STOP_DELIVERER_MS 20000
#define DRAIN_MS          300000
#define DRAIN_LOOK_MS     200

struct mta {
	const struct daemon_params *params;
	int agent_fd, signal_fd;
	char info[DAEMON_INFO_MAX];
	struct services services;
	struct snapshot_slot *slot;
	struct report_ctx report;
	struct queue *queue;
	struct workers *workers;
	struct park *park;
	struct auth_library *auth; /* NULL: there is no AUTH */
	struct server *server;     /* NULL: queue runner */
	struct deliverer *deliverer;
};

static _Noreturn void fail(struct mta *m, int status, const char *what, const char *why)
{
	log_event(m->params->log, 0, LOG_CRIT, "", "SYSERR(root): %s: %s", what, why);
	fprintf(stderr, "%s: %s\n", what, why);
	_exit(status);
}

static _Noreturn void fail_errno(struct mta *m, int status, const char *what, int error)
{
	char words[128];

	fail(m, status, what, strerror_r(error, words, sizeof(words)));
}

/* ---- start ---- */

static struct resolver *new_resolver(const struct mta *m, const struct config *cf)
{
	struct resolver_params p = { .search_hosts_first = true, .use_dns = true };

	if (cf && m->params->resolver)
		m->params->resolver(cf, &p);
	return resolver_new(&p);
}

static void load_configuration(struct mta *m)
{
	struct snapshot *snap;

	m->services.resolver = new_resolver(m, NULL);
	snap = snapshot_load(m->params->config, &m->services);
	config_log_errors(snap->cf, m->services.log);
	if (snap->cf->messages.n_errors > 0)
		fail(m, EX_CONFIG_, "cannot start", "the configuration has errors");
	log_set_level(m->services.log, snap->cf->options.log_level);
	resolver_free(m->services.resolver);
	m->services.resolver = new_resolver(m, snap->cf);
	m->slot = snapshot_slot_new(snap);
}

/* The mta's user: RunAsUser; else whoever started the daemon, and if that is root, without any capability. */
static void give_up_rights(struct mta *m, const struct options *o)
{
	struct passwd *pw;
	int error = 0;

	privileges_raise_descriptor_limit();
	if (geteuid() == 0 && o->run_as_user.len > 0 && o->run_as_uid != 0) {
		pw = getpwuid(o->run_as_uid);
		error = privileges_become(o->run_as_uid, o->run_as_gid, pw ? pw->pw_name : NULL);
	}
	if (error == 0)
		error = privileges_drop_capabilities();
	if (error < 0)
		fail_errno(m, EX_OSERR_, "cannot give up privileges", -error);
}

static int attempt_over(void *arg, struct envelope *env)
{
	return report_attempt_over(arg, env);
}

static void open_queue(struct mta *m)
{
	own_str struct str why = STR_MAX(1024);
	struct queue_params p = { .slot = m->slot,
				  .services = &m->services,
				  .with_journal = true,
				  .with_schedule = true,
				  .run_interval_s = m->params->run_interval_s,
				  .select = m->params->select,
				  .on_attempt_over = attempt_over,
				  .on_attempt_arg = &m->report };

	if (m->params->is_persistent && p.run_interval_s < PERSISTENT_RUN_S)
		p.run_interval_s = PERSISTENT_RUN_S;
	m->queue = queue_open(&p, &why);
	if (!m->queue)
		fail(m, EX_OSERR_, "cannot open the queue", str_z(&why));
	m->report = (struct report_ctx){ .queue = m->queue,
					 .services = &m->services,
					 .statistics = statistics_new() };
}

static void start_server(struct mta *m, struct listeners *l)
{
	struct server_params p = { .slot = m->slot,
				   .services = &m->services,
				   .auth = m->auth,
				   .queue = m->queue,
				   .workers = m->workers,
				   .park = m->park,
				   .daemon_info = m->info };
	int error;

	m->server = server_new(&p);
	for (size_t i = 0; i < l->n; i++)
		server_add_listener(m->server, l->v[i].fd, l->v[i].daemon_index);
	error = server_start(m->server);
	if (error < 0)
		fail_errno(m, EX_OSERR_, "cannot start the server", -error);
}

static void start_threads(struct mta *m, struct listeners *l)
{
	struct deliverer_params p = { .slot = m->slot, .services = &m->services };
	int error;

	m->workers = workers_new("worker", WORKERS_MIN, WORKERS_MAX);
	m->park = park_new(m->workers);
	if (!m->park)
		fail_errno(m, EX_OSERR_, "cannot make the parking place", errno);
	open_queue(m);
	p.queue = m->queue;
	m->deliverer = deliverer_new(&p);
	error = deliverer_start(m->deliverer);
	if (error < 0)
		fail_errno(m, EX_OSERR_, "cannot start the deliveries", -error);
	if (m->params->with_smtp)
		start_server(m, l);
}

static void note_sandbox(struct mta *m, const char *what, int error)
{
	char words[128];

	if (error < 0)
		log_event(m->services.log, 8, LOG_NOTICE, NULL, "sandbox: %s not in force: %s",
			  what, strerror_r(-error, words, sizeof(words)));
}

static void enter_sandbox(struct mta *m, const struct config *cf)
{
	own_arena struct arena *a = arena_new(1 << 20);
	struct rights *r = ARENA_NEW(a, struct rights);

	log_reopen(m->services.log);
	rights_find(cf, a, r);
	if (m->auth)
		rights_add_mentioned(r, auth_library_config(m->auth), a);
	if (r->is_cut)
		log_event(m->services.log, 8, LOG_NOTICE, NULL,
			  "sandbox: more than %d paths in the configuration", RIGHTS_MAX);
	note_sandbox(m, "file rules", sandbox_files(r->read, r->n_read, r->write, r->n_write));
	note_sandbox(m, "system call rules", sandbox_calls());
}

static void let_go_of_terminal(const struct mta *m)
{
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (m->params->is_foreground || null < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
}

static void start(struct mta *m, const struct mta_params *p)
{
	struct snapshot *snap;
	char ready = MTA_READY;

	load_configuration(m);
	snap = snapshot_current(m->slot);
	if (m->params->with_smtp)
		m->auth = server_open_auth(snap->cf, m->services.log);
	give_up_rights(m, &snap->cf->options);
	/* The rules of the sandbox are a thread's own and are inherited, so they come before the threads; the queue's
	 * directories are there already, or the queue cannot be opened in any case. */
	enter_sandbox(m, snap->cf);
	snapshot_put(snap);
	start_threads(m, p->listeners);
	let_go_of_terminal(m);
	if (write(p->ready_fd, &ready, 1) != 1)
		_exit(EX_OSERR_); /* nobody supervises us */
	close(p->ready_fd);
}

/* ---- signals ---- */

static void log_state(struct mta *m)
{
	struct log *log = m->services.log;
	struct snapshot *snap = snapshot_current(m->slot);
	own_arena struct arena *a = arena_new(65536);
	struct view j = macros_get_expanded(snap->cf->macros, 'j', a);

	log_event(log, 0, LOG_DEBUG, NULL,
		  "--- dumping state on user signal: $j = " VIEW_FMT " ---", VIEW_ARG(j));
	log_event(log, 0, LOG_DEBUG, NULL,
		  "configuration=" VIEW_FMT ", connections=%zu, work_waiting=%d, queue_idle=%s",
		  VIEW_ARG(snap->cf->path), m->server ? server_connections(m->server) : 0,
		  workers_backlog(m->workers), queue_is_idle(m->queue) ? "yes" : "no");
	log_event(log, 0, LOG_DEBUG, NULL, "--- end of state dump ---");
	snapshot_put(snap);
}

/* Obeys signals until one says to end: SIGTERM, or SIGHUP. 0 when the deadline has passed. */
static int obey_signals(struct mta *m, int64_t deadline)
{
	struct pollfd signals = { .fd = m->signal_fd, .events = POLLIN },
		      agent = { .fd = m->agent_fd };
	struct signalfd_siginfo info;

	for (;;) {
		struct pollfd p[2] = { signals, agent };
		int n = poll(p, 2, deadline_left(deadline));

		if ((n < 0 && errno != EINTR) || (n > 0 && p[1].revents))
			return SIGTERM;
		if (n == 0 && deadline_is_past(deadline))
			return 0;
		if (n <= 0 || read(m->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
			continue;
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)
			return (int)info.ssi_signo;
		if (info.ssi_signo == SIGUSR1)
			log_state(m);
		if (info.ssi_signo == SIGUSR2)
			queue_look(m->queue);
	}
}

/* Another mta has the new clients: the conversations that are under way come to their end here. */
static void drain(struct mta *m)
{
	int64_t until = deadline_in(DRAIN_MS);

	if (!m->server)
		return;
	server_drain(m->server);
	while (server_connections(m->server) > 0 && !deadline_is_past(until)) {
		if (obey_signals(m, deadline_in(DRAIN_LOOK_MS)) == SIGTERM)
			return;
	}
}

static void stop(struct mta *m)
{
	if (m->server)
		server_stop(m->server, deadline_in(STOP_SERVER_MS));
	queue_stop(m->queue);
	if (!deliverer_stop(m->deliverer, deadline_in(STOP_DELIVERER_MS)))
		_exit(0); /* the journal has what is not done; the next mta takes it from there */
	park_shutdown(m->park);
	park_free(m->park);
	workers_stop(m->workers);
	if (m->server)
		server_free(m->server);
	auth_library_close(m->auth);
	deliverer_free(m->deliverer);
	queue_close(m->queue);
	report_close(&m->report, m->slot);
	workers_free(m->workers);
	snapshot_slot_free(m->slot);
	resolver_free(m->services.resolver);
	agent_free(m->services.agent);
	log_free(m->services.log);
}

static int own_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

_Noreturn void mta_main(const struct mta_params *p)
{
	struct mta m = { .params = p->daemon, .agent_fd = p->agent_fd };

	prctl(PR_SET_NAME, "mta");
	m.signal_fd = own_signals();
	m.services = (struct services){ .log = p->daemon->log,
					.agent = agent_attach(p->agent_fd),
					.hostname = p->daemon->hostname };
	daemon_info(p->daemon, m.info);
	start(&m, p);
	if (obey_signals(&m, DEADLINE_NEVER) == SIGHUP)
		drain(&m);
	stop(&m);
	close(m.signal_fd);
	exit(0);
}
