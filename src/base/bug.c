/* bug.c - see bug.h. */
#include "base/bug.h"

#include <execinfo.h>
#include <unistd.h>

_Noreturn void bug_at(const char *file, int line, const char *what)
{
	void *frames[32];
	int n;

	fprintf(stderr, "BUG at %s:%d: %s\n", file, line, what);
	n = backtrace(frames, 32);
	backtrace_symbols_fd(frames, n, STDERR_FILENO);
	abort();
}
