/*
 * rewrite.h - the rule engine: compiled rulesets applied to addresses, and what the program asks of them.
 *
 * `struct rw` is one evaluation context: which snapshot, which macros are visible, where memory comes from. It is cheap to
 * make on the stack and belongs to one thread. The arena grows with each call: the caller resets it between messages or
 * commands. Limits (loops, recursion, tokens) are those of contract/config-language.md 1.8, with the same texts.
 */
#ifndef REWRITE_REWRITE_H
#define REWRITE_REWRITE_H

#include "map/map.h"
#include "rewrite/snapshot.h"
#include "rewrite/token.h"

struct rw_observer; /* who wants to watch; observe.h */
struct rw_trace;    /* test mode and -d21: where in/out lines and rule traces go; trace.h */

/* What look-ups said beyond their answers, for the state of the message that the rules run for; texts in the arena of rw. */
struct rw_told {
	struct view
		text; /* the first of them; mistakes of the system come before all others. none: nothing */
	bool is_mistake;      /* it is one of those */
	struct view mistakes; /* each on a line */
	struct view lines;    /* each on a line, as it is said to who watches; mistakes too */
	struct view failure;  /* the same about the address */
	struct view notes;    /* each on a line, as replies, for transcripts */
};

struct rw {
	const struct snapshot *snap;
	const struct services *services;
	struct macros
		*macros; /* innermost scope: reads walk up from here, the macro map defines here */
	struct arena *arena;
	struct rw_trace *trace;             /* NULL: none */
	const struct rw_observer *observer; /* NULL: none */
	struct rw_told *told;               /* NULL: nobody wants to know */
	struct status *mistake; /* takes the first mistake of the rules; NULL: it is only logged */
	const char *id;         /* queue id for log lines; NULL none, "" NOQUEUE */
	int64_t deadline;       /* of all maps asked together */
	bool is_deferred_mode;
	bool takes_all_steps; /* no rule is passed over and no step of matching left out; tests compare */
	struct rw_stats { /* what happened, for `explain` and for callers that must know of a temporary failure */
		bool had_temp_failure;
		bool had_inner_macros; /* a $& brought macros that are still to be read */
		uint32_t rules_tried, maps_asked;
	} stats;
};

/* Applies one ruleset to the workspace in place. 0 or a sysexits code: 75 when a map failed for now, 78 on an error in the
 * rules (logged). number: as config_ruleset_number gives it; an empty ruleset changes nothing. */
int rw_apply(struct rw *rw, int ruleset, struct tokens *ws);

/* What ruleset 0 found: mailer, host, user (contract/config-language.md 1.11). */
struct triple {
	const struct mailer *mailer; /* NULL: error mailer, see status */
	struct view host, user;      /* user: text after $:, joined; host: after $@ */
	struct view host_text;       /* the host as the rules gave it, before its case is folded */
	bool is_verbatim_local; /* leading '@' was stripped: skip ruleset 5 and the user database */
	struct status
		status; /* for $#error, or when nothing was resolved: smtp/dsn/exit/text; smtp 0: none */
	bool is_discard, is_quarantine;
	bool is_unparsed; /* not even tokens came of it; status says why */
};

enum parse_flag {
	PARSE_RCPT =
		1 << 0, /* a recipient: 2, R= and 4 are applied to the user part; else a sender */
	PARSE_HEADER = 1 << 1, /* {addr_type} h instead of e */
	PARSE_COPY_ONLY = 1 << 2,
	PARSE_MEND =
		1
		<< 3 /* an unbalanced sign is told in out->status and mended, instead of being an error */
};

/* One address from text to triple: scan, 3, 0, and the mailer's chains on the user part. `rest` may be NULL.
 * 0; EX_TEMPFAIL_ when a map failed (queue the recipient); else a sysexits code and out->status. out->address is the address as cut out of the text. */
int rw_parse_address(struct rw *rw, struct view text, unsigned flags, struct triple *out,
		     struct view *out_rest);

/* Bytes and length that no address may have; *out says what is wrong with it. */
bool rw_address_is_valid(struct rw *rw, struct view text, bool is_sender, struct status *out);

enum remote_flag {
	REMOTE_SENDER = 1 << 0,     /* else recipient */
	REMOTE_HEADER = 1 << 1,     /* else envelope */
	REMOTE_ADD_DOMAIN = 1 << 2, /* mailer flag C of the sending mailer */
	REMOTE_CANONIFY_ONLY = 1 << 3,
	REMOTE_PLAIN =
		1 << 4 /* the bare address, without what stood around it: what envelopes need */
};
/* The address as mailer m shows it to the world: 3, [add domain], 1 or 2, S= or R=, 4, inside the original phrase and
 * comments (sendmail's remotename). add_domain: "@dom" for REMOTE_ADD_DOMAIN, none otherwise. Result in the arena. */
struct view rw_remote_name(struct rw *rw, struct view address, const struct mailer *m,
			   unsigned flags, struct view add_domain, int *out_exit);

/* Does a reply with this code name the address it is about ("<a@b>... text")? Some codes speak of the session instead. */
bool rw_reply_names_address(int smtp);

/* A check_* ruleset (sendmail's rscheck). p2 none: one-part workspace; else "p1 $| p2". */
enum check_verdict { CHECK_OK, CHECK_REJECT, CHECK_DISCARD, CHECK_QUARANTINE };
struct check {
	enum check_verdict verdict;
	struct status status;   /* CHECK_REJECT: reply and dsn; text */
	struct view reason;     /* CHECK_QUARANTINE */
	bool has_result;        /* the ruleset returned $# at all */
	struct view host, user; /* the triple's parts for rulesets that return data */
};
enum check_flag {
	CHECK_NO_LOG = 1 << 0,
	CHECK_KEEP_COMMENTS = 1 << 1, /* header checks with $>+ */
	CHECK_RAW = 1 << 2            /* p1 is not an address: scan as text, 8-bit allowed */
};
/* log_name: "" for ruleset=NAME lines as contract/logging.md 9.2; relay for relay=; both may be NULL. Missing ruleset: CHECK_OK. */
void rw_check(struct rw *rw, const char *ruleset, struct view p1, struct view p2, unsigned flags,
	      const char *relay, struct check *out);
/* The H line whose ruleset looks at fields of this name, H*: if there is no other; NULL: none. */
const struct cf_header *rw_header_rule(const struct config *cf, struct view name);
/* Asks it about a field. {currHeader} {hdr_name} {hdrlen} {addr_type} tell of the field, and stay set. */
void rw_check_header(struct rw *rw, const struct cf_header *rule, struct view name,
		     struct view value, const char *relay, struct check *out);
/* The status that `$#error $@ host $: user` means. */
struct status rw_error_status(struct view host, struct view user, struct arena *a);
/* Turns the tokens of ruleset 0 ("$# mailer $@ host $: user") into a triple and rewrites the user part for its mailer. */
int rw_build_triple(struct rw *rw, const struct tokens *ws, unsigned flags, struct triple *out);
/* rscap: evaluates and gives the raw tokens ($# first token if present). EX_* ; missing ruleset: EX_UNAVAILABLE_. */
int rw_capture(struct rw *rw, const char *ruleset, struct view p1, struct view p2,
	       struct tokens *out);

#endif
