/* classes.c - see classes.h. */
#include "config/classes.h"

#include "base/mem.h"
#include "config/macros.h"

struct classes {
	struct table *words[MACRO_NUMBERS];
	size_t longest[MACRO_NUMBERS];
};

static bool is_number(int number)
{
	return number > 0 && number < MACRO_NUMBERS;
}

struct classes *classes_new(void)
{
	return MEM_NEW(struct classes);
}

void classes_free(struct classes *c)
{
	if (!c)
		return;
	for (int i = 0; i < MACRO_NUMBERS; i++)
		table_free(c->words[i]);
	free(c);
}

void classes_add(struct classes *c, int number, struct view word)
{
	if (!is_number(number) || word.len == 0)
		return;
	if (!c->words[number])
		c->words[number] = table_new(TABLE_NOCASE);
	if (!table_has(c->words[number], word))
		table_set(c->words[number], word, NULL);
	if (word.len > c->longest[number])
		c->longest[number] = word.len;
}

bool classes_has(const struct classes *c, int number, struct view word)
{
	return is_number(number) && c->words[number] && word.len <= c->longest[number] &&
	       table_has(c->words[number], word);
}

bool classes_is_defined(const struct classes *c, int number)
{
	return is_number(number) && c->words[number];
}

const struct table *classes_words(const struct classes *c, int number)
{
	return is_number(number) ? c->words[number] : NULL;
}

size_t classes_longest(const struct classes *c, int number)
{
	return is_number(number) ? c->longest[number] : 0;
}
