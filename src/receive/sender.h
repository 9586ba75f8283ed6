/*
 * sender.h - what SMTP and the command line have in common about a message: $f, and its declared body type.
 */
#ifndef RECEIVE_SENDER_H
#define RECEIVE_SENDER_H

#include "envelope/envelope.h"

/* $f: the envelope sender as rulesets 3, 1 and 4 leave it, before any mailer's view of it; "" for <>. In the arena of rw. Blocks: on
 * the maps of these rulesets. */
struct view sender_canonical(struct rw *rw, struct view address);

/* $x: the full name of the account that a local sender is, where it has one. Blocks: on the account database. */
void sender_set_full_name(struct envelope *e, const struct triple *sender, struct arena *a);

/* A text without 8-bit bytes needs no 8BITMIME on its way, whatever was declared. After the sender has been logged. */
void sender_settle_body_type(struct envelope *e);

#endif
