/*
 * class.h - what a map class is: the inside of map.h, for the files of this folder only.
 *
 * A class is one row (struct map_class) in class_table.c. The row's functions do only what is special about the class: the
 * declaration's flags are read by map_flags.c, keys are folded and values filled in by map.c.
 *
 * Threads: parse runs while the set is made, by one thread. open and close run under the map's lock. find runs in any
 * number of threads at once and locks for itself.
 */
#ifndef MAP_CLASS_H
#define MAP_CLASS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/status.h"
#include "map/map.h"
#include "map/switch_file.h"

#define MAP_KEY_MAX     1024
#define MAP_VALUE_MAX   (1u << 20)
#define MAP_RETRY_MS    1000  /* a map that failed to open is tried again after this time */
#define MAP_CHECK_MS    1000  /* a file is looked at for changes this often */
#define MAP_DEADLINE_MS 60000 /* for callers that name no deadline */

enum map_flag {
	MAP_OPTIONAL = 1 << 0,     /* -o */
	MAP_NUL = 1 << 1,          /* -N: keys end in a NUL */
	MAP_NO_NUL = 1 << 2,       /* -O */
	MAP_KEEP_CASE = 1 << 3,    /* -f */
	MAP_MATCH_ONLY = 1 << 4,   /* -m */
	MAP_TOLERANT = 1 << 5,     /* -t */
	MAP_NOT_DEFERRED = 1 << 6, /* -D */
	MAP_KEEP_QUOTES = 1 << 7,  /* -q */
	MAP_APPEND = 1 << 8,       /* -A */
	MAP_IS_ALIAS = 1 << 9,     /* named by AliasFile */
	MAP_INVALID = 1 << 10,     /* wrongly declared: never open */
};

enum map_can {
	MAP_CAN_ALIAS = 1 << 0,
	MAP_CAN_REBUILD = 1 << 1,
	MAP_NEEDS_FILE = 1 << 2,     /* a declaration without a file name is wrong */
	MAP_FOLDS = 1 << 3,          /* keys are folded to lower case unless -f */
	MAP_PERCENT = 1 << 4,        /* %0-%9 in values */
	MAP_NO_SUFFIX = 1 << 5,      /* the value is final: no -a, no -m */
	MAP_IS_ABSENT = 1 << 6,      /* known, but its library is not in this build */
	MAP_IS_PROMPT = 1 << 7,      /* never waits: keeps no deadline */
	MAP_ANY_FLAG = 1 << 8,       /* flags that nobody knows are passed over in silence */
	MAP_GIVES_FOLDED = 1 << 9,   /* with -m the key comes back as it was asked for, folded */
	MAP_NO_MATCH_ONLY = 1 << 10, /* -m has no effect */
};

enum map_state { MAP_UNOPENED, MAP_OPENED, MAP_BROKEN, MAP_EMPTY };

struct map;

struct map_query {
	struct map_ctx *ctx;
	struct view key; /* folded when the class folds */
	const struct view *args;
	size_t n_args;
	int64_t deadline;
};

struct map_class {
	const char *name;
	const char *suffix; /* of the file, or NULL */
	unsigned can;
	const char *mistake_dsn; /* of a map that cannot be opened; NULL: 4.0.0 */
	/* One flag of the declaration: the letter is cut off, *rest begins behind it. False: not this class's. */
	bool (*option)(struct map *m, char letter, struct view *rest);
	/* What follows the flags. NULL: the first word becomes m->file. False: wrong, a message was given. */
	bool (*spec)(struct map *m, struct view rest);
	/* 0, -ENOENT when what it reads is not there (an optional map is then empty), or another -errno; a message was given
	 * (map_say) unless the map is optional and the error is -ENOENT. NULL: always open. */
	int (*open)(struct map *m, struct map_ctx *ctx);
	void (*close)(struct map *m); /* frees m->state too; called once, also when open failed */
	/* *out in the query's arena. ctx->status was set to 0: a class that prints another code sets it. */
	enum found (*find)(struct map *m, struct map_query *q, struct view *out);
};

struct map {
	char *name;
	const struct map_class *class;
	struct map_set *set;
	int line; /* of the declaration, 0: none */
	unsigned flags;
	struct view file;
	struct view suffix, temp_suffix;
	struct view key_column, value_column; /* -k, -v as written; none when absent */
	struct view text_option[128];         /* arguments of other letters, for the class */
	char delimiter;                       /* -z, 0 none */
	char key_blank; /* -S, and -s of dequote: between the words of a key; 0 none */
	char blank; /* the same when no flag says it: BlankSub at the declaration; 0 as it is now */
	pthread_mutex_t lock;
	_Atomic int state;
	int64_t retry_at;
	_Atomic int nul_known; /* 0 not yet, 1 without, 2 with: what the file turned out to hold */
	char *mistake;         /* [lock] what was said when it could not be opened; NULL: nothing */
	void *inside;          /* the class's own */
};

struct map_set {
	const struct config *cf;
	const struct services *services;
	struct arena *arena;
	struct table *by_name;
	struct map **maps;
	size_t n, cap;
	struct map **aliases;
	size_t n_aliases, cap_aliases;
	struct view host_methods
		[SWITCH_METHODS_MAX]; /* of the service switch, read when the set is opened */
	size_t n_host_methods;
	size_t n_alias_files; /* elements of AliasFile: they are named Alias0, Alias1 ... */
	struct cf_messages messages;
};

/* class_table.c */
const struct map_class *map_class_find(struct view name); /* NULL: no such class */

/* map_flags.c: reads "[flags] spec" into the map. False: wrong, and a message was given. */
bool map_flags_parse(struct map *m, struct view args);
struct view map_flag_word(
	struct view *rest); /* the argument up to a blank; blanks before it are skipped */
struct view map_flag_attached(
	struct view *rest); /* the argument that follows at once, perhaps empty */
struct view map_flag_quoted(struct view *rest); /* like word, but "..." may hold blanks */

/* map_set.c */
struct map *map_make(struct map_set *s, struct view name, const struct map_class *class, int line);
void map_drop(struct map *m);
/* A complaint about the declaration: goes to the set's messages with file and line. */
void map_declare_error(struct map *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* map.c */
/* A complaint while running: one line for ctx->messages, or the log. */
void map_say(struct map *m, struct map_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same as "CLASS map "NAME": text". */
void map_say_map(struct map *m, struct map_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool map_open_now(struct map *m,
		  struct map_ctx *ctx); /* opens if need be; false: EMPTY or INVALID */
/* One look-up without quotes being taken off; raw: no %, no suffixes. Used by sequence and by the public calls. */
enum found map_ask(struct map *m, struct map_ctx *ctx, struct view key, const struct view *args,
		   size_t n_args, bool raw, struct view *out);
enum found map_fail(struct map_query *q, int status); /* LOOKUP_FAILED with that status */
enum found map_none(struct map_query *q, int status); /* NOT_FOUND with that status */

/* map_value.c: the text of values and keys. */
struct view map_value_fill(struct view value, struct view key, const struct view *args,
			   size_t n_args, struct arena *a);
struct view map_key_unquote(struct view key, struct arena *a);
/* Would the text be read as an address just as it stands? Quotes, comments and brackets are closed, no blank is outside quotes. */
bool map_text_scans(struct view v);

#endif
