/*
 * hoststat.h - the host status directory: a small file for each host that mail was sent to (contract/queue.md 6.9).
 *
 * Written only when HostStatusDirectory is set. The path of a host is its labels from the last to the first, every directory with a dot at
 * its end: mail.example.com is com./example./mail. A file is rewritten in place under its lock; a status older than
 * Timeout.hoststatus counts for nothing.
 *
 * Threads: any. Blocks: on the disk. Errors: -errno.
 */
#ifndef QUEUE_HOSTSTAT_H
#define QUEUE_HOSTSTAT_H

#include "base/found.h"
#include "mail/status.h"
#include "rewrite/snapshot.h"

struct hoststat {
	int error; /* errno of the last attempt */
	int exit;  /* EX_* */
	uint8_t dsn[3];
	char text[84]; /* the peer's reply */
	bool has_text; /* it said something, be it nothing at all */
	int64_t used_s;
};

/* The relative path of a host's file; false when the name is not fit for one. */
bool hoststat_path(struct view host, struct str *out);
/* What was noted of the host, if it is fresh. */
enum found hoststat_read(const struct config *cf, struct view host, struct hoststat *out);
int hoststat_write(const struct config *cf, struct view host, const struct hoststat *status);
/* The same into the file whose lock the caller holds. */
int hoststat_write_locked(int fd, const struct hoststat *status);
/* SingleThreadDelivery: a descriptor that holds the host's lock, -EWOULDBLOCK when another delivery has it; -ENOENT without the option. */
int hoststat_lock(const struct config *cf, struct view host);

/* hoststat, sendmail -bh: the listing. purgestat, -bH: removes what is too old. EX_* status. */
int hoststat_list(const struct snapshot *snap, bool verbose,
		  void (*write)(void *arg, struct view text), void *arg);
int hoststat_purge(const struct snapshot *snap);

#endif
