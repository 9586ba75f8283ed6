/*
 * body.c - see body.h.
 *
 * The octets lie in a counted `struct octets`, one for memory and one for a file. The body points to up to one of each
 * under its lock; a reader takes a reference to one of them and keeps it to its end, so that rehome and drop_memory
 * never pull anything away under a reader.
 */
#include "envelope/body.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/own.h"

#define LINE_MAX_BYTES 65536
#define WRITE_BYTES    65536 /* gathered before a write to the file */

struct octets {
	atomic_uint refs;
	char *memory; /* NULL: in the file */
	size_t cap;
	int fd;
	int64_t offset;
};

struct body {
	atomic_uint refs;
	pthread_mutex_t lock; /* of the two pointers */
	struct octets *memory, *file;
	size_t memory_max;
	int spool_dir_fd;
	int64_t size, lines;
	bool has_8bit, ends_in_line;
	char *pending; /* not yet written to the file */
	size_t n_pending;
};

static struct octets *octets_new(void)
{
	struct octets *o = MEM_NEW(struct octets);

	o->refs = 1;
	o->fd = -1;
	return o;
}

static struct octets *octets_get(struct octets *o)
{
	atomic_fetch_add(&o->refs, 1);
	return o;
}

static void octets_put(struct octets *o)
{
	if (!o || atomic_fetch_sub(&o->refs, 1) != 1)
		return;
	if (o->fd >= 0)
		close(o->fd);
	free(o->memory);
	free(o);
}

struct body *body_new(size_t memory_max, int spool_dir_fd)
{
	struct body *b = MEM_NEW(struct body);

	b->refs = 1;
	pthread_mutex_init(&b->lock, NULL);
	b->memory = octets_new();
	b->memory_max = memory_max;
	b->spool_dir_fd = spool_dir_fd;
	b->ends_in_line = true;
	return b;
}

/* Counts lines and looks for 8-bit octets. */
static void survey(struct body *b, struct view bytes)
{
	unsigned char high = 0;
	size_t lines = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		high |= (unsigned char)bytes.p[i];
		lines += bytes.p[i] == '\n';
	}
	b->lines += (int64_t)lines;
	b->has_8bit = b->has_8bit || (high & 0x80);
	b->ends_in_line = bytes.p[bytes.len - 1] == '\n';
	b->size += (int64_t)bytes.len;
}

static void survey_file(struct body *b, int64_t size)
{
	struct body_reader r;
	struct view piece;

	b->size = size;
	body_reader_init(&r, b);
	while (body_read(&r, LINE_MAX_BYTES, &piece) > 0) {
		survey(b, piece);
		b->size = size;
	}
	body_reader_done(&r);
}

struct body *body_open_file(int fd, int64_t offset, int64_t size)
{
	struct body *b = body_new(0, -1);

	octets_put(b->memory);
	b->memory = NULL;
	b->file = octets_new();
	b->file->fd = fd;
	b->file->offset = offset;
	survey_file(b, size);
	return b;
}

struct body *body_get(struct body *b)
{
	atomic_fetch_add(&b->refs, 1);
	return b;
}

void body_put(struct body *b)
{
	if (!b || atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	octets_put(b->memory);
	octets_put(b->file);
	free(b->pending);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* A file without a name, in the spool directory or where temporary files go. */
static int open_nameless(int dir_fd)
{
	const char *tmp = getenv("TMPDIR");
	char path[] = "/tmp/postrider-XXXXXX";
	int fd;

	if (dir_fd >= 0)
		fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else
		fd = open(tmp && *tmp ? tmp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd < 0 ? -errno : fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int write_all(int fd, struct view v, int64_t at)
{
	while (v.len) {
		ssize_t n = pwrite(fd, v.p, v.len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		v = view_skip(v, (size_t)n);
		at += n;
	}
	return 0;
}

static int flush(struct body *b)
{
	int r;

	if (b->n_pending == 0)
		return 0;
	r = write_all(b->file->fd, view_from(b->pending, b->n_pending),
		      b->size - (int64_t)b->n_pending);
	if (r == 0)
		b->n_pending = 0;
	return r;
}

static int move_to_file(struct body *b)
{
	own_fd int fd = open_nameless(b->spool_dir_fd);
	int r;

	if (fd < 0)
		return fd;
	r = b->size ? write_all(fd, view_from(b->memory->memory, (size_t)b->size), 0) : 0;
	if (r < 0)
		return r;
	octets_put(b->memory);
	b->memory = NULL;
	b->file = octets_new();
	b->file->fd = take_fd(&fd);
	b->pending = mem_alloc(WRITE_BYTES);
	return 0;
}

static void append_memory(struct body *b, struct view bytes)
{
	struct octets *o = b->memory;
	size_t want = (size_t)b->size + bytes.len;

	if (want > o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 4096;

		o->cap = cap > want ? cap : want;
		o->memory = mem_resize(o->memory, o->cap, 1);
	}
	memcpy(o->memory + b->size, bytes.p, bytes.len);
	survey(b, bytes);
}

static int append_file(struct body *b, struct view bytes)
{
	while (bytes.len) {
		struct view piece = view_first(bytes, WRITE_BYTES - b->n_pending);
		int r;

		memcpy(b->pending + b->n_pending, piece.p, piece.len);
		b->n_pending += piece.len;
		survey(b, piece);
		bytes = view_skip(bytes, piece.len);
		if (b->n_pending == WRITE_BYTES && (r = flush(b)) < 0)
			return r;
	}
	return 0;
}

int body_append(struct body *b, struct view bytes)
{
	if (bytes.len == 0)
		return 0;
	if (b->memory) {
		if (bytes.len <= b->memory_max && (size_t)b->size <= b->memory_max - bytes.len) {
			append_memory(b, bytes);
			return 0;
		}
		int r = move_to_file(b);

		if (r < 0)
			return r;
	}
	bug_if(!b->pending); /* a body that was opened from a file is never written */
	return append_file(b, bytes);
}

int64_t body_size(const struct body *b)
{
	return b->size;
}

int64_t body_lines(const struct body *b)
{
	return b->lines + !b->ends_in_line;
}

bool body_has_8bit(const struct body *b)
{
	return b->has_8bit;
}

struct view body_memory(const struct body *b)
{
	struct body *mine = (struct body *)b; /* for the lock only */
	struct view v = VIEW_NONE;

	pthread_mutex_lock(&mine->lock);
	if (b->memory)
		v = view_from(b->size ? b->memory->memory : "", (size_t)b->size);
	pthread_mutex_unlock(&mine->lock);
	return v;
}

int body_file(const struct body *b, int *out_fd, int64_t *out_offset)
{
	struct body *mine = (struct body *)b;
	int r = -ENOENT;

	pthread_mutex_lock(&mine->lock);
	if (b->file && (r = flush(mine)) == 0) {
		*out_fd = b->file->fd;
		*out_offset = b->file->offset;
	}
	pthread_mutex_unlock(&mine->lock);
	return r;
}

void body_rehome(struct body *b, int fd, int64_t offset)
{
	struct octets *o = octets_new(), *old;

	o->fd = fd;
	o->offset = offset;
	pthread_mutex_lock(&b->lock);
	old = b->file;
	b->file = o;
	b->n_pending = 0;
	pthread_mutex_unlock(&b->lock);
	octets_put(old);
}

void body_drop_memory(struct body *b)
{
	struct octets *old = NULL;

	pthread_mutex_lock(&b->lock);
	if (b->file) {
		old = b->memory;
		b->memory = NULL;
	}
	pthread_mutex_unlock(&b->lock);
	octets_put(old);
}

/* ---- reading ---- */

void body_reader_init(struct body_reader *r, struct body *b)
{
	*r = (struct body_reader){ .body = body_get(b) };
}

void body_reader_done(struct body_reader *r)
{
	octets_put(r->octets);
	body_put(r->body);
	free(r->buffer);
	*r = (struct body_reader){ 0 };
}

/* Takes hold of the octets at the first read; 0 or -errno. */
static int reader_hold(struct body_reader *r)
{
	struct body *b = r->body;
	int e = 0;

	if (r->octets)
		return 0;
	pthread_mutex_lock(&b->lock);
	if (b->memory)
		r->octets = octets_get(b->memory);
	else if ((e = flush(b)) == 0)
		r->octets = octets_get(b->file);
	pthread_mutex_unlock(&b->lock);
	return e;
}

/* Brings more of the file behind what is still unused; 1, 0 at the end or with a full buffer, -errno. */
static int reader_fill(struct body_reader *r)
{
	int64_t left = r->body->size - r->at - (int64_t)(r->have - r->used);
	ssize_t n;
	size_t room;

	if (!r->buffer)
		r->buffer = mem_alloc(LINE_MAX_BYTES);
	if (r->used) {
		memmove(r->buffer, r->buffer + r->used, r->have - r->used);
		r->have -= r->used;
		r->used = 0;
	}
	room = LINE_MAX_BYTES - r->have;
	if ((int64_t)room > left)
		room = (size_t)left;
	if (room == 0)
		return 0;
	do {
		n = pread(r->octets->fd, r->buffer + r->have, room,
			  r->octets->offset + r->at + (int64_t)r->have);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -EIO; /* the file is shorter than the message */
	r->have += (size_t)n;
	return 1;
}

/* What can be seen without reading more. */
static struct view reader_seen(const struct body_reader *r)
{
	if (r->octets->memory)
		return view_from(r->octets->memory + r->at, (size_t)(r->body->size - r->at));
	return view_from(r->buffer + r->used, r->have - r->used);
}

static struct view reader_take(struct body_reader *r, struct view v)
{
	r->at += (int64_t)v.len;
	if (!r->octets->memory)
		r->used += v.len;
	return v;
}

ssize_t body_read(struct body_reader *r, size_t max, struct view *out)
{
	int e = reader_hold(r);

	if (e < 0)
		return e;
	if (r->at >= r->body->size)
		return 0;
	if (!r->octets->memory && r->used == r->have && (e = reader_fill(r)) < 0)
		return e;
	*out = reader_take(r, view_first(reader_seen(r), max));
	return (ssize_t)out->len;
}

int body_read_line(struct body_reader *r, struct view *out_line, bool *out_is_whole)
{
	struct view seen;
	size_t at = 0;
	int e = reader_hold(r);

	if (e < 0)
		return e;
	if (r->at >= r->body->size)
		return 0;
	for (;;) {
		size_t from = at;

		seen = view_first(reader_seen(r), LINE_MAX_BYTES);
		at = from + view_find(view_skip(seen, from), '\n');
		if (at < seen.len || r->octets->memory)
			break;
		e = reader_fill(r);
		if (e < 0)
			return e;
		if (e == 0)
			break;
	}
	if (at < seen.len) {
		*out_line = view_first(seen, at);
		reader_take(r, view_first(seen, at + 1));
		*out_is_whole = true;
		return 1;
	}
	*out_line = reader_take(r, seen);
	*out_is_whole = r->at >= r->body->size;
	return 1;
}
