/*
 * daemon.h - sendmail -bd: an agent that keeps the rights and the listening sockets, and an mta that does the work.
 *
 *   caller ──fork──> agent (binds, pid file, serves os/agent.h, supervises) ──fork──> mta (everything else, no rights)
 *
 * The agent stays single-threaded and never reads anything from the network. When the mta dies a new one is started; the
 * sockets stay open meanwhile. HUP makes a new mta with a newly read configuration, and the old one ends when it has finished
 * what it does. TERM and INT end both; USR1 logs the state. When the agent dies the mta ends.
 *
 * Call it before any thread exists and before anything that must not be inherited is open. Messages for the user go to
 * standard error until the daemon is ready.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "config/config.h"
#include "net/resolver.h"

struct daemon_params {
	const struct config_params *config; /* how to read the configuration, each time */
	/* What the configuration says of name service; NULL: the defaults. Strings must live as long as the configuration. */
	void (*resolver)(const struct config *cf, struct resolver_params *out);
	struct log *log;
	const char *hostname;
	const char *const *argv;           /* as started, for the pid file and the log; NULL ends */
	bool is_foreground;                /* -bD */
	bool with_smtp;                    /* -bd, -bD; false: only a queue runner (-q30m) */
	int64_t run_interval_s;            /* -q30m; 0: none */
	bool is_persistent;                /* -qp */
	const struct queue_select *select; /* what the runs take up; NULL: what is due */
};

/* With -bd: returns in the caller as soon as the daemon is ready, or could not start. With -bD: when it has ended. Returns an
 * exit status; in the daemon's own processes it does not return. */
int daemon_run(const struct daemon_params *p);

#endif
