/*
 * lint.h - what a typing error hides in a configuration that reads without errors.
 *
 * A finding has a kind, a place and a text of one line that says what stands there. What a kind means, and what to do about it, is in one table
 * (lint_kinds), from which messages, JSON and the manual are made.
 *
 *   config_lint        a loaded .cf (load with is_text_only to look at a file from another machine): messages of reading, options, rulesets,
 *                      maps, classes, macros and mailers that are used and not there, or there and not used
 *   config_lint_text   the lines of a .cf as they stand in the file
 *   config_lint_mc     the text of an .mc file: names, quotes, order, arguments
 *   rules_lint         rules that can never match: rewrite/rules_lint.h
 *
 * What generated files leave unused by design is known and not told. No I/O, thread-safe; memory is the report's arena.
 */
#ifndef CONFIG_LINT_H
#define CONFIG_LINT_H

#include "base/str.h"
#include "config/config.h"

enum lint_severity {
	LINT_ERROR,   /* it does not work */
	LINT_WARNING, /* it works, but hardly as meant */
	LINT_NOTE     /* good to know; no reason to fail */
};

enum lint_kind {
	/* any file */
	LINT_READ_ERROR,
	LINT_READ_WARNING,
	LINT_READ_REMARK,
	LINT_NO_LINE_END,
	LINT_CRLF,
	LINT_ODD_CHARACTER,
	LINT_LOST_TAB,
	/* .cf */
	LINT_OPTION_IGNORED,
	LINT_OPTION_NOT_BUILT,
	LINT_OPTION_VALUE,
	LINT_UNUSED_RULESET,
	LINT_BENCH,
	LINT_EMPTY_RULESET,
	LINT_RULESET_TWICE,
	LINT_UNUSED_MAP,
	LINT_UNKNOWN_MAP,
	LINT_MAP_TWICE,
	LINT_EMPTY_CLASS,
	LINT_UNDEFINED_MACRO,
	LINT_UNKNOWN_MAILER,
	LINT_INCOMPLETE_TRIPLE,
	LINT_UNBALANCED,
	LINT_MAILER_TWICE,
	LINT_DEAD_RULE,
	LINT_SWALLOWED_LINE,
	/* .mc */
	LINT_MC_NAME,
	LINT_MC_FEATURE,
	LINT_MC_MAILER,
	LINT_MC_OSTYPE,
	LINT_MC_DOMAIN,
	LINT_MC_MACRO,
	LINT_MC_QUOTE,
	LINT_MC_PARENTHESIS,
	LINT_MC_BLANK,
	LINT_MC_DNL,
	LINT_MC_ORDER,
	LINT_MC_TWICE,
	LINT_MC_NEEDS,
	LINT_MC_ARGUMENT,
	LINT_MC_LOCAL,
	/* files that the configuration names; found by programs/ */
	LINT_FILE_MISSING,
	LINT_FILE_UNSAFE,
	LINT_MAP_STALE,
	LINT_ACCESS_KEY,
	LINT_ACCESS_VALUE,
	LINT_KINDS
};

struct lint_kind_row {
	const char *name; /* "unused-map" */
	enum lint_severity severity;
	const char *meaning, *advice; /* a sentence each */
};

const struct lint_kind_row *lint_kind_row(enum lint_kind kind);

struct lint_finding {
	enum lint_kind kind;
	struct view file;
	int line; /* 0: the file as a whole */
	struct view text;
};

struct lint {
	struct arena *arena;
	struct lint_finding *v;
	size_t n, cap;
};

#define LINT_INIT(a) ((struct lint){ .arena = (a) })

void lint_add(struct lint *l, enum lint_kind kind, struct view file, int line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* By file, then line; what was said twice is said once. */
void lint_sort(struct lint *l);
size_t lint_count(const struct lint *l, enum lint_severity severity);

/* The name of the list (NULL ends) that was probably meant; NULL when none is near enough. */
const char *lint_nearest(struct view name, const char *const *list);
/* The same comparison for two names. */
bool lint_is_near(struct view a, struct view b);

void config_lint(const struct config *cf, struct lint *l);
void config_lint_text(struct view path, struct view text, struct lint *l);
void config_lint_mc(struct view path, struct view text, struct lint *l);
/*
 * The local sections of an .mc file: the text with a comment before each of their lines, to be made into a .cf by m4 (false: there are no such
 * lines); then what was found in that .cf is taken over where it concerns these lines, with the numbers that they have in the .mc file.
 */
bool lint_mc_mark(struct view text, struct arena *a, struct str *out);
void lint_mc_take(struct view path, struct view cf, const struct lint *found, struct lint *l);
/* The text of the access map, before makemap. */
void lint_access(struct view path, struct view text, struct lint *l);

#endif
