/*
 * cdb_read.h - look-ups in a cdb file that is mapped into memory.
 *
 * A cdb is never changed, only replaced, so a reader may be used by any number of threads at once; views point into the file
 * and are valid until it is closed. Every offset and length is checked: a damaged file gives -EINVAL.
 */
#ifndef MAP_CDB_READ_H
#define MAP_CDB_READ_H

#include "base/view.h"

struct cdb_reader {
	const unsigned char *p; /* the mapped file */
	size_t size, end;       /* end: where the records end */
};

int cdb_reader_open(
	int fd, struct cdb_reader *r); /* 0 or -errno; the descriptor may be closed afterwards */
void cdb_reader_close(struct cdb_reader *r);

uint32_t cdb_hash_of(struct view key);

/* 0 or -ENOENT, or -EINVAL. Of several values the first. */
int cdb_reader_get(const struct cdb_reader *r, struct view key, struct view *out);
/* The record at *at (0: the first); -ENOENT after the last. */
int cdb_reader_next(const struct cdb_reader *r, size_t *at, struct view *out_key,
		    struct view *out_value);

#endif
