/*
 * fault_states.h - for tests: the states of a message on disk, as docs/queue-states.md lists them.
 *
 * states_observe looks at what a stopped process has left of one message and finds its row in the table. What fits none
 * breaks an invariant.
 */
#ifndef QUEUE_FAULT_STATES_H
#define QUEUE_FAULT_STATES_H

#include <stdbool.h>
#include <stddef.h>

#define STATES_MAX 16

struct states {
	long seen[STATES_MAX];
	long broken; /* observations that fit no row, or that lose an owed message */
};

/* The message in the queue directory `base`, all of whose messages have a body. is_owed: it was acknowledged and is not wholly
 * delivered. */
void states_observe(struct states *s, const char *base, const char *id, bool is_owed);
/* Compares the rows with the table in that file; returns how many lines differ, and prints them. */
int states_compare(const char *path);
/* Prints the rows; returns how many of them were never seen. */
int states_report(const struct states *s);

#endif
