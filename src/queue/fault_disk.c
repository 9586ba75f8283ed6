/* fault_disk.c - see fault_disk.h. */
#include "queue/fault_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum call {
	CALL_WRITE = 1,
	CALL_SYNC = 2,
	CALL_OPEN = 4,
	CALL_NAME = 8,
	CALL_SPACE = 16,
	CALL_READ = 32
};

#define CALL_CHANGES (CALL_WRITE | CALL_SYNC | CALL_OPEN | CALL_NAME | CALL_SPACE)
#define FOR_GOOD     1000000000

static const struct {
	int error;
	unsigned calls;
	long n; /* how many calls one after the other fail */
} kinds[] = {
	[FAULT_CRASH] = {0,       CALL_CHANGES,                                   1       },
	[FAULT_TORN] = { 0,      CALL_WRITE,                                     1       },
	[FAULT_POWER] = { 0,      CALL_CHANGES,                                   1       },
	[FAULT_OLDFS] = { 0,      CALL_NAME,                                      1       },
	[FAULT_ENOSPC] = { ENOSPC, CALL_CHANGES,                                   1       },
	[FAULT_FULL] = { ENOSPC, CALL_CHANGES,                                   7       },
	[FAULT_EDQUOT] = { EDQUOT, CALL_CHANGES,                                   1       },
	[FAULT_EROFS] = { EROFS,  CALL_CHANGES,                                   FOR_GOOD},
	[FAULT_EIO] = { EIO,    CALL_WRITE | CALL_SYNC | CALL_NAME | CALL_READ, 1       },
	[FAULT_EMFILE] = { EMFILE, CALL_OPEN,                                      1       },
	[FAULT_SHORT] = { 0,      CALL_WRITE,                                     1       },
	[FAULT_SLOW] = { 0,      CALL_SYNC,                                      1       },
};

/* What was done and not synced, the newest last. */
struct change {
	enum { CHANGE_DATA, CHANGE_NEW_NAME, CHANGE_RENAME, CHANGE_UNLINK } what;
	ino_t owner; /* the file, or the directory of the name */
	int fd;      /* the same, opened */
	off_t at;
	char *old; /* bytes that were there */
	size_t old_len;
	off_t old_size;
	char name[64], to[64];
	int saved; /* the file that lost its name, -1 none */
};

#define CHANGES_MAX 4096

static struct {
	enum fault_kind kind;
	long at, n;
	struct change changes[CHANGES_MAX];
	int n_changes;
} disk;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t at);
ssize_t __real_pread64(int fd, void *p, size_t n, off_t at);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_syncfs(int fd);
int __real_renameat(int a, const char *from, int b, const char *to);
int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __real_unlinkat(int dir, const char *name, int flags);
int __real_openat64(int dir, const char *name, int flags, ...);
int __real_open64(const char *name, int flags, ...);
int __real_ftruncate64(int fd, off_t size);
int __real_fallocate64(int fd, int mode, off_t at, off_t len);
int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __real_mkdirat(int dir, const char *name, mode_t mode);

ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_syncfs(int fd);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_openat64(int dir, const char *name, int flags, ...);
int __wrap_open64(const char *name, int flags, ...);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_fallocate64(int fd, int mode, off_t at, off_t len);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);

void fault_arm(enum fault_kind kind, long at)
{
	disk.kind = kind;
	disk.at = at;
	disk.n = 0;
	disk.n_changes = 0;
}

void fault_disarm(void)
{
	disk.kind = FAULT_NONE;
}

long fault_calls(void)
{
	return __atomic_load_n(&disk.n, __ATOMIC_RELAXED);
}

ssize_t fault_free_write(int fd, const void *p, size_t n)
{
	return __real_write(fd, p, n);
}

/* ---- a power failure ---- */

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Where to note a change; NULL when nobody will ask for it. */
static struct change *new_change(int what, int fd)
{
	struct change *c;

	if (disk.kind != FAULT_POWER || disk.n_changes == CHANGES_MAX)
		return NULL;
	c = &disk.changes[disk.n_changes++];
	memset(c, 0, sizeof(*c));
	c->what = what;
	c->owner = inode_of(fd);
	c->fd = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	c->saved = -1;
	return c;
}

static void note_data(int fd, off_t at, size_t n)
{
	struct change *c;
	struct stat st;

	if (disk.kind != FAULT_POWER || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	pthread_mutex_lock(&lock);
	c = new_change(CHANGE_DATA, fd);
	if (c) {
		ssize_t got;

		c->at = at;
		c->old_size = st.st_size;
		c->old = malloc(n + 1);
		got = __real_pread64(fd, c->old, n, at);
		c->old_len = got > 0 ? (size_t)got : 0;
	}
	pthread_mutex_unlock(&lock);
}

static void note_name(int what, int dir, const char *name, const char *to)
{
	struct change *c;
	const char *lost = what == CHANGE_RENAME ? to : name;

	if (disk.kind != FAULT_POWER)
		return;
	pthread_mutex_lock(&lock);
	c = new_change(what, dir);
	if (c) {
		snprintf(c->name, sizeof(c->name), "%s", name);
		snprintf(c->to, sizeof(c->to), "%s", to ? to : "");
		if (what != CHANGE_NEW_NAME)
			c->saved = __real_openat64(dir, lost, O_RDONLY | O_CLOEXEC);
	}
	pthread_mutex_unlock(&lock);
}

static void forget_change(struct change *c)
{
	free(c->old);
	close(c->fd);
	if (c->saved >= 0)
		close(c->saved);
}

/* What has this owner is safe now; owner 0: everything. */
static void synced(ino_t owner)
{
	int kept = 0;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < disk.n_changes; i++) {
		if (owner == 0 || disk.changes[i].owner == owner)
			forget_change(&disk.changes[i]);
		else
			disk.changes[kept++] = disk.changes[i];
	}
	disk.n_changes = kept;
	pthread_mutex_unlock(&lock);
}

/* The file without a name gets one again: as a copy, for its last name may be gone for good. */
static void name_again(const struct change *c, const char *name)
{
	char buffer[4096];
	off_t at = 0;
	ssize_t n;
	int fd;

	if (c->saved < 0)
		return;
	fd = __real_openat64(c->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	while (fd >= 0 && (n = __real_pread64(c->saved, buffer, sizeof(buffer), at)) > 0) {
		if (__real_pwrite64(fd, buffer, (size_t)n, at) != n)
			abort();
		at += n;
	}
	close(fd);
}

static void undo(const struct change *c)
{
	switch (c->what) {
	case CHANGE_DATA:
		if (__real_pwrite64(c->fd, c->old, c->old_len, c->at) != (ssize_t)c->old_len ||
		    __real_ftruncate64(c->fd, c->old_size) < 0)
			break; /* opened for reading only: nothing was written */
		break;
	case CHANGE_NEW_NAME:
		__real_unlinkat(c->fd, c->name, 0);
		break;
	case CHANGE_RENAME:
		__real_renameat(c->fd, c->to, c->fd, c->name);
		name_again(c, c->to);
		break;
	case CHANGE_UNLINK:
		name_again(c, c->name);
		break;
	}
}

static void end_process(void)
{
	pthread_mutex_lock(&lock); /* for good: no other thread goes on */
	if (disk.kind == FAULT_POWER)
		for (int i = disk.n_changes - 1; i >= 0; i--)
			undo(&disk.changes[i]);
	_exit(FAULT_EXIT);
}

/* ---- the calls ---- */

/* True: this call is the one. In a process that is to end it does not return, but for a torn write. */
static bool is_chosen(enum call call)
{
	long n;

	if (disk.kind == FAULT_NONE || !(kinds[disk.kind].calls & call))
		return false;
	n = __atomic_add_fetch(&disk.n, 1, __ATOMIC_RELAXED);
	if (n < disk.at || n - disk.at >= kinds[disk.kind].n)
		return false;
	if (disk.kind == FAULT_CRASH || disk.kind == FAULT_POWER || disk.kind == FAULT_OLDFS)
		end_process();
	errno = kinds[disk.kind].error;
	return true;
}

/* How much of a write is done: all of it, half, or nothing (errno is set). */
static size_t share(size_t n, bool *out_fails)
{
	*out_fails = is_chosen(CALL_WRITE);
	if (!*out_fails)
		return n;
	return disk.kind == FAULT_TORN || (disk.kind == FAULT_SHORT && n > 1) ? (n + 1) / 2 : n;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	bool fails;
	size_t part = share(n, &fails);
	ssize_t done;

	if (fails && kinds[disk.kind].error)
		return -1;
	note_data(fd, lseek(fd, 0, SEEK_CUR), part);
	done = __real_write(fd, p, part);
	if (fails && disk.kind == FAULT_TORN)
		end_process();
	return done;
}

ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t at)
{
	bool fails;
	size_t part = share(n, &fails);
	ssize_t done;

	if (fails && kinds[disk.kind].error)
		return -1;
	note_data(fd, at, part);
	done = __real_pwrite64(fd, p, part, at);
	if (fails && disk.kind == FAULT_TORN)
		end_process();
	return done;
}

ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t at)
{
	return is_chosen(CALL_READ) ? -1 : __real_pread64(fd, p, n, at);
}

/* False: it fails. */
static bool may_sync(void)
{
	if (!is_chosen(CALL_SYNC))
		return true;
	if (disk.kind != FAULT_SLOW)
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	return true;
}

int __wrap_fdatasync(int fd)
{
	if (!may_sync() || __real_fdatasync(fd) < 0)
		return -1;
	synced(inode_of(fd));
	return 0;
}

int __wrap_fsync(int fd)
{
	if (!may_sync() || __real_fsync(fd) < 0)
		return -1;
	synced(inode_of(fd));
	return 0;
}

int __wrap_syncfs(int fd)
{
	if (!may_sync() || __real_syncfs(fd) < 0)
		return -1;
	synced(0);
	return 0;
}

int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (is_chosen(CALL_NAME))
		return -1;
	note_name(CHANGE_RENAME, a, from, to);
	return __real_renameat(a, from, b, to);
}

int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	if (is_chosen(CALL_NAME))
		return -1;
	if (disk.kind == FAULT_OLDFS && flags) {
		errno = EINVAL;
		return -1;
	}
	note_name(CHANGE_RENAME, a, from, to);
	return __real_renameat2(a, from, b, to, flags);
}

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	if (is_chosen(CALL_NAME))
		return -1;
	note_name(CHANGE_UNLINK, dir, name, NULL);
	return __real_unlinkat(dir, name, flags);
}

/* A disk that takes nothing more can still be read. */
static bool is_open_chosen(int flags)
{
	bool is_read = (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT);

	return !(is_read && disk.kind == FAULT_EROFS) && is_chosen(CALL_OPEN);
}

int __wrap_openat64(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	struct stat st;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, unsigned);
		va_end(ap);
	}
	if (is_open_chosen(flags))
		return -1;
	if ((flags & O_CREAT) && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		note_name(CHANGE_NEW_NAME, dir, name, NULL);
	return __real_openat64(dir, name, flags, mode);
}

int __wrap_open64(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, unsigned);
		va_end(ap);
	}
	return is_open_chosen(flags) ? -1 : __real_open64(name, flags, mode);
}

int __wrap_ftruncate64(int fd, off_t size)
{
	return is_chosen(CALL_SPACE) ? -1 : __real_ftruncate64(fd, size);
}

int __wrap_fallocate64(int fd, int mode, off_t at, off_t len)
{
	return is_chosen(CALL_SPACE) ? -1 : __real_fallocate64(fd, mode, at, len);
}

int __wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (is_chosen(CALL_NAME))
		return -1;
	note_name(CHANGE_NEW_NAME, b, to, NULL);
	return __real_linkat(a, from, b, to, flags);
}

int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	return is_chosen(CALL_NAME) ? -1 : __real_mkdirat(dir, name, mode);
}
