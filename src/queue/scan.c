/*
 * scan.c - what lies in the queue directories: at start, at each interval, and for a queue run.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "queue/queue_id.h"
#include "queue/scan.h"

void scan_dir(const struct spool *s, int dir,
	      bool (*each)(void *arg, int dir, char letter, const char *id), void *arg)
{
	int fd = openat(s->dirs[dir].qf_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d))) {
		const char *name = e->d_name;

		if (strchr("qhQ", name[0]) && name[0] && name[1] == 'f' &&
		    queue_id_is_valid(view_of(name + 2)) && !each(arg, dir, name[0], name + 2))
			break;
	}
	closedir(d);
}
