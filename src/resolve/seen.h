/*
 * seen.h - who was reached already, so that nobody gets the message twice.
 *
 * Keys are kept as hashes of 96 bits, seeded per process: 24 bytes in a table at most half full, for each of perhaps a million
 * members. Recipients live in scopes (an envelope, a part of a list, a part of a list in that): when a scope ends, its
 * recipients may be freed, and only the mark stays that they were there. One thread.
 */
#ifndef RESOLVE_SEEN_H
#define RESOLVE_SEEN_H

#include "envelope/envelope.h"

#define SEEN_KEY_MAX 1200

struct seen;

struct seen *seen_new(void); /* with its first scope */
void seen_free(struct seen *s);
void seen_enter(struct seen *s); /* a scope inside the present one */
void seen_leave(struct seen *s);
/* NULL: new, or gone with its scope: *out_is_gone tells. */
struct rcpt *seen_get(const struct seen *s, struct view key, bool *out_is_gone);
void seen_set(struct seen *s, struct view key,
	      struct rcpt *r); /* r belongs to the present scope; replaces */

#endif
