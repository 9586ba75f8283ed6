/*
 * body.h - the octets of a message after its header, wherever they are.
 *
 * A body is written once, front to back, then read any number of times, by several readers at once. It lives in memory up
 * to its budget, then in a file; after being made safe it may be dropped from memory and read again from the journal or
 * from a df file: readers do not know which. Lines end in LF inside (CRLF only on the wire); dots are unstuffed.
 *
 * Writing: one thread. Reading: any, each with its own body_reader. Counted references. Blocks: on disk reads.
 */
#ifndef ENVELOPE_BODY_H
#define ENVELOPE_BODY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/view.h"

struct body;

/* memory_max: bytes kept in memory; beyond it the body goes to an unlinked file in spool_dir_fd (-1: TMPDIR). */
struct body *body_new(size_t memory_max, int spool_dir_fd);
struct body *body_open_file(int fd, int64_t offset,
			    int64_t size); /* takes fd; a df file or a journal extent */
struct body *body_get(struct body *b);
void body_put(struct body *b);

int body_append(struct body *b, struct view bytes); /* 0 or -errno (-ENOSPC ...) */
int64_t body_size(const struct body *b);            /* bytes as stored */
int64_t body_lines(const struct body *b);
bool body_has_8bit(const struct body *b);
/* All of it when it is in memory, else none. Valid while the reference is held and body_rehome is not called. */
struct view body_memory(const struct body *b);
/* The descriptor and offset when it is in a file: 0; -ENOENT when it is in memory only. The fd stays the body's. */
int body_file(const struct body *b, int *out_fd, int64_t *out_offset);
/* From now on the octets are found in this file; memory may be given back. Takes fd. Thread-safe against readers. */
void body_rehome(struct body *b, int fd, int64_t offset);
void body_drop_memory(struct body *b);

struct octets;

struct body_reader { /* all private */
	struct body *body;
	struct octets *octets; /* held: stays readable whatever becomes of the body's own */
	int64_t at;
	char *buffer;
	size_t have, used;
};
void body_reader_init(struct body_reader *r, struct body *b);
void body_reader_done(struct body_reader *r);
/* The next bytes, at most max: > 0, 0 at the end, -errno. The view is valid until the next call. */
ssize_t body_read(struct body_reader *r, size_t max, struct view *out);
/* The next line without its LF: 1 with a line, 0 at the end, -errno. Lines longer than 64 KB come in pieces: *out_is_whole. */
int body_read_line(struct body_reader *r, struct view *out_line, bool *out_is_whole);

#endif
