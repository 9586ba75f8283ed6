/*
 * held_locks.h - which files somebody has locked, without locking them.
 *
 * The kernel lists all flock locks in /proc/locks; one look there spares a call for each of a million queue files, and a
 * daemon that wants a file never finds it locked by somebody who only looks. Where the list is not to be had, or does not show locks
 * of this directory (another pid namespace, a file system with inode numbers of its own), a file is asked by itself.
 *
 * Threads: reading from any, held_locks_read from one. Blocks: on the kernel, for milliseconds.
 */
#ifndef QUEUE_HELD_LOCKS_H
#define QUEUE_HELD_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held_locks {
	uint64_t *inodes; /* sorted */
	size_t n, cap;
	bool is_usable;
};

/* As of now, for files in these directories (open for reading; locked shared during the call). The kernel takes some
 * milliseconds for its list, whatever its length. */
void held_locks_read(struct held_locks *h, const int *dir_fds, size_t n_dirs);
void held_locks_done(struct held_locks *h);
bool held_locks_have(const struct held_locks *h, uint64_t inode);
/* Is the file locked: not when a usable list does not have it, else by trying. */
bool held_locks_is_locked(const struct held_locks *h, uint64_t inode, int dir_fd, const char *name);
/* The inode in a line of /proc/locks that tells of an flock lock; false for other lines. */
struct view;
bool held_locks_line(struct view line, uint64_t *out_inode);

#endif
