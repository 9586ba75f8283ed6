/* check_files.c - see check_files.h. */
#include "programs/check_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "os/read_all.h"

#define ACCESS_MAX ((size_t)64 << 20)

int check_read_file(const char *path, struct str *out)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return read_all(fd, out);
}

static bool is_newer(struct lint *l, struct view text, struct view database)
{
	struct stat a, b;

	return stat(arena_dupz(l->arena, text), &a) == 0 &&
	       stat(arena_dupz(l->arena, database), &b) == 0 &&
	       (a.st_mtim.tv_sec > b.st_mtim.tv_sec ||
		(a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec > b.st_mtim.tv_nsec));
}

static void check_map(struct lint *l, struct view config, int line, const struct map *m,
		      const char *what)
{
	struct view source, database;
	struct map_file f;
	char words[128];

	if (!map_look_at_file(m, l->arena, &f))
		return;
	/* Whatever is wrong with the way to a file that is not there. */
	if (f.error && access(arena_dupz(l->arena, f.path), F_OK) < 0 && errno == ENOENT)
		f.error = -ENOENT;
	if (f.error == -ENOENT && f.is_optional)
		return;
	if (f.error == -EPERM)
		lint_add(l, LINT_FILE_UNSAFE, config, line, "%s " VIEW_FMT ": %s", what,
			 VIEW_ARG(f.path), f.reason);
	else if (f.error)
		lint_add(l, LINT_FILE_MISSING, config, line, "%s " VIEW_FMT ": %s", what,
			 VIEW_ARG(f.path), strerror_r(-f.error, words, sizeof(words)));
	/* An implicit alias file is its own text beside a database. */
	source = view_is_none(f.source) ? f.path : f.source;
	database = view_is_none(f.source) ? arena_printf(l->arena, VIEW_FMT ".db", VIEW_ARG(f.path))
					  : f.path;
	if (is_newer(l, source, database))
		lint_add(l, LINT_MAP_STALE, config, line, "%s " VIEW_FMT " is older than " VIEW_FMT,
			 what, VIEW_ARG(database), VIEW_ARG(source));
}

/* The access map's text, where it lies beside the database. */
static void check_access(struct lint *l, const struct map *m)
{
	own_str struct str text = STR_MAX(ACCESS_MAX);
	struct map_file f;

	if (!map_look_at_file(m, l->arena, &f) || view_is_none(f.source))
		return;
	if (check_read_file(arena_dupz(l->arena, f.source), &text) == 0)
		lint_access(f.source, str_view(&text), l);
}

void check_files(const struct snapshot *snap, struct lint *l)
{
	const struct config *cf = snap->cf;
	const struct map *m;

	if (cf->is_dangerously_writable)
		lint_add(l, LINT_FILE_UNSAFE, cf->path, 0,
			 "the file itself may be written by its group or by everybody");
	for (int i = 0; i < cf->n_maps; i++) {
		m = map_set_find(snap->maps, cf->maps[i].name);
		if (!m)
			continue;
		check_map(l, cf->path, cf->maps[i].line, m, "map");
		if (view_eq(cf->maps[i].name, VIEW("access")))
			check_access(l, m);
	}
	for (size_t i = 0; (m = map_set_aliases(snap->maps, i)); i++)
		check_map(l, cf->path, 0, m, "aliases");
}
