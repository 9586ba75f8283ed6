/*
 * mime_limits.h - MIME header fields that could harm careless readers, repaired.
 *
 * A quote or comment that is never closed, and values or parameters of absurd length, are cut so that what remains is
 * balanced and no longer than it was (MaxMimeHeaderLength). Pure functions; results in the arena.
 */
#ifndef MAIL_MIME_LIMITS_H
#define MAIL_MIME_LIMITS_H

#include "base/arena.h"

struct mime_limits {
	size_t max_header; /* of the whole value, its first blank included; 0: the whole is not looked at */
	size_t max_field; /* of each part between semicolons; 0: parts are not looked at */
	bool is_text;     /* free text: cut without balancing */
};

/* The longest front of v that, with the quote and comments left open closed, fits in max bytes. v itself when it is
 * balanced and fits. */
struct view mime_balance(struct view v, size_t max, struct arena *a);

/* True when *value was changed; out_what then says how: "Fixed MIME Content-Type header field". */
bool mime_limit_field(struct view name, struct view *value, const struct mime_limits *limits,
		      struct arena *a, char out_what[160]);

#endif
