/* daemon_mode.h - sendmail -bd, -bD, and -q30m alone. Returns the exit status, in the caller's process only. */
#ifndef PROGRAMS_DAEMON_MODE_H
#define PROGRAMS_DAEMON_MODE_H

#include "programs/flags.h"

int daemon_mode(const struct flags *f, char **argv);

#endif
