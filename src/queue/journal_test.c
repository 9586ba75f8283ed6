/*
 * journal_test.c
 */
#include "queue/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/mem.h"
#include "base/test.h"
#include "queue/crc32c.h"
#include "queue/journal_scan.h"

struct room {
	char path[64];
	int fd;
	struct log *log;
	struct journal *journal;
};

static void room_init(struct room *r, size_t segment_bytes, int max_segments)
{
	int error = 0;

	snprintf(r->path, sizeof(r->path), "/tmp/journal-test-XXXXXX");
	CHECK(mkdtemp(r->path) != NULL);
	r->fd = open(r->path, O_RDONLY | O_DIRECTORY);
	r->log = log_new(LOG_TO_NOTHING, "test", NULL);
	r->journal = journal_open(&(struct journal_params){ .dir_fd = r->fd,
							    .segment_bytes = segment_bytes,
							    .max_segments = max_segments,
							    .log = r->log },
				  &error);
	CHECK_INT(error, 0);
}

static void room_done(struct room *r)
{
	char command[100];

	journal_close(r->journal);
	close(r->fd);
	log_free(r->log);
	snprintf(command, sizeof(command), "rm -rf %s", r->path);
	CHECK_INT(system(command), 0);
}

static int append(struct room *r, int n, size_t body_len, uint64_t *ref)
{
	char id[32], *body = mem_zero(body_len + 1);
	struct journal_message m = { .dir = VIEW("/var/spool/mqueue"), .letter = 'q' };
	struct journal_ticket t;
	int result;

	snprintf(id, sizeof(id), "6AKJ9A9m%06d", n);
	memset(body, 'a' + n % 26, body_len);
	m.id = view_of(id);
	m.text = VIEW("V8\nS<a@b>\n.\n");
	m.body = view_from(body, body_len);
	result = journal_append(r->journal, &m, ref, &t);
	if (result == 0)
		result = journal_wait(r->journal, &t);
	free(body);
	return result;
}

TEST("crc32c gives the published check value")
{
	CHECK_INT(crc32c(0, VIEW("123456789")), 0xE3069283);
	CHECK_INT(crc32c(crc32c(0, VIEW("12345")), VIEW("6789")), 0xE3069283);
}

TEST_COVERS("what was committed and not done is found again, with its last note", 100)
{
	struct room r;
	struct journal_image image;
	uint64_t ref[3];

	room_init(&r, 65536, 4);
	for (int i = 0; i < 3; i++)
		CHECK_INT(append(&r, i, 100, &ref[i]), 0);
	journal_done(r.journal, ref[1]);
	journal_note(r.journal, ref[2], VIEW("V8\nS<noted@b>\n.\n"));
	CHECK_INT(journal_tend(r.journal), 0);
	CHECK_INT(journal_scan(r.fd, r.log, &image), 0);
	CHECK_INT(image.n_messages, 3);
	CHECK_INT(image.n_live, 2);
	CHECK_INT(image.n_damaged, 0);
	CHECK_VIEW(image.messages[0].message.text, "V8\nS<a@b>\n.\n");
	CHECK_INT(image.messages[0].message.body.len, 100);
	CHECK(image.messages[1].is_done);
	CHECK_VIEW(image.messages[2].message.text, "V8\nS<noted@b>\n.\n");
	CHECK_VIEW(image.messages[2].message.id, "6AKJ9A9m000002");
	CHECK_VIEW(image.messages[2].message.dir, "/var/spool/mqueue");
	journal_image_free(&image);
	room_done(&r);
}

TEST("a committed message can be read back for spilling")
{
	own_str struct str memory = STR_MAX(1 << 20);
	struct journal_message m;
	struct room r;
	uint64_t ref;

	room_init(&r, 65536, 4);
	CHECK_INT(append(&r, 7, 5000, &ref), 0);
	CHECK_INT(journal_read(r.journal, ref, &memory, &m), 0);
	CHECK_VIEW(m.id, "6AKJ9A9m000007");
	CHECK_INT(m.body.len, 5000);
	CHECK_INT(m.body.p[4999], 'h');
	CHECK_INT(journal_read(r.journal, ref + 8, &memory, &m), -EBADMSG);
	room_done(&r);
}

TEST("segments are used again after their messages are done, and a full journal says so")
{
	struct room r;
	struct journal_stats stats;
	struct journal_image image;
	uint64_t ref, first = 0;
	int n = 0;

	room_init(&r, 65536, 3);
	for (int i = 0; i < 1000; i++) {
		CHECK_INT(append(&r, i, 1000, &ref), 0);
		journal_done(r.journal, ref);
		CHECK_INT(journal_tend(r.journal), 0);
	}
	journal_stats(r.journal, &stats);
	CHECK(stats.segments_used <= 2);
	CHECK_INT(append(&r, 1000, 1000, &first), 0);
	while (append(&r, 1001 + n, 1000, &ref) == 0) {
		n++;
		journal_tend(r.journal);
	}
	CHECK(n > 100);
	CHECK_INT(append(&r, 9999, 1000, &ref), -EAGAIN);
	CHECK_INT(journal_scan(r.fd, r.log, &image), 0);
	CHECK_INT(image.n_live, n + 1);
	journal_image_free(&image);
	room_done(&r);
}

/* A segment image of n small messages, each with one byte pattern of its own. */
static size_t make_segment(char *out, size_t cap, int n)
{
	struct room r;
	uint64_t ref;
	size_t end = 0;
	int fd;

	room_init(&r, 65536, 2);
	for (int i = 0; i < n; i++) {
		CHECK_INT(append(&r, i, 40, &ref), 0);
		end = journal_offset(ref) + 40 + 120;
	}
	fd = openat(r.fd, "seg.0000", O_RDONLY);
	CHECK(read(fd, out, cap) == (ssize_t)cap);
	close(fd);
	room_done(&r);
	return end;
}

TEST_COVERS("a segment cut at any byte gives every message before the cut, and nothing else", 100)
{
	static char whole[8192], cut[8192];
	struct journal_image image;
	size_t end = make_segment(whole, sizeof(whole), 20);
	size_t last = 0;

	CHECK(end < sizeof(whole));
	for (size_t at = 0; at <= end; at++) {
		memset(cut, 0, sizeof(cut));
		memcpy(cut, whole, at);
		journal_scan_bytes(view_from(cut, sizeof(cut)), &image);
		CHECK_INT(image.n_damaged, 0); /* a torn end is told apart */
		CHECK(image.n_live >= last && image.n_live <= last + 1);
		for (size_t i = 0; i < image.n_messages; i++) {
			CHECK_INT(image.messages[i].message.body.len, 40);
			CHECK_INT(image.messages[i].message.body.p[39], 'a' + (int)i % 26);
		}
		last = image.n_live;
		journal_image_free(&image);
	}
	CHECK_INT(last, 20);
}

/* Damage is reported within the record that the changed byte lies in, or right behind the last one. */
static bool is_reported(const struct journal_image *image, size_t byte)
{
	for (size_t i = 0; i < image->n_damage; i++) {
		const struct journal_damage *d = &image->damage[i];

		if (byte >= d->from && byte < d->to)
			return true;
	}
	return false;
}

TEST_COVERS(
	"a bit or a byte changed anywhere costs at most the message it lies in, and is reported "
	"with its place",
	100)
{
	static char bytes[8192];
	struct journal_image image;
	size_t end = make_segment(bytes, sizeof(bytes), 20), tried = 0, unreported = 0, lost = 0;

	journal_scan_bytes(view_from(bytes, sizeof(bytes)), &image);
	CHECK_INT(image.n_damage, 0);
	CHECK_INT(image.n_live, 20);
	end = journal_offset(image.messages[19].ref) +
	      (size_t)(image.messages[19].message.body.p + 40 - bytes) -
	      journal_offset(image.messages[19].ref);
	end = journal_aligned(end) + sizeof(struct journal_header);
	journal_image_free(&image);
	for (size_t at = 0; at < end; at++) {
		for (int bit = 0; bit <= 8; bit++) {
			unsigned char mask = (unsigned char)(bit < 8 ? 1u << bit : 0xffu);

			bytes[at] = (char)((unsigned char)bytes[at] ^ mask);
			journal_scan_bytes(view_from(bytes, sizeof(bytes)), &image);
			tried++;
			unreported += !is_reported(&image, at);
			lost += image.n_live < 19;
			for (size_t i = 0; i < image.n_messages; i++)
				CHECK_INT(image.messages[i].message.body.len, 40);
			journal_image_free(&image);
			bytes[at] = (char)((unsigned char)bytes[at] ^ mask);
		}
	}
	printf("journal: %zu changes of %zu bytes tried, %zu unreported, more than one message lost "
	       "by %zu\n",
	       tried, end, unreported, lost);
	CHECK_INT(unreported, 0);
	CHECK_INT(lost, 0);
}

/* ---- damage as the log tells it ---- */

#define RECORDS 8

/* A closed journal with every type of record: 0 the segment's head, 1 to 5 messages, 6 a note for the second, 7 a done mark for
 * the third. */
static void all_types(struct room *r, size_t at[RECORDS], size_t length[RECORDS], char *bytes,
		      size_t cap)
{
	struct journal_header h;
	struct view payload;
	uint64_t ref[5];
	size_t next = 0;
	int fd;

	room_init(r, cap, 2);
	for (int i = 0; i < 5; i++)
		CHECK_INT(append(r, i, 40, &ref[i]), 0);
	journal_note(r->journal, ref[1], VIEW("V8\nS<noted@b>\n.\n"));
	journal_done(r->journal, ref[2]);
	CHECK_INT(journal_tend(r->journal), 0);
	journal_close(r->journal);
	r->journal = NULL;
	fd = openat(r->fd, "seg.0000", O_RDONLY);
	CHECK(read(fd, bytes, cap) == (ssize_t)cap);
	close(fd);
	for (int i = 0; i < RECORDS; i++) {
		CHECK(journal_record_at(bytes + next, cap - next, next, &h, &payload, NULL));
		at[i] = next;
		length[i] = sizeof(h) + h.length;
		next += journal_aligned(length[i]);
	}
}

/* Does a line of the log name the segment's path and a range that holds the byte, or the end in front of it? */
static bool is_logged(const struct room *r, const char *log_path, size_t byte)
{
	char line[400], start[120];
	FILE *f = fopen(log_path, "r");
	bool found = false;

	snprintf(start, sizeof(start), "journal %s/seg.0000: ", r->path);
	while (f && fgets(line, sizeof(line), f)) {
		const char *what = strstr(line, start);
		size_t from, to;

		if (!what)
			continue;
		what += strlen(start);
		if (sscanf(what, "bytes %zu to %zu are", &from, &to) == 2)
			found = found || (byte >= from && byte <= to);
		else if (sscanf(what, "its end at byte %zu is", &from) == 1)
			found = found || byte >= from;
	}
	if (f)
		fclose(f);
	return found;
}

TEST_COVERS(
	"the log names segment and bytes of each changed field, in the first, a middle and the last "
	"record of each type, and all other messages are found",
	100)
{
	static const size_t fields[] = {
		offsetof(struct journal_header, magic),
		offsetof(struct journal_header, header_crc),
		offsetof(struct journal_header, payload_crc),
		offsetof(struct journal_header, length),
		offsetof(struct journal_header, at),
		offsetof(struct journal_header, ref),
		offsetof(struct journal_header, type),
		offsetof(struct journal_header, flags),
		offsetof(struct journal_header, zero),
		/* of a message: lengths, letter, id, text, body */
		sizeof(struct journal_header),
		sizeof(struct journal_header) + 4,
		sizeof(struct journal_header) + 5,
		sizeof(struct journal_header) + 6,
		sizeof(struct journal_header) + 8,
		sizeof(struct journal_header) + 40,
		sizeof(struct journal_header) + 90,
	};
	static char bytes[8192];
	size_t at[RECORDS], length[RECORDS], tried = 0, untold = 0, lost = 0;
	char log_path[80];
	struct room r;
	int fd;

	all_types(&r, at, length, bytes, sizeof(bytes));
	snprintf(log_path, sizeof(log_path), "%s/log", r.path);
	fd = openat(r.fd, "seg.0000", O_RDWR);
	for (int i = 0; i < RECORDS; i++)
		for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
			char changed = bytes[at[i] + fields[f]] ^ 0x10;
			struct journal_image image;
			struct log *log;

			if (fields[f] >= length[i])
				continue;
			CHECK_INT(pwrite(fd, &changed, 1, (off_t)(at[i] + fields[f])), 1);
			unlink(log_path);
			log = log_new(LOG_TO_FILE, "test", log_path);
			CHECK_INT(journal_scan(r.fd, log, &image), 0);
			log_free(log);
			tried++;
			untold += !is_logged(&r, log_path, at[i] + fields[f]);
			lost += image.n_messages < (i >= 1 && i <= 5 ? 4u : 5u);
			/* A lost done mark makes its message live again: twice rather than never. */
			CHECK(image.n_live >= 3);
			journal_image_free(&image);
			CHECK_INT(pwrite(fd, bytes + at[i] + fields[f], 1,
					 (off_t)(at[i] + fields[f])),
				  1);
		}
	close(fd);
	printf("journal: %zu changed fields in %d records tried, %zu not in the log, %zu cost other messages\n",
	       tried, RECORDS, untold, lost);
	CHECK_INT(untold, 0);
	CHECK_INT(lost, 0);
	room_done(&r);
}

TEST("bytes of an earlier use of a segment are never taken for messages")
{
	static char old_bytes[8192], bytes[8192];
	struct journal_image image;
	struct room r;
	uint64_t ref;
	int fd;

	room_init(&r, 8192, 2);
	for (int i = 0; i < 300; i++) {
		CHECK_INT(append(&r, i, 40, &ref), 0);
		if (i < 290)
			journal_done(r.journal, ref);
	}
	CHECK_INT(journal_scan(r.fd, r.log, &image), 0);
	CHECK_INT(image.n_live, 10);
	CHECK_INT(image.n_damaged, 0);
	journal_image_free(&image);
	fd = openat(r.fd, "seg.0000", O_RDONLY);
	CHECK(read(fd, old_bytes, sizeof(old_bytes)) > 0);
	close(fd);
	/* The same bytes at another place are nothing. */
	memcpy(bytes + 8, old_bytes, sizeof(bytes) - 8);
	journal_scan_bytes(view_from(bytes, sizeof(bytes)), &image);
	CHECK_INT(image.n_messages, 0);
	journal_image_free(&image);
	room_done(&r);
}

struct writer {
	pthread_t thread;
	struct room *room;
	int number, n;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;
	uint64_t ref;

	for (int i = 0; i < w->n; i++) {
		if (append(w->room, w->number * 1000 + i, 200, &ref) != 0)
			return w;
		if (i % 2)
			journal_done(w->room->journal, ref);
	}
	return NULL;
}

TEST("many writers share batches and every commit is found")
{
	struct writer writers[16];
	struct journal_image image;
	struct journal_stats stats;
	struct room r;

	room_init(&r, 8u << 20, 4);
	for (int i = 0; i < 16; i++) {
		writers[i] = (struct writer){ .room = &r, .number = i, .n = 100 };
		CHECK_INT(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
	}
	for (int i = 0; i < 16; i++) {
		void *failed;

		CHECK_INT(pthread_join(writers[i].thread, &failed), 0);
		CHECK(failed == NULL);
	}
	journal_tend(r.journal);
	journal_stats(r.journal, &stats);
	CHECK_INT(stats.appended, 1600);
	CHECK(stats.batches <= 1601);
	CHECK_INT(journal_scan(r.fd, r.log, &image), 0);
	CHECK_INT(image.n_live, 800);
	journal_image_free(&image);
	room_done(&r);
}
