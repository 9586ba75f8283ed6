/*
 * bug.h - end the process when the program itself is wrong.
 *
 * bug_if(condition) is for broken invariants only, never for anything that came from a peer, a file or
 * another process. It prints the place and a back trace on standard error and aborts.
 */
#ifndef BASE_BUG_H
#define BASE_BUG_H

#include "base/banned.h"

#include <stdbool.h>

_Noreturn void bug_at(const char *file, int line, const char *what);

#define bug_if(cond)                                                                               \
	do {                                                                                       \
		if (__builtin_expect(!!(cond), 0))                                                 \
			bug_at(__FILE__, __LINE__, #cond);                                         \
	} while (0)

#endif
