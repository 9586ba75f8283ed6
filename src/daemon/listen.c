/* listen.c - see listen.h. */
#include "daemon/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/own.h"

#define SMTP_PORT 25
#define BACKLOG_MIN                                                                                \
	1024 /* a short one makes clients wait for their connection, whatever the option says */
#define BIND_TRIES   5
#define BIND_WAIT_MS 1000

static struct view daemon_name(const struct daemon_options *d)
{
	return d->name.len > 0 ? d->name : VIEW("MTA");
}

static int complain(struct log *log, const struct daemon_options *d, const char *what, int error)
{
	struct view name = daemon_name(d);
	char words[128];
	const char *why = strerror_r(error, words, sizeof(words));

	log_event(log, 0, LOG_CRIT, "",
		  "SYSERR(root): opendaemonsocket: daemon " VIEW_FMT ": %s: %s", VIEW_ARG(name),
		  what, why);
	fprintf(stderr, "opendaemonsocket: daemon " VIEW_FMT ": %s: %s\n", VIEW_ARG(name), what,
		why);
	if (error == EACCES)
		fprintf(stderr,
			"Ports below 1024 are root's: start the program as root, or set Port= above 1023 in "
			"DaemonPortOptions.\n");
	return -error;
}

/* ---- where ---- */

static bool read_port(struct view text, uint16_t *out)
{
	struct servent *service;
	char name[64];
	int64_t n;

	*out = SMTP_PORT;
	if (text.len == 0)
		return true;
	if (number_parse(text, 1, 65535, &n)) {
		*out = (uint16_t)n;
		return true;
	}
	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(text));
	service = getservbyname(name, "tcp");
	if (service)
		*out = ntohs((uint16_t)service->s_port);
	return service != NULL;
}

static bool look_up(struct view name, int family, uint16_t port, struct addr *out)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char z[256];
	bool is_good;

	snprintf(z, sizeof(z), VIEW_FMT, VIEW_ARG(name));
	if (getaddrinfo(z, NULL, &hints, &found) != 0 || !found)
		return false;
	is_good = found->ai_addrlen <= sizeof(out->in6);
	if (is_good) {
		*out = (struct addr){ .len = found->ai_addrlen };
		memcpy(&out->sa, found->ai_addr, found->ai_addrlen);
		addr_set_port(out, port);
	}
	freeaddrinfo(found);
	return is_good;
}

static bool is_local_family(struct view family)
{
	return view_eq(family, VIEW("local")) || view_eq(family, VIEW("unix"));
}

static bool find_address(const struct daemon_options *d, struct addr *out)
{
	bool is_v6 = view_eq(d->family, VIEW("inet6"));
	uint16_t port;

	if (is_local_family(d->family))
		return addr_local(d->addr, out);
	if (!read_port(d->port, &port))
		return false;
	if (d->addr.len == 0)
		return addr_parse(is_v6 ? VIEW("::") : VIEW("0.0.0.0"), port, out);
	return addr_parse(d->addr, port, out) ||
	       look_up(d->addr, is_v6 ? AF_INET6 : AF_INET, port, out);
}

/* ---- binding ---- */

static void set_options(int fd, const struct daemon_options *d, int family)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (d->receive_size > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &d->receive_size, sizeof(d->receive_size));
	if (d->send_size > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &d->send_size, sizeof(d->send_size));
}

/* A socket file that a former daemon left behind is in the way of bind(2). */
static void remove_stale(const struct addr *a)
{
	struct stat st;

	if (addr_family(a) == AF_UNIX && lstat(a->un.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(a->un.sun_path);
}

/* The port of a daemon that has just ended may be taken for a moment. */
static int bind_patiently(int fd, const struct addr *a)
{
	for (int i = 1;; i++) {
		if (bind(fd, &a->sa, a->len) == 0)
			return 0;
		if (errno != EADDRINUSE || i == BIND_TRIES)
			return -errno;
		poll(NULL, 0, BIND_WAIT_MS);
	}
}

static int open_one(const struct daemon_options *d, const struct addr *a, struct log *log)
{
	own_fd int fd = socket(addr_family(a), SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return complain(log, d, "can't create server SMTP socket", errno);
	set_options(fd, d, addr_family(a));
	remove_stale(a);
	error = bind_patiently(fd, a);
	if (error < 0)
		return complain(log, d, "cannot bind", -error);
	if (listen(fd, d->listen > BACKLOG_MIN ? d->listen : BACKLOG_MIN) < 0)
		return complain(log, d, "cannot listen", errno);
	return take_fd(&fd);
}

static bool is_same(const struct addr *a, const struct addr *b)
{
	return addr_family(a) == addr_family(b) && addr_port(a) == addr_port(b) &&
	       addr_eq_host(a, b);
}

/* A socket of the old set with this address, -1 when there is none. It stays in the old set, too. */
static int old_socket(const struct listeners *old, const struct addr *a)
{
	for (size_t i = 0; old && i < old->n; i++) {
		if (is_same(&old->v[i].addr, a))
			return old->v[i].fd;
	}
	return -1;
}

static bool has_socket(const struct listeners *l, int fd)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].fd == fd)
			return true;
	}
	return false;
}

/* Closes what is in l but not in kept. */
static void close_others(struct listeners *l, const struct listeners *kept)
{
	for (size_t i = 0; i < l->n; i++) {
		if (kept && has_socket(kept, l->v[i].fd))
			continue;
		close(l->v[i].fd);
	}
	l->n = 0;
}

void listeners_close(struct listeners *l)
{
	close_others(l, NULL);
}

static int open_daemon(const struct daemon_options *d, int index, struct log *log,
		       const struct listeners *old, struct listeners *out)
{
	struct listener l = { .daemon_index = index };

	if (!find_address(d, &l.addr))
		return complain(log, d, "invalid address or port", EINVAL);
	l.fd = old_socket(old, &l.addr);
	if (l.fd < 0)
		l.fd = open_one(d, &l.addr, log);
	if (l.fd < 0)
		return l.fd;
	out->v[out->n++] = l;
	return 0;
}

int listeners_open(const struct config *cf, struct log *log, struct listeners *old,
		   struct listeners *out)
{
	const struct options *o = &cf->options;
	struct listeners made = { .n = 0 };

	for (int i = 0; i < o->n_daemons; i++) {
		const struct daemon_options *d = &o->daemons[i];
		int error = open_daemon(d, i, log, old, &made);
		struct view name = daemon_name(d);

		if (error == 0 || flag_has(&d->modifiers, 'O'))
			continue;
		log_event(log, 0, LOG_CRIT, "", "daemon " VIEW_FMT ": problem creating SMTP socket",
			  VIEW_ARG(name));
		close_others(&made, old);
		return error;
	}
	if (old)
		close_others(old, &made);
	*out = made;
	return 0;
}
