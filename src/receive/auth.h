/*
 * auth.h - AUTH in a session: what is offered, the dialogue, and what is known of a client that has authenticated (RFC 4954).
 *
 *   AUTH mechanism [response] --> 334 challenge <--> response ... --> 235, 535, 501      between these the session is in PHASE_AUTH
 *
 * Private to receive/. Threads: the session's; auth_offers are the server's and unchanging. Blocks: auth_answer and cmd_auth, on
 * whoever keeps the passwords.
 */
#ifndef RECEIVE_AUTH_H
#define RECEIVE_AUTH_H

#include "receive/session.h"
#include "smtp/auth_library.h"

/* What a configuration offers, with mechanisms that show the password and without them. Made once, when the server is made. */
struct auth_offers {
	struct auth_library *library;        /* NULL: there is no AUTH */
	struct str available[2], offered[2]; /* [1]: none that need a layer */
};

void auth_offers_init(struct auth_offers *o, struct auth_library *library, const struct config *cf);
void auth_offers_done(struct auth_offers *o);

/* The names for EHLO, separated by blanks; "" none. */
struct view auth_offered(const struct session *s);
/* Does the library have any mechanism at all for this session? */
bool auth_has_any(const struct session *s);
/* AUTH commands before it is an attack, 0: not counted. */
int auth_limit(const struct session *s);
/* At the start of a conversation: what there is, for the log. */
void auth_log_offer(struct session *s);

/* The client's next line while the phase is PHASE_AUTH. */
void auth_answer(struct session *s, struct view line);
/* Forgets a dialogue that is under way. */
void auth_give_up(struct session *s);

#endif
