/*
 * trace.h - what test mode and -d show while rules run, and where complaints of the engine go.
 *
 * A trace belongs to one thread. Without one (rw->trace NULL) nothing is printed and complaints go to the log.
 * Texts are those of test mode (contract/command-line.md 8.5).
 */
#ifndef REWRITE_TRACE_H
#define REWRITE_TRACE_H

#include "rewrite/rewrite.h"
#include "rewrite/rules.h"

#define TRACE_CATEGORIES 100

struct rw_trace {
	FILE *out;
	const struct config *cf;
	bool is_test_mode;                /* input and output of each ruleset are shown */
	uint8_t levels[TRACE_CATEGORIES]; /* -dN.L */
	struct view to; /* the address that complaints are about; none: they stand alone */
	int exit;       /* the first complaint's exit status, 0 while there is none */
	int n_errors;
	struct table *
		called; /* names of rulesets in rules that were called by them: shown without their quotes from then on */
	struct table *hosts; /* names that the host map was asked for: it tells cached from found */
};

static inline bool trace_wants(const struct rw *rw, int category, int level)
{
	return rw->trace && rw->trace->levels[category] >= level;
}

/* Rules one by one as they are written, each step of matching them: for traces that show these, and for tests. */
static inline bool shows_all_steps(const struct rw *rw)
{
	return rw->takes_all_steps || trace_wants(rw, 21, 2);
}

/* A text as traces show it: control characters left out, bytes above 0x7f spelled M-x (or 0xNN with -d84). */
void trace_text(const struct rw_trace *trace, struct view text);
void trace_token(const struct rw_trace *trace, const struct token *t);
/* Each token with a blank before it, then a line end. */
void trace_tokens(const struct rw_trace *trace, const struct token *v, size_t n);
/* A complaint: seven bits of each byte, and a line end. */
void trace_complaint(const struct rw_trace *trace, struct view text);

void trace_enter(struct rw *rw, struct view ruleset, const struct tokens *ws);
void trace_leave(struct rw *rw, struct view ruleset, const struct tokens *ws);
void trace_rule(struct rw *rw, const struct rule *rule);
void trace_fails(struct rw *rw);
void trace_matches(struct rw *rw, const struct rule *rule);
/* One line of another category. */
void trace_line(struct rw *rw, int category, int level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* -d21.3: a ruleset that is called has no rules. */
void trace_skip(struct rw *rw, struct view name, int number);
/* -d21.35: one step of the matcher. */
void trace_step(struct rw *rw, const char *what, const struct token *pattern,
		const struct token *token);
void trace_class_match(struct rw *rw);
/* -d21.15: the tokens that $digit stands for. */
void trace_replacement(struct rw *rw, char digit, const struct token *v, size_t n);
/* -d21.36: a run-time macro's tokens. */
void trace_macro_tokens(struct rw *rw, const struct tokens *t);
struct lookup_trace {
	struct view map, class, key, raw, value;
	const struct view *args;
	size_t n_args;
	enum found found;
	int status;
	struct view messages; /* complaints of the map, as lines */
};
/* The token names a ruleset, which is called. */
void trace_note_call(struct rw *rw, const struct token *t);
/* The host map was asked for this name. */
void trace_note_host(struct rw *rw, struct view key, bool is_found);
/* What -d9, -d39 and -d60 say of a look-up that was made. */
void trace_lookup(struct rw *rw, const struct lookup_trace *l);
/* -d39.1: only how the value came from the map's own. */
void trace_map_value(struct rw *rw, const struct lookup_trace *l);
/* Complaints of a map, as lines. */
void trace_messages(struct rw *rw, struct view lines);
/* The same for a map that cannot be opened: a mistake of the system's. */
void trace_open_failed(struct rw *rw, struct view lines);
/* The same without saying it: only what the program will exit with. */
void trace_open_status(struct rw *rw, struct view lines);
void trace_scan(struct rw *rw, struct view text);
/* For struct scan: a token was found; the context is the rw. */
void trace_scan_token(void *context, const struct token *t);
void trace_scanned(struct rw *rw, const struct tokens *t);
void trace_rewritten(struct rw *rw, const struct tokens *ws);
/* -d21.1: what an endless rule works on. */
void trace_workspace(struct rw *rw, const struct tokens *ws);
void trace_lhs_macro(struct rw *rw, int number, struct view value);
void trace_rhs_macro(struct rw *rw, int number, struct view value);

/* Sets a macro of the evaluation, and says so with -d35.9. */
void rw_set_macro(struct rw *rw, int number, struct view value);
/* -d35.9: a macro gets a value. */
void trace_define(struct rw *rw, int number, struct view value);
/* -d35.9: the address goes into its phrase through macro g. */
void trace_fill_in(struct rw *rw, struct view address);

/* -d12.1: an address that is to be shown. */
void trace_remote_address(struct rw *rw, struct view address);
/* -d12.1: what a mailer shows of an address. */
void trace_remote_name(struct rw *rw, struct view name, int exit);
/* -d33.1: an address and what is left around it. */
void trace_cracked(struct rw *rw, struct view address, struct view template);
/* What test mode exits with: the first error's status; a later one takes the place of a temporary failure. */
void trace_set_status(struct rw_trace *trace, int exit);
/* The same for mistakes of the configuration, which take no other's place. */
void trace_set_exit(struct rw_trace *trace, int exit);
/* A mistake in the configuration, found while it runs: code 554, logged as SYSERR. Test mode will exit with 70. */
void rw_config_error(struct rw *rw, const char *dsn, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Something wrong with the address. Test mode shows it; elsewhere the caller has it in a status. */
void rw_user_error(struct rw *rw, int smtp, const char *dsn, struct view text);

#endif
