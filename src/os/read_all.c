/* read_all.c - the rest of an open file as text. */
#include "os/read_all.h"

#include <errno.h>
#include <unistd.h>

int read_all(int fd, struct str *out)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		str_add(out, view_from(piece, (size_t)n));
		if (out->cut)
			return -EFBIG;
	}
	return 0;
}
