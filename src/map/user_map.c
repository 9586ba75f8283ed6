/* user_map.c - a field of the system's user table. Classes user, and passwd as another name of it. */
#include "map/classes.h"

#include <errno.h>
#include <pwd.h>

#include "base/own.h"

#define PASSWD_BUFFER 16384

static const char *const columns[] = { "name", "passwd", "uid", "gid", "gecos", "dir", "shell" };
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Login names are asked for in lower case, whatever the flags say. */
static bool user_option(struct map *m __attribute__((unused)), char letter,
			struct view *rest __attribute__((unused)))
{
	return letter == 'f';
}

static int user_open(struct map *m, struct map_ctx *ctx)
{
	intptr_t column = 0;

	if (!view_is_none(m->value_column)) {
		while ((size_t)column < N_COLUMNS &&
		       !view_eq_nocase(m->value_column, view_of(columns[column])))
			column++;
		if ((size_t)column == N_COLUMNS) {
			map_say(m, ctx, "User map %s: unknown column name " VIEW_FMT, m->name,
				VIEW_ARG(m->value_column));
			return -EINVAL;
		}
	}
	m->inside = (void *)column;
	return 0;
}

/* Full names hold the user's login name as '&', and end at the first comma, semicolon or percent sign. */
static struct view column_of(intptr_t column, const struct passwd *pw, struct arena *a)
{
	switch (column) {
	case 1:
		return arena_dup(a, view_of(pw->pw_passwd));
	case 2:
		return arena_printf(a, "%u", (unsigned)pw->pw_uid);
	case 3:
		return arena_printf(a, "%u", (unsigned)pw->pw_gid);
	case 4: {
		own_str struct str name = STR_MAX(1024);

		for (const char *p = pw->pw_gecos; *p && *p != ',' && *p != ';' && *p != '%'; p++) {
			if (*p != '&') {
				str_addc(&name, *p);
			} else if (pw->pw_name[0]) {
				str_addc(&name, (char)toupper((unsigned char)pw->pw_name[0]));
				str_addz(&name, pw->pw_name + 1);
			}
		}
		return arena_dup(a, str_view(&name));
	}
	case 5:
		return arena_dup(a, view_of(pw->pw_dir));
	case 6:
		return arena_dup(a, view_of(pw->pw_shell));
	default:
		return arena_dup(a, view_of(pw->pw_name));
	}
}

static enum found user_find(struct map *m, struct map_query *q, struct view *out)
{
	own_mem char *buffer = mem_alloc(PASSWD_BUFFER);
	struct passwd pw, *found = NULL;
	const char *name = arena_dupz(q->ctx->arena, q->key);
	int r = getpwnam_r(name, &pw, buffer, PASSWD_BUFFER, &found);

	if (!found && r != 0 && r != ENOENT && r != ESRCH)
		return map_fail(q, EX_TEMPFAIL_);
	if (!found)
		return map_none(q, EX_NOUSER_);
	*out = column_of((intptr_t)m->inside, &pw, q->ctx->arena);
	return FOUND;
}

const struct map_class map_class_user = {
	.name = "user",
	.can = MAP_FOLDS | MAP_PERCENT | MAP_GIVES_FOLDED,
	.option = user_option,
	.open = user_open,
	.find = user_find,
};

const struct map_class map_class_passwd = {
	.name = "passwd",
	.can = MAP_FOLDS | MAP_PERCENT | MAP_GIVES_FOLDED,
	.option = user_option,
	.open = user_open,
	.find = user_find,
};
