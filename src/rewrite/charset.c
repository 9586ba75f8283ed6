/* charset.c - the scanner's table of bytes; see charset.h. */
#include "rewrite/charset.h"

/* Separators in every configuration. */
static const char always[] = "()<>,;\r\n";
/* OperatorChars when the configuration does not set it. */
static const char defaults[] = ".:@[]";

void charset_init(struct charset *c, struct view operator_chars)
{
	for (int i = 0; i < 256; i++)
		c->kind[i] = CHAR_ATOM;
	c->kind[' '] = c->kind['\t'] = c->kind['\v'] = c->kind['\f'] = CHAR_BLANK;
	if (view_is_none(operator_chars))
		operator_chars = view_of(defaults);
	for (size_t i = 0; i < operator_chars.len; i++)
		c->kind[(unsigned char)operator_chars.p[i]] = CHAR_OPERATOR;
	for (const char *p = always; *p; p++)
		c->kind[(unsigned char)*p] = CHAR_OPERATOR;
	c->kind['"'] = CHAR_QUOTE;
}
