/* charset.c - the scanner's table of bytes; see charset.h. */
#include "rewrite/charset.h"

/* Separators in every configuration. */
static const char always[] = "()<>,;";
static const char blanks[] = " \t\n\v\f\r";
/* OperatorChars when the configuration does not set it. */
static const char defaults[] = ".:@[]";

void charset_init(struct charset *c, struct view operator_chars)
{
	for (int i = 0; i < 256; i++)
		c->kind[i] = CHAR_ATOM;
	for (const char *p = blanks; *p; p++)
		c->kind[(unsigned char)*p] = CHAR_BLANK;
	if (view_is_none(operator_chars))
		operator_chars = view_of(defaults);
	for (size_t i = 0; i < operator_chars.len; i++)
		c->kind[(unsigned char)operator_chars.p[i]] = CHAR_OPERATOR;
	for (const char *p = always; *p; p++)
		c->kind[(unsigned char)*p] = CHAR_OPERATOR;
	c->kind['"'] = CHAR_QUOTE;
}
