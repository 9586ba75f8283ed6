/*
 * class_index.h - a class of words prepared for matching phrases that grow token by token.
 *
 * The hash of a phrase is carried along while tokens are added, so that extending a phrase costs its new bytes only.
 * Words are views into the configuration's class. Immutable once filled, except by class_index_fill in test mode.
 */
#ifndef REWRITE_CLASS_INDEX_H
#define REWRITE_CLASS_INDEX_H

#include "rewrite/rules.h"

/* In the open because the matcher looks at first bytes itself. */
struct class_index {
	int number;
	size_t longest, n, mask;
	struct class_entry *entries; /* NULL while empty */
	uint64_t first_bytes[4];     /* a bit for each folded byte that begins a word */
};

/* Can a phrase of the class begin with this token? */
static inline bool class_index_may_begin(const struct class_index *c, struct view text)
{
	unsigned char b = text.len ? (unsigned char)text.p[0] : 0;

	if (b >= 'A' && b <= 'Z')
		b |= 0x20;
	return c->first_bytes[b >> 6] >> (b & 63) & 1;
}

struct class_index *class_index_new(int number);
void class_index_free(struct class_index *c);
void class_index_fill(struct class_index *c, const struct classes *classes);
int class_index_number(const struct class_index *c);

/*
 * How many tokens of v[0..n) make the shortest phrase of the class that is longer than `after` tokens; 0 when there is none.
 */
size_t class_index_match(const struct class_index *c, const struct rules *r, const struct token *v,
			 size_t n, size_t after);
bool class_index_has(const struct class_index *c, struct view word);

#endif
