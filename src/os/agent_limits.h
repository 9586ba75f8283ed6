/*
 * agent_limits.h - what the mta may ask the agent for, however it came to ask. Private to os/agent*.c.
 *
 * The mta speaks with the network; the agent must not become its way to more rights than the configuration gives to mail. So what the
 * configuration fixes is not taken from a request but from here, and what a request says of users has to agree with the
 * account database. Works only where the process is root; elsewhere everything is done as ourselves anyway.
 *
 * Threads: one. Blocks: on name services.
 */
#ifndef OS_AGENT_LIMITS_H
#define OS_AGENT_LIMITS_H

#include "os/agent.h"

struct limits;

struct limits *limits_new(const struct agent_limits *l);
void limits_free(struct limits *l);
/* Both change a request to what may be done, or refuse it: 0 or -EPERM. l NULL: no program may keep its uid. */
int limits_on_program(const struct limits *l, struct agent_program *p);
int limits_on_open(const struct limits *l, struct agent_open *o);

#endif
