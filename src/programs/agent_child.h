/*
 * agent_child.h - an agent in a process of its own, for a command that delivers with several threads.
 *
 * A threaded process may neither fork nor change its user; what needs that is asked of a child that is started while there
 * are no threads yet. It ends when the handle is freed, or its owner is gone.
 *
 * Threads: agent_child_start in one, before others are started.
 */
#ifndef PROGRAMS_AGENT_CHILD_H
#define PROGRAMS_AGENT_CHILD_H

#include <sys/types.h>

#include "config/config.h"
#include "os/agent.h"

/* NULL: no process or descriptor to be had. Only the mailers with flag S may keep root's uid. */
struct agent *agent_child_start(const struct config *cf, pid_t *out_pid);
/* Frees the handle and waits for the child. */
void agent_child_end(struct agent *a, pid_t pid);

#endif
