/* operate.c - see operate.h. */
#include "queue/operate.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"

typedef enum spool_lock lock_function(const struct spool *s, int dir, const char *id, char letter,
				      int *out_fd);

/* Locks the message and reads it. */
static enum operate_result take(const struct operate_on *on, lock_function *lock, int *out_lock,
				struct str *text, int *out_error)
{
	own_fd int fd = -1;

	switch (lock(on->spool, on->dir, on->id, on->letter, &fd)) {
	case SPOOL_LOCKED:
		break;
	case SPOOL_BUSY:
		return OPERATE_BUSY;
	case SPOOL_BOGUS:
		*out_error = -EBADMSG;
		return OPERATE_FAILED;
	case SPOOL_FAILED:
		*out_error = fd;
		fd = -1;
		return OPERATE_FAILED;
	default:
		return OPERATE_GONE;
	}
	*out_error = spool_read_control(fd, text);
	if (*out_error < 0)
		return OPERATE_FAILED;
	if (on->is_meant && !on->is_meant(on->arg, str_view(text)))
		return OPERATE_GONE;
	*out_lock = take_fd(&fd);
	return OPERATE_DONE;
}

/* One line of text, whatever is in it. */
static void add_line_text(struct str *out, const char *text)
{
	for (; *text; text++)
		str_addc(out, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

/* The control text with this q line in front of the sender's, any other q line gone. */
static void with_reason(struct view text, const char *reason, struct str *out)
{
	struct view line;
	bool is_placed = reason == NULL;

	while (view_cut(&text, '\n', &line)) {
		if ((line.len > 0 && line.p[0] == 'q') || (line.len == 0 && text.len == 0))
			continue; /* the old reason, or what is behind the last line end */
		if (!is_placed && line.len > 0 && strchr("SZA!CQrRH.", line.p[0])) {
			str_addc(out, 'q');
			add_line_text(out, reason);
			str_addc(out, '\n');
			is_placed = true;
		}
		str_add(out, line);
		str_addc(out, '\n');
	}
}

/* The control text with the time of the last try 0. */
static void without_last_try(struct view text, struct str *out)
{
	struct view line;

	while (view_cut(&text, '\n', &line)) {
		if (line.len == 0 && text.len == 0)
			continue;
		if (line.len > 0 && line.p[0] == 'K')
			str_addz(out, "K0");
		else
			str_add(out, line);
		str_addc(out, '\n');
	}
}

/* A new text under the same name, locked as the old one. */
static int replace(const struct operate_on *on, char letter, const struct str *text, int *lock)
{
	int new_lock = -1, result;

	if (text->cut)
		return -EFBIG;
	result = spool_put_control(on->spool, on->dir, on->id, letter, str_view(text), true, false,
				   &new_lock);
	if (result < 0)
		return result;
	close(*lock);
	*lock = new_lock;
	return 0;
}

static enum operate_result outcome(const struct operate_on *on, int result, int *out_error)
{
	if (result == 0)
		result = spool_sync_dir(on->spool, on->dir);
	*out_error = result;
	return result < 0 ? OPERATE_FAILED : OPERATE_DONE;
}

enum operate_result operate_hold(const struct operate_on *on, const char *reason, int *out_error)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX), changed = STR_MAX(SPOOL_QF_MAX);
	own_fd int lock = -1;
	enum operate_result got = take(on, spool_lock, &lock, &text, out_error);
	int result = 0;

	if (got != OPERATE_DONE)
		return got;
	with_reason(str_view(&text), reason, &changed);
	/* Its name first: from then on nobody delivers it. */
	if (on->letter != 'h')
		result = spool_rename(on->spool, on->dir, on->id, on->letter, 'h');
	if (result == 0)
		result = replace(on, 'h', &changed, &lock);
	return outcome(on, result, out_error);
}

enum operate_result operate_release(const struct operate_on *on, int *out_error)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX), changed = STR_MAX(SPOOL_QF_MAX);
	own_fd int lock = -1;
	enum operate_result got = take(on, spool_lock, &lock, &text, out_error);
	int result;

	if (got != OPERATE_DONE)
		return got;
	with_reason(str_view(&text), NULL, &changed);
	result = replace(on, on->letter, &changed, &lock);
	if (result == 0 && on->letter != 'q')
		result = spool_rename(on->spool, on->dir, on->id, on->letter, 'q');
	return outcome(on, result, out_error);
}

enum operate_result operate_retry(const struct operate_on *on, int *out_error)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX), changed = STR_MAX(SPOOL_QF_MAX);
	own_fd int lock = -1;
	enum operate_result got = take(on, spool_lock, &lock, &text, out_error);

	if (got != OPERATE_DONE)
		return got;
	without_last_try(str_view(&text), &changed);
	return outcome(on, replace(on, on->letter, &changed, &lock), out_error);
}

enum operate_result operate_delete(const struct operate_on *on, int *out_error)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	own_fd int lock = -1;
	enum operate_result got = take(on, spool_lock_any, &lock, &text, out_error);
	struct stat st;
	char name[40];
	int body_dir;

	if (got != OPERATE_DONE)
		return got;
	body_dir = spool_body_dir(on->spool, on->dir, str_view(&text));
	spool_remove(on->spool, on->dir, on->id, on->letter);
	spool_name(name, on->letter, on->id);
	if (fstatat(on->spool->dirs[on->dir].qf_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (body_dir >= 0)
			spool_remove_body(on->spool, body_dir, on->id);
		return OPERATE_DONE;
	}
	*out_error = -EACCES;
	return OPERATE_FAILED;
}

enum operate_result operate_read(const struct operate_on *on, struct str *out_text, int *out_error)
{
	own_fd int fd = -1;
	char name[40];

	spool_name(name, on->letter, on->id);
	fd = openat(on->spool->dirs[on->dir].qf_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return OPERATE_GONE;
	*out_error = fd < 0 ? -errno : spool_read_control(fd, out_text);
	if (*out_error < 0)
		return OPERATE_FAILED;
	return on->is_meant && !on->is_meant(on->arg, str_view(out_text)) ? OPERATE_GONE
									  : OPERATE_DONE;
}
