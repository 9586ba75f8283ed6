/*
 * symbols.h - the words that rules mention, numbered.
 *
 * Matching compares numbers instead of text. While rules are compiled, symbols_intern numbers each new word (ASCII case does
 * not count); afterwards the table does not change and symbols_find may be called by any number of threads.
 *
 * Numbers below SYMBOL_FIRST are the rule operators: the symbol of $@ is '@'. No scanned text ever gets one of these, so
 * input cannot forge an operator.
 */
#ifndef REWRITE_SYMBOLS_H
#define REWRITE_SYMBOLS_H

#include "base/arena.h"

#define SYMBOL_NONE  0
#define SYMBOL_FIRST 128

struct symbols;

struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);
uint32_t symbols_intern(struct symbols *s, struct view word);
/* One more than the highest number given. */
uint32_t symbols_end(const struct symbols *s);
/* SYMBOL_NONE when no rule mentions the word. */
uint32_t symbols_find(const struct symbols *s, struct view word);

/* One step of the folding hash that symbols and class indexes share. */
#define FOLD_HASH_START 0xcbf29ce484222325u
static inline uint64_t fold_hash_byte(uint64_t h, unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	return (h ^ c) * 0x100000001b3u;
}
static inline uint64_t fold_hash(uint64_t h, struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		h = fold_hash_byte(h, (unsigned char)v.p[i]);
	return h;
}

#endif
