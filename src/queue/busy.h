/*
 * busy.h - QueueLA and QueueFactor: what a busy machine leaves for later (contract/queue.md 6.5).
 *
 * A message waits while the load average has reached QueueLA and its priority is above QueueFactor / (load - QueueLA + 1). A whole run
 * is left out, or broken off, when not even a message to one recipient would be taken.
 *
 * Threads: any. Blocks on nothing but the reading of /proc/loadavg.
 */
#ifndef QUEUE_BUSY_H
#define QUEUE_BUSY_H

#include "config/options.h"

/* At this load; queue_la is the option's, or that of the daemon that took the message. */
bool busy_holds_at(const struct options *o, int queue_la, int load, int64_t priority);
/* At the load of this moment. */
bool busy_holds(const struct options *o, int queue_la, int64_t priority);
/* Is a run to be left out now? */
bool busy_holds_runs(const struct options *o);
/* The orders of a run for which no priority is read: priorities hold nothing back in these. */
bool busy_order_has_priority(char order);

#endif
