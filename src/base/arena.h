/*
 * arena.h - memory that dies together.
 *
 * Nothing is freed singly; arena_free releases all of it, arena_reset keeps the first block for the next use. Every
 * arena has a limit, set when it is made: arena_is_over() tells that more than the limit was asked for, and whoever
 * works on input from outside checks it and answers (452, 552). The limit is soft: memory is still given, so no caller
 * sees NULL; a hard stop (a bug) comes at sixteen times the limit. Not shared between threads without a lock.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/view.h"

struct arena;

struct arena *arena_new(size_t limit_bytes);
void arena_free(struct arena *a);  /* NULL is fine */
void arena_reset(struct arena *a); /* everything given so far is gone */
bool arena_is_over(const struct arena *a);
size_t arena_used(const struct arena *a);

void *arena_alloc(struct arena *a, size_t size)
	__attribute__((returns_nonnull)); /* zeroed, aligned to 16 */
char *arena_bytes(struct arena *a, size_t size)
	__attribute__((returns_nonnull));              /* not zeroed, unaligned */
struct view arena_dup(struct arena *a, struct view v); /* a NUL follows the copy; none stays none */
char *arena_dupz(struct arena *a, struct view v);
struct view arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))

#define own_arena __attribute__((cleanup(arena_free_at)))
static inline void arena_free_at(struct arena **a)
{
	arena_free(*a);
}

#endif
