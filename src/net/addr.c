/*
 * addr.c - see addr.h.
 *
 * Numbers are read by inet_pton alone, so that no name service is ever asked and odd forms ("127.1", "0x7f000001") are
 * not addresses.
 */
#include "net/addr.h"

#include <arpa/inet.h>

#define IPV6_TAG VIEW("IPv6:")

int addr_family(const struct addr *a)
{
	return a->len == 0 ? AF_UNSPEC : a->sa.sa_family;
}

static bool parse_v4(const char *text, uint16_t port, struct addr *out)
{
	struct addr a = { .len = sizeof(a.in) };

	if (inet_pton(AF_INET, text, &a.in.sin_addr) != 1)
		return false;
	a.in.sin_family = AF_INET;
	a.in.sin_port = htons(port);
	*out = a;
	return true;
}

static bool parse_v6(const char *text, uint16_t port, struct addr *out)
{
	struct addr a = { .len = sizeof(a.in6) };

	if (inet_pton(AF_INET6, text, &a.in6.sin6_addr) != 1)
		return false;
	a.in6.sin6_family = AF_INET6;
	a.in6.sin6_port = htons(port);
	*out = a;
	return true;
}

bool addr_parse(struct view text, uint16_t port, struct addr *out)
{
	char z[INET6_ADDRSTRLEN + 1];
	bool is_tagged;

	if (text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']')
		text = view_from(text.p + 1, text.len - 2);
	is_tagged = view_starts_nocase(text, IPV6_TAG);
	if (is_tagged)
		text = view_skip(text, IPV6_TAG.len);
	if (text.len == 0 || text.len >= sizeof(z) || memchr(text.p, '\0', text.len))
		return false;
	memcpy(z, text.p, text.len);
	z[text.len] = '\0';
	if (!is_tagged && parse_v4(z, port, out))
		return true;
	return parse_v6(z, port, out);
}

bool addr_local(struct view path, struct addr *out)
{
	struct addr a = { 0 };

	if (path.len == 0 || path.len >= sizeof(a.un.sun_path) || memchr(path.p, '\0', path.len))
		return false;
	a.un.sun_family = AF_UNIX;
	memcpy(a.un.sun_path, path.p, path.len);
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
	*out = a;
	return true;
}

/* The four bytes of an IPv4 address, also when it is written as an IPv6 one (::ffff:a.b.c.d); NULL for the rest. */
static const uint8_t *v4_bytes(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return (const uint8_t *)&a->in.sin_addr;
	case AF_INET6:
		if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
			return a->in6.sin6_addr.s6_addr + 12;
		return NULL;
	default:
		return NULL;
	}
}

/* The path of a local socket; unnamed and abstract ones have none. */
static struct view local_path(const struct addr *a)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);

	if (a->len <= head || a->un.sun_path[0] == '\0')
		return VIEW("localhost");
	return view_from(a->un.sun_path, strnlen(a->un.sun_path, a->len - head));
}

void addr_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	const uint8_t *v4 = v4_bytes(a);
	struct view path;

	out[0] = '\0';
	if (v4) {
		inet_ntop(AF_INET, v4, out, ADDR_TEXT_MAX);
		return;
	}
	switch (addr_family(a)) {
	case AF_INET6:
		memcpy(out, IPV6_TAG.p, IPV6_TAG.len);
		inet_ntop(AF_INET6, &a->in6.sin6_addr, out + IPV6_TAG.len,
			  (socklen_t)(ADDR_TEXT_MAX - IPV6_TAG.len));
		break;
	case AF_UNIX:
		path = local_path(a);
		snprintf(out, ADDR_TEXT_MAX, VIEW_FMT, VIEW_ARG(path));
		break;
	default:
		break;
	}
}

void addr_format_bracketed(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	char text[ADDR_TEXT_MAX];

	if (addr_family(a) == AF_UNIX) {
		snprintf(out, ADDR_TEXT_MAX, "localhost");
		return;
	}
	addr_format(a, text);
	snprintf(out, ADDR_TEXT_MAX, "[%.*s]", ADDR_TEXT_MAX - 3, text);
}

uint16_t addr_port(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return ntohs(a->in.sin_port);
	case AF_INET6:
		return ntohs(a->in6.sin6_port);
	default:
		return 0;
	}
}

void addr_set_port(struct addr *a, uint16_t port)
{
	if (addr_family(a) == AF_INET)
		a->in.sin_port = htons(port);
	else if (addr_family(a) == AF_INET6)
		a->in6.sin6_port = htons(port);
}

bool addr_eq_host(const struct addr *a, const struct addr *b)
{
	const uint8_t *a4 = v4_bytes(a), *b4 = v4_bytes(b);

	if (a4 || b4)
		return a4 && b4 && memcmp(a4, b4, 4) == 0;
	if (addr_family(a) != addr_family(b))
		return false;
	switch (addr_family(a)) {
	case AF_INET6:
		return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
	case AF_UNIX:
		return view_eq(local_path(a), local_path(b));
	default:
		return true;
	}
}

bool addr_is_loopback(const struct addr *a)
{
	const uint8_t *v4 = v4_bytes(a);

	if (v4)
		return v4[0] == 127;
	if (addr_family(a) == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
	return addr_family(a) == AF_UNIX;
}

void addr_reverse_name(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *v4 = v4_bytes(a);
	char *p = out;

	out[0] = '\0';
	if (v4) {
		snprintf(out, ADDR_TEXT_MAX, "%u.%u.%u.%u.in-addr.arpa", v4[3], v4[2], v4[1],
			 v4[0]);
		return;
	}
	if (addr_family(a) != AF_INET6)
		return;
	for (int i = 15; i >= 0; i--) {
		*p++ = hex[a->in6.sin6_addr.s6_addr[i] & 15];
		*p++ = '.';
		*p++ = hex[a->in6.sin6_addr.s6_addr[i] >> 4];
		*p++ = '.';
	}
	memcpy(p, "ip6.arpa", sizeof("ip6.arpa"));
}
