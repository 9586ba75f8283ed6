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
 * A socket is used blocking, with the kernel's own timeouts (SO_RCVTIMEO, SO_SNDTIMEO): a read that must wait is one system
 * call, not three. Other files (pipes, terminals) keep the mode they came with and are asked by poll(2) first. stream_new
 * sets TCP_NODELAY. At most STREAM_IN_MAX bytes of input and STREAM_OUT_MAX of output are held: a fill of a full buffer gives
 * -EMSGSIZE, and so does a flush after more was added than fits.
 *
 * A layer (TLS) stands between the buffers and the socket: stream_set_layer. It works by stream_raw_recv and stream_raw_send.
 *
 * Threads: one at a time. Blocks: up to the deadline given. Errors: -errno, -ETIMEDOUT, -EPIPE or -ECONNRESET when the peer
 * is gone; end of file is 0 from the reading calls. Owns: the descriptors, when given with owns=true.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdint.h>
#include <sys/uio.h>

#include "base/str.h"

#define STREAM_IN_MAX  (1024 * 1024)
#define STREAM_OUT_MAX (16 * 1024 * 1024)

struct stream;

struct stream *stream_new(int fd_in, int fd_out, bool owns); /* both the same for a socket */
void stream_free(struct stream *s); /* closes when it owns; does not flush */
int stream_fd(const struct stream *s);

/* Reads once what the kernel has, without waiting: number of bytes added to the buffer, 0 at end of file, -EAGAIN. */
ssize_t stream_fill_now(struct stream *s);
/* Waits for bytes until the deadline: > 0, 0 at end of file, -ETIMEDOUT, -errno. */
ssize_t stream_fill(struct stream *s, int64_t deadline);
/* Waits a moment only (some milliseconds), and not even that on a stream where it was in vain the last times: for a worker
 * that could park the connection instead, where the peer usually answers at once. Like stream_fill_now otherwise. */
ssize_t stream_fill_soon(struct stream *s);
struct view stream_peek(const struct stream *s); /* buffered input; valid until the next fill */
void stream_consume(struct stream *s, size_t n);

/* The next complete line that is already buffered, without its end (CRLF or LF); NULL view when there is none yet. The view
 * is valid until the next fill. -EMSGSIZE when more than max bytes are buffered without a line end. 0 otherwise. */
int stream_line_buffered(struct stream *s, size_t max, struct view *out_line);
/* The same, waiting for it: 1 and a line, 0 at end of file, or an error. */
int stream_line(struct stream *s, size_t max, int64_t deadline, struct view *out_line);
/* Drops input up to and including the next line end, over many fills if need be. */
int stream_skip_line(struct stream *s, int64_t deadline);
void stream_drop_input(
	struct stream *s); /* STARTTLS: what was buffered in clear is not to be believed */

void stream_add(struct stream *s, struct view v);
void stream_addf(struct stream *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t stream_pending(const struct stream *s); /* output not yet flushed, bytes */
int stream_flush(struct stream *s, int64_t deadline);
/* Flushes what is pending and v in one writev(2), without copying v. */
int stream_flush_with(struct stream *s, struct view v, int64_t deadline);

void stream_trim(struct stream *s);

/* Every line that stream_line gives or stream_add takes goes here too: -v transcripts, -X traffic log, log level 15. What
 * stream_flush_with is given (message text) goes there only when with_text. line NULL: off. */
void stream_trace(struct stream *s, void (*line)(void *arg, bool is_out, struct view text),
		  void *arg);
void stream_trace_text(struct stream *s, bool with_text);

/*
 * What stands on the socket. recv and send work until the deadline like the calls of this file: bytes moved (at least one),
 * 0 at end of file (recv only), -EAGAIN when the deadline given was 0 and nothing could be done at once, -ETIMEDOUT, -errno.
 * send may move a part. close ends the layer; the stream closes its descriptors itself.
 */
struct stream_layer {
	ssize_t (*recv)(void *self, void *buf, size_t n, int64_t deadline);
	ssize_t (*send)(void *self, const struct iovec *iov, int n_iov, int64_t deadline);
	void (*close)(void *self);
};
/* ops lives as long as the stream; self is closed by stream_free. Buffered input stays: see stream_drop_input. */
void stream_set_layer(struct stream *s, const struct stream_layer *ops, void *self);
void *stream_layer_self(const struct stream *s,
			const struct stream_layer *ops); /* NULL: no such layer */
ssize_t stream_raw_recv(struct stream *s, void *buf, size_t n, int64_t deadline);
ssize_t stream_raw_send(struct stream *s, const struct iovec *iov, int n_iov, int64_t deadline);

#endif
