/*
 * agent_act.h - what the agent does, in the process that may do it. Private to os/agent*.c.
 *
 * act_start forks: everything that needs memory or name services is prepared before, so that the child makes only system
 * calls until it becomes the program; this also holds in a process with threads. act_open takes the user's identity for the
 * file system for this thread only (setfsuid(2)), which drops root's override, and gives it back.
 *
 * Blocks: act_open on the file system. Errors: -errno; -EPERM when refused.
 */
#ifndef OS_AGENT_ACT_H
#define OS_AGENT_ACT_H

#include "os/agent.h"

/* Starts p with fd_in and fd_out (kept by the caller) as its standard input and output. *out_failure is readable when the
 * program has been entered (end of file) or could not be (an int, errno); the caller closes it. */
int act_start(const struct agent_program *p, int fd_in, int fd_out, pid_t *out_pid,
	      int *out_failure);

/* 0 with an open descriptor, else -errno with the reason. -EAGAIN: locked by somebody else just now. */
int act_open(const struct agent_open *what, struct agent_file *out);

#endif
