/*
 * header.h - the header of a message: an ordered list of fields.
 *
 * A field keeps its bytes as they came (folding included, line ends as LF), so what nobody rewrites leaves unchanged.
 * Built-in field semantics are the table of contract/macros-classes-headers.md 3.5. Memory is the arena's.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"

enum header_flag {
	HEADER_FROM = 1 << 0,   /* sender-type addresses */
	HEADER_RCPT = 1 << 1,   /* recipient-type addresses */
	HEADER_RESENT = 1 << 2, /* Resent-* */
	HEADER_BCC = 1 << 3,
	HEADER_EOH = 1 << 4,    /* ends the header: Message, Text */
	HEADER_TRACE = 1 << 5,  /* counts as a hop */
	HEADER_FORCE = 1 << 6,  /* added even if there is one already */
	HEADER_ACHECK = 1 << 7, /* removed unless the mailer wants it */
	HEADER_CTE = 1 << 8,
	HEADER_CTYPE = 1 << 9,
	HEADER_ERRORSTO = 1 << 10,
	HEADER_RECEIPTTO = 1 << 11,
	HEADER_ENCODABLE = 1 << 12,
	HEADER_DEFAULT = 1 << 13,  /* made from an H line, not from the message */
	HEADER_BINDLATE = 1 << 14, /* expanded only at delivery: Return-Path */
	HEADER_CHECKED = 1 << 15,
	HEADER_USER = 1 << 16, /* came with the message */
	HEADER_TEMPLATE =
		1 << 17, /* the value holds macros (config/macros.h), expanded at delivery */
};

struct header_field {
	struct link link;
	struct view name; /* as written */
	struct view
		value; /* after the colon, the first blank included, without the final LF; may hold LF + blank folds */
	uint32_t flags;
	/* For fields from H lines and qf files: conditions (`?P?`, `?${macro}?`) */
	uint8_t mailer_flags[16]; /* bit set over mailer flag characters; all zero: unconditional */
	int macro;                /* id, 0: none */
	struct view
		raw_condition; /* the text between the ?s, for the qf file; none: no condition */
};

struct header {
	struct list fields;
	size_t n;
	size_t bytes; /* names and values as counted for MaxHeadersLength */
};

void header_init(struct header *h);
/* The semantics of a field name: HEADER_* bits, 0 for an ordinary one. */
uint32_t header_flags_of(struct view name);
struct header_field *header_add(struct header *h, struct arena *a, struct view name,
				struct view value);
struct header_field *header_prepend(struct header *h, struct arena *a, struct view name,
				    struct view value);
struct header_field *header_find(const struct header *h, struct view name); /* the first, or NULL */
void header_remove(struct header *h, struct header_field *f);
struct view header_value(const struct header *h, struct view name); /* trimmed; none when absent */

/* Takes the text between the ?s of an H or qf line apart: "P", "${macro}". macro_number looks a name up; it may be NULL. */
void header_set_condition(struct header_field *f, struct arena *a, struct view text,
			  int (*macro_number)(struct view name, bool create));

/* Is this line the start of a field ("Name:" of printable ASCII, blanks before the colon allowed)? Name and value out. */
bool header_parse_line(struct view line, struct view *out_name, struct view *out_value);

#endif
