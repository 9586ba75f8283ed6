#include "net/addr.h"

#include "base/test.h"

static const char *formatted(const char *text)
{
	static _Thread_local char out[ADDR_TEXT_MAX];
	struct addr a;

	if (!addr_parse(view_of(text), 25, &a))
		return "no address";
	addr_format(&a, out);
	return out;
}

TEST("an address is read with and without brackets and tag, and written as mail writes it")
{
	static const char *const cases[][2] = {
		{"192.0.2.1",						    "192.0.2.1"       },
		{ "[192.0.2.1]",						 "192.0.2.1"       },
		{ "IPv6:2001:db8::1",					    "IPv6:2001:db8::1"},
		{ "[ipv6:2001:DB8::1]",					  "IPv6:2001:db8::1"},
		{ "2001:db8:0:0::1",					     "IPv6:2001:db8::1"},
		{ "::ffff:192.0.2.7",					    "192.0.2.7"       },
		{ "IPv6:192.0.2.1",					      "no address"      },
		{ "127.1",						       "no address"      },
		{ "0x7f000001",						  "no address"      },
		{ "192.0.2.256",						 "no address"      },
		{ "[]",							  "no address"      },
		{ "",							    "no address"      },
		{ "mx.example.test",					     "no address"      },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", "no address"      },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(formatted(cases[i][0]), cases[i][1]);
}

TEST("brackets surround an address in a log line, and a local socket is localhost")
{
	struct addr a;
	char out[ADDR_TEXT_MAX];

	CHECK(addr_parse(VIEW("2001:db8::2"), 587, &a));
	addr_format_bracketed(&a, out);
	CHECK_STR(out, "[IPv6:2001:db8::2]");
	CHECK_INT(addr_port(&a), 587);
	CHECK(addr_local(VIEW("/run/lmtp"), &a));
	addr_format_bracketed(&a, out);
	CHECK_STR(out, "localhost");
	addr_format(&a, out);
	CHECK_STR(out, "/run/lmtp");
}

TEST("a path that does not fit a socket address is refused")
{
	char path[200];
	struct addr a;

	memset(path, 'x', sizeof(path));
	CHECK(!addr_local(view_from(path, sizeof(path)), &a));
	CHECK(!addr_local(VIEW(""), &a));
}

TEST("the reverse name has the bytes in the other order")
{
	struct addr a;
	char out[ADDR_TEXT_MAX];

	CHECK(addr_parse(VIEW("192.0.2.1"), 0, &a));
	addr_reverse_name(&a, out);
	CHECK_STR(out, "1.2.0.192.in-addr.arpa");
	CHECK(addr_parse(VIEW("2001:db8::1"), 0, &a));
	addr_reverse_name(&a, out);
	CHECK_STR(out, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST("hosts are compared without their ports, and mapped addresses are IPv4")
{
	struct addr a, b;

	CHECK(addr_parse(VIEW("127.0.0.9"), 25, &a));
	CHECK(addr_parse(VIEW("::ffff:127.0.0.9"), 587, &b));
	CHECK(addr_eq_host(&a, &b));
	CHECK(addr_is_loopback(&b));
	addr_set_port(&b, 26);
	CHECK_INT(addr_port(&b), 26);
	CHECK(addr_parse(VIEW("::1"), 25, &b));
	CHECK(!addr_eq_host(&a, &b));
	CHECK(addr_is_loopback(&b));
}
