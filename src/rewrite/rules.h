/*
 * rules.h - rulesets as the program runs them: patterns over symbols and templates.
 *
 * rules_compile turns the R lines of a configuration into these structs, once; errors in rules join the configuration's
 * messages. Afterwards they are read by any number of threads. Only test mode changes them (rules_refresh_classes).
 */
#ifndef REWRITE_RULES_H
#define REWRITE_RULES_H

#include "rewrite/charset.h"
#include "rewrite/symbols.h"
#include "rewrite/token.h"

/* Rule text with its operators encoded: this byte, then the operator ('*' for $*), then for $= $~ $& two bytes of the
 * macro's number. The byte itself stands twice. */
#define RULE_OPERATOR '\xff'

#define RULE_WILDCARDS_MAX 9
#define RULESETS_MAX       200

enum pattern_kind {
	PATTERN_SYMBOL,    /* this word */
	PATTERN_ANY,       /* $* */
	PATTERN_SOME,      /* $+ */
	PATTERN_ONE,       /* $- */
	PATTERN_NOTHING,   /* $@ */
	PATTERN_CLASS,     /* $=x */
	PATTERN_NOT_CLASS, /* $~x */
	PATTERN_MACRO      /* $&x */
};

struct class_index;

struct pattern {
	enum pattern_kind kind;
	uint32_t symbol;                 /* of PATTERN_SYMBOL */
	int number;                      /* of a macro */
	const struct class_index *class; /* of a class */
	size_t min_rest;                 /* fewest tokens that this one and those after it need */
};

enum rule_prefix { PREFIX_NONE, PREFIX_ONCE, PREFIX_RETURN, PREFIX_RESOLVE };

/* What a workspace must have for a rule to match at all. Kept apart from the rules, so that a ruleset's gates lie close
 * together: most rules are passed over by a look at them. */
struct rule_gate {
	uint64_t needs; /* symbol_bit of every word of the pattern */
	uint32_t min_tokens, max_tokens;
	uint32_t first, last; /* the symbols it must begin and end with; SYMBOL_NONE any */
};

struct rule {
	struct pattern *lhs;
	size_t n_lhs;
	struct tokens lhs_text, rhs; /* as written; rhs is also the template */
	enum rule_prefix prefix;
	bool has_map, has_call; /* the right side holds $[ or $(, or $> */
	int line;
};

struct ruleset {
	struct view name; /* "3" for a numbered one */
	struct rule *rules;
	struct rule_gate *gates; /* of the same numbers */
	size_t n;
	bool is_defined;
};

struct rules {
	const struct config *cf;
	struct arena *arena;
	struct symbols *symbols;
	struct charset charset;
	char blank_sub;
	struct ruleset sets[RULESETS_MAX];
	struct class_index **classes; /* by the order in which rules mention them */
	size_t n_classes, cap_classes;
};

/* The bit of a symbol in a mask of what a workspace holds. */
static inline uint64_t symbol_bit(uint32_t symbol)
{
	return (uint64_t)1 << ((symbol * 0x9e3779b9u) >> 26);
}

/* Adds its errors and warnings to cf->messages. Never NULL. */
struct rules *rules_compile(struct config *cf);
void rules_free(struct rules *r);
/* After test mode changed a class of the configuration. */
void rules_refresh_classes(struct rules *r);

/* Adds a message about a line of the file to those of the configuration, where it belongs. */
void rules_add_message(struct config *cf, struct cf_message message);

/* Compiles one side of a rule; for rules_compile and test mode. */
struct view rule_encode(const struct config *cf, struct view cf_text, struct arena *a);
/* Reads the operator at the front of encoded text; returns how many bytes it took. */
size_t rule_operator_token(struct view encoded, struct token *out, struct arena *a);

#endif
