/*
 * runtime.h - what every mode of the sendmail command needs: configuration, log, resolver, agent.
 *
 * runtime_open chooses the configuration file (-C, -Ac, -Am, or by mode: submit.cf for submission when there is one), loads
 * it, prints its errors as sendmail does, and sets up the services. Single-threaded; the resolver starts its thread only at
 * its first question.
 */
#ifndef PROGRAMS_RUNTIME_H
#define PROGRAMS_RUNTIME_H

#include "programs/flags.h"
#include "rewrite/snapshot.h"

struct runtime {
	struct services services;
	struct snapshot *snap;
	struct snapshot_slot *slot;
	char hostname[256];
	const char *config_path;
	uid_t real_uid;
};

/* 0, or an exit status (78 after configuration errors) with the messages already printed. want_local_agent: false for the
 * daemon, which makes its own. */
int runtime_open(const struct flags *f, bool is_daemon, struct runtime *out);
void runtime_close(struct runtime *r);

/* The directory with sendmail.cf: the one given when building; else etc/mail beside a tree that was moved as a whole; else
 * /etc/mail. */
const char *runtime_config_dir(char *buffer, size_t size);

#endif
