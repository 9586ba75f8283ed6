/* rights.c - see rights.h. */
#include "daemon/rights.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "os/read_all.h"

#define CF_TEXT_MAX (16 * 1024 * 1024)

static const char *const system_read[] = {
	"/etc",
	"/usr",
	"/lib",
	"/lib64",
	"/run",
	"/var/run",
	"/dev/urandom",
	"/dev/random",
	"/proc/loadavg",
	"/proc/self",
	"/sys/devices/system/cpu",
};

static void add(const char *const path, const char **list, size_t *n, bool *is_cut)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(list[i], path) == 0)
			return;
	}
	if (*n == RIGHTS_MAX) {
		*is_cut = true;
		return;
	}
	list[(*n)++] = path;
}

static void add_read(struct rights *r, const char *path)
{
	add(path, r->read, &r->n_read, &r->is_cut);
}

static void add_write(struct rights *r, const char *path)
{
	add(path, r->write, &r->n_write, &r->is_cut);
}

static const char *directory_of(struct view path, struct arena *a)
{
	size_t slash = view_rfind(path, '/');

	return slash == path.len || slash == 0 ? NULL : arena_dupz(a, view_first(path, slash));
}

/* ---- what is written ---- */

/* A queue path may end in a pattern ("/var/spool/mqueue/q*"): then it is the directory before it. */
static void add_queue(struct rights *r, struct view base, struct view path, struct arena *a)
{
	struct view fixed = view_first(path, view_find(path, '*'));
	const char *dir;

	if (fixed.len < path.len)
		fixed.len = view_rfind(fixed, '/') == fixed.len ? 0 : view_rfind(fixed, '/');
	if (path.len == 0)
		return;
	if (path.p[0] == '/')
		dir = fixed.len > 0 ? arena_dupz(a, fixed) : NULL;
	else
		dir = arena_dupz(
			a, arena_printf(a, VIEW_FMT "/" VIEW_FMT, VIEW_ARG(base), VIEW_ARG(fixed)));
	if (dir && access(dir, F_OK) < 0) /* it may be made */
		dir = directory_of(view_of(dir), a);
	if (dir)
		add_write(r, dir);
}

static void find_written(const struct config *cf, struct arena *a, struct rights *r)
{
	const struct options *o = &cf->options;
	const struct view files[] = { o->status_file, o->dead_letter_drop };
	struct view base = view_first(o->queue_directory, view_find(o->queue_directory, '*'));

	if (base.len < o->queue_directory.len)
		base.len = view_rfind(base, '/') == base.len ? 0 : view_rfind(base, '/');
	add_queue(r, base, o->queue_directory, a);
	for (int i = 0; i < cf->n_groups; i++)
		add_queue(r, base, cf->groups[i].path, a);
	if (o->host_status_directory.len > 0)
		add_queue(r, base, o->host_status_directory, a);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i].len > 0 && files[i].p[0] == '/')
			add_write(r, arena_dupz(a, files[i]));
	}
	if (o->control_socket_name.len > 0 && directory_of(o->control_socket_name, a))
		add_write(r, directory_of(o->control_socket_name, a));
	add_write(r, "/dev/null");
}

/* ---- what is read ---- */

static bool ends_path(char c)
{
	return (unsigned char)c <= ' ' || strchr(",;:()\"'`|<>{}$*", c);
}

static void add_mentioned(struct rights *r, struct view path, struct arena *a)
{
	const char *z = arena_dupz(a, path), *dir;
	struct stat st;

	if (path.len < 2)
		return;
	if (stat(z, &st) == 0 && S_ISDIR(st.st_mode)) {
		add_read(r, z);
		return;
	}
	dir = directory_of(path, a);
	if (dir && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		add_read(r, dir);
}

/* Every absolute path in the text, wherever it stands. */
static void find_mentioned(struct view text, struct arena *a, struct rights *r)
{
	for (size_t i = 0; i < text.len; i++) {
		size_t n = 1;

		if (text.p[i] != '/' ||
		    (i > 0 && (isalnum((unsigned char)text.p[i - 1]) || text.p[i - 1] == '/')))
			continue;
		while (i + n < text.len && !ends_path(text.p[i + n]))
			n++;
		add_mentioned(r, view_from(text.p + i, n), a);
		i += n;
	}
}

static void read_text(const char *path, struct str *out)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		read_all(fd, out);
}

void rights_add_mentioned(struct rights *r, struct view text, struct arena *a)
{
	find_mentioned(text, a, r);
}

void rights_find(const struct config *cf, struct arena *a, struct rights *out)
{
	own_str struct str text = STR_MAX(CF_TEXT_MAX);

	*out = (struct rights){ 0 };
	for (size_t i = 0; i < sizeof(system_read) / sizeof(system_read[0]); i++)
		add_read(out, system_read[i]);
	find_written(cf, a, out);
	if (cf->path.len > 0) {
		add_mentioned(out, cf->path, a);
		read_text(arena_dupz(a, cf->path), &text);
	}
	find_mentioned(str_view(&text), a, out);
	/* Options and maps may come from the command line or have defaults that the text does not show. */
	for (int i = 0; i < cf->options.alias_file.n; i++)
		find_mentioned(cf->options.alias_file.v[i], a, out);
	for (int i = 0; i < cf->n_maps; i++)
		find_mentioned(cf->maps[i].args, a, out);
	find_mentioned(cf->options.help_file, a, out);
	find_mentioned(cf->options.service_switch_file, a, out);
	find_mentioned(cf->options.hosts_file, a, out);
}

static bool has_macro(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.p[i] >= 0x80)
			return true;
	return false;
}

/* What mailers ask of the agent beyond what any user could. */
static void find_mailer_limits(const struct config *cf, struct arena *a, struct agent_limits *l,
			       const char **paths, const char **roots, struct agent_ids *ids)
{
	size_t n_paths = 0, n_roots = 0;

	for (int i = 0; i < cf->n_mailers; i++) {
		const struct mailer *m = cf->mailers[i];

		if (!m)
			continue;
		if (flag_has(&m->flags, 'S') && m->path.len > 0 && m->path.p[0] == '/')
			paths[n_paths++] = arena_dupz(a, m->path);
		if (has_macro(m->root))
			l->any_root = true;
		else if (m->root.len > 0)
			roots[n_roots++] = arena_dupz(a, m->root);
		if (m->has_user)
			ids[l->n_ids++] = (struct agent_ids){ m->uid, m->gid };
	}
}

void rights_limit_agent(const struct config *cf, struct agent_server *server)
{
	own_arena struct arena *a = arena_new(65536);
	const struct options *o = &cf->options;
	const char *paths[CONFIG_MAILERS_MAX + 1] = { NULL },
					       *roots[CONFIG_MAILERS_MAX + 1] = { NULL };
	struct agent_ids ids[CONFIG_MAILERS_MAX + 1];
	struct agent_limits l = { .keep_uid_paths = paths,
				  .keep_uid_env = cf->environ,
				  .roots = roots,
				  .ids = ids,
				  .has_files = true,
				  .dont_blame = o->dont_blame_sendmail };

	ids[l.n_ids++] = (struct agent_ids){ o->default_uid, o->default_gid };
	find_mailer_limits(cf, a, &l, paths, roots, ids);
	if (o->safe_file_environment.len > 0)
		l.safe_dir = arena_dupz(a, o->safe_file_environment);
	agent_server_limit(server, &l);
}
