/* class_index.c - classes hashed by folded bytes; see class_index.h. */
#include "rewrite/class_index.h"

#include "base/mem.h"

struct class_entry {
	uint64_t hash;
	struct view word; /* p NULL: free */
};

struct class_index *class_index_new(int number)
{
	struct class_index *c = MEM_NEW(struct class_index);

	c->number = number;
	return c;
}

void class_index_free(struct class_index *c)
{
	if (!c)
		return;
	free(c->entries);
	free(c);
}

int class_index_number(const struct class_index *c)
{
	return c->number;
}

static size_t home_of(const struct class_index *c, uint64_t hash)
{
	return (size_t)(hash ^ (hash >> 29)) & c->mask;
}

static void put(struct class_index *c, struct view word)
{
	uint64_t hash = fold_hash(FOLD_HASH_START, word);
	size_t at = home_of(c, hash);
	unsigned char first = (unsigned char)tolower((unsigned char)word.p[0]);

	c->first_bytes[first >> 6] |= (uint64_t)1 << (first & 63);
	while (c->entries[at].word.p)
		at = (at + 1) & c->mask;
	c->entries[at] = (struct class_entry){ hash, word };
	if (word.len > c->longest)
		c->longest = word.len;
	c->n++;
}

void class_index_fill(struct class_index *c, const struct classes *classes)
{
	const struct table *words = classes_words(classes, c->number);
	struct view word;
	void *none;
	size_t at = 0;

	free(c->entries);
	*c = (struct class_index){ .number = c->number };
	if (!words || table_count(words) == 0)
		return;
	for (c->mask = 7; c->mask < table_count(words) * 2; c->mask = c->mask * 2 + 1)
		;
	c->entries = mem_zero((c->mask + 1) * sizeof(*c->entries));
	while (table_next(words, &at, &word, &none))
		put(c, word);
}

/* Is `word` the same as the n tokens put together? Their hashes are equal already. */
static bool is_phrase(const struct rules *r, struct view word, const struct token *v, size_t n)
{
	size_t at = 0;
	bool was_atom = false;

	for (size_t i = 0; i < n; i++) {
		bool is_atom = v[i].text.len &&
			       charset_kind(&r->charset, v[i].text.p[0]) == CHAR_ATOM;

		if (was_atom && is_atom && (at >= word.len || word.p[at++] != r->blank_sub))
			return false;
		if (!view_starts_nocase(view_skip(word, at), v[i].text))
			return false;
		at += v[i].text.len;
		was_atom = is_atom;
	}
	return at == word.len;
}

static bool has_phrase(const struct class_index *c, const struct rules *r, uint64_t hash,
		       const struct token *v, size_t n)
{
	for (size_t at = home_of(c, hash); c->entries[at].word.p; at = (at + 1) & c->mask)
		if (c->entries[at].hash == hash && is_phrase(r, c->entries[at].word, v, n))
			return true;
	return false;
}

size_t class_index_match(const struct class_index *c, const struct rules *r, const struct token *v,
			 size_t n, size_t after)
{
	uint64_t hash = FOLD_HASH_START;
	size_t len = 0;
	bool was_atom = false;

	if (!c->entries || n == 0 || !class_index_may_begin(c, v[0].text))
		return 0;
	for (size_t i = 0; i < n; i++) {
		bool is_atom = v[i].text.len &&
			       charset_kind(&r->charset, v[i].text.p[0]) == CHAR_ATOM;

		if (was_atom && is_atom) {
			hash = fold_hash_byte(hash, (unsigned char)r->blank_sub);
			len++;
		}
		hash = fold_hash(hash, v[i].text);
		len += v[i].text.len;
		if (len > c->longest)
			return 0;
		if (i >= after && has_phrase(c, r, hash, v, i + 1))
			return i + 1;
		was_atom = is_atom;
	}
	return 0;
}

bool class_index_has(const struct class_index *c, struct view word)
{
	uint64_t hash = fold_hash(FOLD_HASH_START, word);

	if (!c->entries || word.len > c->longest)
		return false;
	for (size_t at = home_of(c, hash); c->entries[at].word.p; at = (at + 1) & c->mask)
		if (c->entries[at].hash == hash && view_eq_nocase(c->entries[at].word, word))
			return true;
	return false;
}
