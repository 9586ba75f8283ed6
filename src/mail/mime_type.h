/*
 * mime_type.h - the value of a Content-Type field, taken apart (RFC 2045, 5.1), leniently.
 *
 * Views into the value or the arena. Pure; any thread.
 */
#ifndef MAIL_MIME_TYPE_H
#define MAIL_MIME_TYPE_H

#include "base/arena.h"

#define MIME_BOUNDARY_MAX 256 /* RFC 2046 allows 70 */

struct mime_type {
	struct view type, subtype; /* as written; none when the value is no type */
	struct view whole;         /* "type/subtype" */
	struct view boundary;      /* unquoted; none when there is none */
};

/* A value that is no type gives none for type and subtype; the boundary may be there all the same. */
struct mime_type mime_type_parse(struct view value, struct arena *a);
/* The first word of a Content-Transfer-Encoding value, comments left out. */
struct view mime_word(struct view value);

#endif
