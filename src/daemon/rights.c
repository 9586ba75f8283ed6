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

void rights_allow_programs(const struct config *cf, struct agent_server *server)
{
	own_arena struct arena *a = arena_new(65536);
	const char *paths[CONFIG_MAILERS_MAX + 1];
	size_t n = 0;

	for (int i = 0; i < cf->n_mailers; i++) {
		const struct mailer *m = cf->mailers[i];

		if (m && flag_has(&m->flags, 'S') && m->path.len > 0 && m->path.p[0] == '/')
			paths[n++] = arena_dupz(a, m->path);
	}
	paths[n] = NULL;
	agent_server_allow_keep_uid(server, paths);
}
