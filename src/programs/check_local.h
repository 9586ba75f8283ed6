/*
 * check_local.h - the .cf of an .mc text, made in memory by m4 and the tree that belongs to this program. A part of postrider check.
 *
 * Blocks while m4 runs, a minute at most. What the .mc text tells m4 to do is done, but a text that names commands for the shell is not run.
 */
#ifndef PROGRAMS_CHECK_LOCAL_H
#define PROGRAMS_CHECK_LOCAL_H

#include "base/str.h"

/* NULL and the .cf in out, else why there is none. */
const char *check_local_build(struct view mc, struct str *out);

#endif
