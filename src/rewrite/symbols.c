/* symbols.c - an open hash table of folded words; see symbols.h. */
#include "rewrite/symbols.h"

#include "base/mem.h"

struct slot {
	uint64_t hash;
	struct view word;
	uint32_t number; /* 0: free */
};

struct symbols {
	struct slot *slots;
	size_t mask;
	uint32_t n;
};

struct symbols *symbols_new(void)
{
	struct symbols *s = MEM_NEW(struct symbols);

	s->mask = 255;
	s->slots = mem_zero((s->mask + 1) * sizeof(*s->slots));
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i <= s->mask; i++)
		free((void *)(uintptr_t)s->slots[i].word.p);
	free(s->slots);
	free(s);
}

/* The slot that holds the word, or the free one where it belongs. */
static struct slot *slot_of(const struct symbols *s, struct view word, uint64_t hash)
{
	size_t at = (size_t)(hash ^ (hash >> 32)) & s->mask;

	while (s->slots[at].number) {
		struct slot *slot = &s->slots[at];

		if (slot->hash == hash && view_eq_nocase(slot->word, word))
			return slot;
		at = (at + 1) & s->mask;
	}
	return &s->slots[at];
}

static void grow(struct symbols *s)
{
	struct symbols old = *s;

	s->mask = old.mask * 2 + 1;
	s->slots = mem_zero((s->mask + 1) * sizeof(*s->slots));
	for (size_t i = 0; i <= old.mask; i++)
		if (old.slots[i].number)
			*slot_of(s, old.slots[i].word, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

uint32_t symbols_intern(struct symbols *s, struct view word)
{
	uint64_t hash = fold_hash(FOLD_HASH_START, word);
	struct slot *slot = slot_of(s, word, hash);

	if (slot->number)
		return slot->number;
	if ((size_t)s->n * 2 > s->mask) {
		grow(s);
		slot = slot_of(s, word, hash);
	}
	slot->hash = hash;
	slot->word = (struct view){ mem_dup(word.p ? word.p : "", word.len), word.len };
	slot->number = SYMBOL_FIRST + s->n++;
	return slot->number;
}

uint32_t symbols_find(const struct symbols *s, struct view word)
{
	return slot_of(s, word, fold_hash(FOLD_HASH_START, word))->number;
}

uint32_t symbols_end(const struct symbols *s)
{
	return SYMBOL_FIRST + s->n;
}
