/* held_locks.c - see held_locks.h. */
#include "queue/held_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/str.h"
#include "os/read_all.h"

#define LIST_BYTES_MAX (4u << 20)

/* "1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF" */
bool held_locks_line(struct view line, uint64_t *out_inode)
{
	struct view word, number;
	int64_t inode;

	for (int i = 0; i < 6; i++) {
		if (!view_word(&line, &word) || (i == 1 && !view_eq(word, VIEW("FLOCK"))))
			return false;
	}
	number = view_skip(word, view_rfind(word, ':') + 1);
	if (!number_parse(number, 1, INT64_MAX, &inode))
		return false;
	*out_inode = (uint64_t)inode;
	return true;
}

static bool read_list(struct str *out)
{
	own_fd int fd = open("/proc/locks", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read_all(fd, out) == 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void take_lines(struct held_locks *h, struct view text)
{
	struct view line;
	uint64_t inode;

	h->n = 0;
	while (view_cut(&text, '\n', &line)) {
		if (!held_locks_line(line, &inode))
			continue;
		MEM_GROW(h->inodes, h->n, h->cap);
		h->inodes[h->n++] = inode;
	}
	if (h->n > 0)
		qsort(h->inodes, h->n, sizeof(*h->inodes), by_number);
}

static bool shows(const struct held_locks *h, int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && held_locks_have(h, (uint64_t)st.st_ino);
}

void held_locks_read(struct held_locks *h, const int *dir_fds, size_t n_dirs)
{
	own_str struct str text = STR_MAX(LIST_BYTES_MAX);
	bool can_lock = true;

	/* A lock of our own on each directory shows whether the list tells of what lies there. */
	for (size_t i = 0; i < n_dirs; i++)
		can_lock = flock(dir_fds[i], LOCK_SH | LOCK_NB) == 0 && can_lock;
	h->is_usable = can_lock && read_list(&text);
	for (size_t i = 0; i < n_dirs; i++)
		flock(dir_fds[i], LOCK_UN);
	take_lines(h, str_view(&text));
	for (size_t i = 0; i < n_dirs && h->is_usable; i++)
		h->is_usable = shows(h, dir_fds[i]);
}

void held_locks_done(struct held_locks *h)
{
	free(h->inodes);
	*h = (struct held_locks){ 0 };
}

bool held_locks_have(const struct held_locks *h, uint64_t inode)
{
	return h->n > 0 && bsearch(&inode, h->inodes, h->n, sizeof(inode), by_number) != NULL;
}

bool held_locks_is_locked(const struct held_locks *h, uint64_t inode, int dir_fd, const char *name)
{
	own_fd int fd = -1;

	if (h->is_usable && !held_locks_have(h, inode))
		return false;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}
