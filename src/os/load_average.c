/* load_average.c - see load_average.h. */
#include "os/load_average.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

int load_average(void)
{
	char text[64];
	double load = 0;
	int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return getloadavg(&load, 1) == 1 ? (int)(load + 0.5) : 0;
	text[n] = '\0';
	load = strtod(text, NULL);
	return load > 0 && load < INT_MAX ? (int)(load + 0.5) : 0;
}
