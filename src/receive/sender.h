/* sender.h - $f: the envelope sender as rulesets 3, 1 and 4 leave it, before any mailer's view of it. "" for <>. */
#ifndef RECEIVE_SENDER_H
#define RECEIVE_SENDER_H

#include "rewrite/rewrite.h"

/* In the arena of rw. Blocks: on the maps of these rulesets. */
struct view sender_canonical(struct rw *rw, struct view address);

#endif
