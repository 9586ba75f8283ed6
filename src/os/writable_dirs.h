/*
 * writable_dirs.h - which directories on the way to a file can others write in? For the warnings that root gets.
 *
 * Each component of the path is looked at, links are followed and their targets looked at instead. Threads: any. Blocks: on
 * the file system only.
 */
#ifndef OS_WRITABLE_DIRS_H
#define OS_WRITABLE_DIRS_H

#include <stdint.h>

/*
 * One call for each such directory, in the order of the path; kind is "World" or "Group". dont_blame (os/safefile.h): with
 * TrustStickyBit or GroupWritableDirPathSafe some are in order.
 */
void writable_dirs_tell(const char *path, uint64_t dont_blame,
			void (*tell)(void *arg, const char *kind, const char *dir), void *arg);

#endif
