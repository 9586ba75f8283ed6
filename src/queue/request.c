/* request.c - see request.h: the side of the command. */
#include "queue/request.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/own.h"
#include "queue/journal_dir.h"

#define LOOK_MS 5 /* at first; longer and longer */

int request_introduce(int lock_fd, int64_t interval_s)
{
	char text[80];
	int n = snprintf(text, sizeof(text), "pid %ld\ninterval %lld\n", (long)getpid(),
			 (long long)interval_s);

	if (ftruncate(lock_fd, 0) < 0 || pwrite(lock_fd, text, (size_t)n, 0) != n)
		return -errno;
	return 0;
}

void request_part(int journal_fd, int lock_fd)
{
	unlinkat(journal_fd, "request", 0);
	unlinkat(journal_fd, "serving", 0);
	if (ftruncate(lock_fd, 0) < 0)
		return; /* its process number is asked for anyway */
}

/* A process of that number that runs as the owner of the journal: nobody else is sent a signal. Its directory in /proc
 * may belong to root, so its status is read. */
static bool is_alive(pid_t pid, uid_t owner)
{
	char path[40], text[2048];
	own_fd int fd = -1;
	struct view rest, line, word;
	int64_t uid;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	rest = view_from(text, n > 0 ? (size_t)n : 0);
	while (view_cut(&rest, '\n', &line))
		if (view_word(&line, &word) && view_eq(word, VIEW("Uid:")))
			return view_word(&line, &word) && number_parse(word, 0, UINT32_MAX, &uid) &&
			       (uid_t)uid == owner;
	return false;
}

static bool read_daemon(int dir_fd, struct request_daemon *out)
{
	own_fd int fd = openat(dir_fd, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[80];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	struct view rest = view_from(text, n > 0 ? (size_t)n : 0), line, word, value;
	struct stat st;
	int64_t number;

	out->pid = 0;
	out->interval_s = 0;
	while (view_cut(&rest, '\n', &line)) {
		if (!view_word(&line, &word) || !view_word(&line, &value) ||
		    !number_parse(value, 0, INT32_MAX, &number))
			continue;
		if (view_eq(word, VIEW("pid")))
			out->pid = (pid_t)number;
		if (view_eq(word, VIEW("interval")))
			out->interval_s = number;
	}
	return out->pid > 0 && fstat(dir_fd, &st) == 0 && is_alive(out->pid, st.st_uid);
}

int request_daemons(const struct spool *s, struct request_daemon *out, int max)
{
	int n = 0;

	for (int i = 0; i < JOURNAL_DIRS_MAX && n < max; i++) {
		own_fd int fd = journal_dir_open(s, i);

		if (fd < 0)
			continue;
		out[n].number = i;
		n += read_daemon(fd, &out[n]);
	}
	return n;
}

/* The file under its first name, the daemon's own so that it may read it. */
static int write_request(int dir_fd, const char *name, struct view text)
{
	own_fd int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			       0600);
	struct stat st;
	int result;

	if (fd < 0 || fstat(dir_fd, &st) < 0)
		return -errno;
	result = spool_write_all(fd, text);
	if (result == 0 && st.st_uid != geteuid() && fchown(fd, st.st_uid, st.st_gid) < 0)
		result = -errno;
	if (result < 0)
		unlinkat(dir_fd, name, 0);
	return result < 0 ? result : take_fd(&fd);
}

static bool is_named(int dir_fd, const char *name, const struct stat *st)
{
	struct stat now;

	return fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == st->st_ino &&
	       now.st_dev == st->st_dev;
}

/* Waits with growing pauses; false at the deadline. */
static bool pause_until(int64_t deadline, int *ms)
{
	if (deadline_is_past(deadline))
		return false;
	poll(NULL, 0, *ms);
	if (*ms < 100)
		*ms *= 2;
	return true;
}

static int ask(int dir_fd, const struct request_daemon *d, struct view text, int64_t deadline)
{
	char name[40];
	own_fd int fd = -1;
	int ms = LOOK_MS;
	struct stat st;

	snprintf(name, sizeof(name), "request.%ld", (long)getpid());
	fd = write_request(dir_fd, name, text);
	if (fd < 0)
		return fd;
	while (renameat2(dir_fd, name, dir_fd, "request", RENAME_NOREPLACE) < 0) {
		int failed = -errno;

		if (failed == -EEXIST && pause_until(deadline, &ms))
			continue;
		unlinkat(dir_fd, name, 0);
		return failed == -EEXIST ? -ETIMEDOUT : failed;
	}
	kill(d->pid, SIGUSR2);
	if (fstat(fd, &st) < 0)
		return -errno;
	ms = LOOK_MS;
	while (is_named(dir_fd, "request", &st) || is_named(dir_fd, "serving", &st)) {
		if (!pause_until(deadline, &ms)) {
			if (is_named(dir_fd, "request", &st))
				unlinkat(dir_fd, "request", 0);
			return -ETIMEDOUT;
		}
	}
	return 0;
}

int request_send(const struct spool *s, struct view text, int64_t deadline)
{
	struct request_daemon daemons[REQUEST_DAEMONS_MAX];
	int n = request_daemons(s, daemons, REQUEST_DAEMONS_MAX), result = 0;

	for (int i = 0; i < n; i++) {
		own_fd int fd = journal_dir_open(s, daemons[i].number);
		int asked = fd < 0 ? fd : ask(fd, &daemons[i], text, deadline);

		if (asked < 0)
			result = asked;
	}
	return result;
}
