/*
 * fault_disk.h - for tests: a disk that fails, or a machine that stops, at a chosen system call.
 *
 * The linker puts the functions of fault_disk.c in front of the system's (--wrap, meson.build). Calls that a kind of fault
 * applies to are counted; the one with the chosen number fails. A power failure also takes back whatever was not synced: data by
 * fdatasync or fsync of the file, names by fsync of the directory, all by syncfs. That is stricter than any file
 * system, which may keep some of it.
 */
#ifndef QUEUE_FAULT_DISK_H
#define QUEUE_FAULT_DISK_H

#include <stdbool.h>
#include <sys/types.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_CRASH, /* the process is gone before the call */
	FAULT_TORN,  /* half of a write, then the process is gone */
	FAULT_POWER, /* and what was not synced is lost */
	FAULT_OLDFS, /* gone before a change of names, on a file system without RENAME_NOREPLACE */
	FAULT_ENOSPC,
	FAULT_FULL, /* ENOSPC for this call and some after it; then there is room again */
	FAULT_EDQUOT,
	FAULT_EROFS, /* from this call on nothing can be changed any more */
	FAULT_EIO,
	FAULT_EMFILE,
	FAULT_SHORT, /* a write takes half */
	FAULT_SLOW,  /* a sync takes long */
};

#define FAULT_EXIT 9 /* exit status of a process that is gone by a fault */

/* From now on, in this process. */
void fault_arm(enum fault_kind kind, long at);
void fault_disarm(void);
long fault_calls(void); /* counted so far */
/* Past the faults. */
ssize_t fault_free_write(int fd, const void *p, size_t n);

#endif
