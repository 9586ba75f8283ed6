/*
 * netstring.h - the words of the socket map protocol: "LEN:MAPNAME KEY," and "LEN:STATUS VALUE,". No I/O, no state.
 */
#ifndef MAP_NETSTRING_H
#define MAP_NETSTRING_H

#include "base/str.h"

#define SOCKETMAP_REPLY_MAX 1000000

/* Adds "LEN:MAPNAME KEY," to out. */
void socketmap_request(struct view map_name, struct view key, struct str *out);

enum socketmap_progress {
	SOCKETMAP_MORE,
	SOCKETMAP_DONE,
	SOCKETMAP_BAD_LENGTH,
	SOCKETMAP_TOO_LONG,
	SOCKETMAP_NO_COMMA
};

/* Reads a reply from what has arrived so far. DONE: *out_reply is its inside, *out_used the bytes it took. TOO_LONG:
 * *out_used is the length that was announced. */
enum socketmap_progress socketmap_reply(struct view buffer, struct view *out_reply,
					size_t *out_used);

/* STATUS and VALUE of a reply: the sysexits code for the status (0 for OK, 76 for a word that is not known). */
int socketmap_status(struct view reply, struct view *out_value);

#endif
