/*
 * listen.h - the sockets that the daemon listens on (DaemonPortOptions, contract/options.md 2.3).
 *
 * Single thread, before and beside the mta: names are looked up with the system's resolver and may block. Owns the
 * descriptors.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "config/config.h"
#include "net/addr.h"

struct listener {
	int fd;
	int daemon_index; /* in options.daemons */
	struct addr addr;
};

struct listeners {
	struct listener v[DAEMONS_MAX];
	size_t n;
};

/*
 * Binds what the configuration asks for. Sockets of `old` (may be NULL) with the same address are taken over, and the
 * rest of them are closed when all went well. 0, or -errno after a message in the log and on standard error; then `old`
 * is as it was. A daemon with modifier O may fail.
 */
int listeners_open(const struct config *cf, struct log *log, struct listeners *old,
		   struct listeners *out);
void listeners_close(struct listeners *l);

#endif
