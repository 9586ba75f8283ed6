/*
 * token.h - addresses as tokens: scanning text, putting tokens together again (contract/config-language.md 1.5).
 *
 * A token is a view plus the number of its folded text in the symbol table of the compiled rules (0: no rule mentions it), so
 * that matching literals compares numbers. Operators keep their text. Memory: the arena.
 */
#ifndef REWRITE_TOKEN_H
#define REWRITE_TOKEN_H

#include "base/arena.h"
#include "config/config.h"
#include "mail/status.h"

#define TOKENS_MAX 1000

struct token {
	struct view text;
	uint32_t symbol;
};

struct tokens {
	struct token *v;
	size_t n, cap;
};

struct rules; /* compiled rulesets; rewrite.h */

enum scan_kind { SCAN_ADDRESS, SCAN_RULE };

/* Splits text; stops at the first unquoted `delim` outside brackets (0: at the end), *out_rest is what follows (may be NULL).
 * 0, or -EINVAL with *out_error as sendmail words it (553 ...). */
int tokens_scan(const struct rules *rules, const struct config *cf, struct view text, char delim, enum scan_kind kind,
		struct arena *a, struct tokens *out, struct view *out_rest, struct status *out_error);
/* Joins with the space substitute between adjacent atoms; space 0: BlankSub of the options. */
struct view tokens_join(const struct tokens *t, const struct config *cf, int space, struct arena *a);

#endif
