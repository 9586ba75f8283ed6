/*
 * answer_cache.h - answers of the DNS for as long as their TTL allows.
 *
 * A look-up here costs no change of thread, which is why it stands before the library's own cache. Bounded: the answer that
 * was used longest ago goes when a new one needs its place. Failures and answers with TTL 0 are not kept.
 *
 * Threads: any. Blocks: never. Owns: copies.
 */
#ifndef NET_ANSWER_CACHE_H
#define NET_ANSWER_CACHE_H

#include "net/resolver.h"

struct answer_cache;

struct answer_cache *answer_cache_new(size_t max_answers);
void answer_cache_free(struct answer_cache *c);
void answer_cache_clear(struct answer_cache *c);
bool answer_cache_get(struct answer_cache *c, struct view name, enum dns_type type, struct arena *a,
		      struct dns_answer *out);
void answer_cache_put(struct answer_cache *c, struct view name, enum dns_type type,
		      const struct dns_answer *answer);

#endif
