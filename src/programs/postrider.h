/*
 * postrider.h - the administrator's own command: what sendmail's flags have no place for.
 *
 * Each subcommand is a row of the table in postrider.c and a file of its own. Its function is called with its own name as argv[0] and
 * returns the exit status: 0, or one of sysexits (mail/status.h) unless its manual says otherwise. It answers --help itself, on standard
 * output and with status 0, and a mistake in its arguments with subcommand_usage.
 */
#ifndef PROGRAMS_POSTRIDER_H
#define PROGRAMS_POSTRIDER_H

#include <stdbool.h>

/* Returns the exit status. */
int postrider_main(int argc, char **argv);

/* Is it --help (or -h)? */
bool subcommand_is_help(const char *argument);
/* A mistake in the arguments of `postrider NAME`, told on standard error. Returns EX_USAGE_. */
int subcommand_usage(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
