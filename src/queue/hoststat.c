/*
 * hoststat.c - reading, writing and listing the files of the host status directory.
 */
#include "queue/hoststat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"

#define DEPTH_MAX     64
#define FILE_MAX      2048
#define SHOWN         25
#define SHOWN_VERBOSE 78

static void add_label(struct str *out, struct view label, bool is_dir)
{
	for (size_t i = 0; i < label.len; i++) {
		char c = (char)tolower((unsigned char)label.p[i]);

		str_addc(out, c == '/' ? ':' : c);
	}
	if (is_dir)
		str_addz(out, "./");
}

bool hoststat_path(struct view host, struct str *out)
{
	if (host.len > 1 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		host = view_from(host.p + 1, host.len - 2);
	while (host.len > 0 && host.p[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || host.len > 255 || host.p[0] == '.' ||
	    view_search(host, VIEW("..")) < host.len || view_find(host, '\0') < host.len)
		return false;
	for (;;) {
		size_t dot = view_rfind(host, '.');

		if (dot == host.len) {
			add_label(out, host, false);
			return true;
		}
		add_label(out, view_skip(host, dot + 1), true);
		host = view_first(host, dot);
	}
}

/* HostStatusDirectory; a relative one lies in the queue directory. */
static bool base_path(const struct config *cf, struct str *out)
{
	struct view dir = cf->options.host_status_directory, queue = cf->options.queue_directory;

	if (dir.len == 0)
		return false;
	if (dir.p[0] != '/') {
		str_add(out, config_queue_base(queue));
		str_addc(out, '/');
	}
	str_add(out, dir);
	return true;
}

static bool full_path(const struct config *cf, struct view host, struct str *out)
{
	if (!base_path(cf, out))
		return false;
	str_addc(out, '/');
	return hoststat_path(host, out) && !out->cut;
}

static void parse_dsn(struct view v, uint8_t out[3])
{
	if (!status_parse_dsn(v, out))
		memset(out, 0, 3);
}

/* Reads what the open file says; false when it is none of these files. */
static bool parse(int fd, struct hoststat *out)
{
	char bytes[FILE_MAX];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
	struct view rest = view_from(bytes, n > 0 ? (size_t)n : 0), line;
	int64_t number = 0;

	*out = (struct hoststat){ 0 };
	while (view_cut(&rest, '\n', &line) && line.len > 0) {
		struct view value = view_skip(line, 1);

		number = number_lenient(value);
		switch (line.p[0]) {
		case 'V':
			if (number > 0)
				return false;
			break;
		case 'E':
			out->error = (int)number;
			break;
		case 'S':
			out->exit = (int)number;
			break;
		case 'D':
			parse_dsn(value, out->dsn);
			break;
		case 'H':
			break;
		case 'R':
			out->has_text = true;
			snprintf(out->text, sizeof(out->text), "%.*s",
				 value.len < 80 ? (int)value.len : 80, value.p);
			break;
		case 'U':
			out->used_s = number;
			break;
		case '.':
			return true;
		default:
			return false;
		}
	}
	return n > 0;
}

static bool is_fresh(const struct config *cf, const struct hoststat *h)
{
	return wall_s() - h->used_s < cf->options.timeout.hoststatus_s;
}

enum found hoststat_read(const struct config *cf, struct view host, struct hoststat *out)
{
	own_str struct str path = STR_MAX(4096);
	own_fd int fd = -1;

	if (!full_path(cf, host, &path))
		return NOT_FOUND;
	fd = open(str_z(&path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? NOT_FOUND : LOOKUP_FAILED;
	return parse(fd, out) && is_fresh(cf, out) ? FOUND : NOT_FOUND;
}

/* Opens the host's file for writing, its directories made. */
static int open_for_writing(const struct config *cf, struct view host)
{
	own_str struct str path = STR_MAX(4096), base = STR_MAX(4096);
	int fd;

	if (!base_path(cf, &base))
		return -ENOENT;
	if (!full_path(cf, host, &path))
		return -EINVAL;
	fd = open(str_z(&path), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	for (size_t at = base.len + 1; fd < 0 && errno == ENOENT && at < path.len; at++) {
		if (path.p[at] != '/')
			continue;
		path.p[at] = '\0';
		if (mkdir(path.p, 0755) < 0 && errno != EEXIST)
			return -errno;
		path.p[at] = '/';
		fd = open(str_z(&path), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	return fd < 0 ? -errno : fd;
}

int hoststat_write_locked(int fd, const struct hoststat *h)
{
	own_str struct str text = STR_MAX(FILE_MAX);

	str_addf(&text, "V0\nE%d\nH0\nS%d\n", h->error, h->exit);
	if (h->dsn[0])
		str_addf(&text, "D%d.%d.%d\n", h->dsn[0], h->dsn[1], h->dsn[2]);
	if (h->text[0] || h->has_text)
		str_addf(&text, "R%.80s\n", h->text);
	str_addf(&text, "U%lld\n.\n", (long long)h->used_s);
	if (pwrite(fd, text.p, text.len, 0) != (ssize_t)text.len ||
	    ftruncate(fd, (off_t)text.len) < 0)
		return -errno;
	return 0;
}

int hoststat_write(const struct config *cf, struct view host, const struct hoststat *h)
{
	own_fd int fd = open_for_writing(cf, host);

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return hoststat_write_locked(fd, h);
}

int hoststat_lock(const struct config *cf, struct view host)
{
	own_fd int fd = -1;

	if (!cf->options.single_thread_delivery)
		return -ENOENT;
	fd = open_for_writing(cf, host);
	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return take_fd(&fd);
}

/* ---- all of them ---- */

struct walk {
	const struct config *cf;
	bool verbose, is_purge, has_head;
	int level; /* of directories, whether they name something or not */
	void (*write)(void *arg, struct view text);
	void *arg;
	/* Looks at one file; true: remove it. */
	bool (*each)(struct walk *w, int fd, struct view host);
};

/* The host of a path: labels the other way round. */
static void host_of(struct view *labels, int n, struct view name, struct str *out)
{
	str_add(out, name);
	for (int i = n - 1; i >= 0; i--) {
		str_addc(out, '.');
		str_add(out, labels[i]);
	}
}

static void visit_file(struct walk *w, int dir_fd, const char *name, struct view *labels, int depth)
{
	own_str struct str host = STR_MAX(300);
	own_fd int fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	host_of(labels, depth, view_of(name), &host);
	if (w->each(w, fd, str_view(&host)))
		unlinkat(dir_fd, name, 0);
}

/* Has nothing been put there or removed for as long as a status counts? */
static bool is_untouched(const struct walk *w, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       wall_s() - (int64_t)st.st_mtime > w->cf->options.timeout.hoststatus_s;
}

static void visit_dir(struct walk *w, int fd, struct view *labels, int depth);

/* A directory below; one without a dot at its end is none of ours and names nothing. False: it is no directory. */
static bool visit_below(struct walk *w, int dir_fd, const char *name, struct view *labels,
			int depth)
{
	size_t len = strlen(name);
	bool is_label = name[len - 1] == '.';
	int sub = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (sub < 0)
		return is_label;
	if (depth == DEPTH_MAX || w->level == 2 * DEPTH_MAX) {
		close(sub);
		return true;
	}
	if (is_label)
		labels[depth] = view_from(name, len - 1);
	if (w->is_purge && is_untouched(w, sub))
		unlinkat(dir_fd, name, AT_REMOVEDIR); /* if it is empty */
	visit_dir(w, sub, labels, depth + is_label);
	return true;
}

/* One directory level; recursion is bounded by DEPTH_MAX. */
static void visit_dir(struct walk *w, int fd, struct view *labels, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return;
	}
	w->level++;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' || strlen(e->d_name) > 255)
			continue;
		if (!visit_below(w, dirfd(d), e->d_name, labels, depth))
			visit_file(w, dirfd(d), e->d_name, labels, depth);
	}
	w->level--;
	closedir(d);
}

static int walk_all(struct walk *w)
{
	own_str struct str base = STR_MAX(4096);
	struct view labels[DEPTH_MAX + 1];
	int fd;

	if (!base_path(w->cf, &base))
		return -ENOENT;
	fd = open(str_z(&base), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	visit_dir(w, fd, labels, 0);
	return 0;
}

static void result_text(const struct hoststat *h, struct str *out)
{
	struct status st = status_from_exit(h->exit);
	char words[128], dsn[16];

	if (h->has_text)
		str_addz(out, h->text);
	else if (h->exit == EX_OK_ && h->error == 0)
		str_addz(out, "OK");
	else if (h->error != 0)
		str_addf(out, "Deferred: %s", strerror_r(h->error, words, sizeof(words)));
	else {
		status_format_dsn(&st, dsn);
		str_addf(out, "%s%s" VIEW_FMT, dsn, dsn[0] ? " " : "", VIEW_ARG(st.text));
	}
}

/* Something else than a host's status lies there. */
static void tell_unreadable(struct walk *w, struct view host)
{
	own_str struct str line = STR_MAX(5000);

	if (!full_path(w->cf, host, &line))
		return;
	str_addz(&line, ": could not read status file\n");
	w->write(w->arg, str_view(&line));
}

static bool list_one(struct walk *w, int fd, struct view host)
{
	own_str struct str line = STR_MAX(1024), result = STR_MAX(200);
	bool is_locked = flock(fd, LOCK_SH | LOCK_NB) < 0;
	struct hoststat h;
	char age[40];
	int64_t s;

	if (!w->has_head)
		w->write(w->arg, VIEW(" -------------- Hostname --------------- How long ago "
				      "---------Results---------\n"));
	w->has_head = true;
	if (!parse(fd, &h)) {
		tell_unreadable(w, host);
		return false;
	}
	s = wall_s() - h.used_s;
	if (s >= 86400)
		snprintf(age, sizeof(age), "%lld+%02lld:%02lld:%02lld", (long long)(s / 86400),
			 (long long)(s / 3600 % 24), (long long)(s / 60 % 60), (long long)(s % 60));
	else
		snprintf(age, sizeof(age), "%02lld:%02lld:%02lld", (long long)(s / 3600),
			 (long long)(s / 60 % 60), (long long)(s % 60));
	result_text(&h, &result);
	str_addf(&line, "%c%-39.*s %12s ", is_locked ? '*' : ' ', (int)host.len, host.p, age);
	str_add_escaped(&line, view_first(str_view(&result), w->verbose ? SHOWN_VERBOSE : SHOWN));
	str_addc(&line, '\n');
	w->write(w->arg, str_view(&line));
	return false;
}

int hoststat_list(const struct snapshot *snap, bool verbose,
		  void (*write)(void *arg, struct view text), void *arg)
{
	struct walk w = {
		.cf = snap->cf, .verbose = verbose, .write = write, .arg = arg, .each = list_one
	};

	walk_all(&w);
	return EX_OK_;
}

/* By the time of the file, which is that of its last use. */
static bool is_old(struct walk *w, int fd, struct view host)
{
	(void)host;
	return flock(fd, LOCK_EX | LOCK_NB) == 0 && is_untouched(w, fd);
}

static void write_nothing(void *arg, struct view text)
{
	(void)arg;
	(void)text;
}

int hoststat_purge(const struct snapshot *snap)
{
	struct walk w = {
		.cf = snap->cf, .write = write_nothing, .each = is_old, .is_purge = true
	};

	walk_all(
		&w); /* a directory that cannot be used has been told of when the configuration was read */
	return EX_OK_;
}
