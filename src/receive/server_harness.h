/*
 * server_harness.h - a whole SMTP server in a test: a small configuration, a queue in a temporary directory, no network.
 *
 * Nobody is made to wait (server_params.for_tests). For unit tests and the fuzz target; not part of any program.
 */
#ifndef RECEIVE_SERVER_HARNESS_H
#define RECEIVE_SERVER_HARNESS_H

#include "receive/server.h"

struct server_harness {
	char dir[64];
	struct services services;
	struct snapshot_slot *slot;
	struct queue *queue;
	struct server *server;
};

/* more: lines of configuration behind the usual ones; NULL: none. */
void harness_open(struct server_harness *h, const char *more);
/* The same with clients that may authenticate; the library stays the caller's. */
void harness_open_auth(struct server_harness *h, const char *more, struct auth_library *auth);
void harness_close(struct server_harness *h);
/* Everything the server says to a client that sends all of this and then hangs up. */
void harness_talk(struct server_harness *h, struct view input, struct str *out);
/* The text of the only message in the queue: its df file; empty when there is none. The queue is emptied. */
void harness_take_body(struct server_harness *h, struct str *out);

#endif
