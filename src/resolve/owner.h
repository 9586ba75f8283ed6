/*
 * owner.h - members of a list with an owner leave with a copy of the message that has the owner as its sender.
 *
 * owner_split makes the copies and leaves the envelope as it is; when they are safe, owner_split_done takes those members out
 * of it. Threads: the one that holds the envelope. Copies have no id yet.
 */
#ifndef RESOLVE_OWNER_H
#define RESOLVE_OWNER_H

#include "envelope/envelope.h"

/* How many copies; *out_copies is a heap array that the caller frees, after it has handed the copies on or freed them. 0: none, NULL. */
size_t owner_split(struct envelope *e, struct envelope ***out_copies);
/* The same with everybody who is to be reached, or told of: those without an owner leave in a copy with the sender. */
size_t owner_split_all(const struct envelope *e, struct envelope ***out_copies);
/* What a copy does not share: it is new to the queue. */
void owner_settle_copy(const struct envelope *e, struct envelope *copy);
/* The members that have gone into copies get this state. */
void owner_split_done(struct envelope *e, enum rcpt_state state);

#endif
