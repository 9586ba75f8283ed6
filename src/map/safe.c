/* safe.c - may this map file be trusted? */
#include "map/safe.h"

#include "config/trusted_file.h"

int map_file_check(const struct map *m, const char *path, char out_reason[MAP_REASON_MAX])
{
	struct safe_file file = { .fd = -1 };
	int r = trusted_check(&m->set->cf->options, TRUSTED_MAP, path, &file);

	out_reason[0] = '\0';
	if (r < 0)
		memcpy(out_reason, file.reason, MAP_REASON_MAX);
	return r;
}

int map_file_open(const struct map *m, const char *path, int *out_fd,
		  char out_reason[MAP_REASON_MAX])
{
	struct safe_file file = { .fd = -1 };
	int r = trusted_open(&m->set->cf->options, TRUSTED_MAP, path, &file);

	out_reason[0] = '\0';
	*out_fd = file.fd;
	if (r < 0)
		memcpy(out_reason, file.reason, MAP_REASON_MAX);
	return r;
}

bool map_look_at_file(const struct map *m, struct arena *a, struct map_file *out)
{
	struct view suffix = view_of(m->class->suffix);
	bool has_suffix = suffix.len && view_ends_nocase(m->file, suffix);

	*out = (struct map_file){ .is_optional = m->flags & MAP_OPTIONAL };
	if (m->file.len == 0 || m->file.p[0] != '/' || !(m->class->can & MAP_NEEDS_FILE))
		return false;
	out->source = suffix.len ? view_first(m->file, m->file.len - (has_suffix ? suffix.len : 0))
				 : VIEW_NONE;
	out->path = has_suffix || !suffix.len ? m->file
					      : arena_printf(a, VIEW_FMT VIEW_FMT,
							     VIEW_ARG(m->file), VIEW_ARG(suffix));
	out->error = map_file_check(m, arena_dupz(a, out->path), out->reason);
	return true;
}
