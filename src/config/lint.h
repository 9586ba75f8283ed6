/*
 * lint.h - what a typing error hides in a configuration that reads without errors.
 *
 * config_lint looks at a loaded .cf: options without effect, rulesets that nothing calls, maps that no rule asks, classes that rules
 * name but nothing fills, tabs of a rule that became blanks, rules behind one that always ends the ruleset. What generated files leave
 * unused by design is known and not told. Load with is_text_only to look at a file from another machine.
 *
 * config_lint_mc looks at the text of an .mc file: names of define, FEATURE, OSTYPE and MAILER that nobody knows.
 *
 * Each finding is a line "FILE: line N: text" in out; the result is how many there are. No I/O, thread-safe.
 */
#ifndef CONFIG_LINT_H
#define CONFIG_LINT_H

#include "base/str.h"
#include "config/config.h"

int config_lint(const struct config *cf, struct str *out);
int config_lint_mc(const char *path, struct view text, struct str *out);

#endif
