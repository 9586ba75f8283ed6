/*
 * pidfile.h - the file that says who the daemon is (contract/command-line.md 8.8): the pid, then the command line.
 *
 * It is locked as long as the daemon runs, so a second daemon does not overwrite it. Failures are logged and change nothing
 * else. Single thread. Owns the descriptor that holds the lock.
 */
#ifndef DAEMON_PIDFILE_H
#define DAEMON_PIDFILE_H

#include "base/log.h"

struct pidfile {
	char *path; /* NULL: none */
	int fd;
};

/* path empty: no file. argv: as started, NULL ends. */
void pidfile_write(struct view path, const char *const *argv, struct log *log, struct pidfile *out);
/* Removes the file, if it is still ours. */
void pidfile_remove(struct pidfile *f);
/* In a child that is not the daemon: lets go without removing. */
void pidfile_forget(struct pidfile *f);

#endif
