/*
 * message_out.h - a message, header and body, into a text_out in the form that a mailer wants.
 *
 * The header is rendered once for the mailer (envelope/header_out.h). When a conversion between 8 and 7 bits is asked for
 * and applies (mail/mime.h) the changed header is rendered; the envelope's own header stays as it is. Blocks on reading
 * the body. 0 or -errno; -EILSEQ when the message cannot be made 7-bit.
 */
#ifndef DELIVER_MESSAGE_OUT_H
#define DELIVER_MESSAGE_OUT_H

#include "deliver/attempt.h"

enum message_bits { MESSAGE_AS_IS, MESSAGE_TO_7BIT, MESSAGE_TO_8BIT };

/* The format that the mailer's equates and flags ask for; is_smtp: dots are doubled and lines end in CRLF at least. */
struct text_format message_format(const struct mailer *m, bool is_smtp);
/* The header, an empty line, the body; a last line is ended. Nothing is flushed but full chunks. */
int message_write(struct attempt *at, struct text_out *o, enum message_bits bits);

#endif
