/*
 * spool_body.c - a body that is not one piece of memory becomes a df file.
 */
#include "base/own.h"
#include "queue/spool.h"

static int write_body(int fd, struct body *body)
{
	struct body_reader r;
	struct view piece;
	ssize_t n;
	int result = 0;

	body_reader_init(&r, body);
	while (result == 0 && (n = body_read(&r, 1 << 16, &piece)) != 0)
		result = n < 0 ? (int)n : spool_write_all(fd, piece);
	body_reader_done(&r);
	return result;
}

int spool_put_body(const struct spool *s, int dir, const char *id, struct body *body, bool sync)
{
	struct view memory = body_memory(body);
	char name[40];
	own_fd int fd = -1;

	if (!view_is_none(memory))
		return spool_put_bytes(s, dir, id, memory, sync);
	spool_name(name, 'd', id);
	fd = spool_create_at(s, s->dirs[dir].df_fd, name);
	if (fd < 0)
		return fd;
	return spool_finish_body(s, dir, name, fd, write_body(fd, body), sync);
}
