/*
 * classes.h - classes of words: $=w and the like.
 *
 * Numbers are those of macros (macro_number): $=w is 'w', $={Tls} its long number. Words are compared without regard to
 * case. A phrase of several tokens is one word here ("a.b.c"). Immutable after loading; readers need no lock.
 */
#ifndef CONFIG_CLASSES_H
#define CONFIG_CLASSES_H

#include "base/table.h"

struct classes;

struct classes *classes_new(void);
void classes_free(struct classes *c);
/* Before anything is added: a word that several classes hold is listed as it was written first. Test mode shows it so. */
void classes_keep_spellings(struct classes *c);
void classes_add(struct classes *c, int number, struct view word);
bool classes_has(const struct classes *c, int number, struct view word);
bool classes_is_defined(const struct classes *c, int number);
/* The words of a class; NULL when the class is empty. Values of the table mean nothing. */
const struct table *classes_words(const struct classes *c, int number);
/* The longest word of the class in bytes: phrases longer than that need not be tried. */
size_t classes_longest(const struct classes *c, int number);

/* From now on the words of each class stand in the order in which test mode lists them, also those added later. */
void classes_sort(struct classes *c);

#endif
