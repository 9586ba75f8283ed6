/*
 * scan.c - what lies in the queue directories: at start, at each interval, and for a queue run.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/own.h"
#include "queue/queue_id.h"
#include "queue/scan.h"

#define TEMPORARY_KEPT_S 3600

static DIR *open_dir(const struct spool *s, int dir)
{
	int fd = openat(s->dirs[dir].qf_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

void scan_dir(const struct spool *s, int dir,
	      bool (*each)(void *arg, int dir, char letter, const char *id), void *arg)
{
	DIR *d = open_dir(s, dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		const char *name = e->d_name;

		if (strchr("qhQ", name[0]) && name[0] && name[1] == 'f' &&
		    queue_id_is_valid(view_of(name + 2)) && !each(arg, dir, name[0], name + 2))
			break;
	}
	closedir(d);
}

static bool is_abandoned(int dir_fd, const char *name, int64_t now_s)
{
	own_fd int fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       now_s - (int64_t)st.st_mtime > TEMPORARY_KEPT_S && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void scan_remove_temporary(const struct spool *s, int dir, int64_t now_s)
{
	DIR *d = open_dir(s, dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, "tf", 2) == 0 && queue_id_is_valid(view_of(e->d_name + 2)) &&
		    is_abandoned(dirfd(d), e->d_name, now_s))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}
