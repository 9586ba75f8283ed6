/*
 * services.h - what running mail needs besides its configuration: where to log, ask names, and act as a user.
 *
 * One per process, made at start-up, handed down by pointer, never changed afterwards. Each member is thread-safe.
 */
#ifndef MAP_SERVICES_H
#define MAP_SERVICES_H

#include "base/log.h"
#include "net/resolver.h"
#include "os/agent.h"

struct services {
	struct log *log;
	struct resolver *resolver;
	struct agent *agent;
	const char *hostname; /* as found at start-up, for those who need it before a config */
};

#endif
