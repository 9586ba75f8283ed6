/*
 * scan_format.h - the format of an F line: what scanf would take from a line as its first string.
 *
 * Understood: blanks, ordinary characters, %s, %[set], %c, each with an optional * (skipped) and width, %%. The first conversion
 * without * gives the result. Anything else never matches. No state, thread-safe.
 */
#ifndef CONFIG_SCAN_FORMAT_H
#define CONFIG_SCAN_FORMAT_H

#include "base/view.h"

struct scan_format {
	struct view text;
};

void scan_format_init(struct scan_format *f, struct view format);
bool scan_format_match(const struct scan_format *f, struct view line, struct view *out_found);

#endif
