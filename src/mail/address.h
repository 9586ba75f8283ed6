/*
 * address.h - addresses as text: splitting lists, finding the address inside a phrase, quoting.
 *
 * These work on text; tokens and rules are rewrite/. No I/O. Results are views into the input or live in the arena.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/arena.h"

/* sendmail's crackaddr: the address field with the address itself replaced by macro g (bytes 0x81 'g'), so that comments,
 * phrases and brackets can be put around the rewritten address. Output is bounded to max bytes and always balanced. */
struct view address_crack(struct view field, size_t max, struct arena *a);
/* The same with the options MustQuoteChars (the extra characters, none: ".'") and ColonOkInAddr spelled out. */
struct address_rules {
	struct view must_quote;
	bool colon_is_group;
};
struct view address_crack_by(struct view field, const struct address_rules *rules, size_t max,
			     struct arena *a);
/* The bare address inside a field value: "Al <a@b>" -> a@b; "a@b (Al)" -> a@b. A view into the arena or the input. */
struct view address_bare(struct view field, struct arena *a);
/* Without its double quotes, and with what a backslash precedes for both. Memory of the arena. */
struct view address_unquoted(struct view v, struct arena *a);
/* Cuts the next address off a list, at a comma outside quotes, comments and <>; `rest` moves on. False at the end.
 * blanks: OldStyleHeaders, blanks separate too when there is no comma. Groups ("name: a, b;") are entered when
 * colon_is_group. */
/* *rest keeps the separating comma at its front, which is how later calls know that the list is not one of blanks. */
bool address_list_next(struct view *rest, bool blanks, bool colon_is_group,
		       struct view *out_address);
/* The comment or phrase of a From field as a full name, unquoted; none when there is none. */
struct view address_full_name(struct view field, struct arena *a);
/* Quotes a full name when it holds MustQuoteChars. */
struct view address_quote_phrase(struct view phrase, struct view must_quote, struct arena *a);

#endif
