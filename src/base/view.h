/*
 * view.h - a piece of bytes that somebody else owns.
 *
 * A view is a pointer and a length; it is not NUL-terminated. {NULL, 0} means "none" where a function makes that
 * difference (view_is_none). Parsers take views and return views into the same memory. Thread-safe: plain values.
 */
#ifndef BASE_VIEW_H
#define BASE_VIEW_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include "base/banned.h"

struct view {
	const char *p;
	size_t len;
};

#define VIEW(literal) ((struct view){ "" literal, sizeof(literal) - 1 })
#define VIEW_NONE     ((struct view){ NULL, 0 })
#define VIEW_FMT      "%.*s"
#define VIEW_ARG(v)   (int)(v).len, (v).p ? (v).p : ""

static inline struct view view_of(const char *s)
{
	return s ? (struct view){ s, strlen(s) } : VIEW_NONE;
}

static inline struct view view_from(const char *p, size_t len)
{
	return (struct view){ p, len };
}

static inline bool view_is_none(struct view v)
{
	return v.p == NULL;
}

static inline bool view_eq(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool view_eq_nocase(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.p, b.p, a.len) == 0);
}

static inline bool view_starts(struct view v, struct view prefix)
{
	return v.len >= prefix.len && (prefix.len == 0 || memcmp(v.p, prefix.p, prefix.len) == 0);
}

static inline bool view_starts_nocase(struct view v, struct view prefix)
{
	return v.len >= prefix.len &&
	       (prefix.len == 0 || strncasecmp(v.p, prefix.p, prefix.len) == 0);
}

static inline bool view_ends_nocase(struct view v, struct view suffix)
{
	return v.len >= suffix.len && (suffix.len == 0 || strncasecmp(v.p + v.len - suffix.len,
								      suffix.p, suffix.len) == 0);
}

/* The part from byte `from` on, empty when from is past the end. */
static inline struct view view_skip(struct view v, size_t from)
{
	return from >= v.len ? (struct view){ v.len ? v.p + v.len : v.p, 0 }
			     : (struct view){ v.p + from, v.len - from };
}

static inline struct view view_first(struct view v, size_t len)
{
	return (struct view){ v.p, len < v.len ? len : v.len };
}

/* Position of byte c, or v.len when it is not there. */
size_t view_find(struct view v, char c);
size_t view_rfind(struct view v, char c);                   /* last occurrence, or v.len */
size_t view_search(struct view v, struct view what);        /* v.len when absent */
size_t view_search_nocase(struct view v, struct view what); /* v.len when absent */

/* Without blanks (space, tab, CR, LF) at both ends. */
struct view view_trim(struct view v);
struct view view_trim_end(struct view v);

/* Cuts the next piece up to sep off *rest; false when nothing is left. An empty piece between two seps counts. */
bool view_cut(struct view *rest, char sep, struct view *out_piece);

/* Cuts the next run of non-blanks off *rest; false when there is none. */
bool view_word(struct view *rest, struct view *out_word);

/* Three-way comparison, bytes as unsigned. */
int view_cmp(struct view a, struct view b);
int view_cmp_nocase(struct view a, struct view b);

#endif
