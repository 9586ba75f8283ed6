/*
 * charset.h - what each byte is to the scanner: part of an atom, an operator, a quote, or a blank.
 *
 * The table follows option OperatorChars; one is kept with the compiled rules. Plain values, thread-safe.
 */
#ifndef REWRITE_CHARSET_H
#define REWRITE_CHARSET_H

#include "base/view.h"

enum char_kind { CHAR_ATOM, CHAR_OPERATOR, CHAR_QUOTE, CHAR_BLANK };

struct charset {
	uint8_t kind[256]; /* enum char_kind */
};

void charset_init(struct charset *c, struct view operator_chars);

static inline enum char_kind charset_kind(const struct charset *c, char byte)
{
	return (enum char_kind)c->kind[(unsigned char)byte];
}

#endif
