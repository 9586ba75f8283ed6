/*
 * submit_text.h - a message on standard input: LF lines, dots as the command line has them, header and body.
 *
 * Without dot_is_text a line of one dot ends the message and a line that begins with two loses one. CRLF counts as LF. Blocks: on the input. One thread.
 */
#ifndef RECEIVE_SUBMIT_TEXT_H
#define RECEIVE_SUBMIT_TEXT_H

#include "envelope/envelope.h"

/* Reads to the end; fields go to e->header (through keep_field, which may refuse one), the rest to e->body. 0 or -errno;
 * -EMSGSIZE when the header is larger than MaxHeadersLength. *out_size: octets as counted for size=. */
int submit_text_read(int fd, bool dot_is_text, struct envelope *e,
		     bool (*keep_field)(void *arg, struct view name, struct view value), void *arg,
		     int64_t *out_size);

#endif
