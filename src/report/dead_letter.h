/*
 * dead_letter.h - the last resort for a report that nobody can be given: option DeadLetterDrop, and dead.letter of a user.
 *
 * Appends the message in mbox form under a lock. Blocks on the disk.
 */
#ifndef REPORT_DEAD_LETTER_H
#define REPORT_DEAD_LETTER_H

#include "envelope/envelope.h"

/* 0 when it is there and synced; -ENOENT when no such file is configured; else -errno. */
int dead_letter_save(const struct envelope *e, const struct services *sv);

/* The same into this file. */
int dead_letter_append(const struct envelope *e, const struct services *sv, const char *path);

#endif
