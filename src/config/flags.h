/* flags.h - sets of single characters: mailer flags, daemon modifiers, queue group flags. Plain values, thread-safe. */
#ifndef CONFIG_FLAGS_H
#define CONFIG_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

/* A set over 7-bit characters. */
struct flag_set {
	uint64_t bits[2];
};

static inline bool flag_has(const struct flag_set *f, char c)
{
	return (f->bits[((unsigned char)c >> 6) & 1] >> ((unsigned char)c & 63)) & 1;
}

static inline void flag_add(struct flag_set *f, char c)
{
	f->bits[((unsigned char)c >> 6) & 1] |= (uint64_t)1 << ((unsigned char)c & 63);
}

static inline void flag_drop(struct flag_set *f, char c)
{
	f->bits[((unsigned char)c >> 6) & 1] &= ~((uint64_t)1 << ((unsigned char)c & 63));
}

#endif
