/*
 * stream.h - a buffered byte stream with deadlines over a socket, a pair of descriptors, or TLS on top of them.
 *
 * Reading: stream_line gives lines; stream_peek/stream_consume give what is buffered for the body reader. Writing is
 * gathered until stream_flush, so one reply or a pipelined group is one write(2). Input limits are the caller's: a line
 * longer than its maximum gives -EMSGSIZE and the rest of that line can be skipped with stream_skip_line.
 *
 * A stream may be idle for long: stream_trim gives its buffers back when they are empty (an idle parked connection keeps
 * a few hundred bytes).
 *
 * Threads: one at a time. Blocks: up to the deadline given. Errors: -errno, -ETIMEDOUT, -EPIPE or -ECONNRESET when the peer
 * is gone; end of file is 0 from the reading calls. Owns: the descriptors, when given with owns=true.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdint.h>

#include "base/str.h"

struct stream;

struct stream *stream_new(int fd_in, int fd_out, bool owns); /* both the same for a socket; made nonblocking */
void stream_free(struct stream *s);			      /* closes when it owns; does not flush */
int stream_fd(const struct stream *s);

/* Reads once what the kernel has, without waiting: number of bytes added to the buffer, 0 at end of file, -EAGAIN. */
ssize_t stream_fill_now(struct stream *s);
/* Waits for bytes until the deadline: > 0, 0 at end of file, -ETIMEDOUT, -errno. */
ssize_t stream_fill(struct stream *s, int64_t deadline);
struct view stream_peek(const struct stream *s); /* buffered input; valid until the next fill */
void stream_consume(struct stream *s, size_t n);

/* The next complete line that is already buffered, without its end (CRLF or LF); NULL view when there is none yet. The view
 * is valid until the next fill. -EMSGSIZE when more than max bytes are buffered without a line end. 0 otherwise. */
int stream_line_buffered(struct stream *s, size_t max, struct view *out_line);
/* The same, waiting for it: 1 and a line, 0 at end of file, or an error. */
int stream_line(struct stream *s, size_t max, int64_t deadline, struct view *out_line);
/* Drops input up to and including the next line end, over many fills if need be. */
int stream_skip_line(struct stream *s, int64_t deadline);
void stream_drop_input(struct stream *s); /* STARTTLS: what was buffered in clear is not to be believed */

void stream_add(struct stream *s, struct view v);
void stream_addf(struct stream *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t stream_pending(const struct stream *s); /* output not yet flushed, bytes */
int stream_flush(struct stream *s, int64_t deadline);
/* Flushes what is pending and v in one writev(2), without copying v. */
int stream_flush_with(struct stream *s, struct view v, int64_t deadline);

void stream_trim(struct stream *s);

/* Every line in both directions goes here too: -v transcripts, -X traffic log, log level 15. NULL: off. */
void stream_trace(struct stream *s, void (*line)(void *arg, bool is_out, struct view text), void *arg);

#endif
