/*
 * class_index.h - a class of words prepared for matching phrases that grow token by token.
 *
 * The hash of a phrase is carried along while tokens are added, so that extending a phrase costs its new bytes only.
 * Words are views into the configuration's class. Immutable once filled, except by class_index_fill in test mode.
 */
#ifndef REWRITE_CLASS_INDEX_H
#define REWRITE_CLASS_INDEX_H

#include "rewrite/rules.h"

struct class_index;

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
