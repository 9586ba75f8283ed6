/*
 * userdb_map.c - one field of the user database: "Kname userdb maildrop" looks for KEY:maildrop in the files of option
 * UserDatabaseSpec, btrees with the suffix .db.
 */
#include "map/classes.h"

#include <errno.h>

#include "map/db_map.h"

#define FILES_MAX 16

struct userdb {
	struct map *files[FILES_MAX];
	size_t n;
};

static int userdb_open(struct map *m, struct map_ctx *ctx)
{
	struct userdb *u = MEM_NEW(struct userdb);
	struct view rest = m->set->cf->options.user_database_spec, piece;

	(void)ctx;
	m->inside = u;
	while (u->n < FILES_MAX && view_cut(&rest, ',', &piece)) {
		struct map *file;

		piece = view_trim(piece);
		if (piece.len == 0 || piece.p[0] != '/')
			continue;
		file = map_make(m->set, view_of(m->name), &map_class_btree, m->line);
		file->file = piece;
		file->flags = m->flags | MAP_OPTIONAL;
		u->files[u->n++] = file;
	}
	return 0;
}

static void userdb_close(struct map *m)
{
	struct userdb *u = m->inside;

	for (size_t i = 0; u && i < u->n; i++)
		map_drop(u->files[i]);
	free(u);
	m->inside = NULL;
}

static enum found userdb_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct userdb *u = m->inside;
	struct view key = arena_printf(q->ctx->arena, VIEW_FMT ":" VIEW_FMT, VIEW_ARG(q->key),
				       VIEW_ARG(m->file));
	bool had_failure = false;

	for (size_t i = 0; i < u->n; i++) {
		enum found found = map_ask(u->files[i], q->ctx, key, NULL, 0, true, out);

		if (found == FOUND)
			return FOUND;
		had_failure |= found == LOOKUP_FAILED;
	}
	return had_failure ? map_fail(q, EX_TEMPFAIL_) : map_none(q, EX_OK_);
}

const struct map_class map_class_userdb = {
	.name = "userdb",
	.can = MAP_NEEDS_FILE | MAP_FOLDS | MAP_PERCENT,
	.open = userdb_open,
	.close = userdb_close,
	.find = userdb_find,
};
