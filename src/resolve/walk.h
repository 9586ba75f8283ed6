/*
 * walk.h - what one resolving of an envelope carries along. Private to resolve/.
 *
 * The arena is scratch and is reset between recipients; what stays is copied into the envelope's arena. One thread.
 */
#ifndef RESOLVE_WALK_H
#define RESOLVE_WALK_H

#include "resolve/expand.h"
#include "resolve/localuser.h"
#include "resolve/seen.h"

struct source; /* parts.h */

struct duplicate {
	struct rcpt *first, *again;
};

struct walk {
	struct envelope *root; /* that is resolved */
	struct envelope
		*env;     /* whose recipients are being settled: root, or a part of a long list */
	size_t n_members; /* that expansion has added to env */
	struct source *sources, *last_source;
	const struct resolve_ctx *ctx;
	unsigned flags; /* RESOLVE_* */
	const struct config *cf;
	struct arena *arena;
	struct macros *scope; /* lives in the arena */
	struct rw rw;
	struct rw_told told; /* by look-ups of the recipient that is being parsed */
	struct view failure; /* that was said of a recipient before */
	struct seen *seen;   /* the first recipient with this mailer, host and user */
	struct duplicate *duplicates; /* in root */
	size_t n_duplicates, cap_duplicates;
	bool saw_loop; /* a member led back to a list on the way to it, and nobody on that way has a mailbox */
};

void walk_init(struct walk *w, struct envelope *e, const struct resolve_ctx *ctx, unsigned flags);
void walk_done(struct walk *w);
/* Before the next recipient: scratch memory is given back and the macros are fresh. */
void walk_next(struct walk *w);

/* Tells the observer, if there is one that wants to know. */
#define WALK_OBSERVE(w, event, ...)                                                                \
	do {                                                                                       \
		const struct resolve_observer *observer_ = (w)->ctx->observer;                     \
                                                                                                   \
		if (observer_ && observer_->event)                                                 \
			observer_->event(observer_->arg, __VA_ARGS__);                             \
	} while (0)

void walk_say(const struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What the look-ups of this recipient's rules told goes where such things are told: the M line, the transcript, -v. */
void walk_heed_told(struct walk *w, const struct rcpt *r);
/* A map could not be asked: the recipient waits. What the map told says why. */
void walk_defer(struct walk *w, struct rcpt *r, const struct status *st);
/* The recipient has this outcome, later or never as the status says. */
void walk_fail(struct walk *w, struct rcpt *r, const struct status *st);
void walk_failz(struct walk *w, struct rcpt *r, int smtp, const char *dsn, int exit,
		const char *text);

/* Who a member of a list acts as, and what it may be. */
struct membership {
	struct rcpt *parent;
	struct rcpt_user user;
	uint32_t
		flags; /* RCPT_PRIMARY, RCPT_FROM_ALIAS, RCPT_FROM_FORWARD, RCPT_SAFE_PROGRAMS, RCPT_NO_SHELL */
	struct view owner; /* of the list; none */
	struct view place; /* "FILE: line N", in the envelope's memory; none: its parent's */
};
/* Adds one member to w->env. */
void member_add(struct walk *w, const struct membership *m, struct view item);
/* Adds the addresses of a text, separated by commas and line ends, as new recipients. How many; a long list is a source
 * (parts.h). -EFBIG: more than can be kept. */
int member_add_list(struct walk *w, const struct membership *m, struct view text, size_t *out_n);
/* The same from an open file, line by line, of each line the last one first; lines that begin with # are comments. 0 or -errno; *out_n. */
int member_add_file(struct walk *w, const struct membership *m, int fd, struct view path,
		    size_t *out_n);

/* The lines of a file of members, without comments and empty ones. */
struct member_lines {
	int fd; /* borrowed */
	char *buf;
	size_t begin, end;
	size_t number; /* of the line, from 1 */
	bool is_over;
};
void member_lines_init(struct member_lines *l, int fd);
void member_lines_done(struct member_lines *l);
/* 1 and a line, which lives until the next call; 0 at the end; -errno; -EFBIG for a line that is too long. */
int member_lines_next(struct member_lines *l, struct view *out);
/* Cuts the next item off a list: at a comma outside quotes, comments and brackets. */
bool member_cut(struct view *rest, struct view *out_item);

enum expansion {
	EXPANSION_NONE,
	EXPANSION_DONE,
	EXPANSION_FAILED /* the recipient has its outcome */
};
/* Through the alias maps. */
enum expansion alias_expand(struct walk *w, struct rcpt *r);
/* Is there an alias for it? For checks that expand nothing. */
enum found alias_find(struct walk *w, const struct rcpt *r, struct view user,
		      struct view *out_value);
/* The file of an :include: recipient. */
enum expansion include_expand(struct walk *w, struct rcpt *r);
/* The user's .forward. */
enum expansion forward_expand(struct walk *w, struct rcpt *r, const struct local_user *lu);

#endif
