/*
 * database.c - opening, replacing and locking database files, the same for every kind.
 *
 * A new file is built as ".NAME.new" beside its target, under an exclusive lock on that name, so that two writers take
 * turns. A target that exists is locked too, against tools that write in place. Where the directory does not let us
 * make a file but the target may be written, or where the target has a second name that must go on naming the same file,
 * the target itself is rebuilt under its lock.
 */
#include "map/database_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "build_config.h"

static const struct {
	const char *name, *suffix;
	const struct database_ops *ops;
} kinds[DATABASE_KINDS] = {
#if HAVE_DB
	[DATABASE_HASH] = {"hash",   ".db",   &database_ops_bdb },
	[DATABASE_BTREE] = { "btree", ".db",   &database_ops_bdb },
#else
	[DATABASE_HASH] = { "hash", ".db", NULL },
	[DATABASE_BTREE] = { "btree", ".db", NULL },
#endif
	[DATABASE_CDB] = { "cdb",   ".cdb",  &database_ops_cdb },
#if HAVE_LMDB
	[DATABASE_LMDB] = { "lmdb",  ".lmdb", &database_ops_lmdb},
#else
	[DATABASE_LMDB] = { "lmdb", ".lmdb", NULL },
#endif
};

bool database_kind_find(struct view name, enum database_kind *out)
{
	for (int i = 0; i < DATABASE_KINDS; i++)
		if (view_eq(name, view_of(kinds[i].name))) {
			*out = (enum database_kind)i;
			return true;
		}
	return false;
}

const char *database_kind_name(enum database_kind kind)
{
	return kinds[kind].name;
}

const char *database_suffix(enum database_kind kind)
{
	return kinds[kind].suffix;
}

bool database_kind_is_built(enum database_kind kind)
{
	return kinds[kind].ops != NULL;
}

int database_lock(int fd, int how, int64_t deadline)
{
	struct timespec pause = { 0, 1000000 };

	while (flock(fd, how | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (deadline_is_past(deadline))
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 20000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}

/* The path with symbolic links followed, so that a link stays and its target is replaced. */
static char *real_target(const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = real ? mem_dup(real, strlen(real)) : mem_dup(path, strlen(path));

	free(real);
	return copy;
}

static char *new_name(const char *path)
{
	own_str struct str s = STR_MAX(8192);
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0;

	str_add(&s, view_from(path, dir));
	str_addf(&s, ".%s.new", path + dir);
	return mem_dup(str_z(&s), s.len);
}

static bool is_still_there(int fd, const char *path)
{
	struct stat held, there;

	return fstat(fd, &held) == 0 && stat(path, &there) == 0 && held.st_ino == there.st_ino &&
	       held.st_dev == there.st_dev;
}

/* Opens and locks a file by name; a writer before us may have renamed it away while we waited: then once more. */
static int open_locked(const char *path, int flags, mode_t mode, int64_t deadline, int *out_fd)
{
	for (;;) {
		own_fd int fd = open(path, flags | O_CLOEXEC, mode);
		int r;

		if (fd < 0)
			return -errno;
		r = database_lock(fd, LOCK_EX, deadline);
		if (r < 0)
			return r;
		if (is_still_there(fd, path)) {
			*out_fd = take_fd(&fd);
			return 0;
		}
	}
}

static int open_plain(const char *path, int *out_fd)
{
	*out_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *out_fd < 0 ? -errno : 0;
}

static int copy_file(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	if (ftruncate(to, 0) < 0)
		return -errno;
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(to, buffer + done, (size_t)(n - done))) <= 0)
				return w < 0 ? -errno : -EIO;
	return n < 0 ? -errno : 0;
}

static bool has_other_names(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink > 1;
}

static int write_in_place(struct database *db)
{
	if (db->params.is_made_of_itself)
		return -EBUSY; /* it would be overwritten before it is read */
	free(db->write_path);
	db->write_path = mem_dup(db->path, strlen(db->path));
	db->is_in_place = true;
	return 0;
}

/* Makes the file that will replace the target: locked, empty or a copy, with the target's owner and mode. */
static int prepare_new(struct database *db, bool is_copy)
{
	mode_t mode = db->params.permissions ? db->params.permissions : 0640;
	int64_t deadline = db->params.deadline;
	struct stat st;
	int r = db->params.is_made_of_itself
			? open_plain(db->path, &db->target_fd)
			: open_locked(db->path, O_RDWR, 0, deadline, &db->target_fd);

	if (r < 0 && (r != -ENOENT || is_copy))
		return r;
	if (db->ops->is_updatable_in_place && has_other_names(db->target_fd))
		return write_in_place(db);
	db->write_path = new_name(db->path);
	r = open_locked(db->write_path, O_RDWR | O_CREAT | O_NOFOLLOW, mode, deadline,
			&db->lock_fd);
	if ((r == -EACCES || r == -EPERM || r == -EROFS) && db->target_fd >= 0 &&
	    db->ops->is_updatable_in_place)
		return write_in_place(db);
	if (r < 0)
		return r;
	if (fchmod(db->lock_fd, mode) < 0)
		return -errno;
	if (db->target_fd >= 0 && fstat(db->target_fd, &st) == 0) {
		/* Without the right to give it away the file stays ours: readers still find it. */
		if (fchown(db->lock_fd, st.st_uid, st.st_gid) == 0 || geteuid() == st.st_uid)
			fchmod(db->lock_fd, st.st_mode & 07777);
	}
	return is_copy                         ? copy_file(db->target_fd, db->lock_fd)
	       : ftruncate(db->lock_fd, 0) < 0 ? -errno
					       : 0;
}

static int open_for_writing(struct database *db)
{
	bool is_update = db->params.mode == DATABASE_UPDATE;
	int r;

	if (is_update && db->ops->is_updatable_in_place) {
		db->write_path = mem_dup(db->path, strlen(db->path));
		db->is_in_place = true;
		r = open_locked(db->path, O_RDWR, 0, db->params.deadline, &db->target_fd);
	} else {
		r = prepare_new(db, is_update);
	}
	return r < 0 ? r : db->ops->open_write(db, !is_update);
}

int database_open(const struct database_params *p, struct database **out)
{
	struct database *db;
	int r;

	if (!kinds[p->kind].ops)
		return -ENOTSUP;
	db = MEM_NEW(struct database);
	db->ops = kinds[p->kind].ops;
	db->params = *p;
	db->lock_fd = db->target_fd = -1;
	db->path = p->mode == DATABASE_READ ? mem_dup(p->path, strlen(p->path))
					    : real_target(p->path);
	r = p->mode == DATABASE_READ ? db->ops->open_read(db) : open_for_writing(db);
	if (r < 0) {
		database_close(db);
		return r;
	}
	*out = db;
	return 0;
}

static void sync_directory(const char *path)
{
	own_mem char *dir = mem_dup(path, strlen(path));
	char *slash = strrchr(dir, '/');
	own_fd int fd = -1;

	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

int database_commit(struct database *db)
{
	int r = db->ops->finish(db);

	if (r < 0)
		return r;
	if (!db->is_in_place) {
		if (fsync(db->lock_fd) < 0 || rename(db->write_path, db->path) < 0)
			return -errno;
		sync_directory(db->path);
	}
	db->is_committed = true;
	return 0;
}

void database_close(struct database *db)
{
	if (!db)
		return;
	if (db->inside)
		db->ops->close(db);
	if (db->write_path && !db->is_in_place && !db->is_committed && db->lock_fd >= 0)
		unlink(db->write_path);
	if (db->lock_fd >= 0)
		close(db->lock_fd);
	if (db->target_fd >= 0)
		close(db->target_fd);
	free(db->path);
	free(db->write_path);
	free(db);
}

void database_give(struct database *db, uid_t owner)
{
	int fd = db->lock_fd >= 0 ? db->lock_fd : db->target_fd;

	if (fd >= 0 && fchown(fd, owner, (gid_t)-1) < 0)
		return; /* not root: the file stays the writer's own */
}

int database_get(struct database *db, struct view key, int64_t deadline, struct view *out)
{
	return db->ops->get(db, key, deadline, out);
}

int database_put(struct database *db, struct view key, struct view value, bool replace)
{
	return db->ops->put(db, key, value, replace);
}

int database_delete(struct database *db, struct view key)
{
	return db->ops->del ? db->ops->del(db, key) : -ENOTSUP;
}

int database_next(struct database *db, struct view *out_key, struct view *out_value)
{
	return db->ops->next(db, out_key, out_value);
}

const struct stat *database_stat(const struct database *db)
{
	return &db->st;
}

bool database_is_outdated(const struct database *db)
{
	return db->reopen_at != 0 && clock_ms() >= db->reopen_at;
}

bool database_is_young(const struct database *db)
{
	return db->reopen_at != 0;
}
