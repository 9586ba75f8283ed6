/*
 * file.h - delivery to files: mailer [FILE] (contract/mailers.md 4.3).
 *
 * The agent opens the file as the controlling user and locks it; the message is appended; what was only partly written is cut
 * off again. Blocks on the disk.
 */
#ifndef DELIVER_FILE_H
#define DELIVER_FILE_H

#include "deliver/attempt.h"

/* Every recipient of the task gets its outcome. */
void file_deliver(struct attempt *at);

#endif
