/*
 * alias_file.h - the text form of aliases: "name: item, item", continued lines, comments (contract/maps.md 5.5).
 *
 * A line that begins with a blank continues the one before it, and so does a line after a backslash at the end; a comment is
 * continued in the same way. Whoever calls decides what a name is worth (local or not, as which key) and keeps the
 * entries. Nothing is read from disk here, nothing blocks, no state is kept: any thread.
 */
#ifndef MAP_ALIAS_FILE_H
#define MAP_ALIAS_FILE_H

#include "base/arena.h"
#include "base/str.h"
#include "map/map.h"

#define ALIAS_LINE_MAX (64u << 20) /* one entry with its continuation lines */

struct alias_sink {
	void *arg;
	/* The key of a name: false when it is not local. *out_key is none when there is no name in it at all; *out_why (it
	 * comes empty) is what the rules said, which is a warning where there is a key. Views live in a. */
	bool (*key_of)(void *arg, struct view name, struct arena *a, struct view *out_key,
		       struct alias_blame *out_why);
	/* The next item of a value that cannot be mailed to (CheckAliases); NULL: not asked. False: no more. *rest begins with
	 * the value, *out_item with the item. It is complained of; the entry is kept. */
	bool (*next_bad)(void *arg, struct view *rest, struct arena *a, struct view *out_item,
			 struct alias_blame *out_why);
	/* An entry; the key is folded. True when it was there before: a warning follows. */
	bool (*entry)(void *arg, struct view key, struct view value);
	/* A complaint: text without file and line. is_warning: does not count as an error. */
	void (*complain)(void *arg, int line, bool is_warning, const char *text);
};

struct alias_counts {
	size_t n, longest,
		total; /* entries, bytes of the longest value, bytes of keys and values */
	int n_errors;
	int exit; /* the status of the first error */
};

void alias_file_parse(struct view text, const struct alias_sink *sink, struct alias_counts *out);

/* The default key_of: arg is a struct classes; the domain must be in class w, or absent. Quotes stay, comments and <> go. */
bool alias_key_by_class(void *arg, struct view name, struct arena *a, struct view *out_key,
			struct alias_blame *out_why);

#endif
