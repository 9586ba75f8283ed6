/* classes.c - see classes.h. */
#include "config/classes.h"

#include "base/mem.h"
#include "config/macros.h"

#define LISTING_BUCKETS 2003

struct classes {
	struct table *words[MACRO_NUMBERS];
	size_t longest[MACRO_NUMBERS];
	struct table *spellings; /* of the words of all classes; NULL: not kept */
	bool is_sorted;
};

struct listed {
	struct view word;
	unsigned bucket;
	size_t at;
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
	struct view key;
	size_t at = 0;
	void *value;

	if (!c)
		return;
	for (int i = 0; i < MACRO_NUMBERS; i++)
		table_free(c->words[i]);
	while (c->spellings && table_next(c->spellings, &at, &key, &value))
		free(value);
	table_free(c->spellings);
	free(c);
}

/* Test mode lists words by buckets of this hash; administrators compare such lists. */
static unsigned listing_bucket(struct view word)
{
	unsigned h = 1;

	for (size_t i = 0; i < word.len; i++)
		h = ((h << 1) ^ (unsigned char)tolower((unsigned char)word.p[i])) % LISTING_BUCKETS;
	return h;
}

static int compare_listed(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void sort_one(struct classes *c, int number)
{
	struct table *old = c->words[number], *sorted = table_new(TABLE_NOCASE);
	size_t n = 0, at = 0;
	struct listed *list = mem_zero((table_count(old) + 1) * sizeof(*list));
	void *value;

	while (table_next(old, &at, &list[n].word, &value)) {
		list[n].bucket = listing_bucket(list[n].word);
		list[n].at = n;
		n++;
	}
	qsort(list, n, sizeof(*list), compare_listed);
	for (size_t i = 0; i < n; i++)
		table_set(sorted, list[i].word, NULL);
	c->words[number] = sorted;
	table_free(old);
	free(list);
}

void classes_sort(struct classes *c)
{
	c->is_sorted = true;
	for (int i = 1; i < MACRO_NUMBERS; i++) {
		if (c->words[i])
			sort_one(c, i);
	}
}

void classes_keep_spellings(struct classes *c)
{
	c->spellings = table_new(TABLE_NOCASE);
}

static struct view first_spelling(struct classes *c, struct view word)
{
	const char *known = c->spellings ? table_get(c->spellings, word) : NULL;

	if (known)
		return view_from(known, word.len);
	if (c->spellings)
		table_set(c->spellings, word, mem_dup(word.p, word.len));
	return word;
}

void classes_add(struct classes *c, int number, struct view word)
{
	if (!is_number(number) || word.len == 0)
		return;
	if (!c->words[number])
		c->words[number] = table_new(TABLE_NOCASE);
	if (word.len > c->longest[number])
		c->longest[number] = word.len;
	if (table_has(c->words[number], word))
		return;
	table_set(c->words[number], first_spelling(c, word), NULL);
	if (c->is_sorted)
		sort_one(c, number);
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
