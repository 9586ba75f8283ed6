/*
 * host_state.h - what is known of a host before it is called, and what is noted afterwards: HostStatusDirectory and
 * SingleThreadDelivery (contract/queue.md 6.9).
 *
 * Without HostStatusDirectory nothing here does anything. A host is an MX host, named as the DNS names it; a failure that is younger than
 * Timeout.hoststatus is believed, and the host not called. With SingleThreadDelivery the connection holds the lock of the
 * host's file until it is closed.
 *
 * Threads: any. Blocks: on the disk.
 */
#ifndef DELIVER_HOST_STATE_H
#define DELIVER_HOST_STATE_H

#include "deliver/smtp_client.h"

/* May the host be called? Then *out_lock is the descriptor that holds its lock, or -1. Else *out_status is the outcome, in words of at->arena. */
bool host_state_may_call(struct attempt *at, struct view host, int *out_lock,
			 struct status *out_status);
/* It could not be connected to (error: -errno), or did not greet us (error: 0). */
void host_state_note_failure(struct attempt *at, struct view host, int lock_fd, int error,
			     const struct status *st);
/* A transaction is over. */
void host_state_note_sent(struct attempt *at, const struct smtp_client *c);

#endif
