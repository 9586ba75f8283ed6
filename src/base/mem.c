/* mem.c - see mem.h. */
#include "base/mem.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

static void *checked(void *p)
{
	if (!p) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

void *mem_alloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *mem_zero(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *mem_resize(void *p, size_t count, size_t size)
{
	return checked(reallocarray(p, count ? count : 1, size));
}

char *mem_dup(const char *p, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

void mem_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
