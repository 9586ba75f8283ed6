/*
 * bdb_read.h - look-ups in a Berkeley DB file, hash or btree, by reading its pages ourselves.
 *
 * It needs no lock: every offset and length on a page is checked, so a page that a writer is in the middle of does no harm,
 * and the caller sees afterwards, by fstat, whether the file is still the one it opened. What was found counts only then.
 *
 * Files of the usual layout are read (versions 7 to 10, the machine's byte order, no checksums, no encryption, no partitions);
 * for the rest, and for keys whose values stand in a tree of their own, -ENOTSUP says that the library must be asked.
 *
 * Threads: one at a time. Blocks: on the file system only. Owns: a bounded copy of pages, not the descriptor.
 */
#ifndef MAP_BDB_READ_H
#define MAP_BDB_READ_H

#include <sys/types.h>

#include "base/view.h"

#define BDB_CACHE_BYTES_MAX (4u << 20)

struct bdb_reader;

/* 0; -ENOTSUP: not a file for us; or what the system said. size is the file's. */
int bdb_reader_open(int fd, bool is_btree, off_t size, struct bdb_reader **out);
void bdb_reader_free(struct bdb_reader *r); /* NULL is fine */

/* 0 and *out (valid until the next call), -ENOENT, -ENOTSUP, or -EBADMSG: the pages make no sense. */
int bdb_reader_get(struct bdb_reader *r, struct view key, struct view *out);

#endif
