/*
 * log.h - the mail log: one line per event, by syslog, a file, or standard error.
 *
 * A line is `QID: text` (contract/logging.md 9); the caller gives the text in sendmail's form. Control characters are
 * escaped here, so no caller needs to. Levels are sendmail's LogLevel numbers: a line is written when its level is not
 * above log_level(). Level 0 is always written.
 *
 * Threads: any. Blocks: never longer than one send or write; when the syslog socket is full the line is counted as
 * dropped and the count is reported with the next line that goes through.
 * Owns: the socket or file descriptor.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <syslog.h>

#include "base/view.h"

struct log;

enum log_kind { LOG_TO_SYSLOG, LOG_TO_FILE, LOG_TO_STDERR, LOG_TO_NOTHING };

/* tag: syslog ident, at most 32 characters, copied. path: the file for LOG_TO_FILE; for LOG_TO_SYSLOG the datagram socket,
 * NULL means /dev/log. A syslog socket that is absent now is tried again at each line. Never NULL. */
struct log *log_new(enum log_kind kind, const char *tag, const char *path);
void log_free(struct log *l);
void log_set_level(struct log *l, int level);
int log_level(const struct log *l);
void log_set_tag(struct log *l, const char *tag);
void log_reopen(
	struct log *l); /* after log rotation, and before a sandbox is entered: opens at once */

/* priority: LOG_INFO and so on of syslog.h, facility is mail. id: queue id; NULL means no prefix, "" means NOQUEUE. */
void log_event(struct log *l, int level, int priority, const char *id, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static inline bool log_wants(const struct log *l, int level)
{
	return level <= log_level(l);
}

#endif
