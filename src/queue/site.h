/*
 * site.h - where mail goes: one record for each mailer and host group, with its concurrency and recent status.
 *
 * A site key is "mailer\0signature", the signature being the triple's host (or the MX group when known). Concurrency starts at
 * a few, grows on success, falls on failure; a site that failed lately answers with its last status until it may be tried
 * again (host status in memory, contract/queue.md 6.9). Locked inside; lives as long as
 * anything names it; one that nobody has used for some minutes is forgotten.
 */
#ifndef QUEUE_SITE_H
#define QUEUE_SITE_H

#include "mail/status.h"
#include "queue/queue.h"

struct site *site_find(struct queue *q, const struct mailer *m,
		       struct view host); /* made when unknown */
struct view site_key(const struct site *s);
/* True when an attempt now would be pointless: *out_status is the recent failure (text in arena). */
bool site_is_down(struct site *s, struct arena *a, struct status *out_status);
void site_note_up(struct site *s);
void site_note_down(struct site *s, const struct status *why);

/* The connection cache: idle client connections of a site, opaque to the queue (deliver/ owns what it parks here). */
void *site_take_connection(struct site *s); /* NULL: none idle */
bool site_keep_connection(struct site *s, void *conn, void (*close_it)(void *conn),
			  int64_t idle_until,
			  int max_all); /* false: no room, here or in all caches */

#endif
