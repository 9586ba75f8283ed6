/*
 * token.h - addresses as tokens: scanning text, putting tokens together again (contract/config-language.md 1.5).
 *
 * A token is a view plus the number of its folded text in the symbol table of the compiled rules (0: no rule mentions it), so
 * that matching literals compares numbers. Operators of rules ($|, $@ ...) have their own numbers below SYMBOL_FIRST, and
 * their text is as written in a rule. Memory: the arena. Threads: any, the rules are not changed.
 */
#ifndef REWRITE_TOKEN_H
#define REWRITE_TOKEN_H

#include "base/arena.h"
#include "config/config.h"
#include "mail/status.h"

#define TOKENS_MAX      1000 /* tokens of a workspace */
#define TOKEN_MAX_BYTES 256  /* one token, less one */
#define SCAN_MAX_BYTES  1256 /* all tokens, each with its end */

struct token {
	struct view text;
	uint32_t symbol;
	int arg; /* of the operators $= $~ $&: the number of the class or macro */
};

struct tokens {
	struct token *v;
	size_t n, cap;
};

struct rules; /* compiled rulesets; rewrite.h */

enum scan_kind {
	SCAN_ADDRESS,  /* comments are dropped */
	SCAN_RULE,     /* parentheses are tokens, nothing has to balance */
	SCAN_OLD_RULE, /* a rule below level 9: as SCAN_RULE, but comments are dropped */
	SCAN_TEST /* as test mode reads an address: parentheses are tokens, the rest must balance */
};

/* Splits text; stops at the first unquoted `delim` outside brackets (0: at the end), *out_rest is what follows (may be NULL).
 * 0, or -EINVAL with *out_error as sendmail words it (553 ...). After an error the tokens are the text mended, as far
 * as it could be. An empty text has no tokens and is no error. */
int tokens_scan(const struct rules *rules, const struct config *cf, struct view text, char delim,
		enum scan_kind kind, struct arena *a, struct tokens *out, struct view *out_rest,
		struct status *out_error);

/* The same with all its possibilities. */
struct scan {
	const struct rules *rules; /* NULL: no symbols */
	const struct config *cf;   /* for the operator characters when rules is NULL */
	struct arena *arena;
	enum scan_kind kind;
	char delim;
	bool has_operators; /* the text holds rule operators as rule_encode writes them */
	void (*on_error)(void *context, int smtp, const char *dsn,
			 const char *text);                     /* each error; may be NULL */
	void (*on_token)(void *context, const struct token *t); /* each token; may be NULL */
	void *context;
	/* results */
	struct tokens tokens;
	struct view rest;
	int n_errors;
	bool has_failed; /* too long or too many: there are no tokens */
};
void scan_run(struct scan *s, struct view text);

/* The byte by which an operator stands in a text; 0: none. A digit stands behind it. And the operator of a byte. */
unsigned char operator_byte(uint32_t symbol);
char operator_of_byte(unsigned char byte);

/* Joins with the space substitute between adjacent atoms; space 0: BlankSub of the options. */
struct view tokens_join(const struct tokens *t, const struct config *cf, int space,
			struct arena *a);
/* The same for a range of tokens. */
struct charset;
struct view tokens_join_range(const struct token *v, size_t n, const struct charset *set,
			      char space, struct arena *a);
/* Adds one token, growing in the arena. */
void tokens_add(struct tokens *t, struct token token, struct arena *a);

#endif
