/*
 * own.h - local variables that release what they own when their scope ends.
 *
 *   own_fd int fd = open(...);        closed at scope end if still >= 0
 *   own_mem char *p = mem_alloc(n);   freed at scope end
 *   return take_fd(&fd);              hands the descriptor on; nothing is closed here
 *
 * own_str is in str.h. Thread-safe: nothing is shared.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define own_fd   __attribute__((cleanup(own_fd_close)))
#define own_mem  __attribute__((cleanup(own_mem_free)))
#define own_file __attribute__((cleanup(own_file_close)))

static inline void own_fd_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void own_mem_free(void *p)
{
	free(*(void **)p);
}

static inline void own_file_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(*(p)) taken_ = *(p);                                                    \
		*(p) = NULL;                                                                       \
		taken_;                                                                            \
	})

#endif
