/*
 * test_world.h - for tests: a queue directory, a configuration for it, and a queue on it.
 *
 *   struct test_world w;
 *   test_world_init(&w, NULL);   w.cf.options... = ...;   test_world_open(&w, true, 60);   ...   test_world_done(&w);
 *
 * The directory is below /tmp, or the parent that is given. Owns everything in it. Threads: one.
 */
#ifndef QUEUE_TEST_WORLD_H
#define QUEUE_TEST_WORLD_H

#include "queue/queue.h"

struct test_world {
	char base[64];
	char group_paths[2][80];
	struct services services;
	struct config cf;
	struct snapshot snap;
	struct snapshot_slot *slot;
	struct mailer mailer, slow; /* the second's mail is of another queue group */
	struct queue *queue;
};

void test_world_init(struct test_world *w, const char *parent);
/* Two directories of their own, for the groups mqueue and slow (r=2). Before it is opened. */
void test_world_add_groups(struct test_world *w);
/* Fails the test when the queue cannot be opened. */
void test_world_open(struct test_world *w, bool with_journal, int64_t interval_s);
/* The same with other parameters; slot and services are filled in. False when it cannot be opened. */
bool test_world_try_open(struct test_world *w, struct queue_params p);
/* Also closes the queue, if there is one. */
void test_world_done(struct test_world *w);

/* From a@b.test, to nobody yet, with this body. */
struct envelope *test_world_envelope(struct test_world *w, const char *body);

#endif
