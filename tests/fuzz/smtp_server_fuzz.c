/*
 * smtp_server_fuzz.c - a client that says anything: the input is all that comes from the network in one conversation.
 */
#include "build_config.h"
#include "receive/server_harness.h"
#if HAVE_SASL
#include "smtp/auth_test_users.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_server(struct server_harness *h)
{
#if HAVE_SASL
	static struct auth_test_users users;

	auth_test_users_open(&users);
	auth_test_users_add(&users, "tester", "secret");
	harness_open_auth(h, "O AuthMechanisms=PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1\n",
			  users.library);
#else
	harness_open(h, NULL);
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct server_harness h;
	static bool is_open;
	own_str struct str dropped = STR_MAX(1 << 20);

	if (!is_open)
		open_server(&h);
	is_open = true;
	harness_talk(&h, view_from((const char *)data, size), &dropped);
	str_clear(&dropped);
	harness_take_body(&h, &dropped);
	return 0;
}
