/*
 * rights.h - which parts of the file system the mta needs, found in its configuration.
 *
 * Written to: queue directories, host status, statistics, dead letters, control socket. Read: the system's own data
 * (/etc, /usr ...) and, for every path that the configuration mentions anywhere, the directory it is in: maps are replaced by
 * renaming, so the directory is what must stay readable. Single thread; memory of the arena.
 */
#ifndef DAEMON_RIGHTS_H
#define DAEMON_RIGHTS_H

#include "config/config.h"
#include "os/agent.h"

#define RIGHTS_MAX 512 /* paths of a kind; more are left out, and the log says so */

struct rights {
	const char *read[RIGHTS_MAX], *write[RIGHTS_MAX];
	size_t n_read, n_write;
	bool is_cut;
};

void rights_find(const struct config *cf, struct arena *a, struct rights *out);

/* For every absolute path in a text that is not the configuration's, the same as for one in it. */
void rights_add_mentioned(struct rights *r, struct view text, struct arena *a);

/* Tells the agent what this configuration allows: programs that keep root's uid and their environment, directories to change the
 * root to, users, SafeFileEnvironment and DontBlameSendmail. */
void rights_limit_agent(const struct config *cf, struct agent_server *server);

#endif
