/*
 * server.h - the SMTP server: listeners, connections, sessions.
 *
 * gate.c accepts and applies limits; a session (session.h, private) is parked while it waits and worked on by the pool
 * when bytes have arrived. One struct conn per client holds everything; nothing lives on a stack between commands.
 */
#ifndef RECEIVE_SERVER_H
#define RECEIVE_SERVER_H

#include "net/addr.h"
#include "net/park.h"
#include "queue/queue.h"

struct auth_library;
struct server;

/* A conversation that never took place: what a client would be told (rehearse.h). Nothing is asked of the client, no queue is touched. */
struct rehearsal {
	struct addr client;
	struct view client_name; /* taken as confirmed; none: asked of the name service */
	const struct rw_observer *rules_observer;
};

struct server_params {
	struct snapshot_slot *slot;
	const struct services *services;
	struct auth_library *auth;         /* NULL: nobody can authenticate */
	struct queue *queue;               /* NULL in a rehearsal */
	const struct rehearsal *rehearsal; /* NULL: the real thing */
	struct workers *workers;
	struct park *park;
	const char *daemon_info; /* "SMTP+queueing@00:30:00" for ${daemon_info} */
	bool for_tests; /* nobody is made to wait, and input before a reply that ends a group is let through */
};

struct server *server_new(const struct server_params *p);
/* What AUTH needs for this configuration, or NULL: before there are threads, and while the files of passwords can still be opened. */
struct auth_library *server_open_auth(const struct config *cf, struct log *log);
/* A bound and listening socket for one DaemonPortOptions entry (index into options.daemons); takes the descriptor. */
void server_add_listener(struct server *s, int fd, int daemon_index);
int server_start(struct server *s); /* begins to accept */
/* No new clients from here on; those that are here go on to their end. The sockets stay open. */
void server_drain(struct server *s);
/* Stops accepting, answers 421 to those that wait, waits for running commands until the deadline. */
void server_stop(struct server *s, int64_t deadline);
void server_free(struct server *s);
size_t server_connections(const struct server *s);

/* -bs: one session on standard input and output, in this thread. Returns an exit status. */
int server_run_stdio(struct server *s, int fd_in, int fd_out);

#endif
