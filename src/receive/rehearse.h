/*
 * rehearse.h - what a client would be told, without the client: the server's own commands, one at a time, their replies as text.
 *
 * The daemon meant is the first one of the configuration. Nothing is delivered, queued, logged by the rehearsal itself or counted, and nobody
 * is asked but maps and the name service; the client's ident service is left alone, and filters are not asked. Commands that would take or
 * change something (DATA, ETRN) are for the caller not to give.
 *
 * One thread. Blocks on maps and names. Replies live in the arena given.
 */
#ifndef RECEIVE_REHEARSE_H
#define RECEIVE_REHEARSE_H

#include "receive/server.h"

struct rehearsing;

/* The client connects; *out_greeting is what it is told, after the pause *out_pause_ms. what must live on. */
struct rehearsing *rehearse_new(struct snapshot_slot *slot, const struct services *sv,
				const struct rehearsal *what, struct arena *a,
				struct view *out_greeting, int64_t *out_pause_ms);
/* Its next command, without line end. The reply: lines separated by LF, the last without one. */
struct view rehearse_say(struct rehearsing *r, struct view line, struct arena *a);
bool rehearse_is_over(const struct rehearsing *r); /* the server would have closed the connection */
/* "name [address]" as log lines show the client. */
struct view rehearse_relay(const struct rehearsing *r);
void rehearse_free(struct rehearsing *r);

#endif
