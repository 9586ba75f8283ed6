/*
 * list_entry.h - one message as mailq shows it (contract/queue.md 6.8).
 *
 * Threads: any. Blocks on nothing.
 */
#ifndef QUEUE_LIST_ENTRY_H
#define QUEUE_LIST_ENTRY_H

#include "queue/walk.h"

#define LIST_NO_CONTROL " (no control file)"

struct list_style {
	const struct options *options;
	bool verbose;
	int64_t now_s;
	int load;
	bool reads_head; /* a run would know of age and priority when it makes its list */
};

/* Adds its lines; the entry's text and head are there. */
void list_entry_add(struct str *out, const struct list_style *l, const struct queue_entry *e);

#endif
