/* check.c - see check.h. */
#include "config/check.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/load.h"

/* A client on standard input is told in replies: of errors of ours or of the system's, of what is refused, or by the way. */
static const char *reply_code(const struct cf_message *m)
{
	bool is_option = view_starts(m->text, VIEW("Option "));

	switch (m->exit) {
	case 0:
		return m->line == 0 ? "" : is_option ? "050 " : "550 ";
	case LOAD_OSERR:
		return "451 4.0.0 ";
	case LOAD_CONFIG:
	case LOAD_UNAVAILABLE:
		return "550 ";
	default:
		return "554 5.0.0 ";
	}
}

static void format_one(const struct cf_message *m, bool is_smtp, struct str *out)
{
	if (is_smtp)
		str_addz(out, reply_code(m));
	if (m->line && m->file.len)
		str_addf(out, VIEW_FMT ": line %d: ", VIEW_ARG(m->file), m->line);
	str_add(out, m->text);
	str_addz(out, is_smtp && *reply_code(m) ? "\r\n" : "\n");
}

/* Insertion keeps the order of those that arose at the same line; the list is short and nearly sorted. */
static void format_all(const struct config *cf, bool is_smtp, struct str *out)
{
	size_t n = cf->messages.n;
	const struct cf_message **sorted = mem_zero((n + 1) * sizeof(*sorted));

	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		while (at > 0 && sorted[at - 1]->position > cf->messages.v[i].position) {
			sorted[at] = sorted[at - 1];
			at--;
		}
		sorted[at] = &cf->messages.v[i];
	}
	for (size_t i = 0; i < n; i++)
		format_one(sorted[i], is_smtp, out);
	free(sorted);
}

void config_messages_format(const struct config *cf, struct str *out)
{
	format_all(cf, false, out);
}

void config_messages_format_smtp(const struct config *cf, struct str *out)
{
	format_all(cf, true, out);
}

static bool can_search(const struct stat *st, uid_t uid, gid_t gid)
{
	if (uid == st->st_uid)
		return st->st_mode & S_IXUSR;
	if (gid == st->st_gid)
		return st->st_mode & S_IXGRP;
	return uid == 0 || st->st_mode & S_IXOTH;
}

struct view config_queue_base(struct view path)
{
	if (path.len && path.p[path.len - 1] == '*')
		path = view_first(path, view_rfind(path, '/'));
	while (path.len > 1 && path.p[path.len - 1] == '/')
		path = view_first(path, path.len - 1);
	return path;
}

static int dir_error(const struct config *cf, struct view dir)
{
	char path[4096];
	struct stat st;
	bool is_other = cf->options.run_as_uid != 0;

	snprintf(path, sizeof(path), VIEW_FMT, VIEW_ARG(dir));
	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISDIR(st.st_mode))
		return ENOTDIR;
	if (!can_search(&st, is_other ? cf->options.run_as_uid : geteuid(),
			is_other ? cf->options.run_as_gid : getegid()))
		return EACCES;
	return 0;
}

/* A path that ends in * names the directories that begin so; there must be one. */
static bool has_members(struct view path)
{
	char dir[4096];
	size_t slash = view_rfind(path, '/');
	struct view prefix;
	const struct dirent *e;
	bool found = false;
	DIR *d;

	if (path.len == 0 || path.p[path.len - 1] != '*' || slash == path.len)
		return true;
	prefix = view_skip(view_first(path, path.len - 1), slash + 1);
	snprintf(dir, sizeof(dir), VIEW_FMT "/", VIEW_ARG(view_first(path, slash)));
	d = opendir(dir);
	while (d && !found && (e = readdir(d)) != NULL)
		found = e->d_name[0] != '.' && view_starts(view_of(e->d_name), prefix);
	if (d)
		closedir(d);
	return found;
}

static int check_base(const struct config *cf, struct view base, struct str *out)
{
	char why[96];
	int err = dir_error(cf, base);

	if (!err)
		return 0;
	str_addf(out, "can not chdir(" VIEW_FMT "/): %s\n", VIEW_ARG(base),
		 strerror_r(err, why, sizeof(why)));
	if (err == EACCES)
		str_addz(out,
			 "Program mode requires special privileges, e.g., root or TrustedUser.\n");
	return LOAD_CONFIG;
}

static int check_group(const struct config *cf, struct view base, const struct queue_group *g,
		       struct str *out)
{
	struct view dir = config_queue_base(g->path);
	char why[96];
	int err;

	if (!view_starts(dir, base) || (dir.len > base.len && dir.p[base.len] != '/')) {
		str_addf(out,
			 "QueuePath " VIEW_FMT " not subpath of QueueDirectory " VIEW_FMT "/%s\n",
			 VIEW_ARG(dir), VIEW_ARG(base),
			 g != cf->groups ? ": No such file or directory" : "");
		return LOAD_CONFIG;
	}
	if (!has_members(g->path)) {
		str_addf(out, "can not opendir(" VIEW_FMT "): No such file or directory\n",
			 VIEW_ARG(view_first(g->path, g->path.len - 1)));
		return LOAD_CONFIG;
	}
	err = dir_error(cf, dir);
	if (err && err != EACCES) {
		str_addf(out, "can not opendir(" VIEW_FMT "): %s\n", VIEW_ARG(dir),
			 strerror_r(err, why, sizeof(why)));
		return LOAD_CONFIG;
	}
	return 0;
}

static int check_queue(const struct config *cf, struct str *out)
{
	struct view base = config_queue_base(cf->options.queue_directory);
	int exit = check_base(cf, base, out);

	for (int i = 0; i < cf->n_groups && !exit; i++)
		exit = check_group(cf, base, &cf->groups[i], out);
	return exit;
}

void config_check_host_status(const struct config *cf, struct str *out)
{
	struct view dir = cf->options.host_status_directory;
	char path[4096], why[96];
	struct stat st;
	int err = 0;

	if (dir.len == 0)
		return;
	snprintf(path, sizeof(path), VIEW_FMT, VIEW_ARG(dir));
	if (dir.p[0] != '/')
		snprintf(path, sizeof(path), VIEW_FMT "/" VIEW_FMT,
			 VIEW_ARG(config_queue_base(cf->options.queue_directory)), VIEW_ARG(dir));
	if (stat(path, &st) < 0)
		err = errno;
	else if (!S_ISDIR(st.st_mode))
		err = ENOTDIR;
	if (err)
		str_addf(out, "Warning: Cannot use HostStatusDirectory = " VIEW_FMT ": %s\n",
			 VIEW_ARG(dir), strerror_r(err, why, sizeof(why)));
}

int config_check(const struct config *cf, struct str *out)
{
	int exit = 0;

	config_messages_format(cf, out);
	if (cf->messages.is_fatal || cf->messages.exit == LOAD_CONFIG ||
	    cf->messages.exit == LOAD_UNAVAILABLE)
		return cf->messages.exit;
	exit = check_queue(cf, out);
	if (!exit)
		config_check_host_status(cf, out);
	return exit ? exit : cf->messages.exit;
}

void config_log_errors(const struct config *cf, struct log *log)
{
	char buffer[2048];
	struct passwd entry, *user = NULL;

	getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &user);
	for (size_t i = 0; i < cf->messages.n; i++) {
		const struct cf_message *m = &cf->messages.v[i];
		own_str struct str where = STR_MAX(1024);

		if (!m->is_error)
			continue;
		if (m->line > 0)
			str_addf(&where, VIEW_FMT ": line %d: ", VIEW_ARG(m->file), m->line);
		log_event(log, 1, LOG_CRIT, "", "SYSERR(%s): %s" VIEW_FMT,
			  user ? user->pw_name : "unknown", str_z(&where), VIEW_ARG(m->text));
	}
}
