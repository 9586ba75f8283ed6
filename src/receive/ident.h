/*
 * ident.h - ask the client's host who owns the connection (RFC 1413).
 *
 * Blocks: at most timeout_s in all. Anything but a clean answer is "not known". Thread-safe.
 */
#ifndef RECEIVE_IDENT_H
#define RECEIVE_IDENT_H

#include "base/arena.h"
#include "net/addr.h"

/* The user, only printable bytes without blanks, at most 63; none when not known. */
struct view ident_ask(const struct addr *peer, const struct addr *local, int64_t timeout_s,
		      struct arena *a);
/* The user out of one line of answer; none unless it is a USERID answer for these ports. For ident_ask and tests. */
struct view ident_parse(struct view line, unsigned peer_port, unsigned local_port, struct arena *a);

#endif
