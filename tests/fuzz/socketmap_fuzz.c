/*
 * socketmap_fuzz.c - any bytes as a socket map's reply, arriving at once and byte by byte: both give the same answer, and what was
 * read lies inside what arrived.
 */
#include "map/netstring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view all = view_from((const char *)data, size), reply = VIEW_NONE, value,
		    slow_reply = VIEW_NONE;
	size_t used = 0, slow_used = 0;
	enum socketmap_progress at_once = socketmap_reply(all, &reply, &used),
				slow = SOCKETMAP_MORE;

	for (size_t n = 0; n <= size && slow == SOCKETMAP_MORE; n++)
		slow = socketmap_reply(view_first(all, n), &slow_reply, &slow_used);
	if (slow != at_once || slow_used != used)
		abort();
	if (at_once == SOCKETMAP_DONE) {
		int status = socketmap_status(reply, &value);

		if (used > size || reply.p < all.p || reply.p + reply.len >= all.p + size ||
		    value.len > reply.len)
			abort();
		if (status != 0 && status != 68 && status != 69 && status != 75 && status != 76)
			abort();
	}
	return 0;
}
