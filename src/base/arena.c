/* arena.c - see arena.h. A list of blocks, the newest first; an allocation bigger than a block gets its own. */
#include "base/arena.h"

#include <stdarg.h>

#include "base/bug.h"
#include "base/mem.h"

#define BLOCK_FIRST 1024
#define BLOCK_MAX   65536

struct block {
	struct block *next;
	size_t size, used;
	char bytes[] __attribute__((aligned(16)));
};

struct arena {
	struct block *top;
	size_t limit, used, next_size;
};

struct arena *arena_new(size_t limit_bytes)
{
	struct arena *a = MEM_NEW(struct arena);

	a->limit = limit_bytes;
	a->next_size = BLOCK_FIRST;
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->top) {
		struct block *b = a->top;

		a->top = b->next;
		free(b);
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	while (a->top && a->top->next) {
		struct block *b = a->top;

		a->top = b->next;
		free(b);
	}
	if (a->top)
		a->top->used = 0;
	a->used = 0;
}

bool arena_is_over(const struct arena *a)
{
	return a->used > a->limit;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

static char *take(struct arena *a, size_t size, size_t align)
{
	struct block *b = a->top;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

	bug_if(size > SIZE_MAX / 2);
	if (!b || at + size > b->size) {
		size_t want = size > a->next_size ? size : a->next_size;

		b = mem_alloc(sizeof(*b) + want);
		b->size = want;
		b->used = 0;
		b->next = a->top;
		a->top = b;
		if (a->next_size < BLOCK_MAX)
			a->next_size *= 2;
		at = 0;
	}
	b->used = at + size;
	a->used += size;
	bug_if(a->used / 16 > a->limit);
	return b->bytes + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size, 16), 0, size);
}

char *arena_bytes(struct arena *a, size_t size)
{
	return take(a, size, 1);
}

struct view arena_dup(struct arena *a, struct view v)
{
	if (view_is_none(v))
		return v;
	return view_from(arena_dupz(a, v), v.len);
}

char *arena_dupz(struct arena *a, struct view v)
{
	char *copy = arena_bytes(a, v.len + 1);

	if (v.len)
		memcpy(copy, v.p, v.len);
	copy[v.len] = '\0';
	return copy;
}

struct view arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	bug_if(!fmt);
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	bug_if(n < 0);
	p = arena_bytes(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return view_from(p, (size_t)n);
}
