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

enum pattern_kind {                    /* the matcher relies on the first three being the first */
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
struct map;
struct map_set;

struct pattern {
	enum pattern_kind kind;
	uint32_t symbol;    /* of PATTERN_SYMBOL */
	int number;         /* of a macro */
	bool is_rest_fixed; /* this one and those after it match min_rest tokens, no more */
	const struct class_index *class; /* of a class */
	size_t min_rest;                 /* fewest tokens that this one and those after it need */
};

enum rule_prefix { PREFIX_NONE, PREFIX_ONCE, PREFIX_RETURN, PREFIX_RESOLVE };

/* What can be told of a sequence of tokens in one look: a bit for each symbol in it, for each that comes twice, and for
 * each pair of neighbours. Several share a bit, so that what is not there can be told for certain, what is there cannot. */
struct marks {
	uint64_t symbols, twice, pairs;
};

/* What a workspace must have for a rule to match at all. Kept apart from the rules, so that a ruleset's gates lie close
 * together: most rules are passed over by a look at them. */
struct rule_gate {
	struct marks needs;
	uint32_t min_tokens, max_tokens;
	uint32_t first, last; /* the symbols it must begin and end with; SYMBOL_NONE any */
};

/* A part of a right side: words as they stand, $digit, or $&macro. */
struct piece {
	enum { PIECE_WORDS, PIECE_DIGIT, PIECE_MACRO } kind;
	bool has_operators;        /* words of which one opens a look-up or is $> */
	const struct token *words; /* the operator itself for the other two */
	size_t n;
};

struct rule {
	struct pattern *lhs; /* one more than n_lhs: the last needs no tokens */
	size_t n_lhs;
	struct tokens lhs_text, rhs; /* as written; rhs is also the template */
	struct piece *pieces;        /* the right side without its prefix */
	size_t n_pieces;
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

/* What a word of a right side names, looked up beforehand: the word after $>, or after $(. */
struct named {
	struct view word; /* exactly so; none: nothing known */
	int set;          /* -1: none */
	struct map *map;  /* NULL: none */
};

struct rules {
	const struct config *cf;
	struct arena *arena;
	struct symbols *symbols;
	struct charset charset;
	char blank_sub;
	struct ruleset sets[RULESETS_MAX];
	struct named *names; /* by symbol, from SYMBOL_FIRST on */
	size_t n_names;
	struct class_index **classes; /* by the order in which rules mention them */
	size_t n_classes, cap_classes;
};

/* The bit of a symbol in a mask of what a workspace holds. */
static inline uint64_t symbol_bit(uint32_t symbol)
{
	return (uint64_t)1 << (symbol & 63); /* symbols are numbered one after the other */
}

static inline uint64_t pair_bit(uint32_t a, uint32_t b)
{
	return (uint64_t)1 << ((a * 5 + b) & 63);
}

/* Adds its errors and warnings to cf->messages. Never NULL. */
struct rules *rules_compile(struct config *cf);
void rules_free(struct rules *r);
/* Once, when the maps are open and before the rules are used by several threads: look-ups then find their maps without
 * asking for the name. */
void rules_bind_maps(struct rules *r, const struct map_set *maps);
/* What is known of a token that stands where a name is expected; NULL: nothing. */
static inline const struct named *rules_named(const struct rules *r, const struct token *t)
{
	const struct named *n;

	if (t->symbol < SYMBOL_FIRST || t->symbol - SYMBOL_FIRST >= r->n_names)
		return NULL;
	n = &r->names[t->symbol - SYMBOL_FIRST];
	return view_eq(n->word, t->text) ? n : NULL;
}
bool rules_is_set_name(struct view name);
/* After test mode changed a class of the configuration. */
void rules_refresh_classes(struct rules *r);

/* Adds a message about a line of the file to those of the configuration, where it belongs. */
void rules_add_message(struct config *cf, struct cf_message message);

/* Compiles one side of a rule; for rules_compile and test mode. */
struct view rule_encode(const struct config *cf, struct view cf_text, struct arena *a);
/* Reads the operator at the front of encoded text; returns how many bytes it took. */
size_t rule_operator_token(struct view encoded, struct token *out, struct arena *a);

#endif
