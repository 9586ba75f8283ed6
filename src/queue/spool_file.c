/*
 * spool_file.c - one message in the spool: writing, locking, reading, removing its files.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "queue/queue_id.h"
#include "queue/spool.h"

#define EMPTY_KEPT_S 600

void spool_name(char out[40], char letter, const char *id)
{
	size_t len = strnlen(id, 32);

	out[0] = letter;
	out[1] = 'f';
	memcpy(out + 2, id, len);
	out[2 + len] = '\0';
}

int spool_write_all(int fd, struct view v)
{
	while (v.len > 0) {
		ssize_t n = write(fd, v.p, v.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		v = view_skip(v, (size_t)n);
	}
	return 0;
}

/* A new file with exactly the mode of the option; the umask of the process has no say in it. */
int spool_create_at(const struct spool *s, int dir_fd, const char *name)
{
	own_fd int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       s->mode);

	if (fd < 0)
		return -errno;
	if (((s->mode & 077) != 0 && fchmod(fd, s->mode) < 0) ||
	    (s->give_to != s->owners[0] && fchown(fd, s->give_to, s->give_to_group) < 0)) {
		int failed = -errno;

		unlinkat(dir_fd, name, 0);
		return failed;
	}
	return take_fd(&fd);
}

int spool_finish_body(const struct spool *s, int dir, const char *name, int fd, int result,
		      bool sync)
{
	if (result == 0 && sync && fdatasync(fd) < 0)
		result = -errno;
	if (result < 0)
		unlinkat(s->dirs[dir].df_fd, name, 0);
	return result;
}

int spool_put_bytes(const struct spool *s, int dir, const char *id, struct view bytes, bool sync)
{
	char name[40];
	own_fd int fd = -1;

	spool_name(name, 'd', id);
	fd = spool_create_at(s, s->dirs[dir].df_fd, name);
	if (fd < 0)
		return fd;
	return spool_finish_body(s, dir, name, fd, spool_write_all(fd, bytes), sync);
}

/* Root's new text of a message is whose the old one was: its daemon may be another user. */
static int keep_owner(const struct spool *s, int dir, const char *id, int fd)
{
	static const char letters[] = "qhQ";
	struct stat st, ours;
	char name[40];

	if (geteuid() != 0 || fstat(fd, &ours) < 0)
		return 0;
	for (const char *l = letters; *l; l++) {
		spool_name(name, *l, id);
		if (fstatat(s->dirs[dir].qf_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (st.st_uid == ours.st_uid && st.st_gid == ours.st_gid)
			return 0;
		/* A daemon that has put its rights down cannot, and reads the old one by other rights. */
		return fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM ? -errno : 0;
	}
	return 0;
}

static int rename_new(int dir_fd, const char *from, const char *to, bool is_new)
{
	if (!is_new)
		return renameat(dir_fd, from, dir_fd, to) < 0 ? -errno : 0;
	if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* A file system without RENAME_NOREPLACE: link fails in the same way when the name exists. */
	if (linkat(dir_fd, from, dir_fd, to, 0) < 0)
		return -errno;
	unlinkat(dir_fd, from, 0);
	return 0;
}

int spool_begin_control(const struct spool *s, int dir, const char *id, struct view text, bool sync,
			bool is_new, int *out_lock)
{
	int dir_fd = s->dirs[dir].qf_fd;
	char temporary[40];
	own_fd int fd = -1;
	int result;

	spool_name(temporary, 't', id);
	fd = spool_create_at(s, dir_fd, temporary);
	if (fd == -EEXIST && !is_new) {
		/* Left by a writer that died: the message is ours, so nobody else is writing it. */
		unlinkat(dir_fd, temporary, 0);
		fd = spool_create_at(s, dir_fd, temporary);
	}
	if (fd < 0)
		return fd;
	result = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : spool_write_all(fd, text);
	if (result == 0 && !is_new)
		result = keep_owner(s, dir, id, fd);
	if (result == 0 && sync && fdatasync(fd) < 0)
		result = -errno;
	if (result < 0)
		unlinkat(dir_fd, temporary, 0);
	else
		*out_lock = take_fd(&fd);
	return result;
}

int spool_end_control(const struct spool *s, int dir, const char *id, char letter, bool is_new)
{
	char temporary[40], name[40];
	int result;

	spool_name(temporary, 't', id);
	spool_name(name, letter, id);
	result = rename_new(s->dirs[dir].qf_fd, temporary, name, is_new);
	if (result < 0)
		unlinkat(s->dirs[dir].qf_fd, temporary, 0);
	return result;
}

void spool_cancel_control(const struct spool *s, int dir, const char *id)
{
	char temporary[40];

	spool_name(temporary, 't', id);
	unlinkat(s->dirs[dir].qf_fd, temporary, 0);
}

int spool_put_control(const struct spool *s, int dir, const char *id, char letter, struct view text,
		      bool sync, bool is_new, int *out_lock)
{
	own_fd int lock = -1;
	int result = spool_begin_control(s, dir, id, text, sync, is_new, &lock);

	if (result == 0)
		result = spool_end_control(s, dir, id, letter, is_new);
	if (result == 0 && out_lock)
		*out_lock = take_fd(&lock);
	return result;
}

int spool_sync_dir(const struct spool *s, int dir)
{
	const struct spool_dir *d = &s->dirs[dir];

	if (!s->sync_dirs)
		return 0;
	if (d->df_fd != d->qf_fd && fsync(d->df_fd) < 0)
		return -errno;
	return fsync(d->qf_fd) < 0 ? -errno : 0;
}

int spool_sync_all(const struct spool *s, int dir)
{
	return syncfs(s->dirs[dir].fd) < 0 ? -errno : 0;
}

static bool is_believed(const struct spool *s, const struct stat *st)
{
	mode_t unwanted = S_IWOTH | (s->any_owner ? 0 : S_IWGRP);

	if (!S_ISREG(st->st_mode) || (st->st_mode & unwanted) != 0)
		return false;
	if (s->any_owner || !s->checks_owner)
		return true;
	for (size_t i = 0; i < 3; i++)
		if (st->st_uid == s->owners[i])
			return true;
	return false;
}

/* The file under the name may have been replaced or removed while we waited for nothing but luck: is fd still it? */
static bool is_same_file(int dir_fd, const char *name, const struct stat *st)
{
	struct stat now;

	return fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == st->st_ino &&
	       now.st_dev == st->st_dev;
}

static void remove_empty(const struct spool *s, int dir, const char *id, char letter,
			 const struct stat *st)
{
	if (wall_s() - (int64_t)st->st_mtime > EMPTY_KEPT_S)
		spool_remove(s, dir, id, letter);
}

static void set_bogus_aside(const struct spool *s, int dir, const char *id, char letter,
			    const struct stat *st)
{
	log_event(s->log, 0, LOG_ALERT, id, "bogus queue file, uid=%u, gid=%u, mode=%o",
		  (unsigned)st->st_uid, (unsigned)st->st_gid, (unsigned)st->st_mode);
	if (letter != 'Q')
		spool_lose(s, dir, id, letter, "bogus file uid/gid in mqueue");
}

static enum spool_lock lock_control(const struct spool *s, int dir, const char *id, char letter,
				    bool any, int *out_fd)
{
	int dir_fd = s->dirs[dir].qf_fd;
	char name[40];
	own_fd int fd = -1;
	struct stat st;

	spool_name(name, letter, id);
	fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return SPOOL_GONE;
	if (fd < 0 || fstat(fd, &st) < 0) {
		*out_fd = -errno;
		return SPOOL_FAILED;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return SPOOL_BUSY;
	if (!is_same_file(dir_fd, name, &st))
		return SPOOL_GONE;
	if (!any && !is_believed(s, &st)) {
		set_bogus_aside(s, dir, id, letter, &st);
		return SPOOL_BOGUS;
	}
	if (!any && fstat(fd, &st) == 0 && st.st_size == 0) {
		remove_empty(s, dir, id, letter, &st);
		return SPOOL_EMPTY;
	}
	*out_fd = take_fd(&fd);
	return SPOOL_LOCKED;
}

enum spool_lock spool_lock(const struct spool *s, int dir, const char *id, char letter, int *out_fd)
{
	return lock_control(s, dir, id, letter, false, out_fd);
}

enum spool_lock spool_lock_any(const struct spool *s, int dir, const char *id, char letter,
			       int *out_fd)
{
	return lock_control(s, dir, id, letter, true, out_fd);
}

int spool_read_control(int fd, struct str *out)
{
	char buffer[8192];
	int64_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buffer, sizeof(buffer), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		str_add(out, view_from(buffer, (size_t)n));
		if (out->cut)
			return -EFBIG;
		at += n;
		if ((size_t)n < sizeof(buffer))
			break; /* of a regular file that is the end */
	}
	return 0;
}

/* The directory that the reference would call so: "." or "q1". */
static int find_short(const struct spool *s, struct view name)
{
	for (int i = 0; i < s->n_dirs; i++) {
		own_str struct str path = STR_MAX(4200);

		spool_dir_path(s, i, &path);
		if (view_eq(str_view(&path), name))
			return i;
	}
	return -1;
}

int spool_body_dir(const struct spool *s, int dir, struct view text)
{
	struct view line, path;
	int other;

	while (view_cut(&text, '\n', &line)) {
		if (line.len == 0 || line.p[0] == 'S')
			break;
		if (line.p[0] != 'd')
			continue;
		path = view_trim_end(view_skip(line, 1));
		other = find_short(s, path);
		if (other < 0) /* an absolute path, as no other program writes it */
			other = spool_find_dir(s, path);
		if (other < 0 && view_ends_nocase(path, VIEW("/df")))
			other = spool_find_dir(s, view_first(path, path.len - 3));
		return other;
	}
	return dir;
}

int spool_open_body(const struct spool *s, int dir, const char *id)
{
	char name[40];
	int fd;

	spool_name(name, 'd', id);
	fd = openat(s->dirs[dir].df_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int spool_stat_body(const struct spool *s, int dir, const char *id, struct stat *st)
{
	char name[40];

	spool_name(name, 'd', id);
	return fstatat(s->dirs[dir].df_fd, name, st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

void spool_remove_control(const struct spool *s, int dir, const char *id, char letter)
{
	char name[40];

	spool_name(name, letter, id);
	unlinkat(s->dirs[dir].qf_fd, name, 0);
}

void spool_remove_body(const struct spool *s, int dir, const char *id)
{
	char name[40];

	spool_name(name, 'd', id);
	unlinkat(s->dirs[dir].df_fd, name, 0);
}

void spool_remove(const struct spool *s, int dir, const char *id, char letter)
{
	const struct spool_dir *d = &s->dirs[dir];
	char name[40];

	spool_name(name, letter, id);
	if (unlinkat(d->qf_fd, name, 0) < 0 && errno != ENOENT) {
		log_event(s->log, 0, LOG_CRIT, id, "cannot remove %s/%s: %s", d->path, name,
			  strerror(errno));
		return; /* the body stays with it: it would be delivered without one */
	}
	spool_remove_body(s, dir, id);
	spool_name(name, 'x', id);
	unlinkat(d->xf_fd, name, 0);
}

int spool_rename(const struct spool *s, int dir, const char *id, char from, char to)
{
	char old_name[40], new_name[40];

	spool_name(old_name, from, id);
	spool_name(new_name, to, id);
	return renameat(s->dirs[dir].qf_fd, old_name, s->dirs[dir].qf_fd, new_name) < 0 ? -errno
											: 0;
}

void spool_dir_path(const struct spool *s, int dir, struct str *out)
{
	struct view path = view_of(s->dirs[dir].path), base = view_of(s->groups[0].base);

	if (view_eq(path, base))
		path = VIEW(".");
	else if (view_starts(path, base) && path.p[base.len] == '/')
		path = view_skip(path, base.len + 1);
	str_add(out, path);
}

void spool_file_path(const struct spool *s, int dir, char letter, const char *id, struct str *out)
{
	const struct spool_dir *d = &s->dirs[dir];
	int fd = letter == 'd' ? d->df_fd : d->qf_fd;

	spool_dir_path(s, dir, out);
	str_addf(out, "%s/%cf%s", fd == d->fd ? "" : letter == 'd' ? "/df" : "/qf", letter, id);
}

void spool_lose(const struct spool *s, int dir, const char *id, char letter, const char *reason)
{
	own_str struct str path = STR_MAX(4200);
	char name[40];
	int result = spool_rename(s, dir, id, letter, 'Q');

	spool_name(name, letter, id);
	spool_file_path(s, dir, letter, id, &path);
	if (result < 0)
		log_event(s->log, 0, LOG_ALERT, id, "cannot rename(%s, Qf%s): %s", name, id,
			  strerror(-result));
	else
		log_event(s->log, 0, LOG_ALERT, id, "Losing %s: %s", str_z(&path), reason);
}
