/*
 * runtime.h - what every mode of the sendmail command needs: configuration, log, resolver, agent.
 *
 * runtime_start chooses the configuration file (-C, -Ac, -Am, or by mode: submit.cf for submission when there is one) and the log;
 * the daemon goes on from there. runtime_open does that and loads the configuration, prints its messages, and sets up
 * the services of a single-process command. Single-threaded; the resolver starts its thread at its first question.
 */
#ifndef PROGRAMS_RUNTIME_H
#define PROGRAMS_RUNTIME_H

#include <limits.h>

#include "programs/flags.h"
#include "rewrite/snapshot.h"

struct runtime_start {
	struct config_params config;
	struct log *log;
	char hostname[256];
	char config_path[PATH_MAX];
	char prefix[PATH_MAX]; /* where the installed tree is, if it was moved */
	uid_t real_uid;
};

/* Gives up extra privileges first when the flags ask for something unsafe. */
void runtime_start_init(const struct flags *f, bool is_daemon, struct runtime_start *out);
void runtime_start_done(struct runtime_start *s);

struct runtime {
	struct runtime_start start;
	struct services services;
	struct snapshot *snap;
	struct snapshot_slot *slot;
};

/* 0, or an exit status (78 after configuration errors) with the messages already printed; to be closed in either case. */
int runtime_open(const struct flags *f, struct runtime *out);
void runtime_close(struct runtime *r);

/* Name service as the configuration wants it: HostsFile, the service switch. */
void runtime_resolver_params(const struct config *cf, struct resolver_params *out);

/* The directory with sendmail.cf: etc/mail of the tree in which the program is, which may have been moved as a whole; else the one
 * given when building; else /etc/mail. */
const char *runtime_config_dir(char *buffer, size_t size);

#endif
