/*
 * help.h - the text of HELP out of the HelpFile.
 *
 * A line is "topic<TAB>text"; lines of the topic "smtp" answer HELP without an argument; the first line is "#vers 2", and then
 * texts are macro templates. Blocks: reads a small file. Thread-safe.
 */
#ifndef RECEIVE_HELP_H
#define RECEIVE_HELP_H

#include "base/found.h"
#include "config/config.h"

/* Lines joined by LF, the closing line included. The topic is in lower case. NOT_FOUND: no such topic; LOOKUP_FAILED: there is no help file.
 * *out_is_old: the file is of another version, its texts are taken as they stand. */
enum found help_topic(const struct config *cf, const struct macros *scope, struct view topic,
		      struct str *out, bool *out_is_old);
/* Does the file begin with the line of version 2? */
bool help_is_current(struct view file);
/* The same from the text of a help file; for tests. */
enum found help_find(struct view file, const struct macros *scope, struct view topic,
		     struct str *out);

#endif
