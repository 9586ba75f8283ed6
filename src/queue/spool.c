/*
 * spool.c - the queue directories: finding, opening and making them.
 */
#include "queue/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define DIRS_MAX 4096

static int open_dir_at(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A subdirectory, or a link to a directory elsewhere, when it exists, else the directory itself. One that cannot be opened is not
 * taken for absent: what lies in it would be neither seen nor found. */
static int open_sub(int fd, const char *name)
{
	int sub = open_dir_at(fd, name);

	return sub == -ENOENT || sub == -ENOTDIR ? fd : sub;
}

static void note_device(struct spool *s, int group, int fd)
{
	struct spool_group *g = &s->groups[group];
	struct stat first, st;

	if (fstat(s->dirs[g->first_dir].fd, &first) == 0 && fstat(fd, &st) == 0 &&
	    first.st_dev != st.st_dev)
		g->has_many_devices = true;
}

static void close_dir(struct spool_dir *d)
{
	const int subs[] = { d->qf_fd, d->df_fd, d->xf_fd };

	for (size_t i = 0; i < 3; i++)
		if (subs[i] != d->fd && subs[i] >= 0)
			close(subs[i]);
	close(d->fd);
	free(d->path);
}

static int add_dir(struct spool *s, const char *path, int group, bool make)
{
	struct spool_dir *d;
	int fd;

	if (s->n_dirs == DIRS_MAX)
		return -E2BIG;
	fd = open_dir_at(AT_FDCWD, path);
	if (fd == -ENOENT && make && mkdir(path, 0700) == 0)
		fd = open_dir_at(AT_FDCWD, path);
	if (fd < 0)
		return fd;
	s->dirs = mem_resize(s->dirs, (size_t)s->n_dirs + 1, sizeof(*s->dirs));
	d = &s->dirs[s->n_dirs++];
	*d = (struct spool_dir){ .path = mem_dup(path, strlen(path)), .fd = fd, .group = group };
	d->qf_fd = open_sub(fd, "qf");
	d->df_fd = open_sub(fd, "df");
	d->xf_fd = open_sub(fd, "xf");
	if (d->qf_fd < 0 || d->df_fd < 0 || d->xf_fd < 0) {
		int failed = d->qf_fd < 0 ? d->qf_fd : d->df_fd < 0 ? d->df_fd : d->xf_fd;

		close_dir(d);
		s->n_dirs--;
		return failed;
	}
	s->groups[group].n_dirs++;
	note_device(s, group, fd);
	return 0;
}

/* The directories whose names match the pattern after the last '/', as the directory gives them: listings show them so. */
static int add_matching(struct spool *s, const char *base, const char *pattern, int group)
{
	char **names = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;
	DIR *d = opendir(base);
	int result = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d)) && n < DIRS_MAX) {
		if (e->d_name[0] == '.' || fnmatch(pattern, e->d_name, 0) != 0)
			continue;
		MEM_GROW(names, n, cap);
		names[n++] = mem_dup(e->d_name, strlen(e->d_name));
	}
	closedir(d);
	for (size_t i = 0; i < n; i++) {
		own_str struct str path = STR_MAX(4096);

		str_addf(&path, "%s/%s", base, names[i]);
		if (result == 0)
			result = add_dir(s, str_z(&path), group, false);
		if (result == -ENOTDIR)
			result = 0; /* a plain file that the pattern matches */
		free(names[i]);
	}
	free(names);
	return result ? result : s->groups[group].n_dirs ? 0 : -ENOENT;
}

/* The absolute form of a group's path: relative ones lie under the base of the default group. */
static void absolute_path(const struct spool *s, struct view path, struct str *out)
{
	if ((path.len == 0 || path.p[0] != '/') && s->n_groups > 0 && s->groups[0].base)
		str_addf(out, "%s/", s->groups[0].base);
	str_add(out, path);
	while (out->len > 1 && out->p[out->len - 1] == '/')
		str_truncate(out, out->len - 1);
}

static int add_group(struct spool *s, struct view path, bool make)
{
	own_str struct str full = STR_MAX(4096);
	struct spool_group *g = &s->groups[s->n_groups];
	size_t slash;

	absolute_path(s, path, &full);
	g->first_dir = s->n_dirs;
	s->n_groups++;
	if (full.len == 0 || full.p[full.len - 1] != '*') {
		g->base = mem_dup(str_z(&full), full.len);
		return add_dir(s, str_z(&full), s->n_groups - 1, make);
	}
	slash = view_rfind(str_view(&full), '/');
	if (slash == full.len)
		return -ENOENT;
	g->base = mem_dup(full.p, slash);
	return add_matching(s, g->base, full.p + slash + 1, s->n_groups - 1);
}

static void set_rules(struct spool *s, const struct options *o)
{
	s->mode = o->queue_file_mode ? o->queue_file_mode : 0600;
	s->give_to = geteuid();
	s->give_to_group = (gid_t)-1;
	if (geteuid() == 0 && !view_is_none(o->run_as_user) && o->run_as_uid != 0) {
		s->give_to = o->run_as_uid; /* the daemon must be able to read what root leaves */
		s->give_to_group = o->run_as_gid;
	}
	s->owners[0] = geteuid();
	s->owners[1] = o->trusted_uid;
	s->owners[2] = view_is_none(o->run_as_user) ? geteuid() : o->run_as_uid;
	s->checks_owner = geteuid() != getuid();
	s->any_owner = (s->mode & S_IWGRP) != 0;
	s->min_free_blocks = o->min_free_blocks;
	s->sync = o->super_safe != 'f';
	s->sync_dirs = o->requires_dir_fsync;
}

struct spool *spool_open(const struct config *cf, struct log *log, bool make, struct str *out_why)
{
	struct spool *s = MEM_NEW(struct spool);
	int n = cf->n_groups > 0 ? cf->n_groups : 1;

	s->log = log;
	set_rules(s, &cf->options);
	for (int i = 0; i < n; i++) {
		struct view path = i < cf->n_groups ? cf->groups[i].path : VIEW_NONE;
		int result;

		if (path.len == 0)
			path = cf->options.queue_directory;
		if (path.len == 0) {
			str_addz(out_why, "QueueDirectory (Q) option must be set");
			spool_close(s);
			return NULL;
		}
		result = add_group(s, path, make);
		if (result < 0) {
			str_addf(out_why, "cannot use queue directory " VIEW_FMT ": %s",
				 VIEW_ARG(path), strerror(-result));
			spool_close(s);
			return NULL;
		}
	}
	return s;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n_dirs; i++)
		close_dir(&s->dirs[i]);
	for (int i = 0; i < s->n_groups; i++)
		free(s->groups[i].base);
	free(s->dirs);
	free(s);
}

int spool_pick(const struct spool *s, int group)
{
	const struct spool_group *g;
	uint32_t r = 0;

	if (group < 0 || group >= s->n_groups)
		group = 0;
	g = &s->groups[group];
	if (g->n_dirs <= 1)
		return g->first_dir;
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)clock();
	for (int i = 0; g->has_many_devices && i < g->n_dirs; i++) {
		int dir = g->first_dir + (int)((r + (unsigned)i) % (unsigned)g->n_dirs);
		int64_t have, block;

		if (!spool_free_blocks(s, dir, &have, &block) || have > s->min_free_blocks)
			return dir;
	}
	return g->first_dir + (int)(r % (unsigned)g->n_dirs);
}

bool spool_free_blocks(const struct spool *s, int dir, int64_t *out_free, int64_t *out_block)
{
	struct statvfs v;

	if (fstatvfs(s->dirs[dir].fd, &v) < 0)
		return false;
	*out_block = v.f_frsize ? (int64_t)v.f_frsize : (int64_t)v.f_bsize;
	*out_free = (int64_t)v.f_bavail;
	return true;
}

void spool_show_path(const struct spool *s, int dir, struct str *out)
{
	const struct spool_dir *d = &s->dirs[dir];

	str_addz(out, d->path);
	if (d->df_fd != d->fd)
		str_addz(out, "/df");
}

int spool_find_dir(const struct spool *s, struct view path)
{
	while (path.len > 1 && path.p[path.len - 1] == '/')
		path.len--;
	for (int i = 0; i < s->n_dirs; i++)
		if (view_eq(path, view_of(s->dirs[i].path)))
			return i;
	return -1;
}
