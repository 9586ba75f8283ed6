/* read_all_test.c - the rest of a file: from where it stands, as far as the text may go. */
#include "os/read_all.h"

#include <errno.h>
#include <unistd.h>

#include "base/own.h"
#include "base/test.h"

/* A pipe that holds a text and has no writer any more. */
static int pipe_with(struct view text)
{
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(write(fds[1], text.p, text.len), (ssize_t)text.len);
	close(fds[1]);
	return fds[0];
}

TEST("what is left is appended to what the text holds")
{
	own_fd int fd = pipe_with(VIEW("one two"));
	own_str struct str text = STR_MAX(100);
	char first[4];

	CHECK_INT(read(fd, first, sizeof(first)), 4);
	str_addz(&text, "> ");
	CHECK_INT(read_all(fd, &text), 0);
	CHECK_STR(str_z(&text), "> two");
}

TEST("a file that is longer than the text may be is -EFBIG")
{
	own_fd int fd = pipe_with(VIEW("0123456789"));
	own_str struct str text = STR_MAX(8);

	CHECK_INT(read_all(fd, &text), -EFBIG);
	CHECK(str_view(&text).len > 0);
}

TEST("what cannot be read is told by its number")
{
	own_str struct str text = STR_MAX(8);

	CHECK_INT(read_all(-1, &text), -EBADF);
}
