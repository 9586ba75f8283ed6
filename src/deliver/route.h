/*
 * route.h - from an envelope that is due to the tasks of its attempt.
 *
 * Resolves the recipients, gives those behind a list with an owner to a copy of the message with the owner as its sender, and
 * groups the rest by mailer and host. Blocks on resolve/.
 */
#ifndef DELIVER_ROUTE_H
#define DELIVER_ROUTE_H

#include "deliver/attempt.h"

/* The tasks, in the envelope's arena; their number. */
size_t route_envelope(struct job *job, struct envelope *e, struct task ***out_tasks);

#endif
