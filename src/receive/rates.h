/*
 * rates.h - counting what clients do: connections and rates by address, and the misuse counters of one session.
 *
 * Threads: struct rates is locked inside; struct misuse belongs to its session.
 */
#ifndef RECEIVE_RATES_H
#define RECEIVE_RATES_H

#include <stdint.h>

#include "base/view.h"

#define BAD_COMMANDS_MAX 25
#define HELO_MAX         3
#define VRFY_MAX         6
#define ETRN_MAX         8
#define ATTACK_SLEEP_MAX 240 /* seconds */

/* Commands that are harmless once and a nuisance often. */
struct misuse {
	int n_bad, n_noop, n_helo, n_vrfy, n_etrn, n_auth;
	int auth_max; /* depends on how many mechanisms are offered; 0: no limit */
};

enum misuse_kind { MISUSE_NOOP, MISUSE_HELO, MISUSE_VRFY, MISUSE_ETRN, MISUSE_AUTH };

struct misuse_verdict {
	int sleep_s;   /* before the command is done: 0, 1, 2, 4 ... */
	bool is_first; /* log it */
	int count;
	bool must_close; /* far over the limit and the site limits its children */
};

/* Counts one command. noop_max: MaxNOOPCommands, 0 or less: no limit. */
struct misuse_verdict misuse_count(struct misuse *m, enum misuse_kind kind, int noop_max,
				   bool may_close);

struct rates;

struct rates *rates_new(void);
/* No thread uses it any more. */
void rates_free(struct rates *r);

struct rate_view {
	int client_connections;      /* open now from this address */
	int client_rate, total_rate; /* connections in the window */
};
/* A connection from this address begins; host is the address as text. window_s: ConnectionRateWindowSize. */
void rates_open(struct rates *r, struct view host, int64_t window_s, int64_t now_s,
		struct rate_view *out);
/* The connection has ended. */
void rates_close(struct rates *r, struct view host);

#endif
