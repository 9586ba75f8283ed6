/*
 * receivers.h - who can have a report, found out before it is written.
 *
 * The addresses that a report is for go through the rules and the aliases while the message that it is about is still being
 * settled. What is wrong with one of them is part of that message's story: it stands in its transcript, which the report
 * shows, and in the log under its id. Whoever is left is tried when the report is the queue's.
 *
 * Threads: the one that settles the message. Blocks: maps, DNS, files through the agent, each with a deadline.
 */
#ifndef REPORT_RECEIVERS_H
#define REPORT_RECEIVERS_H

#include "envelope/envelope.h"

/* Resolves the recipients of report, which is about this message. How many may get it; 0: there is nobody to send it to. */
size_t receivers_find(const struct services *sv, struct envelope *about, struct envelope *report);

#endif
