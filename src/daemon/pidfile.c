/* pidfile.c - see pidfile.h. */
#include "daemon/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

#define TEXT_MAX 65536

static void complain(struct log *log, const char *path, const char *why)
{
	log_event(log, 0, LOG_ERR, "", "unable to write pid to %s: %s", path, why);
}

/* Opens and locks the file that has this name now: the one that was opened may have been removed by a daemon that ended. */
static int open_locked(const char *path)
{
	struct stat ours, named;

	for (int i = 0; i < 10; i++) {
		own_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		if (fd < 0 || fstat(fd, &ours) < 0)
			return -errno;
		if (!S_ISREG(ours.st_mode))
			return -EINVAL;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return -errno;
		if (stat(path, &named) == 0 && named.st_ino == ours.st_ino &&
		    named.st_dev == ours.st_dev)
			return take_fd(&fd);
	}
	return -EAGAIN;
}

static int write_text(int fd, const char *const *argv)
{
	own_str struct str text = STR_MAX(TEXT_MAX);

	str_addf(&text, "%d\n", (int)getpid());
	for (size_t i = 0; argv && argv[i]; i++)
		str_addf(&text, "%s%s", i ? " " : "", argv[i]);
	str_addc(&text, '\n');
	if (ftruncate(fd, 0) < 0)
		return -errno;
	return write(fd, text.p, text.len) == (ssize_t)text.len ? 0 : -EIO;
}

void pidfile_write(struct view path, const char *const *argv, struct log *log, struct pidfile *out)
{
	char words[128];
	int error;

	*out = (struct pidfile){ .fd = -1 };
	if (path.len == 0)
		return;
	out->path = mem_dup(path.p, path.len);
	out->fd = open_locked(out->path);
	error = out->fd < 0 ? out->fd : write_text(out->fd, argv);
	if (error == -EWOULDBLOCK)
		complain(log, out->path, "file in use by another process");
	else if (error < 0)
		complain(log, out->path, strerror_r(-error, words, sizeof(words)));
}

void pidfile_forget(struct pidfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	*f = (struct pidfile){ .fd = -1 };
}

void pidfile_remove(struct pidfile *f)
{
	struct stat ours, named;

	if (f->fd >= 0 && fstat(f->fd, &ours) == 0 && stat(f->path, &named) == 0 &&
	    named.st_ino == ours.st_ino && named.st_dev == ours.st_dev)
		unlink(f->path);
	pidfile_forget(f);
}
