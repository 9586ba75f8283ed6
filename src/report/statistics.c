/*
 * statistics.c - see statistics.h.
 *
 * The file is one C struct in the machine's own types: int magic, int version, time_t start, short size, three longs of
 * connections (from, to, rejected), then arrays of one long for each of 25 mailers: messages from, kilobytes from,
 * messages to, kilobytes to, rejected, discarded, quarantined. struct statistics_image is that struct.
 */
#include "report/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"

_Static_assert(sizeof(time_t) == sizeof(int64_t) || sizeof(time_t) == sizeof(long),
	       "the start time is a time_t");

struct statistics {
	pthread_mutex_t lock;
	struct statistics_image counts; /* since the last flush */
	int64_t next_flush_ms;
};

struct statistics *statistics_new(void)
{
	struct statistics *s = MEM_NEW(struct statistics);

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void statistics_free(struct statistics *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Begun kilobytes count. */
static long kilobytes(int64_t bytes)
{
	return bytes > 0 ? (long)((bytes + 1023) / 1024) : 0;
}

void statistics_count(struct statistics *s, enum statistics_event event, int mailer, int64_t bytes)
{
	struct statistics_image *c = &s->counts;

	if (mailer < 0 || mailer >= CONFIG_MAILERS_MAX)
		return;
	pthread_mutex_lock(&s->lock);
	switch (event) {
	case STATISTICS_FROM:
		c->messages_from[mailer]++;
		c->kbytes_from[mailer] += kilobytes(bytes);
		break;
	case STATISTICS_TO:
		c->messages_to[mailer]++;
		c->kbytes_to[mailer] += kilobytes(bytes);
		break;
	case STATISTICS_REJECTED:
		c->rejected[mailer]++;
		break;
	case STATISTICS_DISCARDED:
		c->discarded[mailer]++;
		break;
	case STATISTICS_QUARANTINED:
		c->quarantined[mailer]++;
		break;
	}
	pthread_mutex_unlock(&s->lock);
}

void statistics_count_connection(struct statistics *s, enum statistics_connection event)
{
	pthread_mutex_lock(&s->lock);
	s->counts.connections[event]++;
	pthread_mutex_unlock(&s->lock);
}

#define FLUSH_EVERY_MS 10000

void statistics_flush_sometimes(struct statistics *s, struct view path)
{
	own_mem char *name = NULL;
	int64_t now = clock_ms();
	bool is_due;

	if (path.len == 0)
		return;
	pthread_mutex_lock(&s->lock);
	is_due = now >= s->next_flush_ms;
	if (is_due)
		s->next_flush_ms = now + FLUSH_EVERY_MS;
	pthread_mutex_unlock(&s->lock);
	if (!is_due)
		return;
	name = mem_dup(path.p, path.len);
	statistics_flush(s, name);
}

static void add_longs(long *to, const long *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

static void add_image(struct statistics_image *to, const struct statistics_image *from)
{
	add_longs(to->connections, from->connections, 3);
	add_longs(to->messages_from, from->messages_from, CONFIG_MAILERS_MAX);
	add_longs(to->kbytes_from, from->kbytes_from, CONFIG_MAILERS_MAX);
	add_longs(to->messages_to, from->messages_to, CONFIG_MAILERS_MAX);
	add_longs(to->kbytes_to, from->kbytes_to, CONFIG_MAILERS_MAX);
	add_longs(to->rejected, from->rejected, CONFIG_MAILERS_MAX);
	add_longs(to->discarded, from->discarded, CONFIG_MAILERS_MAX);
	add_longs(to->quarantined, from->quarantined, CONFIG_MAILERS_MAX);
}

static bool is_ours(const struct statistics_image *f)
{
	return f->magic == STATISTICS_MAGIC && f->version == STATISTICS_VERSION &&
	       f->size == (int16_t)sizeof(*f);
}

/* Under the lock of the file: read, add, write back. */
static int update(int fd, const struct statistics_image *counts)
{
	struct statistics_image file = { 0 };
	ssize_t n = pread(fd, &file, sizeof(file), 0);

	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(file) || !is_ours(&file)) {
		file = (struct statistics_image){ .magic = STATISTICS_MAGIC,
						  .version = STATISTICS_VERSION,
						  .start_s = wall_s(),
						  .size = (int16_t)sizeof(file) };
	}
	add_image(&file, counts);
	n = pwrite(fd, &file, sizeof(file), 0);
	return n == (ssize_t)sizeof(file) ? 0 : n < 0 ? -errno : -ENOSPC;
}

int statistics_flush(struct statistics *s, const char *path)
{
	own_fd int fd = -1;
	struct statistics_image counts;
	struct stat st;
	int r;

	if (!path || !*path)
		return -ENOENT;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	if (flock(fd, LOCK_EX) < 0)
		return -errno;
	pthread_mutex_lock(&s->lock);
	counts = s->counts;
	memset(&s->counts, 0, sizeof(s->counts));
	pthread_mutex_unlock(&s->lock);
	r = update(fd, &counts);
	if (r < 0) { /* for the next time */
		pthread_mutex_lock(&s->lock);
		add_image(&s->counts, &counts);
		pthread_mutex_unlock(&s->lock);
	}
	return r;
}
