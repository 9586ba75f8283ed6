/*
 * gate.h - the door of the server: one thread that accepts, and wakes those who were slowed down.
 *
 * It holds the listening sockets in an epoll of its own, beside an event descriptor for stop and for new alarms. A connection over
 * a limit (MaxDaemonChildren, children=, RefuseLA) is closed at once; over ConnectionRateThrottle the
 * listening socket rests until the next second. Private to receive/.
 *
 * Threads: struct server is locked inside; gate_run is the body of the accepting thread.
 */
#ifndef RECEIVE_GATE_H
#define RECEIVE_GATE_H

#include <pthread.h>

#include "base/list.h"
#include "receive/auth.h"
#include "receive/session.h"

struct alarm {
	int64_t when_ms;
	struct session *session;
};

struct server {
	struct server_params params;
	struct rates *rates;
	struct auth_offers auth;
	pthread_mutex_t lock;
	pthread_cond_t emptied;
	struct list sessions;
	size_t n_sessions;
	struct server_daemon daemons[DAEMONS_MAX];
	int n_daemons;
	struct alarm *alarms; /* a heap, the earliest first */
	size_t n_alarms, cap_alarms;
	int epoll_fd, event_fd;
	pthread_t thread;
	bool is_running, is_stopping;
	bool is_rejecting;        /* the gate's: MinFreeBlocks are not there */
	_Atomic bool is_draining; /* no new clients */
	_Atomic int load;
	_Atomic int64_t load_at_ms;
};

void *gate_run(void *server);
void gate_wake(struct server *s);

#endif
