/* absent_map.c - classes whose service or library is not in this build: declared without complaint, and clear when asked. */
#include "map/classes.h"

#include <errno.h>

static int absent_open(struct map *m, struct map_ctx *ctx)
{
	if (!(m->flags & MAP_OPTIONAL))
		map_say_map(m, ctx, "class %s is not in this build", m->class->name);
	return -ENOSYS;
}

static enum found absent_find(struct map *m __attribute__((unused)), struct map_query *q,
			      struct view *out __attribute__((unused)))
{
	return map_fail(q, EX_TEMPFAIL_);
}

/* Their own flags are not known here: letters are accepted, and the declaration is kept as it stands. */
static bool absent_option(struct map *m, char letter, struct view *rest)
{
	if (m->class->can & MAP_NEEDS_FILE)
		return false; /* it has the common flags, no others */
	if (letter == 'o') {
		m->flags |= MAP_OPTIONAL;
		return true;
	}
	map_flag_attached(rest);
	return true;
}

static bool absent_spec(struct map *m, struct view rest)
{
	if (rest.len == 0 && (m->class->can & MAP_NEEDS_FILE)) {
		map_declare_error(m, "No file name for %s map %s", m->class->name, m->name);
		return false;
	}
	m->file = rest;
	return true;
}

#define ABSENT(id, can_do)                                                                         \
	const struct map_class map_class_##id = {                                                  \
		.name = #id,                                                                       \
		.can = MAP_IS_ABSENT | (can_do),                                                   \
		.option = absent_option,                                                           \
		.spec = absent_spec,                                                               \
		.open = absent_open,                                                               \
		.find = absent_find,                                                               \
	}

ABSENT(nis, MAP_CAN_ALIAS | MAP_NEEDS_FILE);
ABSENT(nisplus, MAP_CAN_ALIAS);
ABSENT(hesiod, MAP_CAN_ALIAS);
ABSENT(netinfo, MAP_CAN_ALIAS);
ABSENT(nsd, MAP_CAN_ALIAS);
ABSENT(ph, 0);
ABSENT(dbm, MAP_CAN_ALIAS);
ABSENT(dprintf, 0);
ABSENT(setdebug, 0);
ABSENT(setopt, 0);

#include "build_config.h"

#if !HAVE_DB
ABSENT(hash, MAP_CAN_ALIAS);
ABSENT(btree, MAP_CAN_ALIAS);
ABSENT(userdb, 0);
#endif
#if !HAVE_LMDB
ABSENT(lmdb, MAP_CAN_ALIAS);
#endif
#if !HAVE_PCRE2
ABSENT(pcre, 0);
#endif
#if !HAVE_LDAP
ABSENT(ldap, MAP_CAN_ALIAS);
#endif
#if !HAVE_PQ
ABSENT(pgsql, MAP_CAN_ALIAS);
#endif
#if !HAVE_SQLITE
ABSENT(sqlite, MAP_CAN_ALIAS);
#endif
#if !HAVE_HIREDIS
ABSENT(redis, MAP_CAN_ALIAS);
#endif
