/*
 * journal_scan.c - reads segments: finds the valid records, then what they say together.
 */
#include "queue/journal_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

#define SEGMENT_MAX     (1u << 30)
#define DAMAGE_TOLD_MAX 100

struct found_record {
	struct journal_header header;
	struct view payload;
	bool is_whole;
};

struct record_list {
	struct found_record *v;
	size_t n, cap;
};

struct reading {
	struct journal_image *image;
	struct record_list *records;
	struct view bytes;
	size_t map;
	size_t first_record, first_damage; /* of this segment */
	uint32_t generation;
	bool only_headers; /* payloads are looked at later */
	size_t bad_from;   /* where bytes that are no record begin; SIZE_MAX: nowhere */
};

static void add_damage(struct reading *r, size_t from, size_t to, uint8_t type)
{
	struct journal_image *image = r->image;

	image->damage = mem_resize(image->damage, image->n_damage + 1, sizeof(*image->damage));
	image->damage[image->n_damage++] = (struct journal_damage){ r->map, from, to, type, false };
}

/* Bytes in front of a valid record, or at the end, that are none themselves. */
static void end_bad(struct reading *r, size_t to)
{
	if (r->bad_from != SIZE_MAX)
		add_damage(r, r->bad_from, to, 0);
	r->bad_from = SIZE_MAX;
}

static bool is_zero(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i])
			return false;
	return true;
}

/* A record of a higher generation than all before: those are of an earlier use. */
static void begin_generation(struct reading *r, const struct found_record *f, size_t at)
{
	r->records->n = r->first_record;
	r->image->n_damage = r->first_damage;
	r->generation = journal_generation(f->header.at);
	r->bad_from = at > 0 ? 0 : SIZE_MAX;
}

/* One valid header; returns where to look next. */
static size_t take_record(struct reading *r, const struct found_record *f, size_t at)
{
	struct record_list *out = r->records;
	size_t end = at + sizeof(f->header) + f->header.length, next = journal_aligned(end);

	if (journal_generation(f->header.at) > r->generation)
		begin_generation(r, f, at);
	end_bad(r, at);
	MEM_GROW(out->v, out->n, out->cap);
	out->v[out->n++] = *f;
	if (!f->is_whole) {
		/* The payload of a torn record may not be there at all: look at every place behind its header. */
		add_damage(r, at, next, f->header.type);
		return at + sizeof(f->header);
	}
	if (next <= r->bytes.len && !is_zero(view_from(r->bytes.p + end, next - end)))
		add_damage(r, end, next, f->header.type);
	return next;
}

/* What lies at the end of the records: the zeros of invariant 9, else damage or a torn write. */
static void look_at_end(struct reading *r)
{
	size_t end = 0, left;

	if (r->records->n > r->first_record) {
		const struct found_record *last = &r->records->v[r->records->n - 1];

		end = journal_offset(last->header.at) +
		      journal_aligned(sizeof(last->header) + last->header.length);
	}
	left = end < r->bytes.len ? r->bytes.len - end : 0;
	if (left > sizeof(struct journal_header))
		left = sizeof(struct journal_header);
	if (!is_zero(view_from(r->bytes.p + (left ? end : 0), left)))
		add_damage(r, end, end + left, 0);
	for (size_t i = r->image->n_damage; i > r->first_damage; i--) {
		if (r->image->damage[i - 1].to < end)
			break;
		r->image->damage[i - 1].is_end = true;
	}
}

/* The next place that begins as a header does; most of a segment is zeros. */
static size_t next_candidate(struct view bytes, size_t at)
{
	uint32_t magic;

	for (; at + sizeof(struct journal_header) <= bytes.len; at += JOURNAL_ALIGN) {
		memcpy(&magic, bytes.p + at, sizeof(magic));
		if (magic == JOURNAL_MAGIC)
			break;
	}
	return at;
}

/* All records of one segment file whose headers are valid, of its highest generation, and what lies between them. */
static void read_segment(struct view bytes, struct journal_image *image, size_t map,
			 bool only_headers, struct record_list *out)
{
	struct reading r = { .image = image,
			     .records = out,
			     .bytes = bytes,
			     .map = map,
			     .first_record = out->n,
			     .first_damage = image->n_damage,
			     .only_headers = only_headers,
			     .bad_from = SIZE_MAX };
	size_t at = 0;

	while (at + sizeof(struct journal_header) <= bytes.len) {
		struct found_record f = { .is_whole = true };

		if (journal_record_at(bytes.p + at, bytes.len - at, at, &f.header, &f.payload,
				      only_headers ? NULL : &f.is_whole) &&
		    journal_generation(f.header.at) >= r.generation) {
			at = take_record(&r, &f, at);
		} else {
			if (r.bad_from == SIZE_MAX)
				r.bad_from = at;
			at = next_candidate(bytes, at + JOURNAL_ALIGN);
		}
	}
	look_at_end(&r);
	for (size_t i = r.first_damage; i < image->n_damage; i++)
		image->n_damaged += !image->damage[i].is_end;
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
	read_segment(bytes, out, 0, false, &records);
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

/* The path of the directory, for people; "journal" when the system does not tell. */
static void add_path(struct str *out, int dir_fd)
{
	char link[40], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
	n = readlink(link, path, sizeof(path));
	if (n > 0)
		str_add(out, view_from(path, (size_t)n));
	else
		str_addz(out, "journal");
}

static void tell_damage(struct log *log, int dir_fd, const struct journal_image *image)
{
	own_str struct str where = STR_MAX(PATH_MAX);
	static const char *const types[] = { "", " (the segment's head)", " (a message)",
					     " (a note)", " (a done mark)" };

	if (image->n_damage)
		add_path(&where, dir_fd);
	for (size_t i = 0; i < image->n_damage; i++) {
		const struct journal_damage *d = &image->damage[i];
		const char *name = image->maps[d->map].name;
		const char *what = types[d->type <= JOURNAL_DONE ? d->type : 0];

		if (i == DAMAGE_TOLD_MAX) {
			log_event(log, 0, LOG_ALERT, NULL, "journal %s: damaged in %zu more places",
				  str_z(&where), image->n_damage - i);
			break;
		}
		if (d->is_end)
			log_event(log, 0, LOG_NOTICE, NULL,
				  "journal %s/%s: its end at byte %zu is torn or damaged%s",
				  str_z(&where), name, d->from, what);
		else
			log_event(log, 0, LOG_ALERT, NULL,
				  "journal %s/%s: bytes %zu to %zu are damaged%s; the rest is used",
				  str_z(&where), name, d->from, d->to - 1, what);
	}
}

/* The message as it lies in its segment: are its bytes those that were written? A note that replaced its text is believed
 * when it reads as a control text: with its last line. */
static bool is_intact(const struct journal_image *image, const struct journal_found *m)
{
	static const char end[] = "\n.\n";
	size_t offset = journal_offset(m->ref);
	struct view text = m->message.text, payload;
	struct journal_header h;
	bool is_whole = false;

	for (size_t i = 0; i < image->n_maps && !is_whole; i++) {
		const char *p = image->maps[i].p;

		if (offset >= image->maps[i].len ||
		    !journal_record_at(p + offset, image->maps[i].len - offset, offset, &h,
				       &payload, &is_whole) ||
		    h.at != m->ref)
			is_whole = false;
	}
	return is_whole && text.len >= 3 && memcmp(text.p + text.len - 3, end, 3) == 0;
}

static int scan(int dir_fd, bool only_live, struct journal_image *out)
{
	struct record_list records = { 0 };
	int result;

	*out = (struct journal_image){ 0 };
	result = map_segments(dir_fd, out);
	if (result < 0)
		return result;
	for (size_t i = 0; i < out->n_maps; i++)
		read_segment(view_from(out->maps[i].p, out->maps[i].len), out, i, only_live,
			     &records);
	replay(&records, out);
	free(records.v);
	return 0;
}

int journal_scan(int dir_fd, struct log *log, struct journal_image *out)
{
	int result = scan(dir_fd, false, out);

	if (result == 0 && log)
		tell_damage(log, dir_fd, out);
	return result;
}

int journal_scan_live(int dir_fd, struct journal_image *out)
{
	int result = scan(dir_fd, true, out);

	for (size_t i = 0; result == 0 && i < out->n_messages; i++) {
		struct journal_found *m = &out->messages[i];

		if (!m->is_done && !is_intact(out, m)) {
			m->is_done = true;
			out->n_live--;
		}
	}
	return result;
}

void journal_image_free(struct journal_image *image)
{
	for (size_t i = 0; i < image->n_maps; i++)
		munmap(image->maps[i].p, image->maps[i].len);
	free(image->maps);
	free(image->damage);
	free(image->messages);
	*image = (struct journal_image){ 0 };
}
