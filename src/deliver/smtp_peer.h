/*
 * smtp_peer.h - for tests: the other end of a client connection, playing a script on a thread of its own.
 *
 * A script is lines: "< TEXT" sends TEXT and CRLF, "> TEXT" reads a line and wants it to begin with TEXT, "." reads a message up to its
 * final dot, "!" closes, "~" stays silent until the client closes, "# BYTES" sends bytes with no line end. At the end of the
 * script it reads until the client closes, and answers RSET and QUIT.
 */
#ifndef DELIVER_SMTP_PEER_H
#define DELIVER_SMTP_PEER_H

#include "base/str.h"

struct smtp_peer;

/* *out_fd: the client's end. */
struct smtp_peer *smtp_peer_start(const char *script, int *out_fd);
/* Waits for its end. False when something else came than the script wanted; *out_message: what it was given as messages. */
bool smtp_peer_finish(struct smtp_peer *p, struct str *out_message);

#endif
