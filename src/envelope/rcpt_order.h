/*
 * rcpt_order.h - recipients in sendmail's order: by mailer, then by host, else as they came.
 *
 * The order of R lines in queue files, of to= in log lines, and of answers to VRFY. Threads: the one that holds the envelope.
 */
#ifndef ENVELOPE_RCPT_ORDER_H
#define ENVELOPE_RCPT_ORDER_H

#include "envelope/envelope.h"

/* By mailer and host only; 0 when they are the same. Unresolved ones come last. */
int rcpt_order_cmp(const struct rcpt *a, const struct rcpt *b);
void rcpt_order_sort(struct envelope *e);
/* The order from the second attempt on: recipients of one host by name, the last one first. */
void rcpt_order_again(struct envelope *e);
/* Expanded recipients of the command line: members stand where their list stood, the last one first (those of a file as they are
 * there); then by host alone. Done once in the life of an envelope: what
 * comes later stays behind. */
void rcpt_order_members(struct envelope *e);

#endif
