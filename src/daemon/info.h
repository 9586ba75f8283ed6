/* info.h - what the daemon does, in the words of the log (contract/logging.md) and of ${daemon_info}. Pure; any thread. */
#ifndef DAEMON_INFO_H
#define DAEMON_INFO_H

#include "daemon/daemon.h"

#define DAEMON_INFO_MAX 64

/* "SMTP+queueing@00:30:00", "SMTP", "queueing@01:00:00". */
void daemon_info(const struct daemon_params *p, char out[DAEMON_INFO_MAX]);

#endif
