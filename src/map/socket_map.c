/*
 * socket_map.c - asks a server in netstrings (netstring.h). Connections are kept; maps with the same address share them.
 *
 * A kept connection may have been closed by the server meanwhile: a question that fails on it is asked once more on a new one.
 */
#include "map/classes.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/own.h"
#include "map/netstring.h"
#include "map/pool.h"

#define CONNECTIONS_MAX 16
#define TIMEOUT_MS      60000 /* without -d */

struct endpoint {
	struct pool *pool;
	char *spec;
	struct view host; /* a name or an address; none: addr is a path */
	int family;
	uint16_t port;
	struct addr addr;
	struct map *owner; /* the map that frees it: the first with this address */
};

static void close_fd(void *arg __attribute__((unused)), void *connection)
{
	close((int)(intptr_t)connection - 1);
}

static bool socket_spec(struct map *m, struct view rest)
{
	m->file = map_flag_word(&rest);
	if (m->file.len == 0) {
		map_declare_error(m, "No file name for %s map %s", m->class->name, m->name);
		return false;
	}
	return true;
}

/* The address: family "inet" or "inet6" and port@host, or "local" or "unix" and a path, which may stand alone. */
static bool read_spec(struct map *m, struct map_ctx *ctx, struct endpoint *e)
{
	size_t colon = view_find(m->file, ':');
	struct view kind = view_first(m->file, colon), rest = view_skip(m->file, colon + 1), port;
	size_t at = view_find(rest, '@');
	struct stat st;
	int64_t number;

	if (colon == m->file.len || view_eq_nocase(kind, VIEW("local")) ||
	    view_eq_nocase(kind, VIEW("unix"))) {
		struct view path = colon == m->file.len ? m->file : rest;
		own_mem char *name = mem_dup(path.p, path.len);

		if (stat(name, &st) < 0) {
			map_say_map(m, ctx, "local socket name %s unsafe: %s", name,
				    strerror(errno));
			return false;
		}
		return addr_local(path, &e->addr);
	}
	e->family = view_eq_nocase(kind, VIEW("inet"))    ? AF_INET
		    : view_eq_nocase(kind, VIEW("inet6")) ? AF_INET6
							  : 0;
	if (!e->family) {
		map_say_map(m, ctx, "unknown socket type " VIEW_FMT ": %s", VIEW_ARG(kind),
			    strerror(EPROTONOSUPPORT));
		return false;
	}
	port = view_first(rest, at);
	e->host = view_skip(rest, at + 1);
	if (at == rest.len) {
		map_say_map(m, ctx, "bad address " VIEW_FMT " (expected port@host)",
			    VIEW_ARG(rest));
		return false;
	}
	if (!number_parse(port, 1, 65535, &number)) {
		map_say_map(m, ctx, "unknown port name " VIEW_FMT, VIEW_ARG(port));
		return false;
	}
	e->port = (uint16_t)number;
	return true;
}

/* Another open map with the same address lends its connections. The set's maps outlive each other's use of them. */
static struct endpoint *shared_endpoint(const struct map *m)
{
	for (size_t i = 0; i < m->set->n; i++) {
		struct map *other = m->set->maps[i];

		if (other == m)
			return NULL;
		if (other->class == m->class && atomic_load(&other->state) == MAP_OPENED &&
		    view_eq(other->file, m->file))
			return other->inside;
	}
	return NULL;
}

static int socket_open(struct map *m, struct map_ctx *ctx)
{
	struct endpoint *e = shared_endpoint(m);

	if (e) {
		m->inside = e;
		return 0;
	}
	e = MEM_NEW(struct endpoint);
	m->inside = e;
	e->owner = m;
	if (!read_spec(m, ctx, e))
		return -EINVAL;
	e->pool = pool_new(CONNECTIONS_MAX, close_fd, NULL);
	return 0;
}

static void socket_close(struct map *m)
{
	struct endpoint *e = m->inside;

	if (!e || e->owner != m)
		return;
	pool_free(e->pool);
	free(e);
	m->inside = NULL;
}

static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do {
		if (deadline_is_past(deadline))
			return -ETIMEDOUT;
		r = poll(&p, 1, deadline_left(deadline));
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r < 0 ? -errno : 0;
}

static int connect_addr(const struct addr *addr, int64_t deadline, int *out_fd)
{
	own_fd int fd = socket(addr_family(addr), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(int);
	int r, error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, &addr->sa, addr->len) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		r = wait_for(fd, POLLOUT, deadline);
		if (r < 0)
			return r;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error != 0)
			return error ? -error : -errno;
	}
	*out_fd = take_fd(&fd);
	return 0;
}

static int connect_endpoint(const struct endpoint *e, struct map_query *q, int *out_fd)
{
	struct resolver *resolver = q->ctx->services ? q->ctx->services->resolver : NULL;
	struct dns_answer answer = { 0 };
	struct addr addr;
	int r = -EHOSTUNREACH;

	if (view_is_none(e->host))
		return connect_addr(&e->addr, q->deadline, out_fd);
	if (addr_parse(e->host, e->port, &addr))
		return connect_addr(&addr, q->deadline, out_fd);
	if (!resolver || resolver_addresses(resolver, e->host, e->family, q->deadline,
					    q->ctx->arena, &answer) != FOUND)
		return r;
	for (size_t i = 0; r < 0 && i < answer.n; i++) {
		addr = answer.records[i].addr;
		addr_set_port(&addr, e->port);
		r = connect_addr(&addr, q->deadline, out_fd);
	}
	return r;
}

static int send_all(int fd, struct view v, int64_t deadline)
{
	while (v.len > 0) {
		ssize_t n = send(fd, v.p, v.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			int r = wait_for(fd, POLLOUT, deadline);

			if (r < 0)
				return r;
			continue;
		}
		if (n < 0)
			return -errno;
		v = view_skip(v, (size_t)n);
	}
	return 0;
}

/* Reads one reply into *s. Protocol errors are told and give -EBADMSG. */
static int read_reply(struct map *m, struct map_query *q, int fd, struct str *s,
		      struct view *out_reply)
{
	char buffer[8192];

	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		size_t used = 0;
		int r;

		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0) {
			r = wait_for(fd, POLLIN, q->deadline);
			if (r < 0)
				return r;
			continue;
		}
		str_add(s, view_from(buffer, (size_t)n));
		switch (socketmap_reply(str_view(s), out_reply, &used)) {
		case SOCKETMAP_DONE:
			return 0;
		case SOCKETMAP_MORE:
			continue;
		case SOCKETMAP_BAD_LENGTH:
			map_say(m, q->ctx,
				"socket_map_lookup(%s): failed to read length parameter of reply 0",
				m->name);
			return -EBADMSG;
		case SOCKETMAP_TOO_LONG:
			map_say(m, q->ctx, "socket_map_lookup(%s): reply too long: %zu", m->name,
				used);
			return -EBADMSG;
		case SOCKETMAP_NO_COMMA:
			map_say(m, q->ctx, "socket_map_lookup(%s): missing ',' in reply", m->name);
			return -EBADMSG;
		}
	}
}

static int ask(struct map *m, struct map_query *q, int fd, struct view *out_reply)
{
	own_str struct str request = STR_MAX(MAP_KEY_MAX + 1000);
	own_str struct str reply = STR_MAX(SOCKETMAP_REPLY_MAX + 8192 + 20);
	struct view inside;
	int r;

	socketmap_request(view_of(m->name), q->key, &request);
	r = send_all(fd, str_view(&request), q->deadline);
	if (r == 0)
		r = read_reply(m, q, fd, &reply, &inside);
	if (r == 0)
		*out_reply = arena_dup(q->ctx->arena, inside);
	return r;
}

/* One question over a kept connection, or a new one when there is none or the kept one turned out dead. */
static int converse(struct map *m, struct endpoint *e, struct map_query *q, struct view *out_reply)
{
	void *kept;
	int fd = -1, r = pool_take(e->pool, q->deadline, &kept);

	if (r < 0)
		return r;
	if (kept) {
		fd = (int)(intptr_t)kept - 1;
		r = ask(m, q, fd, out_reply);
		if (r == -EPIPE || r == -ECONNRESET) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0) {
		r = connect_endpoint(e, q, &fd);
		if (r == 0)
			r = ask(m, q, fd, out_reply);
	}
	if (r < 0 && fd >= 0) {
		close(fd);
		fd = -1;
	}
	pool_give(e->pool, fd >= 0 ? (void *)(intptr_t)(fd + 1) : NULL);
	return r;
}

static int64_t timeout_ms(const struct map *m)
{
	struct view v = m->text_option['d'];
	int64_t n, unit = 1000;

	if (v.len > 0 &&
	    (v.p[v.len - 1] == 's' || v.p[v.len - 1] == 'm' || v.p[v.len - 1] == 'h')) {
		unit = v.p[v.len - 1] == 's' ? 1000 : v.p[v.len - 1] == 'm' ? 60000 : 3600000;
		v.len--;
	}
	return number_parse(v, 1, 1000000, &n) ? n * unit : TIMEOUT_MS;
}

static enum found socket_find(struct map *m, struct map_query *q, struct view *out)
{
	struct endpoint *e = m->inside;
	int64_t own = timeout_ms(m);
	struct view reply;
	int r, status;

	if (deadline_in(own) < q->deadline)
		q->deadline = deadline_in(own);
	r = converse(m, e, q, &reply);
	if (r < 0)
		return map_fail(q, EX_TEMPFAIL_);
	status = socketmap_status(reply, out);
	if (status == EX_OK_)
		return FOUND;
	return status == EX_TEMPFAIL_ ? map_fail(q, status) : map_none(q, status);
}

const struct map_class map_class_socket = {
	.name = "socket",
	.can = MAP_CAN_ALIAS | MAP_FOLDS | MAP_PERCENT | MAP_GIVES_FOLDED,
	.spec = socket_spec,
	.open = socket_open,
	.close = socket_close,
	.find = socket_find,
};
