/*
 * run.h - a run of rulesets on a workspace: what apply.c, lookup.c and call.c share. Nobody else includes it.
 *
 * Workspaces of nested rulesets are piled up in one place (struct pile): a little on the stack of the outermost call, more
 * of it from the arena when rulesets call each other deeply or workspaces are long. So a level of recursion takes
 * little of a thread's stack.
 *
 * A run belongs to the thread that called rw_apply and ends before that returns; nothing of it is shared. What goes wrong is
 * reported through rw_config_error or rw_user_error where it is found; an exit status (EX_..._) says how far it reaches.
 */
#ifndef REWRITE_RUN_H
#define REWRITE_RUN_H

#include "rewrite/match.h"
#include "rewrite/observe.h"
#include "rewrite/trace.h"

#define BUFFER_TOKENS 40 /* of a workspace that grows no more than usual */

/* Where the buffers of nested rulesets are: the newest on top. A block that was made is kept for the next time. */
struct block {
	struct block *next;
	struct token *v;
	size_t cap;
};

struct pile {
	struct block *block;
	size_t used;        /* of this block */
	uint32_t steps;     /* rules that matched, in all rulesets */
	bool has_leftovers; /* a workspace may hold operators of look-ups and calls that nobody ran */
};

struct run {
	struct rw *rw;
	const struct rules *rules;
	struct ruleset *set;
	struct pile *pile;
	struct tokens spare;   /* where right sides are built; cap 0: not needed yet */
	size_t first_operator; /* in the right side that was built: none before this place */
	int depth;
};

/* A buffer on top of the pile; the caller puts the pile back as it was when it is done. Longer ones grow in the arena. */
struct tokens run_buffer(struct run *r, size_t least);

/* Makes room for n tokens in all. */
void tokens_grow(struct tokens *t, size_t n, struct arena *a);

static inline void tokens_reserve(struct tokens *t, size_t n, struct arena *a)
{
	if (n > t->cap)
		tokens_grow(t, n, a);
}

/* Appends; false when the workspace would be too long. */
static inline bool run_append(struct run *r, struct tokens *t, const struct token *v, size_t n)
{
	if (t->n + n >= TOKENS_MAX) {
		rw_config_error(r->rw, "5.3.0", "rewrite: expansion too long");
		return false;
	}
	tokens_reserve(t, t->n + n, r->rw->arena);
	if (n < 4) {
		for (size_t i = 0; i < n; i++)
			t->v[t->n + i] = v[i];
	} else {
		memcpy(t->v + t->n, v, n * sizeof(*v));
	}
	t->n += n;
	return true;
}

/* Text that came from a map or macro, as tokens. False when it cannot be scanned. */
bool run_scan(struct run *r, struct view text, struct tokens *out);

/* Runs the map look-ups in t from the first operator on, each in its place. 0 or an exit status that ends the ruleset;
 * *status takes a temporary failure. */
int run_lookups(struct run *r, struct tokens *t, int *status);

/* Runs the $> calls in t: names are looked up from the left, calls made from the right. 0 or the status of the last call
 * that failed. */
int run_calls(struct run *r, struct tokens *t);

/* One ruleset on a workspace, at a depth of calls. 0 or an exit status. */
int run_ruleset(struct rw *rw, int ruleset, struct tokens *ws, int depth, struct pile *pile);

#endif
