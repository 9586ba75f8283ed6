/*
 * implicit_map.c - the class of a map that only names a file: whichever database stands there, and for aliases the text
 * itself when there is none.
 */
#include "map/classes.h"

#include <errno.h>
#include <unistd.h>

#include "base/own.h"
#include "map/db_map.h"
#include "map/safe.h"

/* How the map was opened: databases keep their state in m->inside, text aliases in a second map of class stab. */
struct implicit_text {
	struct map *text;
};

static bool exists(struct view file, enum database_kind kind)
{
	own_mem char *path = db_map_path(file, database_suffix(kind));

	return access(path, F_OK) == 0;
}

static const enum database_kind order[] = { DATABASE_HASH, DATABASE_CDB, DATABASE_LMDB };

/* Database states have no name of their own, so a flag of the map tells which way it was opened. */
#define IS_TEXT 'i'

static bool is_text(const struct map *m)
{
	return !view_is_none(m->text_option[IS_TEXT]);
}

static int open_text(struct map *m, struct map_ctx *ctx)
{
	struct implicit_text *t = MEM_NEW(struct implicit_text);

	t->text = map_make(m->set, view_of(m->name), &map_class_stab, m->line);
	t->text->flags = m->flags;
	t->text->file = m->file;
	m->text_option[IS_TEXT] = VIEW("text");
	m->inside = t;
	return map_class_stab.open(t->text, ctx);
}

static bool has_text(const struct map *m)
{
	own_mem char *path = mem_dup(m->file.p, m->file.len);
	char reason[MAP_REASON_MAX];

	return map_file_check(m, path, reason) == 0;
}

static int implicit_open(struct map *m, struct map_ctx *ctx)
{
	int r = -ENOENT;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (database_kind_is_built(order[i]) && exists(m->file, order[i])) {
			m->text_option[IS_TEXT] = VIEW_NONE;
			r = db_map_open(m, ctx, order[i]);
			break;
		}
	/* The text says what a database that is damaged or unsafe was made of. */
	if (r == 0 || !(m->flags & MAP_IS_ALIAS) || !(r == -ENOENT || has_text(m)))
		return r;
	db_map_close(m);
	return open_text(m, ctx);
}

static void implicit_close(struct map *m)
{
	struct implicit_text *t = m->inside;

	if (!is_text(m)) {
		db_map_close(m);
	} else if (t) {
		map_drop(t->text);
		free(t);
	}
	m->inside = NULL;
}

static enum found implicit_find(struct map *m, struct map_query *q, struct view *out)
{
	if (is_text(m))
		return map_class_stab.find(((struct implicit_text *)m->inside)->text, q, out);
	return db_map_find(m, q, out);
}

const struct map_class map_class_implicit = {
	.name = "implicit",
	.can = MAP_CAN_ALIAS | MAP_CAN_REBUILD | MAP_NEEDS_FILE | MAP_FOLDS | MAP_PERCENT,
	.open = implicit_open,
	.close = implicit_close,
	.find = implicit_find,
};
