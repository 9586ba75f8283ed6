/*
 * rules_lint.h - rules that can never match, because an earlier one always does: a part of lint that needs compiled rules.
 *
 * A rule is dead when an earlier one matches every workspace that it could match, keeps the workspace from getting past, and all rules between
 * the two end the ruleset, so that none of them can bring in something new. Thread-safe, no I/O.
 */
#ifndef REWRITE_RULES_LINT_H
#define REWRITE_RULES_LINT_H

#include "config/lint.h"
#include "rewrite/rules.h"

void rules_lint(const struct rules *rules, struct view path, struct lint *l);

#endif
