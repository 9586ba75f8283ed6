/*
 * match.h - one left side against a workspace.
 *
 * Threads: any. Memory: the context's arena, only for patterns that back up very often.
 */
#ifndef REWRITE_MATCH_H
#define REWRITE_MATCH_H

#include "rewrite/rewrite.h"
#include "rewrite/rules.h"

struct span {
	const struct token *first;
	size_t n;
};

struct match {
	struct span spans[RULE_WILDCARDS_MAX + 1]; /* $1 is [0] */
	size_t n;
};

/* The wildcards' tokens are those that rule_matches_plainly finds; found with as few steps as can be. */
bool rule_matches(struct rw *rw, const struct rule *rule, const struct tokens *ws,
		  struct match *out);
/* Step by step, for traces and tests. Its time is not bounded by more than the length of pattern and workspace allow. */
bool rule_matches_plainly(struct rw *rw, const struct rule *rule, const struct tokens *ws,
			  struct match *out);

#endif
