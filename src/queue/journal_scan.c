/*
 * journal_scan.c - reads segments: finds the valid records, then what they say together.
 */
#include "queue/journal_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define SEGMENT_MAX (1u << 30)

struct found_record {
	struct journal_header header;
	struct view payload;
	bool is_whole;
};

struct record_list {
	struct found_record *v;
	size_t n, cap;
};

/* All records of one segment file whose headers are valid, of its highest generation. Returns the number of places
 * where bytes had to be skipped in front of one of them. */
static size_t read_segment(struct view bytes, struct record_list *out)
{
	size_t first = out->n, at = 0, n_damaged = 0;
	uint32_t generation = 0;
	bool skipped = false;

	while (at + sizeof(struct journal_header) <= bytes.len) {
		struct found_record r;

		if (!journal_record_at(bytes.p + at, bytes.len - at, at, &r.header, &r.payload,
				       &r.is_whole) ||
		    journal_generation(r.header.at) < generation) {
			skipped = true;
			at += JOURNAL_ALIGN;
			continue;
		}
		if (journal_generation(r.header.at) > generation) {
			out->n = first; /* what came before is of an earlier use */
			generation = journal_generation(r.header.at);
			n_damaged = at > 0;
			skipped = false;
		}
		n_damaged += skipped + !r.is_whole;
		skipped = false;
		MEM_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = r;
		/* The payload of a torn record may not be there at all: look at every place behind its header. */
		at += r.is_whole ? journal_aligned(sizeof(r.header) + r.header.length)
				 : sizeof(r.header);
	}
	/* Torn records at the very end are the last write before the crash, not damage. */
	for (size_t i = out->n; i > first && !out->v[i - 1].is_whole; i--)
		n_damaged--;
	return n_damaged;
}

static int by_position(const void *a, const void *b)
{
	uint64_t x = ((const struct found_record *)a)->header.at;
	uint64_t y = ((const struct found_record *)b)->header.at;

	return (x > y) - (x < y);
}

static struct journal_found *find_message(struct journal_image *image, uint64_t ref)
{
	size_t low = 0, high = image->n_messages;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (image->messages[middle].ref < ref)
			low = middle + 1;
		else
			high = middle;
	}
	return low < image->n_messages && image->messages[low].ref == ref ? &image->messages[low]
									  : NULL;
}

static void add_message(struct journal_image *image, const struct found_record *r, size_t *cap)
{
	struct journal_found found = { .ref = r->header.at };

	if (!journal_message_parse(&r->header, r->payload, &found.message))
		return;
	MEM_GROW(image->messages, image->n_messages, *cap);
	image->messages[image->n_messages++] = found;
	image->n_live++;
}

/* Records in order of their positions become messages and what happened to them. */
static void replay(struct record_list *records, struct journal_image *image)
{
	size_t cap = 0;

	if (records->n)
		qsort(records->v, records->n, sizeof(*records->v), by_position);
	for (size_t i = 0; i < records->n; i++) {
		const struct found_record *r = &records->v[i];
		struct journal_found *m;

		image->last_generation = journal_generation(r->header.at);
		if (!r->is_whole)
			continue;
		if (r->header.type == JOURNAL_MESSAGE) {
			add_message(image, r, &cap);
			continue;
		}
		m = r->header.type == JOURNAL_NOTE || r->header.type == JOURNAL_DONE
			    ? find_message(image, r->header.ref)
			    : NULL;
		if (!m || m->is_done)
			continue;
		if (r->header.type == JOURNAL_NOTE) {
			m->message.text = r->payload;
		} else {
			m->is_done = true;
			image->n_live--;
		}
	}
}

void journal_scan_bytes(struct view bytes, struct journal_image *out)
{
	struct record_list records = { 0 };

	*out = (struct journal_image){ 0 };
	out->n_damaged = read_segment(bytes, &records);
	replay(&records, out);
	free(records.v);
}

/* Maps one segment file; false when it is none. */
static bool map_segment(int dir_fd, const char *name, struct journal_map *out)
{
	own_fd int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > SEGMENT_MAX)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	*out = (struct journal_map){ .p = p, .len = (size_t)st.st_size };
	snprintf(out->name, sizeof(out->name), "%.23s", name);
	return true;
}

static int map_segments(int dir_fd, struct journal_image *out)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t cap = 0;
	struct dirent *e;

	if (!d) {
		int failed = -errno;

		if (fd >= 0)
			close(fd);
		return failed;
	}
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, "seg.", 4) != 0)
			continue;
		MEM_GROW(out->maps, out->n_maps, cap);
		if (map_segment(dir_fd, e->d_name, &out->maps[out->n_maps]))
			out->n_maps++;
	}
	closedir(d);
	return 0;
}

int journal_scan(int dir_fd, struct log *log, struct journal_image *out)
{
	struct record_list records = { 0 };
	int result;

	*out = (struct journal_image){ 0 };
	result = map_segments(dir_fd, out);
	if (result < 0)
		return result;
	for (size_t i = 0; i < out->n_maps; i++) {
		size_t n = read_segment(view_from(out->maps[i].p, out->maps[i].len), &records);

		if (n > 0 && log)
			log_event(log, 0, LOG_ALERT, NULL,
				  "journal: %s: damaged in %zu places, the rest is used",
				  out->maps[i].name, n);
		out->n_damaged += n;
	}
	replay(&records, out);
	free(records.v);
	return 0;
}

void journal_image_free(struct journal_image *image)
{
	for (size_t i = 0; i < image->n_maps; i++)
		munmap(image->maps[i].p, image->maps[i].len);
	free(image->maps);
	free(image->messages);
	*image = (struct journal_image){ 0 };
}
