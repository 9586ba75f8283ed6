/*
 * resolver.h - names to addresses, MX and the rest, by libunbound's asynchronous calls, /etc/hosts beside it.
 *
 * One thread owns the library's context; callers wait for their answer with a deadline. Answers honour TTLs; DNSSEC
 * status is reported. "Does not exist" and "could not ask" are different results (enum found). REFUSED, SERVFAIL and a
 * deadline are LOOKUP_FAILED. Threads: any.
 *
 * Literals, names of the hosts file and answers that are still fresh come back at once, in the caller's thread. The hosts file
 * and resolv.conf are read again when they have changed. Names are taken as they are: nothing of the search list is
 * appended (resolver_search gives it to those who want that). A deadline of DEADLINE_NEVER is allowed: timeout_ms bounds
 * every question.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/arena.h"
#include "base/found.h"
#include "net/addr.h"

struct resolver;

struct resolver_params {
	const char *
		resolv_conf; /* NULL: /etc/resolv.conf; name servers there may have a port: 192.0.2.53@5353 */
	const char *
		name_server; /* "192.0.2.53" or "192.0.2.53@5353", instead of those of resolv.conf; NULL: those */
	const char *hosts_file;  /* NULL: /etc/hosts; "" none */
	bool search_hosts_first; /* service switch: hosts before DNS (the usual) */
	bool use_dns;            /* false: hosts file only (service.switch without dns) */
	int timeout_ms;          /* of one question in all; 0: 20000 */
	bool with_dnssec;
	const char
		*trust_anchor; /* file with the root's DNSKEY or DS; NULL: where systems keep it */
};

struct resolver *resolver_new(
	const struct resolver_params *p); /* starts its thread at the first question */
void resolver_free(struct resolver *r);

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AFSDB = 18,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52
};

struct dns_record {
	uint16_t preference;   /* MX, AFSDB, SRV priority */
	uint16_t weight, port; /* SRV */
	struct view
		name; /* MX, CNAME, PTR, NS, SRV target; without the final dot; TXT: the strings joined */
	struct view data; /* the raw rdata */
	struct addr addr; /* A, AAAA */
};

struct dns_answer {
	enum found found; /* NOT_FOUND: no such name, or no record of that type (is_nodata tells) */
	bool is_nodata;
	bool is_secure; /* validated by DNSSEC */
	int rcode;      /* of the DNS, -1 when nothing was heard */
	int64_t ttl_s;
	struct view canonical; /* the name at the end of the CNAME chain */
	struct view why;       /* for LOOKUP_FAILED: what went wrong, in words */
	struct view
		loop; /* for LOOKUP_FAILED: a name of the loop, when aliases lead into one; else none */
	bool from_hosts;
	struct dns_record *records;
	size_t n;
};

/* Everything in *out lives in the arena. Returns the same as out->found. */
enum found resolver_ask(struct resolver *r, struct view name, enum dns_type type, int64_t deadline,
			struct arena *a, struct dns_answer *out);
/* Addresses of a host, IPv4 and IPv6 (family AF_UNSPEC) or one of them, hosts file included, CNAMEs followed. */
enum found resolver_addresses(struct resolver *r, struct view name, int family, int64_t deadline,
			      struct arena *a, struct dns_answer *out);
/* The hosts file alone: true and the first name of the line that has this name; false when there is none. */
bool resolver_hosts_name(struct resolver *r, struct view name, struct arena *a,
			 struct view *out_canonical);
/* The i-th domain of resolv.conf's search list, in the arena; none past the end. */
struct view resolver_search(struct resolver *r, size_t i, struct arena *a);
/* Forgets every answer that was kept (the library's own too). */
void resolver_flush(struct resolver *r);
/* The name of an address. */
enum found resolver_name(struct resolver *r, const struct addr *addr, int64_t deadline,
			 struct arena *a, struct dns_answer *out);

#endif
