/*
 * mta.h - the process that does the work: server, queue, deliveries, in threads (design section 2).
 *
 * Runs in a child of the agent, from its first line to its exit. Start-up: read the configuration anew, become the
 * configured user or give up every capability, open the queue, start the threads, enter the sandbox, say so on ready_fd.
 * Then its first thread waits for signals: TERM ends soon, HUP ends when what it does is finished, USR1 logs the state,
 * USR2 obeys an operator's request, or looks at the queue directories. The end of the agent is the same as TERM.
 */
#ifndef DAEMON_MTA_H
#define DAEMON_MTA_H

#include "daemon/daemon.h"
#include "daemon/listen.h"

#define MTA_READY 'R' /* the byte on ready_fd */

struct mta_params {
	const struct daemon_params *daemon;
	struct listeners *listeners;
	int agent_fd; /* the mta's end of the agent's socket */
	int ready_fd;
};

/* The signals of daemon.h must be blocked. Takes the descriptors. */
_Noreturn void mta_main(const struct mta_params *p);

#endif
