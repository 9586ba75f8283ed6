/*
 * mx.h - the hosts to try for a destination, in order.
 *
 * The destination is the host part of a triple: "a.test", "[a.test]" (no MX), "[192.0.2.1]", "a.test:b.test" (first a's
 * hosts, then b's), "a.test,b.test" (equal preference). For each name the MX rules of contract/smtp.md 7.10: sorted
 * by preference, equals shuffled, cut off at our own name, null MX, no MX means the host itself; FallbackMXhost behind all,
 * FallbackSmartHost when there is no such host.
 *
 * Threads: any. Blocks on the resolver up to the deadline. Memory: the arena.
 */
#ifndef DELIVER_MX_H
#define DELIVER_MX_H

#include "mail/status.h"
#include "net/resolver.h"
#include "rewrite/rewrite.h"

#define MX_HOSTS_MAX 100

struct mx_host {
	struct view
		name; /* as logs show it: a mail exchanger's with a final dot, a literal's with brackets */
	uint32_t preference; /* grows over the parts of an a:b list */
	uint32_t tie;        /* random order among equals */
	bool is_literal;
	bool is_secure;   /* DNSSEC says so */
	struct addr addr; /* is_literal */
};

struct mx_list {
	struct mx_host *v;
	size_t n;
	/* n 0: the one host that would have been called, had it an address; none */
	struct view without_address;
};

struct mx_query {
	/* resolver_ask and resolver_addresses, or a test's own */
	enum found (*ask)(void *arg, struct view name, enum dns_type type, int64_t deadline,
			  struct arena *a, struct dns_answer *out);
	enum found (*addresses)(void *arg, struct view name, int family, int64_t deadline,
				struct arena *a, struct dns_answer *out);
	void *arg;
	const struct config *cf;
	bool use_mx;   /* false: mailer flag 0 */
	uint16_t port; /* for literals */
	int64_t deadline;
};

/* The real resolver behind a query. */
void mx_query_init(struct mx_query *q, struct resolver *r, const struct config *cf);

/* EX_OK_ with at least one host; or no host, and EX_TEMPFAIL_, EX_NOHOST_, EX_CONFIG_, EX_UNAVAILABLE_ and *out_status. */
int mx_expand(const struct mx_query *q, struct view destination, struct arena *a,
	      struct mx_list *out, struct status *out_status);

#endif
