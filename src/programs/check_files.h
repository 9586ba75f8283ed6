/*
 * check_files.h - the files that a configuration names: are they there, safe, and up to date. A part of postrider check.
 *
 * Only looks. snap: with its maps declared. Findings go to the report.
 */
#ifndef PROGRAMS_CHECK_FILES_H
#define PROGRAMS_CHECK_FILES_H

#include "config/lint.h"
#include "rewrite/snapshot.h"

void check_files(const struct snapshot *snap, struct lint *l);

/* The whole file into out, at most its max: 0 or -errno. */
int check_read_file(const char *path, struct str *out);

#endif
