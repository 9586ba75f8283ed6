/*
 * safefile.c - see safefile.h.
 *
 * The walk keeps a descriptor of the directory reached and the text of what is left of the path. A link replaces itself
 * in that text by its target; ".." is an ordinary name for openat, so a target may climb.
 */
#include "os/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/own.h"

#define LINKS_MAX 32

static const char *const blame_names[] = {
#define BLAME_TEXT(id, name) name,
	BLAME_NAMES(BLAME_TEXT)
#undef BLAME_TEXT
};

bool blame_by_name(struct view word, uint64_t *out_bit)
{
	if (view_eq_nocase(word, VIEW("safe"))) {
		*out_bit = 0;
		return true;
	}
	for (int i = 0; i < BLAME_COUNT; i++) {
		if (view_eq_nocase(word, view_of(blame_names[i]))) {
			*out_bit = (uint64_t)1 << i;
			return true;
		}
	}
	return false;
}

const char *blame_name(int index)
{
	return index >= 0 && index < BLAME_COUNT ? blame_names[index] : NULL;
}

struct walk {
	const struct safe_request *req;
	struct safe_file *out;
	int dir; /* where we stand, O_PATH */
	struct stat dir_stat;
	char rest[PATH_MAX * 2]; /* what is left to walk */
	int links;
	bool last_was_link; /* the last component was reached through a link */
};

static int refuse(struct safe_file *out, const char *reason)
{
	snprintf(out->reason, sizeof(out->reason), "%s", reason);
	return -EPERM;
}

static int system_error(struct safe_file *out, int err)
{
	char text[96];

	snprintf(out->reason, sizeof(out->reason), "%s", strerror_r(err, text, sizeof(text)));
	return -err;
}

/* Does the user have this right (4 read, 2 write, 1 search) by the mode bits? */
static bool has_right(const struct safe_request *r, const struct stat *st, unsigned right)
{
	if (r->uid == st->st_uid)
		return (st->st_mode >> 6) & right;
	if (r->gid == st->st_gid)
		return (st->st_mode >> 3) & right;
	for (size_t i = 0; i < r->n_groups; i++) {
		if (r->groups[i] == st->st_gid)
			return (st->st_mode >> 3) & right;
	}
	return st->st_mode & right;
}

static bool is_dir_writable_by_others(const struct safe_request *r, const struct stat *st)
{
	if ((st->st_mode & S_ISVTX) && (r->dont_blame & BLAME(TRUST_STICKY_BIT)))
		return false;
	if (st->st_mode & S_IWOTH)
		return true;
	return (st->st_mode & S_IWGRP) && !(r->dont_blame & BLAME(GROUP_WRITABLE_DIR_PATH_SAFE));
}

static int check_dir(struct walk *w)
{
	const struct safe_request *r = w->req;

	if (r->flags & SAFE_DIRS && is_dir_writable_by_others(r, &w->dir_stat))
		return refuse(w->out, w->dir_stat.st_mode & S_IWOTH ? "World writable directory"
								    : "Group writable directory");
	if (!(r->uid == 0 && r->flags & SAFE_ROOT_OK) && !has_right(r, &w->dir_stat, 1))
		return system_error(w->out, EACCES);
	return 0;
}

/* Steps into a directory that is already open. Takes the descriptor. */
static int enter(struct walk *w, int fd)
{
	if (fd < 0)
		return system_error(w->out, errno);
	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
	if (fstat(fd, &w->dir_stat) < 0)
		return system_error(w->out, errno);
	return check_dir(w);
}

static int enter_root(struct walk *w, bool is_absolute)
{
	return enter(w, open(is_absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Cuts the next component off w->rest into name; is_last: nothing but slashes follows. False when none is left. */
static bool next_component(struct walk *w, char name[NAME_MAX + 1], bool *out_is_last)
{
	size_t skip = strspn(w->rest, "/"), len = strcspn(w->rest + skip, "/");
	size_t after = skip + len + strspn(w->rest + skip + len, "/");

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(name, w->rest + skip, len);
	name[len] = '\0';
	*out_is_last = w->rest[after] == '\0';
	memmove(w->rest, w->rest + after, strlen(w->rest + after) + 1);
	return true;
}

/* Puts a link's target in front of what is left. */
static int follow(struct walk *w, const char *name)
{
	char target[PATH_MAX], joined[PATH_MAX * 2];
	ssize_t n;
	int len;

	if (++w->links > LINKS_MAX)
		return system_error(w->out, ELOOP);
	n = readlinkat(w->dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return system_error(w->out, errno);
	target[n] = '\0';
	len = snprintf(joined, sizeof(joined), "%s%s%s", target, w->rest[0] ? "/" : "", w->rest);
	if (len < 0 || (size_t)len >= sizeof(joined))
		return system_error(w->out, ENAMETOOLONG);
	memcpy(w->rest, joined, (size_t)len + 1);
	return target[0] == '/' ? enter_root(w, true) : 0;
}

static int check_link(struct walk *w)
{
	const struct safe_request *r = w->req;

	if (r->flags & SAFE_NO_LINK)
		return refuse(w->out, "Symbolic links not allowed");
	if (r->flags & SAFE_NO_LINK_IN_WRITABLE && is_dir_writable_by_others(r, &w->dir_stat))
		return refuse(w->out, "Symbolic links not allowed");
	return 0;
}

/* Walks to the directory of the last component, whose name is left in `name`. */
static int walk_to_last(struct walk *w, char name[NAME_MAX + 1])
{
	bool is_last, is_final_link = false;
	struct stat st;
	int err = enter_root(w, w->rest[0] == '/');

	while (err == 0) {
		if (!next_component(w, name, &is_last))
			return system_error(w->out, w->rest[0] ? ENAMETOOLONG : EISDIR);
		if (fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT && is_last)
				return 0;
			return system_error(w->out, errno);
		}
		if (S_ISLNK(st.st_mode)) {
			is_final_link = is_final_link || is_last;
			err = is_final_link ? check_link(w) : 0;
			if (err == 0)
				err = follow(w, name);
			continue;
		}
		if (is_last)
			return 0;
		err = enter(w, openat(w->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	}
	return err;
}

static int check_bits(const struct safe_request *r, struct safe_file *out)
{
	mode_t m = out->st.st_mode;

	if (r->flags & SAFE_NO_EXECUTABLE && m & (S_IXUSR | S_IXGRP | S_IXOTH))
		return refuse(out, "Executable files not allowed");
	if (r->flags & SAFE_NO_GROUP_WRITE && m & S_IWGRP)
		return refuse(out, "Group writable file");
	if (r->flags & SAFE_NO_WORLD_WRITE && m & S_IWOTH)
		return refuse(out, "World writable file");
	if (r->flags & SAFE_NO_WORLD_READ && m & S_IROTH)
		return refuse(out, "World readable file");
	if (r->flags & SAFE_NO_GROUP_READ && m & S_IRGRP)
		return refuse(out, "Group readable file");
	return 0;
}

/* The file itself: what belongs to TrustedUser counts as root's own, with SAFE_ROOT_OK everything does. */
static bool has_file_right(const struct safe_request *r, const struct stat *st, unsigned right)
{
	bool is_roots = (r->flags & SAFE_ROOT_OK) ||
			(r->trusted_uid != 0 && st->st_uid == r->trusted_uid);

	return r->uid == 0 && is_roots ? (st->st_mode >> 6) & right : has_right(r, st, right);
}

static int check_file(const struct safe_request *r, const struct stat *dir, struct safe_file *out)
{
	bool wants_write = (r->open_flags & O_ACCMODE) != O_RDONLY;
	bool wants_read = (r->open_flags & O_ACCMODE) != O_WRONLY;
	int err;

	if (!S_ISREG(out->st.st_mode) && !(r->flags & SAFE_SPECIAL_OK))
		return refuse(out, "Regular files only");
	if (S_ISREG(out->st.st_mode) && out->st.st_nlink > 1 &&
	    (r->flags & SAFE_NO_HARD_LINK ||
	     (r->flags & SAFE_NO_LINK_IN_WRITABLE && is_dir_writable_by_others(r, dir))))
		return refuse(out, "Hard links not allowed");
	err = check_bits(r, out);
	if (err)
		return err;
	if (r->flags & SAFE_MUST_OWN && out->st.st_uid != r->uid && out->st.st_uid != 0 &&
	    out->st.st_uid != r->trusted_uid)
		return system_error(out, EPERM);
	if ((wants_read && !has_file_right(r, &out->st, 4)) ||
	    (wants_write && !has_file_right(r, &out->st, 2)))
		return system_error(out, EACCES);
	return 0;
}

static int make_file(struct walk *w, const char *name)
{
	const struct safe_request *r = w->req;

	if (!has_right(r, &w->dir_stat, 2))
		return system_error(w->out, EACCES);
	w->out->fd = openat(w->dir, name, r->open_flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    r->mode);
	if (w->out->fd < 0)
		return system_error(w->out, errno);
	w->out->is_new = true;
	return fstat(w->out->fd, &w->out->st) < 0 ? system_error(w->out, errno) : 0;
}

/* Between the look and the opening somebody may have changed the file: then neither is believed. */
static int open_file(struct walk *w, const char *name)
{
	int flags = (w->req->open_flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_NOFOLLOW | O_CLOEXEC |
		    O_NONBLOCK | O_NOCTTY;
	own_fd int fd = openat(w->dir, name, flags);
	struct stat now;

	if (fd < 0)
		return system_error(w->out, errno);
	if (fstat(fd, &now) < 0)
		return system_error(w->out, errno);
	if (now.st_dev != w->out->st.st_dev || now.st_ino != w->out->st.st_ino ||
	    now.st_uid != w->out->st.st_uid || now.st_mode != w->out->st.st_mode)
		return refuse(w->out, "File changed after open");
	if (w->req->open_flags & O_TRUNC && S_ISREG(now.st_mode) && ftruncate(fd, 0) < 0)
		return system_error(w->out, errno);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	w->out->st = now;
	w->out->fd = take_fd(&fd);
	return 0;
}

static int judge(struct walk *w, bool do_open)
{
	char name[NAME_MAX + 1];
	size_t len = strlen(w->req->path);
	int err;

	if (len == 0 || len >= PATH_MAX)
		return system_error(w->out, len ? ENAMETOOLONG : ENOENT);
	memcpy(w->rest, w->req->path, len + 1);
	err = walk_to_last(w, name);
	if (err)
		return err;
	if (fstatat(w->dir, name, &w->out->st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT || !do_open || !(w->req->open_flags & O_CREAT))
			return system_error(w->out, errno);
		return make_file(w, name);
	}
	err = check_file(w->req, &w->dir_stat, w->out);
	if (err || !do_open)
		return err;
	return open_file(w, name);
}

static int run(const struct safe_request *r, bool do_open, struct safe_file *out)
{
	struct walk w = { .req = r, .out = out, .dir = -1 };
	int err;

	*out = (struct safe_file){ .fd = -1 };
	err = judge(&w, do_open);
	if (w.dir >= 0)
		close(w.dir);
	return err;
}

int safe_open(const struct safe_request *r, struct safe_file *out)
{
	return run(r, true, out);
}

int safe_check(const struct safe_request *r, struct safe_file *out)
{
	return run(r, false, out);
}
