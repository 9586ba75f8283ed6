/*
 * cdb_write.h - makes a cdb file (its form: cdb_read.c), with look-ups in what was put so far.
 *
 * In memory are sixteen bytes per record, never the records themselves, and no step takes longer the more records there are.
 *
 * Threads: one at a time. Owns: nothing of the descriptor, whose file it fills from the beginning.
 * Errors: -errno; -EFBIG at four gigabytes, which is as far as the form goes.
 */
#ifndef MAP_CDB_WRITE_H
#define MAP_CDB_WRITE_H

#include "base/view.h"

enum cdb_put { CDB_ADD, CDB_NEW_ONLY, CDB_REPLACE };

struct cdb_writer;

struct cdb_writer *cdb_writer_new(int fd);
void cdb_writer_free(
	struct cdb_writer *w); /* NULL is fine; a file that was not finished is no cdb */

/* CDB_ADD: one more value of the key. CDB_NEW_ONLY: -EEXIST when there is one. CDB_REPLACE: instead of all there are. */
int cdb_writer_put(struct cdb_writer *w, struct view key, struct view value, enum cdb_put how);
/* The first value, valid until the next call; -ENOENT. */
int cdb_writer_get(struct cdb_writer *w, struct view key, struct view *out);
int cdb_writer_delete(struct cdb_writer *w, struct view key); /* all its values; -ENOENT */
/* Writes the tables: the file is whole. Nothing but cdb_writer_free may follow. */
int cdb_writer_finish(struct cdb_writer *w);

#endif
