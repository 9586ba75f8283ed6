/*
 * engine.h - libunbound behind two calls: put a question, wait for its answer.
 *
 * The library works in a thread of its own; one more thread here takes its answers and wakes those who wait. Private to
 * net/resolver.c. A question whose asker has gone is forgotten when its answer comes.
 *
 * Threads: any may ask. Blocks: engine_wait, up to its deadline. Errors: see struct dns_answer (LOOKUP_FAILED).
 */
#ifndef NET_ENGINE_H
#define NET_ENGINE_H

#include "net/resolver.h"

#define ENGINE_SERVERS_MAX 8
#define ENGINE_ASKED_MAX   4096 /* questions under way; more are refused */

struct engine_params {
	struct view servers[ENGINE_SERVERS_MAX]; /* "192.0.2.53" or "192.0.2.53@5353" */
	size_t n_servers;
	const char *trust_anchor; /* file; NULL: no DNSSEC */
};

struct engine;
struct question;

struct engine *engine_new(
	const struct engine_params *p); /* NULL when the library or the system refuses */
void engine_free(struct engine *e);     /* nobody is waiting */
struct question *engine_ask(struct engine *e, const char *name,
			    enum dns_type type); /* NULL: refused */
/* Waits, fills *out from the arena, and lets the question go. */
void engine_wait(struct question *q, int64_t deadline, struct arena *a, struct dns_answer *out);

#endif
