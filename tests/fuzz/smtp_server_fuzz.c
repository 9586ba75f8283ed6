/*
 * smtp_server_fuzz.c - a client that says anything: the input is all that comes from the network in one conversation.
 */
#include "receive/server_harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct server_harness h;
	static bool is_open;
	own_str struct str dropped = STR_MAX(1 << 20);

	if (!is_open)
		harness_open(&h, NULL);
	is_open = true;
	harness_talk(&h, view_from((const char *)data, size), &dropped);
	str_clear(&dropped);
	harness_take_body(&h, &dropped);
	return 0;
}
