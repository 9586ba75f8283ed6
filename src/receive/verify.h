/*
 * verify.h - who is behind an address: for VRFY, EXPN and sendmail -bv.
 *
 * The answers come in sendmail's order of recipients: by mailer, then by host, and among equals as it would have met them
 * (a list is taken from its end, a file from its beginning).
 *
 * Threads: the one that holds the envelope. Blocks: as resolve/ does.
 */
#ifndef RECEIVE_VERIFY_H
#define RECEIVE_VERIFY_H

#include "resolve/expand.h"

struct verify_result {
	const struct rcpt **found; /* with their triples; memory of the arena given */
	size_t n;
	const struct rcpt *failed; /* the first that has no good outcome; NULL: none */
	bool is_loop;              /* nothing was found since it all leads back to itself */
};

/* Adds the addresses of one list to e, the last one first. */
void verify_add(struct envelope *e, struct view list);
/* expands: follow aliases, lists and forwards; else look only whether the addresses are good. */
void verify_run(struct envelope *e, const struct resolve_ctx *ctx, bool expands, struct arena *a,
		struct verify_result *out);

#endif
