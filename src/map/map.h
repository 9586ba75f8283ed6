/*
 * map.h - one interface for every map class (contract/maps.md).
 *
 * map_set_open declares all K lines of a configuration; each map is opened by the first look-up. A map that cannot be
 * opened stays known, answers every look-up with LOOKUP_FAILED and status 75 (NOT_FOUND when optional, -o), and is tried
 * again a second later. Databases are reopened when their file changes; a reader never sees half a file.
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

/* What a look-up that did not go well has to say of itself, for the state of a message; texts in the look-up's arena. */
struct map_told {
	struct view
		mistake; /* of the system: "hash map "x": missing map file ..."; it is in the log too. none: nothing */
	const char *mistake_dsn;
	struct view trouble; /* for transcripts: "a.test: Name server timeout" */
	bool is_held_back;   /* not asked at all: is_deferred_mode */
	struct view
		failure; /* of the DNS, which is an answer all the same: "CNAME loop for a.test" */
};

struct map_ctx {
	const struct config *cf;
	const struct services *services;
	struct macros *macros; /* where the macro class defines; NULL: nowhere */
	struct arena *arena;   /* results */
	const char *id;        /* of the message, for the log; NULL: none */
	int64_t deadline;
	bool is_deferred_mode; /* -D maps are not asked: LOOKUP_FAILED */
	struct str *
		messages; /* complaints ("hash map "x": missing map file ...") as lines; NULL: they are logged */
	struct map_told *told; /* NULL: nobody wants to know */
	int status; /* out: as test mode prints it after the answer: 0 or a sysexits code */
};

/* aliases: also opens the alias databases of option AliasFile, reached by map_set_aliases. */
struct map_set *map_set_open(const struct config *cf, const struct services *sv, bool with_aliases);
void map_set_free(struct map_set *s);
struct map *map_set_find(const struct map_set *s, struct view name); /* NULL: not declared */
/* The alias maps in the order of AliasFile (service switch applied): index i, NULL past the end. */
struct map *map_set_aliases(const struct map_set *s, size_t i);
/* Fills classes that are read from maps (cf_map_class_fill). Call once, before the config is shared. */
void map_set_fill_classes(struct map_set *s, struct config *cf);

/* Errors and warnings of the declarations, "FILE: line N: text" still in parts: for the configuration's own list. */
const struct cf_messages *map_set_messages(const struct map_set *s);

/* The file behind a map, for those who look after it. */
struct map_file {
	struct view path;   /* with the suffix of its class */
	struct view source; /* the text it is made of; none when the file is text itself */
	bool is_optional;
	int error; /* 0; -ENOENT: not there; -EPERM: not safe; or another -errno */
	char reason[128];
};
/* False: the class has no file. Looks at the file; the path lives in the arena. */
bool map_look_at_file(const struct map *m, struct arena *a, struct map_file *out);

const char *map_name(const struct map *m);
const char *map_class_name(const struct map *m);
/* Opens the map when it is not yet. False for a map that is optional and absent, or wrongly declared: test mode then says
 * "not open". A map that failed to open otherwise counts as open: it answers 75. */
bool map_is_open(struct map *m, struct map_ctx *ctx);

/* Stands for $| between the substrings that a regex map returns, unless -d names another: rewrite/ makes it the token $|. */
#define MAP_SEPARATOR '\x9b'

/*
 * A look-up as $( name key $@ args ... $) makes it: quotes are taken off the key (unless -q), it is folded (unless -f), the
 * value gets %0-%9 filled in, -a or -T suffixes, -m. args[0] is %1.
 *
 * FOUND: *out_value. NOT_FOUND: the rule's default, or the key. LOOKUP_FAILED: the address must be tried again later;
 * *out_value is the key with the -T suffix when the map has one, else none. With -t a failure does not count: the answer
 * is then FOUND (with the -T text) or NOT_FOUND, and only ctx->status (75) still tells.
 */
enum found map_lookup(struct map *m, struct map_ctx *ctx, struct view key, const struct view *args,
		      size_t n_args, struct view *out_value);
/* The key as the map takes it from a rule. */
struct view map_plain_key(const struct map *m, struct view key, struct arena *a);
/* What stands between the words of a key: -s of the map, else `otherwise`. m may be NULL. */
char map_blank(const struct map *m, char otherwise);
/* The same with the key taken as it is: /map of test mode. */
enum found map_lookup_test(struct map *m, struct map_ctx *ctx, struct view key,
			   struct view *out_value);
/* The raw value for a key, without %-substitution and suffixes: what alias expansion needs. */
enum found map_lookup_raw(struct map *m, struct map_ctx *ctx, struct view key,
			  struct view *out_value);

/* The built-in host map ($[ $]) is always there under the name "host"; also dequote, bestmx... only when declared. */

/* What the rules say against an alias or an item of one; text none: nothing. */
struct alias_blame {
	struct view text;
	int exit;
	bool is_no_address; /* nothing is left of it */
};

/*
 * What only the rules know about alias files. key_of: the key of a name (the user part of the address it parses to); false when
 * it is not local, *out_key none when there is no address in it. next_bad (CheckAliases): the next item of the value that is no
 * address. alias_file.h says more.
 */
struct map_alias_names {
	void *arg;
	bool (*key_of)(void *arg, struct view name, struct arena *a, struct view *out_key,
		       struct alias_blame *out_why);
	bool (*next_bad)(void *arg, struct view *rest, struct arena *a, struct view *out_item,
			 struct alias_blame *out_why);
};

/* newaliases: rebuilds every alias database of the config. Lines for standard output go to out, as sendmail prints them.
 * names may be NULL. Returns an exit status. */
int map_rebuild_aliases(const struct config *cf, const struct services *sv,
			const struct map_alias_names *names, struct str *out);

/* What the build can do, for -d0.1 ("Compiled with:") and makemap -l. NULL ends. */
const char *const *map_class_names(void);

#endif
