/*
 * deliverer.h - threads that ask the queue for work and do it: route, then deliver.
 *
 * In the daemon a bounded pool of delivery threads; in a command-line process the caller's thread does one envelope
 * (deliver_envelope) or works until the queue is idle (deliver_run). Outcomes go through outcome.c, which
 * logs the delivery line and gives each recipient its state; reports are made when the attempt of an envelope is over.
 */
#ifndef DELIVER_DELIVERER_H
#define DELIVER_DELIVERER_H

#include "queue/queue.h"
#include "resolve/expand.h"

struct deliverer;

struct deliverer_params {
	struct queue *queue;
	struct snapshot_slot *slot;
	const struct services *services;
	int max_threads; /* 0: 64 */
	/* -v: every protocol line and step, as contract/command-line.md 8.4; NULL off. is_out: 1 sent, 0 received, -1 a remark. */
	void (*verbose)(void *arg, int is_out, struct view line);
	void *verbose_arg;
	/* Without verbose: what fails of a queued message, for whoever waits for the run in the foreground; NULL off. */
	void (*complain)(void *arg, int is_out, struct view line);
};

struct deliverer *deliverer_new(const struct deliverer_params *p);
int deliverer_start(struct deliverer *d); /* threads */
/* Waits for its threads; queue_stop first, so that none waits for work. False: some still deliver, and what they use must stay. */
bool deliverer_stop(struct deliverer *d, int64_t deadline);
void deliverer_free(struct deliverer *d);

/* In the caller's thread: until the queue is idle. */
void deliver_run(struct deliverer *d);
/* The same by as many threads as are of use, up to max_threads. The agent must be a remote one (os/agent.h). The queue is stopped
 * afterwards. */
void deliver_run_many(struct deliverer *d);

#endif
