/*
 * sandbox.h - what a process may still ask of the system when its start-up is over.
 *
 * sandbox_files: of the file system, only what the lists name and what stands under it (Landlock). sandbox_calls: none of the
 * system calls that a mail server has no use for, such as entering programs, tracing, mounting (seccomp): they fail with
 * EPERM. Both hold for every thread made later and for this one; call them before there are others, after
 * privileges_drop_capabilities. 0, or -errno: -ENOSYS or -EOPNOTSUPP where the kernel has none; the caller logs that
 * and goes on.
 */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include <stddef.h>

/* Paths that do not exist are passed over. A path under `write` may be read, too. */
int sandbox_files(const char *const *read, size_t n_read, const char *const *write, size_t n_write);
int sandbox_calls(void);

#endif
