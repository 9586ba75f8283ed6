/*
 * read_all.h - the rest of an open file as text.
 *
 * Threads: any; no state. Blocks as read(2) does. The bound is that of the text: who opens a file that others write sets one.
 */
#ifndef OS_READ_ALL_H
#define OS_READ_ALL_H

#include "base/str.h"

/* Appends what is left of the file to out. 0; -EFBIG: it is longer than out may be, and out holds its beginning; -errno: it
 * cannot be read further. */
int read_all(int fd, struct str *out);

#endif
