/*
 * bench.h - a configuration for questions only: no queue, a log that goes nowhere, maps and the name service as they are.
 *
 * A command may have several open at a time. Single-threaded.
 */
#ifndef PROGRAMS_BENCH_H
#define PROGRAMS_BENCH_H

#include <limits.h>

#include "rewrite/snapshot.h"

struct bench {
	struct services services;
	struct snapshot_slot *slot;
	struct snapshot *snap;
	char hostname[256];
	char path[PATH_MAX];
};

/* config NULL: the installed sendmail.cf. Prints errors of the configuration. 0 or an exit status; to be closed in either case. */
int bench_open(struct bench *b, const char *config);
void bench_close(struct bench *b);

#endif
