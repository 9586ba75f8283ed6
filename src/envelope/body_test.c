/* body_test.c - octets in memory, in a file, and moving between them under readers. */
#include "envelope/body.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"
#include "base/test.h"

static void read_all(struct body *b, struct str *out)
{
	struct body_reader r;
	struct view piece;

	body_reader_init(&r, b);
	while (body_read(&r, 1000, &piece) > 0)
		str_add(out, piece);
	body_reader_done(&r);
}

TEST("a small body stays in memory, a big one goes to a file, readers see the same")
{
	for (size_t max = 10; max < 1000000; max *= 300) {
		struct body *b = body_new(max, -1);
		own_str struct str want = STR_MAX(1 << 20), got = STR_MAX(1 << 20);
		int fd;
		int64_t offset;

		for (int i = 0; i < 5000; i++) {
			char line[40];
			int n = snprintf(line, sizeof(line), "line %d\n", i);

			str_add(&want, view_from(line, (size_t)n));
			CHECK_INT(body_append(b, view_from(line, (size_t)n)), 0);
		}
		CHECK_INT(body_size(b), want.len);
		CHECK_INT(body_lines(b), 5000);
		CHECK(!body_has_8bit(b));
		read_all(b, &got);
		CHECK(view_eq(str_view(&got), str_view(&want)));
		CHECK(view_is_none(body_memory(b)) == (max < 100000));
		CHECK_INT(body_file(b, &fd, &offset), max < 100000 ? 0 : -ENOENT);
		body_put(b);
	}
}

TEST("lines are read one by one, the last without its end, long ones in pieces")
{
	for (size_t max = 1; max <= 1 << 20; max <<= 20) {
		struct body *b = body_new(max, -1);
		struct body_reader r;
		struct view line;
		bool is_whole;
		char big[70000];

		memset(big, 'x', sizeof(big));
		body_append(b, VIEW("one\n\n"));
		body_append(b, view_from(big, sizeof(big)));
		body_append(b, VIEW("\nl\xe9st"));
		CHECK(body_has_8bit(b));
		CHECK_INT(body_lines(b), 4);
		body_reader_init(&r, b);
		CHECK_INT(body_read_line(&r, &line, &is_whole), 1);
		CHECK_VIEW(line, "one");
		CHECK_INT(body_read_line(&r, &line, &is_whole), 1);
		CHECK(line.len == 0 && is_whole);
		CHECK_INT(body_read_line(&r, &line, &is_whole), 1);
		CHECK(line.len == 65536 && !is_whole);
		CHECK_INT(body_read_line(&r, &line, &is_whole), 1);
		CHECK(line.len == sizeof(big) - 65536 && is_whole);
		CHECK_INT(body_read_line(&r, &line, &is_whole), 1);
		CHECK_VIEW(line, "l\xe9st");
		CHECK_INT(body_read_line(&r, &line, &is_whole), 0);
		body_reader_done(&r);
		body_put(b);
	}
}

TEST("a reader goes on undisturbed when the body finds a new home and its memory is given back")
{
	struct body *b = body_new(1000, -1);
	struct body_reader r;
	struct view v;
	own_str struct str rest = STR_MAX(100);
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	CHECK(fd >= 0);
	CHECK_INT(pwrite(fd, "xxhello world\n", 14, 0), 14);
	body_append(b, VIEW("hello world\n"));
	body_reader_init(&r, b);
	CHECK_INT(body_read(&r, 5, &v), 5);
	body_rehome(b, fd, 2);
	body_drop_memory(b);
	CHECK_VIEW(v, "hello");
	CHECK_INT(body_read(&r, 100, &v), 7);
	CHECK_VIEW(v, " world\n");
	body_reader_done(&r);
	CHECK(view_is_none(body_memory(b)));
	read_all(b, &rest);
	CHECK_VIEW(str_view(&rest), "hello world\n");
	body_put(b);
}

TEST("a body opened from a file knows its lines and its 8-bit octets")
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct body *b;

	CHECK_INT(pwrite(fd, "..a\nb\xe9\nrest", 11, 0), 11);
	b = body_open_file(fd, 2, 5);
	CHECK_INT(body_size(b), 5);
	CHECK_INT(body_lines(b), 2);
	CHECK(body_has_8bit(b));
	body_put(b);
	fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	b = body_open_file(fd, 0, 5);
	struct body_reader r;
	struct view v;

	body_reader_init(&r, b);
	CHECK_INT(body_read(&r, 5, &v), -EIO);
	body_reader_done(&r);
	body_put(b);
}
