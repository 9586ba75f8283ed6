/*
 * alias_names.h - what the rules say of the names and items in an alias file, for rebuilding it (contract/maps.md 5.5).
 *
 * A name may be aliased when the rules send it to a mailer with flag A; its key is then the user part. One thread; the
 * struct borrows the snapshot and the services.
 */
#ifndef RESOLVE_ALIAS_NAMES_H
#define RESOLVE_ALIAS_NAMES_H

#include "rewrite/rewrite.h"

struct alias_names {
	const struct snapshot *snap;
	const struct services *services;
};

/* The hooks for map_rebuild_aliases; a is kept. */
struct map_alias_names alias_names_hooks(struct alias_names *a);

#endif
