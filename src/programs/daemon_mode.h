/* daemon_mode.h - sendmail -bd, -bD, and -q30m alone. Returns the exit status, in the caller's process only. */
#ifndef PROGRAMS_DAEMON_MODE_H
#define PROGRAMS_DAEMON_MODE_H

#include "programs/flags.h"

/* "30m", "1h30m", "90" (minutes): seconds, -1 after a word about each unit that is none. */
int64_t daemon_mode_interval(const char *text);
int daemon_mode(const struct flags *f, char **argv);

#endif
