/*
 * map.h - one interface for every map class (contract/maps.md).
 *
 * map_set_open opens all K lines of a configuration; a map that cannot be opened stays known and answers every look-up
 * with LOOKUP_FAILED and status 75 (or NOT_FOUND when optional, -o). Databases are reopened when their file changes; a
 * reader never sees half a file.
 *
 * Threads: any number may look up in one map at once; each class sees to its own locking. Blocks: classes that ask a
 * server, up to ctx->deadline. Results live in ctx->arena.
 */
#ifndef MAP_MAP_H
#define MAP_MAP_H

#include "base/found.h"
#include "config/config.h"
#include "map/services.h"

struct map;
struct map_set;

struct map_ctx {
	const struct config *cf;
	const struct services *services;
	struct macros *macros; /* where the macro class defines; NULL: nowhere */
	struct arena *arena;   /* results */
	int64_t deadline;
	bool is_deferred_mode; /* -D maps are not asked */
	int status;	       /* out: EX_OK_, EX_NOTFOUND as 68?? see map_lookup; 75 on LOOKUP_FAILED */
};

/* aliases: also opens the alias databases of option AliasFile, reached by map_set_aliases. */
struct map_set *map_set_open(const struct config *cf, const struct services *sv, bool with_aliases);
void map_set_free(struct map_set *s);
struct map *map_set_find(const struct map_set *s, struct view name); /* NULL: not declared */
/* The alias maps in the order of AliasFile (service switch applied): index i, NULL past the end. */
struct map *map_set_aliases(const struct map_set *s, size_t i);
/* Fills classes that are read from maps (cf_map_class_fill). Call once, before the config is shared. */
void map_set_fill_classes(struct map_set *s, struct config *cf);

const char *map_name(const struct map *m);
const char *map_class_name(const struct map *m);
bool map_is_open(const struct map *m);

/*
 * A look-up as $( name key $@ args ... $) makes it: the key is folded and quoted as the map's flags say, the value gets %0-%9
 * filled in, -a/-T suffixes, -m. args[0] is %1. Returns FOUND with *out_value, NOT_FOUND, or LOOKUP_FAILED; ctx->status is
 * then the sysexits code that test mode prints (0 found, 68-ish/67 not found as sendmail does it: map classes say; 75).
 */
enum found map_lookup(struct map *m, struct map_ctx *ctx, struct view key, const struct view *args, size_t n_args,
		      struct view *out_value);
/* The raw value for a key, without %-substitution and suffixes: what alias expansion needs. */
enum found map_lookup_raw(struct map *m, struct map_ctx *ctx, struct view key, struct view *out_value);

/* The built-in host map ($[ $]) is always there under the name "host"; also dequote, bestmx... only when declared. */

/* newaliases: rebuilds every alias database of the config. Lines for standard output go to out, as sendmail prints them.
 * Returns an exit status. */
int map_rebuild_aliases(const struct config *cf, const struct services *sv, bool verbose, struct str *out);

/* What the build can do, for -d0.1 ("Compiled with:") and makemap -l. NULL ends. */
const char *const *map_class_names(void);

#endif
