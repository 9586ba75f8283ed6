/*
 * addr.h - internet and local socket addresses, and how mail writes them.
 *
 * Text forms: 192.0.2.1, IPv6:2001:db8::1 (macros and literals), [192.0.2.1], a path for local sockets. Values, no
 * ownership. Thread-safe.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/str.h"

struct addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

#define ADDR_TEXT_MAX 128

int addr_family(const struct addr *a); /* AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC when empty */
bool addr_parse(struct view text, uint16_t port,
		struct addr *out); /* "1.2.3.4", "IPv6:..", bare IPv6, with or without [] */
bool addr_local(struct view path, struct addr *out);
/* Without brackets, "IPv6:" before an IPv6 address, as in $&{client_addr}; v4-mapped addresses as IPv4. */
void addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]);
/* With brackets, as in log lines: [192.0.2.1], [IPv6:2001:db8::1], "localhost" for a local socket. */
void addr_format_bracketed(const struct addr *a, char out[ADDR_TEXT_MAX]);
uint16_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint16_t port);
bool addr_eq_host(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *a);
/* The name to look up for a PTR record: 1.2.0.192.in-addr.arpa */
void addr_reverse_name(const struct addr *a, char out[ADDR_TEXT_MAX]);

#endif
