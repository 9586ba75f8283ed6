/*
 * mem.h - heap memory that never comes back NULL.
 *
 * Out of memory ends the process (mail that was answered 250 is on disk; clients try again). Whoever takes
 * sizes from outside bounds them before asking. Thread-safe.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/banned.h"

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *mem_zero(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *mem_resize(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_dup(const char *p, size_t len) __attribute__((malloc, returns_nonnull)); /* adds a NUL */

/* Gives what is free back to the system, where the C library can: after a wave of messages. Takes milliseconds. */
void mem_trim(void);

#define MEM_NEW(type) ((type *)mem_zero(sizeof(type)))

/* Make room for one more element in a heap array: doubles cap as needed. */
#define MEM_GROW(array, count, cap)                                                                \
	do {                                                                                       \
		if ((count) == (cap)) {                                                            \
			(cap) = (cap) ? (cap)*2 : 8;                                               \
			(array) = mem_resize((array), (cap), sizeof(*(array)));                    \
		}                                                                                  \
	} while (0)

#endif
