/* dead_letter.c - see dead_letter.h. */
#include "report/dead_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/str.h"
#include "envelope/header_out.h"
#include "mail/date.h"

#define TEXT_MAX (8 << 20)

static int write_all(int fd, struct view v)
{
	while (v.len) {
		ssize_t n = write(fd, v.p, v.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		v = view_skip(v, (size_t)n);
	}
	return 0;
}

static void render_head(const struct envelope *e, const struct services *sv, struct str *out)
{
	own_arena struct arena *a = arena_new(1 << 20);
	char date[DATE_TEXT_MAX];
	struct rw rw;

	date_ctime(wall_s(), date);
	str_addf(out, "From " VIEW_FMT " %s\n",
		 VIEW_ARG(e->sender.len ? e->sender : VIEW("MAILER-DAEMON")), date);
	envelope_rw(e, sv, a, macros_new(e->macros, a), &rw);
	header_render(e, &rw, e->snap->cf->file_mailer, out);
	str_addc(out, '\n');
}

/* Lines that look like the start of a message are quoted. */
static int write_body(int fd, struct body *body)
{
	own_str struct str out = STR_MAX(TEXT_MAX);
	struct body_reader r;
	struct view line;
	bool is_whole, was_whole = true;
	int n, error = 0;

	if (!body)
		return 0;
	body_reader_init(&r, body);
	while (error == 0 && (n = body_read_line(&r, &line, &is_whole)) != 0) {
		if (n < 0) {
			error = n;
			break;
		}
		str_clear(&out);
		if (was_whole && view_starts(line, VIEW("From ")))
			str_addc(&out, '>');
		str_add(&out, line);
		if (is_whole)
			str_addc(&out, '\n');
		was_whole = is_whole;
		error = write_all(fd, str_view(&out));
	}
	body_reader_done(&r);
	return error;
}

int dead_letter_append(const struct envelope *e, const struct services *sv, const char *path)
{
	own_str struct str head = STR_MAX(TEXT_MAX);
	own_fd int fd = -1;
	off_t before;
	int r;

	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX) < 0)
		return -errno;
	before = lseek(fd, 0, SEEK_END);
	render_head(e, sv, &head);
	r = write_all(fd, str_view(&head));
	if (r == 0)
		r = write_body(fd, e->body);
	if (r == 0)
		r = write_all(fd, VIEW("\n"));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0 && before >= 0 && ftruncate(fd, before) < 0)
		return -errno;
	return r;
}

int dead_letter_save(const struct envelope *e, const struct services *sv)
{
	struct view path = e->snap->cf->options.dead_letter_drop;
	own_str struct str name = STR_MAX(4096);

	if (path.len == 0)
		return -ENOENT;
	macros_expand(e->macros, path, &name);
	return dead_letter_append(e, sv, str_z(&name));
}
