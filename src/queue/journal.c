/*
 * journal.c - the writing side of the journal: batches, segments, group commit.
 *
 *   gathering batch  <- journal_append (copies, under the lock)
 *        | closed when a writer takes it, or when its segment is full
 *   waiting batches  -> one at a time: pwrite, fdatasync -> everyone who waits for it is woken
 */
#include "queue/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/own.h"
#include "queue/crc32c.h"

#define SEGMENT_BYTES  (16u << 20)
#define SEGMENTS_MAX   32
#define SEGMENTS_SPARE 1
#define BUFFER_KEPT    (1u << 20)
#define HEADER_BYTES   sizeof(struct journal_header)

struct segment {
	int fd;
	uint32_t generation; /* 0: free */
	size_t used;         /* bytes given out */
	size_t live;         /* messages not done */
	size_t pending;      /* batches not written yet */
	bool is_damaged;     /* a write failed: nothing more is put here */
};

struct batch {
	struct link link; /* in j->batches, oldest first */
	struct segment *segment;
	size_t offset, len, cap;
	char *bytes;
	int users; /* who waits */
	bool is_done;
	int result;
	pthread_cond_t done;
};

struct journal {
	struct journal_params params;
	pthread_mutex_t lock;
	struct list batches; /* the last one gathers, unless it was taken for writing */
	struct batch *gathering;
	int n_flushing; /* threads in journal_flush */
	pthread_cond_t written;
	bool is_writing, is_adding;
	struct segment *segments; /* params.max_segments of them */
	int n_segments;
	struct segment *current;
	uint32_t next_generation;
	struct batch *spare; /* for the next use */
	struct journal_stats stats;
};

static void segment_name(char out[24], int number)
{
	snprintf(out, 24, "seg.%04d", number);
}

/* Makes or opens segment file `number` at its full size, durable in its directory. */
static int open_segment(const struct journal *j, int number)
{
	char name[24];
	own_fd int fd = -1;
	struct stat st;

	segment_name(name, number);
	fd = openat(j->params.dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((size_t)st.st_size == j->params.segment_bytes)
		return take_fd(&fd);
	/* A size of another configuration, or a new file. What it held was recovered before. */
	if (ftruncate(fd, 0) < 0)
		return -errno;
	if (fallocate(fd, 0, 0, (off_t)j->params.segment_bytes) < 0 &&
	    (errno != EOPNOTSUPP || ftruncate(fd, (off_t)j->params.segment_bytes) < 0))
		return -errno;
	if (fsync(fd) < 0 || fsync(j->params.dir_fd) < 0)
		return -errno;
	return take_fd(&fd);
}

/* One more free segment; without the lock, by the one thread that set is_adding. */
static int add_segment(struct journal *j)
{
	int fd;

	if (j->n_segments == j->params.max_segments)
		return -ENOSPC;
	fd = open_segment(j, j->n_segments);
	if (fd < 0)
		return fd;
	pthread_mutex_lock(&j->lock);
	j->segments[j->n_segments] = (struct segment){ .fd = fd };
	j->n_segments++;
	pthread_mutex_unlock(&j->lock);
	return 0;
}

struct journal *journal_open(const struct journal_params *p, int *out_error)
{
	struct journal *j = MEM_NEW(struct journal);
	int result = 0;

	j->params = *p;
	if (j->params.segment_bytes == 0)
		j->params.segment_bytes = SEGMENT_BYTES;
	if (j->params.max_segments == 0)
		j->params.max_segments = SEGMENTS_MAX;
	j->next_generation = p->first_generation ? p->first_generation : 1;
	j->segments = mem_zero((size_t)j->params.max_segments * sizeof(struct segment));
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->written, NULL);
	list_init(&j->batches);
	for (int i = 0; result == 0 && i < 1 + SEGMENTS_SPARE && i < j->params.max_segments; i++)
		result = add_segment(j);
	if (result == 0)
		return j;
	*out_error = result;
	journal_close(j);
	return NULL;
}

static void batch_free(struct batch *b)
{
	pthread_cond_destroy(&b->done);
	free(b->bytes);
	free(b);
}

static struct batch *batch_new(struct journal *j)
{
	struct batch *b = j->spare;

	j->spare = NULL;
	if (!b) {
		b = MEM_NEW(struct batch);
		pthread_cond_init(&b->done, NULL);
	}
	b->len = 0;
	b->users = 0;
	b->is_done = false;
	b->result = 0;
	return b;
}

/* The last one who waited for a batch gives it back. Under the lock. */
static void batch_release(struct journal *j, struct batch *b)
{
	if (b->users > 0 || !b->is_done)
		return;
	if (j->spare || b->cap > BUFFER_KEPT)
		batch_free(b);
	else
		j->spare = b;
}

/* Copies a record into the batch that gathers, at the place it will have on disk. */
static void batch_copy(struct batch *b, const void *p, size_t len)
{
	if (len > 0)
		memcpy(b->bytes + b->len, p, len);
	b->len += len;
}

static void batch_reserve(struct batch *b, size_t more)
{
	if (b->len + more <= b->cap)
		return;
	b->cap = (b->len + more) * 2;
	b->bytes = mem_resize(b->bytes, b->cap, 1);
}

/* Segments whose messages are all done are given up, oldest generation first (invariant 3). */
static void give_up_segments(struct journal *j)
{
	for (;;) {
		struct segment *oldest = NULL;

		for (int i = 0; i < j->n_segments; i++) {
			struct segment *s = &j->segments[i];

			if (s->generation != 0 && (!oldest || s->generation < oldest->generation))
				oldest = s;
		}
		if (!oldest || oldest == j->current || oldest->live > 0 || oldest->pending > 0)
			return;
		oldest->generation = 0;
	}
}

static struct segment *free_segment(struct journal *j)
{
	for (int i = 0; i < j->n_segments; i++)
		if (j->segments[i].generation == 0)
			return &j->segments[i];
	return NULL;
}

/* Puts one record into the gathering batch; the room is there. Returns its position. */
static uint64_t put_record(struct journal *j, struct journal_header *h, uint32_t crc,
			   const struct view *parts, int n_parts)
{
	struct segment *s = j->current;
	struct batch *b = j->gathering;
	size_t whole = journal_aligned(HEADER_BYTES + h->length);
	static const char zeros[JOURNAL_ALIGN];

	if (!b) {
		b = j->gathering = batch_new(j);
		b->segment = s;
		b->offset = s->used;
		s->pending++;
		list_append(&j->batches, &b->link);
	}
	h->at = journal_position(s->generation, s->used);
	journal_header_seal(h, crc);
	batch_reserve(b, whole + HEADER_BYTES);
	batch_copy(b, h, HEADER_BYTES);
	for (int i = 0; i < n_parts; i++)
		batch_copy(b, parts[i].p, parts[i].len);
	batch_copy(b, zeros, whole - HEADER_BYTES - h->length);
	s->used += whole;
	j->stats.bytes += whole;
	return h->at;
}

/* The next segment begins; what gathers so far stays with the old one. */
static bool next_segment(struct journal *j)
{
	struct journal_header h = { .type = JOURNAL_SEGMENT, .ref = JOURNAL_VERSION };
	struct segment *s;

	give_up_segments(j);
	s = free_segment(j);
	if (!s)
		return false;
	*s = (struct segment){ .fd = s->fd, .generation = j->next_generation++ };
	j->gathering = NULL;
	j->current = s;
	give_up_segments(j);
	put_record(j, &h, crc32c(0, VIEW("")), NULL, 0);
	return true;
}

static bool make_room(struct journal *j, size_t length)
{
	size_t whole = journal_aligned(HEADER_BYTES + length);
	struct segment *s = j->current;

	if (s && !s->is_damaged && whole <= j->params.segment_bytes - s->used)
		return true;
	return next_segment(j);
}

size_t journal_message_max(const struct journal *j)
{
	return j->params.segment_bytes - 2 * HEADER_BYTES - sizeof(struct journal_message_head) -
	       4096;
}

int journal_append(struct journal *j, const struct journal_message *m, uint64_t *out_ref,
		   struct journal_ticket *ticket)
{
	struct journal_message_head head = { .text_len = (uint32_t)m->text.len,
					     .letter = (uint8_t)m->letter,
					     .id_len = (uint8_t)m->id.len,
					     .dir_len = (uint16_t)m->dir.len };
	struct view parts[] = {
		{(const char *)&head, sizeof(head)},
                m->id, m->dir, m->text, m->body
	};
	struct journal_header h = { .type = JOURNAL_MESSAGE, .flags = m->flags };
	size_t length = 0;
	uint32_t crc = 0;

	if (m->id.len > UINT8_MAX || m->dir.len > UINT16_MAX ||
	    m->text.len + m->body.len > journal_message_max(j))
		return -EFBIG;
	for (size_t i = 0; i < 5; i++) {
		length += parts[i].len;
		crc = crc32c(crc, parts[i]);
	}
	h.length = (uint32_t)length;
	pthread_mutex_lock(&j->lock);
	if (!make_room(j, length)) {
		pthread_mutex_unlock(&j->lock);
		return -EAGAIN;
	}
	*out_ref = put_record(j, &h, crc, parts, 5);
	j->current->live++;
	j->stats.appended++;
	if (ticket) {
		ticket->batch = j->gathering;
		ticket->batch->users++;
	}
	pthread_mutex_unlock(&j->lock);
	return 0;
}

static int write_out(const struct journal *j, const struct batch *b)
{
	size_t at = 0, len = b->len + HEADER_BYTES;

	/* The mark of the end (journal_format.h, invariant 9). */
	memset(b->bytes + b->len, 0, HEADER_BYTES);
	if (b->offset + len > j->params.segment_bytes)
		len = j->params.segment_bytes - b->offset;
	while (at < len) {
		ssize_t n = pwrite(b->segment->fd, b->bytes + at, len - at,
				   (off_t)(b->offset + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += (size_t)n;
	}
	return fdatasync(b->segment->fd) < 0 ? -errno : 0;
}

/* One of those who wait becomes the next writer; batches that hold only notes wait for company. */
static void wake_writer(struct journal *j)
{
	LIST_EACH (&j->batches, it) {
		struct batch *b = LIST_OWNER(it, struct batch, link);

		if (b->users > 0) {
			pthread_cond_signal(&b->done);
			return;
		}
	}
}

/* Writes the oldest batch. Under the lock, which is given up meanwhile; nobody else is writing. */
static void write_oldest(struct journal *j)
{
	struct batch *b = LIST_OWNER(j->batches.head.next, struct batch, link);
	int result;

	j->is_writing = true;
	if (j->gathering == b)
		j->gathering = NULL;
	pthread_mutex_unlock(&j->lock);
	result = write_out(j, b);
	if (result < 0)
		log_event(j->params.log, 0, LOG_CRIT, NULL, "journal: cannot write: %s",
			  strerror(-result));
	pthread_mutex_lock(&j->lock);
	j->is_writing = false;
	j->stats.batches++;
	if (j->n_flushing > 0)
		pthread_cond_broadcast(&j->written);
	if (result < 0)
		b->segment->is_damaged = true;
	b->segment->pending--;
	b->result = result;
	b->is_done = true;
	list_remove(&b->link);
	if (b->users > 0)
		pthread_cond_broadcast(&b->done);
	batch_release(j, b);
	wake_writer(j);
}

int journal_wait(struct journal *j, struct journal_ticket *ticket)
{
	struct batch *b = ticket->batch;
	int result;

	pthread_mutex_lock(&j->lock);
	while (!b->is_done) {
		if (j->is_writing)
			pthread_cond_wait(&b->done, &j->lock);
		else
			write_oldest(j);
	}
	result = b->result;
	b->users--;
	batch_release(j, b);
	pthread_mutex_unlock(&j->lock);
	return result;
}

static struct segment *segment_of(struct journal *j, uint64_t ref)
{
	for (int i = 0; i < j->n_segments; i++)
		if (j->segments[i].generation == journal_generation(ref))
			return &j->segments[i];
	return NULL;
}

void journal_note(struct journal *j, uint64_t ref, struct view text)
{
	struct journal_header h = { .type = JOURNAL_NOTE,
				    .ref = ref,
				    .length = (uint32_t)text.len };
	uint32_t crc = crc32c(0, text);

	if (text.len > journal_message_max(j))
		return;
	pthread_mutex_lock(&j->lock);
	/* Without room the note is left out: the message stays as it was, and that is safe. */
	if (make_room(j, text.len))
		put_record(j, &h, crc, &text, 1);
	pthread_mutex_unlock(&j->lock);
}

void journal_done(struct journal *j, uint64_t ref)
{
	struct journal_header h = { .type = JOURNAL_DONE, .ref = ref };
	struct segment *s;

	pthread_mutex_lock(&j->lock);
	s = segment_of(j, ref);
	bug_if(!s || s->live == 0);
	s->live--;
	if (make_room(j, 0))
		put_record(j, &h, crc32c(0, VIEW("")), NULL, 0);
	pthread_mutex_unlock(&j->lock);
}

int journal_read(struct journal *j, uint64_t ref, struct str *memory, struct journal_message *out)
{
	struct journal_header h;
	struct view payload;
	struct segment *s;
	bool is_whole;
	ssize_t n;
	int fd;

	pthread_mutex_lock(&j->lock);
	s = segment_of(j, ref);
	fd = s ? s->fd : -1;
	pthread_mutex_unlock(&j->lock);
	if (fd < 0)
		return -ENOENT;
	n = pread(fd, &h, HEADER_BYTES, (off_t)journal_offset(ref));
	if (n != (ssize_t)HEADER_BYTES || h.magic != JOURNAL_MAGIC || h.at != ref ||
	    h.length > j->params.segment_bytes)
		return n < 0 ? -errno : -EBADMSG;
	str_clear(memory);
	str_reserve(memory, HEADER_BYTES + h.length);
	if (memory->cap < HEADER_BYTES + h.length)
		return -EFBIG;
	n = pread(fd, memory->p, HEADER_BYTES + h.length, (off_t)journal_offset(ref));
	if (n < 0)
		return -errno;
	memory->len = (size_t)n;
	if (!journal_record_at(memory->p, memory->len, journal_offset(ref), &h, &payload,
			       &is_whole) ||
	    !is_whole || h.type != JOURNAL_MESSAGE || !journal_message_parse(&h, payload, out))
		return -EBADMSG;
	return 0;
}

void journal_flush(struct journal *j)
{
	uint64_t target;

	pthread_mutex_lock(&j->lock);
	target = j->stats.batches;
	LIST_EACH (&j->batches, it)
		target++;
	j->n_flushing++;
	while (j->stats.batches < target) {
		if (j->is_writing)
			pthread_cond_wait(&j->written, &j->lock);
		else
			write_oldest(j);
	}
	j->n_flushing--;
	pthread_mutex_unlock(&j->lock);
}

int journal_tend(struct journal *j)
{
	bool has_spare;
	int result;

	journal_flush(j);
	pthread_mutex_lock(&j->lock);
	give_up_segments(j);
	has_spare = j->is_adding || free_segment(j) != NULL;
	if (!has_spare)
		j->is_adding = true;
	pthread_mutex_unlock(&j->lock);
	if (has_spare)
		return 0;
	result = add_segment(j);
	pthread_mutex_lock(&j->lock);
	j->is_adding = false;
	pthread_mutex_unlock(&j->lock);
	return result;
}

void journal_stats(struct journal *j, struct journal_stats *out)
{
	pthread_mutex_lock(&j->lock);
	*out = j->stats;
	out->segments_max = j->params.max_segments;
	out->segments_used = 0;
	for (int i = 0; i < j->n_segments; i++)
		out->segments_used += j->segments[i].generation != 0;
	pthread_mutex_unlock(&j->lock);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	journal_flush(j);
	for (int i = 0; i < j->n_segments; i++)
		close(j->segments[i].fd);
	if (j->spare)
		batch_free(j->spare);
	pthread_cond_destroy(&j->written);
	pthread_mutex_destroy(&j->lock);
	free(j->segments);
	free(j);
}
