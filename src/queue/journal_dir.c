/*
 * journal_dir.c - taking, adopting and looking into journal directories.
 */
#include "queue/journal_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "queue/queue_id.h"
#include "queue/request.h"

#define KEPT_TRIES 100
#define JOURNALS   ".journal"

static int open_journals(const struct spool *s, bool make)
{
	own_fd int base = open(s->groups[0].base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (base < 0)
		return -errno;
	if (make && mkdirat(base, JOURNALS, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(base, JOURNALS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_numbered(int journals, int number, bool make)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%d", number);
	if (make && mkdirat(journals, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(journals, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The lock of a journal directory; -EWOULDBLOCK when its daemon lives. */
static int lock_dir(int dir_fd)
{
	own_fd int fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return take_fd(&fd);
}

static bool has_control_file(const struct spool *s, int dir, const char *id)
{
	static const char letters[] = "qhQ";
	struct stat st;

	for (const char *l = letters; *l; l++) {
		char name[40];

		spool_name(name, *l, id);
		if (fstatat(s->dirs[dir].qf_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static int dir_of(const struct spool *s, const struct journal_message *m)
{
	int dir = spool_find_dir(s, m->dir);

	return dir < 0 ? 0 : dir;
}

/* One message into the spool. The control file comes last, so one that exists shows that all is there. */
static int recover(const struct spool *s, const struct journal_message *m)
{
	int dir = dir_of(s, m), result = 0;
	char id[32];

	if (!queue_id_is_valid(m->id))
		return -EBADMSG;
	snprintf(id, sizeof(id), VIEW_FMT, VIEW_ARG(m->id));
	if (has_control_file(s, dir, id))
		return 0;
	if (!(m->flags & (JOURNAL_BODY_IN_FILE | JOURNAL_NO_BODY))) {
		spool_remove_body(s, dir, id); /* left by a spill that did not come to its end */
		result = spool_put_bytes(s, dir, id, m->body, true);
	}
	if (result == 0)
		result = spool_put_control(s, dir, id, m->letter, m->text, true, false, NULL);
	return result;
}

static bool is_damaged(const struct journal_image *image, size_t map)
{
	for (size_t i = 0; i < image->n_damage; i++)
		if (image->damage[i].map == map)
			return true;
	return false;
}

/* Under a name that no segment kept before has: another journal may have been recovered in the same second. */
static bool keep_segment(const struct spool *s, int dir_fd, const char *name)
{
	int64_t now = wall_s();
	char kept[64];

	for (int i = 0; i < KEPT_TRIES; i++) {
		snprintf(kept, sizeof(kept), "../damaged.%lld.%s", (long long)now + i, name);
		int result = renameat2(dir_fd, name, dir_fd, kept, RENAME_NOREPLACE);

		if (result < 0 && errno == EINVAL) /* a file system without that flag */
			result = linkat(dir_fd, name, dir_fd, kept, 0);
		if (result == 0) {
			unlinkat(dir_fd, name, 0); /* if it was a link */
			log_event(s->log, 0, LOG_ALERT, NULL,
				  "journal: the damaged %s is kept as %s/.journal/%s", name,
				  s->groups[0].base, kept + 3);
			return true;
		}
		if (errno != EEXIST)
			return false;
	}
	return false;
}

/* Empties a journal whose messages are all in the spool. A damaged segment is kept beside it: what could not be read was
 * acknowledged, or, at the end, may have been, and somebody may want to look. */
static void remove_segments(const struct spool *s, int dir_fd, const struct journal_image *image)
{
	for (size_t i = 0; i < image->n_maps; i++) {
		const char *name = image->maps[i].name;

		if (!is_damaged(image, i) || !keep_segment(s, dir_fd, name))
			unlinkat(dir_fd, name, 0);
	}
	fsync(dir_fd);
}

/* Under the lock of the directory. */
static int recover_all(const struct spool *s, int dir_fd)
{
	struct journal_image image;
	int n = 0, result = journal_scan(dir_fd, s->log, &image), failed = 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < image.n_messages; i++) {
		const struct journal_found *m = &image.messages[i];

		if (m->is_done)
			continue;
		result = recover(s, &m->message);
		if (result == 0)
			n++;
		else
			failed = result;
	}
	for (int dir = 0; n > 0 && dir < s->n_dirs; dir++)
		if ((result = spool_sync_dir(s, dir)) < 0)
			failed = result;
	if (failed)
		log_event(s->log, 0, LOG_CRIT, NULL, "journal: cannot recover everything: %s",
			  strerror(-failed));
	else
		remove_segments(s, dir_fd, &image);
	if (n > 0)
		log_event(s->log, 0, LOG_NOTICE, NULL,
			  "journal: %d messages recovered into queue files", n);
	journal_image_free(&image);
	return failed ? failed : n;
}

int journal_adopt(struct spool *s)
{
	own_fd int journals = open_journals(s, false);
	uid_t give_to = s->give_to;
	int n = 0, failed = 0;

	for (int i = 0; journals >= 0 && i < JOURNAL_DIRS_MAX; i++) {
		own_fd int fd = open_numbered(journals, i, false);
		own_fd int lock = -1;
		struct stat st;
		int result;

		if (fd < 0 || fstat(fd, &st) < 0 || (st.st_uid != geteuid() && geteuid() != 0))
			continue;
		s->give_to = st.st_uid; /* root hands the files on to whose journal it was */
		lock = lock_dir(fd);
		if (lock < 0)
			continue;
		result = recover_all(s, fd);
		request_part(fd, lock);
		if (result < 0)
			failed = result;
		else
			n += result;
	}
	s->give_to = give_to;
	return failed ? failed : n;
}

int journal_dir_take(struct spool *s, int64_t interval_s, struct journal_dir *out)
{
	own_fd int journals = open_journals(s, true);

	if (journals < 0)
		return journals;
	for (int i = 0; i < JOURNAL_DIRS_MAX; i++) {
		own_fd int fd = open_numbered(journals, i, true);
		own_fd int lock = fd < 0 ? -1 : lock_dir(fd);
		struct journal_image image;

		if (lock < 0 || journal_scan(fd, s->log, &image) < 0)
			continue;
		*out = (struct journal_dir){ .last_generation = image.last_generation };
		journal_image_free(&image);
		if (image.n_live > 0)
			continue; /* what could not be recovered stays there */
		request_part(fd, lock);
		if (request_introduce(lock, interval_s) < 0 || fsync(fd) < 0 || fsync(journals) < 0)
			return -errno;
		out->fd = take_fd(&fd);
		out->lock_fd = take_fd(&lock);
		return 0;
	}
	return -EBUSY;
}

int journal_dir_open(const struct spool *s, int number)
{
	own_fd int journals = open_journals(s, false);

	return journals < 0 ? journals : open_numbered(journals, number, false);
}

void journal_dir_release(struct journal_dir *d)
{
	request_part(d->fd, d->lock_fd);
	close(d->fd);
	close(d->lock_fd);
}

static void show_live(const struct spool *s, int dir_fd,
		      void (*each)(void *arg, const struct journal_message *m), void *arg)
{
	struct journal_image image;

	if (journal_scan_live(dir_fd, &image) < 0)
		return;
	for (size_t i = 0; i < image.n_messages; i++) {
		const struct journal_message *m = &image.messages[i].message;
		char id[32];

		if (image.messages[i].is_done || !queue_id_is_valid(m->id))
			continue;
		snprintf(id, sizeof(id), VIEW_FMT, VIEW_ARG(m->id));
		if (!has_control_file(s, dir_of(s, m), id))
			each(arg, m);
	}
	journal_image_free(&image);
}

void journal_dirs_each(const struct spool *s,
		       void (*each)(void *arg, const struct journal_message *m), void *arg)
{
	own_fd int journals = open_journals(s, false);

	for (int i = 0; journals >= 0 && i < JOURNAL_DIRS_MAX; i++) {
		own_fd int fd = open_numbered(journals, i, false);

		if (fd >= 0)
			show_live(s, fd, each, arg);
	}
}
