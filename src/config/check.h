/*
 * check.h - what a configuration's readers had to say, as the programs print it, and the -bC mode.
 *
 * Messages go to standard output, one or more lines each, in the order of the lines they arose at, whoever found them. Single
 * thread; config_check looks at the queue directories, nothing else.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "base/str.h"
#include "config/config.h"

/* All messages, each with its newline. */
void config_messages_format(const struct config *cf, struct str *out);
/* A line at level 1 for each error, with its file and line. */
void config_log_errors(const struct config *cf, struct log *log);
/* The same as SMTP replies, for a client that waits for a greeting. */
void config_messages_format_smtp(const struct config *cf, struct str *out);
/* -bC: the messages, then what would keep the program from running. The exit status: 0, or what the first error asks for. */
int config_check(const struct config *cf, struct str *out);
/* A warning when HostStatusDirectory is set and not there. */
void config_check_host_status(const struct config *cf, struct str *out);

#endif
