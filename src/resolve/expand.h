/*
 * expand.h - recipients to mailers: rules, aliases, :include:, .forward, owner- (contract/maps.md 5.5, 5.6).
 *
 * resolve_envelope takes every RCPT_NEW recipient through the rules and, where the mailer says so, through aliases and
 * forwards, adding members beside it (state RCPT_EXPANDED for the replaced one), dropping duplicates, until each is RCPT_ROUTED, or has an
 * outcome (unknown user: RCPT_FAILED with status; map failure: RCPT_DEFERRED). Depth is bounded by MaxAliasRecursion.
 *
 * A list of more than 2,000 members is handed on in parts, copies of the message that are delivered while the rest is
 * still being read (resolve_ctx.hand_on).
 *
 * Threads: the one that holds the envelope. Blocks: maps, DNS, files through the agent, each with a deadline.
 */
#ifndef RESOLVE_EXPAND_H
#define RESOLVE_EXPAND_H

#include "envelope/envelope.h"

enum resolve_flag {
	RESOLVE_VERIFY_ONLY = 1 << 0, /* VRFY, EXPN, -bv, RCPT: find out, deliver nothing */
	RESOLVE_NO_ALIASES = 1 << 1,  /* -n */
	RESOLVE_ONE_LEVEL = 1 << 2,   /* EXPN */
};

struct map;
struct local_user;

enum resolve_file { RESOLVE_FORWARD, RESOLVE_INCLUDE };

/* Who wants to watch the steps, as data. Any function may be NULL; what is handed over lives no longer than the call. */
struct resolve_observer {
	void *arg;
	void (*began)(void *arg, const struct rcpt *r);
	/* The rules gave r->triple; again when ruleset 5 gave another. */
	void (*routed)(void *arg, const struct rcpt *r, bool is_by_rule5);
	/* One alias map was asked. value: of FOUND. */
	void (*asked)(void *arg, const struct rcpt *r, const struct map *m, struct view key,
		      enum found found, struct view value);
	/* A file was opened (error 0), or why not (-errno, reason "" or in words). */
	void (*opened)(void *arg, const struct rcpt *r, enum resolve_file kind, struct view path,
		       int error, const char *reason, uid_t owner);
	/* The account of a local user was looked up. */
	void (*account)(void *arg, const struct rcpt *r, enum found found,
			const struct local_user *user);
};

struct resolve_ctx {
	const struct services *services;
	struct rw_trace *trace;                   /* NULL */
	const struct rw_observer *rules_observer; /* NULL */
	const struct resolve_observer *observer;  /* NULL */
	/* -v lines such as "bob... aliased to x, y"; NULL: off */
	void (*verbose)(void *arg, const char *line);
	void *verbose_arg;
	/* Mistakes of the system that came up on the way, such as a map file that is missing; they are in the log. NULL: nobody
	 * is told. */
	void (*mistaken)(void *arg, struct view text);
	void *mistaken_arg;
	/*
	 * Takes a copy of the message with some members of a long list: 0 and it is the taker's, or -errno and it stays the
	 * caller's. NULL: lists of any length stand in the envelope, up to the limit of its arena.
	 */
	int (*hand_on)(void *arg, struct envelope *part);
	void *hand_on_arg;
	/* Where nothing is handed on: how large the envelope may become, past which a list fails ("list too long"). 0: its
	 * arena's limit. At most half of that limit's sixteenfold. */
	size_t list_bytes;
	bool is_again;    /* who watches has seen a first resolving of the same recipients */
	bool leaves_long; /* long lists are not expanded: they stay as they are, RCPT_ROUTED */
	bool is_first_level_smtp; /* programs, files and includes given by the client are refused */
};

void resolve_envelope(struct envelope *e, const struct resolve_ctx *ctx, unsigned flags);
/* Only the rules: EX_OK_ and r->triple is set; EX_TEMPFAIL_: a map could not be asked, try again later; else the rules refuse the
 * address, for now or for ever, as r->status says. */
int resolve_parse(struct envelope *e, struct rcpt *r, const struct resolve_ctx *ctx);
/* One recipient, for the RCPT command: routes (unless resolve_parse did), and looks whether an aliasable or 'w' user exists. EX_*; r->status and r->triple are set. */
int resolve_rcpt(struct envelope *e, struct rcpt *r, const struct resolve_ctx *ctx, unsigned flags);

#endif
