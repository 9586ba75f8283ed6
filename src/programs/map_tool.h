/*
 * map_tool.h - what makemap, editmap and praliases share: the few options of a .cf they need, and opening databases with the
 * safety rules and messages of these tools. Single-threaded; complaints go to standard error.
 */
#ifndef PROGRAMS_MAP_TOOL_H
#define PROGRAMS_MAP_TOOL_H

#include <sys/types.h>

#include "map/database.h"

#define MAP_TOOL_DEFAULT_CF "/etc/mail/sendmail.cf"

struct map_tool {
	const char *name;   /* before messages */
	uid_t trusted_uid;  /* from the .cf */
	bool is_unchecked;  /* -s */
	struct str aliases; /* values of AliasFile, a comma between */
	/* "cf" for a type: whose class is that of the K line of this file; set before the .cf is read, NULL: not asked. */
	const char *wanted_file;
	bool is_wanted_by_base; /* "CF": the directory and what follows the first dot do not count */
	char *found_class;      /* owned; NULL: no such line */
};

/* --help stands in the first place. */
bool map_tool_is_help(int argc, char **argv);

void map_tool_init(struct map_tool *t, const char *argv0);
void map_tool_done(struct map_tool *t);
/* Takes "cf", "CF" or an empty type: the .cf decides, when it is read. False: an ordinary type. */
bool map_tool_want_class(struct map_tool *t, const char *type, const char *map);
/* Reads the options from the file of -C; NULL: the usual one, which may be absent. EX_*; a message was printed. */
int map_tool_read_cf(struct map_tool *t, const char *path);

struct map_tool_open {
	const char *type, *fallback_type, *map;
	enum database_mode mode;
	bool keeps_duplicates, is_made_of_itself;
	size_t cache_bytes, expected; /* as in struct database_params */
	bool is_quiet_about_dirs;
};
/* EX_OK_ and *out, else the exit status; "error opening type T map M: reason" was printed. */
int map_tool_database(struct map_tool *t, const struct map_tool_open *o, struct database **out);

/* "error opening type T map M": none of the files that the type could mean is there. */
void map_tool_tell_missing(const struct map_tool *t, const char *type, const char *map);

/* The types of this build, one line each. */
void map_tool_list_types(void);

void map_tool_list_suffixes(void); /* "hash:db" and so on */
/* Is there a file for this type and name? */
bool map_tool_exists(const char *type, const char *map);

/* A key as the tools store it: folded unless keeps_case, with a NUL when has_nul. */
void map_tool_key(struct view key, bool keeps_case, bool has_nul, struct str *out);

#endif
