/*
 * crowd.h - due messages for a destination that has enough under way stay on disk until it has room again.
 *
 * So the messages in memory are for many destinations, whatever most of the queue is for. A destination is crowded when CROWDED messages
 * for the same host have been opened out of their files, or as many tasks wait at the site where the message went last
 * time. Each one that is over lets the first of those set aside in again, in the order of the queue run. Where the site
 * was the reason, those are looked at when it has few waiting; all of them after each look into the directories.
 *
 *     READY --(first in line, destination crowded)--> CROWDED --(one less under way, or a sweep)--> READY --> ACTIVE
 *
 * Only in a process that runs its queue by itself: a single run takes its messages in their order. Under the queue's lock, but for the first two.
 */
#ifndef QUEUE_CROWD_H
#define QUEUE_CROWD_H

#include "queue/queue_private.h"

/* The host of an address as a queue file has it; empty: none. */
struct view crowd_host(struct view address);
/* Its destination: a hash of that host, 0 when there is none. */
uint32_t crowd_dest(struct view address);
/* Sets records aside until the first ready one is for a destination with room. Bounded: the rest is for the next call. */
void crowd_set_aside(struct queue *q);
/* A message for that destination was opened out of its file; it is over, or could not be read. */
void crowd_enter(struct queue *q, uint32_t dest);
void crowd_leave(struct queue *q, uint32_t dest);
/* One task less waits at that site. */
void crowd_site_moved(struct queue *q, const struct site *s);
/* There may be room for some of those set aside. */
void crowd_look_again(struct queue *q);
/* Makes some of those ready whose destination has room; true when it is to be called once more. By the tending thread. */
bool crowd_sweep(struct queue *q);

#endif
