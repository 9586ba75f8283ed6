/*
 * safe.h - may this map file be trusted? The safe-file rules (os/safefile.h) as maps apply them, DontBlameSendmail included.
 *
 * 0, or -errno with out_reason in the words of contract/maps.md 5.7. -ENOENT when the file is not there.
 */
#ifndef MAP_SAFE_H
#define MAP_SAFE_H

#include "map/class.h"

#define MAP_REASON_MAX 128

/* The same, and the file that was judged opened for reading; the descriptor is the caller's. */
int map_file_open(const struct map *m, const char *path, int *out_fd,
		  char out_reason[MAP_REASON_MAX]);
int map_file_check(const struct map *m, const char *path, char out_reason[MAP_REASON_MAX]);

#endif
