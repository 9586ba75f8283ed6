/*
 * smtp_connect.c - from a task to an open client: hosts, addresses, local sockets, programs that speak SMTP.
 *
 * Every address of every host is tried until one greets us; the last failure is what the recipients get, but a
 * temporary one is not hidden by a permanent one that follows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/own.h"
#include "deliver/host_state.h"
#include "deliver/mx.h"
#include "deliver/program.h"
#include "deliver/smtp_client.h"

#define SMTP_PORT 25

struct dial {
	struct attempt *at;
	uint16_t port;
	int64_t deadline;  /* of all connects together: Timeout.aconnect */
	int64_t connect_s; /* of one: Timeout.connect, at the first attempt Timeout.iconnect */
	struct status *status;
	bool has_status;
	int lock_fd; /* of the host that is being called */
};

static void remember(struct dial *d, struct status st)
{
	if (d->has_status && d->status->exit == EX_TEMPFAIL_ && st.exit != EX_TEMPFAIL_)
		return;
	*d->status = st;
	d->has_status = true;
}

uint16_t smtp_client_port(struct view text)
{
	int64_t n;
	char name[64];
	struct addrinfo *info = NULL;
	uint16_t port = SMTP_PORT;

	if (text.len == 0)
		return SMTP_PORT;
	if (number_parse(text, 1, 65535, &n))
		return (uint16_t)n;
	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(text));
	if (getaddrinfo(NULL, name,
			&(struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE },
			&info) == 0) {
		struct addr a = { .len = info->ai_addrlen };

		memcpy(&a.sa, info->ai_addr,
		       info->ai_addrlen < sizeof(a.in6) ? info->ai_addrlen : sizeof(a.in6));
		port = addr_port(&a);
		freeaddrinfo(info);
	}
	return port;
}

static const struct daemon_options *client_options(const struct config *cf, int family)
{
	struct view want = family == AF_INET6 ? VIEW("inet6") : VIEW("inet");

	for (int i = 0; i < cf->options.n_clients; i++) {
		struct view have = cf->options.clients[i].family;

		if (view_eq_nocase(have, want) || (have.len == 0 && family == AF_INET))
			return &cf->options.clients[i];
	}
	return NULL;
}

/* ClientPortOptions: the address and port that we call from, and buffers. */
static int bind_client(const struct config *cf, int fd, int family)
{
	const struct daemon_options *o = client_options(cf, family);
	struct addr from;
	uint16_t port;

	if (!o)
		return 0;
	if (o->send_size > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &o->send_size, sizeof(o->send_size));
	if (o->receive_size > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &o->receive_size, sizeof(o->receive_size));
	if (o->addr.len == 0 && o->port.len == 0)
		return 0;
	port = o->port.len > 0 ? smtp_client_port(o->port) : 0;
	if (!addr_parse(o->addr.len > 0      ? o->addr
			: family == AF_INET6 ? VIEW("::")
					     : VIEW("0.0.0.0"),
			port, &from))
		return -EADDRNOTAVAIL;
	if (addr_family(&from) != family)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	return bind(fd, &from.sa, from.len) < 0 ? -errno : 0;
}

static int wait_connected(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	for (;;) {
		int n = poll(&p, 1, deadline_left(deadline));

		if (n > 0)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (deadline_is_past(deadline))
			return -ETIMEDOUT;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

/* A connected descriptor or -errno. */
static int connect_to(const struct config *cf, const struct addr *to, int64_t deadline)
{
	own_fd int fd = socket(addr_family(to), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (addr_family(to) != AF_UNIX) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		rc = bind_client(cf, fd, addr_family(to));
		if (rc < 0)
			return rc;
	}
	if (connect(fd, &to->sa, to->len) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		rc = wait_connected(fd, deadline);
		if (rc < 0)
			return rc;
	}
	return take_fd(&fd);
}

/* Greets over an open descriptor. The client, or NULL with the status remembered. */
static struct smtp_client *greet(struct dial *d, int fd, const char *host, const char *relay,
				 const char *address, bool *out_try_next)
{
	struct smtp_client *c = smtp_client_new(stream_new(fd, fd, true), host, relay);
	struct status st;

	snprintf(c->address, sizeof(c->address), "%s", address);
	c->is_lmtp = flag_has(&d->at->mailer->flags, 'z');
	d->at->relay = arena_dup(d->at->arena, view_of(relay));
	c->lock_fd = take_fd(&d->lock_fd);
	if (smtp_client_greet(c, d->at, &st, out_try_next) == EX_OK_)
		return c;
	host_state_note_failure(d->at, view_of(host), c->lock_fd, 0, &st);
	d->lock_fd = take_fd(&c->lock_fd);
	remember(d, st);
	smtp_client_close(c, d->at);
	return NULL;
}

/* [192.0.2.1], [IPv6:2001:db8:0:0:0:0:0:1]: every group is written unless UseCompressedIPv6Addresses. */
static void format_relay(const struct config *cf, const struct addr *a, char out[ADDR_TEXT_MAX])
{
	const uint8_t *b = a->in6.sin6_addr.s6_addr;
	size_t n;

	addr_format_bracketed(a, out);
	if (cf->options.use_compressed_ipv6_addresses || addr_family(a) != AF_INET6 ||
	    IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	n = (size_t)snprintf(out, ADDR_TEXT_MAX, "[IPv6");
	for (int i = 0; i < 16; i += 2)
		n += (size_t)snprintf(out + n, ADDR_TEXT_MAX - n, ":%x", b[i] << 8 | b[i + 1]);
	snprintf(out + n, ADDR_TEXT_MAX - n, "]");
}

static struct smtp_client *try_address(struct dial *d, const struct mx_host *host,
				       const struct addr *to, bool *out_try_next)
{
	char bracketed[ADDR_TEXT_MAX], plain[ADDR_TEXT_MAX], relay[512], name[256];
	int64_t deadline = deadline_in_s(d->connect_s);
	int fd;

	if (d->deadline < deadline)
		deadline = d->deadline;
	*out_try_next = true;
	format_relay(d->at->cf, to, bracketed);
	addr_format(to, plain);
	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(host->name));
	snprintf(relay, sizeof(relay), "%s %s", name, bracketed);
	d->at->relay = arena_dup(d->at->arena, view_of(relay));
	fd = connect_to(d->at->cf, to, deadline);
	if (fd < 0) {
		struct status st = outcome_of_io(d->at->arena, fd, host->name, false);

		host_state_note_failure(d->at, host->name, d->lock_fd, fd, &st);
		remember(d, st);
		return NULL;
	}
	return greet(d, fd, name, relay, plain, out_try_next);
}

static bool is_past(const struct dial *d)
{
	return deadline_is_past(d->deadline);
}

static void say_connecting(struct attempt *at, struct view host)
{
	attempt_say(at, VIEW_FMT "... Connecting to " VIEW_FMT " via " VIEW_FMT "...",
		    VIEW_ARG(attempt_first_rcpt(at)), VIEW_ARG(host), VIEW_ARG(at->mailer->name));
}

/* A host without an address, for now or for good. name: without its final dot. */
static void remember_no_address(struct dial *d, struct view shown, struct view name,
				const struct dns_answer *answer)
{
	struct attempt *at = d->at;
	bool is_final = answer->found == NOT_FOUND || answer->loop.len > 0;
	struct status st = is_final ? status_make(550, "5.1.2", EX_NOHOST_, VIEW_NONE)
				    : status_make(451, "4.4.3", EX_TEMPFAIL_, VIEW_NONE);

	if (!is_final)
		st.text = arena_printf(at->arena,
				       "Name server: " VIEW_FMT ": host name lookup failure",
				       VIEW_ARG(shown));
	else
		st.text = arena_printf(
			at->arena, "Host unknown (Name server: " VIEW_FMT ": %s)", VIEW_ARG(shown),
			answer->loop.len ? "non-recoverable error" : "host not found");
	at->relay = shown;
	st.remote = name;
	remember(d, st);
}

/* Every address of one host. */
static struct smtp_client *call_host(struct dial *d, const struct mx_host *host, bool *out_try_next)
{
	struct attempt *at = d->at;
	struct dns_answer answer = { 0 };
	struct view name;
	int family = flag_has(&at->mailer->flags, '4') ? AF_INET : AF_UNSPEC;
	enum found f;

	say_connecting(at, host->name);
	smtp_client_make_room(at);
	if (host->is_literal)
		return try_address(d, host, &host->addr, out_try_next);
	*out_try_next = true;
	name = host->name;
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	f = resolver_addresses(at->job->services->resolver, name, family, d->deadline, at->arena,
			       &answer);
	if (f != FOUND) {
		remember_no_address(d, host->name, name, &answer);
		return NULL;
	}
	/* IPv6 first, as the reference does. */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < answer.n && *out_try_next && !is_past(d); i++) {
			struct addr to = answer.records[i].addr;
			struct smtp_client *c;

			if ((addr_family(&to) == AF_INET6) != (pass == 0))
				continue;
			addr_set_port(&to, d->port);
			c = try_address(d, host, &to, out_try_next);
			if (c)
				return c;
		}
	}
	return NULL;
}

/* One host, unless it is known to be down or another delivery has it. */
static struct smtp_client *try_host(struct dial *d, const struct mx_host *host, bool *out_try_next)
{
	struct smtp_client *c;
	struct status st;

	if (!host_state_may_call(d->at, host->name, &d->lock_fd, &st)) {
		d->at->relay = host->name;
		remember(d, st);
		*out_try_next = true;
		return NULL;
	}
	c = call_host(d, host, out_try_next);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	d->lock_fd = -1;
	return c;
}

/* Trouble of our own making has a line in the log and one in the transcript. */
static void note_expansion(struct attempt *at, struct view destination, struct status *st)
{
	struct view me = macros_get_expanded(at->env->macros, 'j', at->arena);

	if (st->exit == EX_CONFIG_) {
		log_event(at->job->services->log, 1, LOG_CRIT, at->env->id,
			  "SYSERR(root): MX list for " VIEW_FMT " points back to " VIEW_FMT,
			  VIEW_ARG(destination), VIEW_ARG(me));
		envelope_note(at->env,
			      "554 5.0.0 MX list for " VIEW_FMT " points back to " VIEW_FMT,
			      VIEW_ARG(destination), VIEW_ARG(me));
	} else if (st->smtp == 553) {
		st->reply = arena_printf(at->arena, "553 5.1.2 " VIEW_FMT "... " VIEW_FMT,
					 VIEW_ARG(attempt_first_rcpt(at)), VIEW_ARG(st->reply));
		envelope_note(at->env, VIEW_FMT, VIEW_ARG(st->reply));
	}
}

/* at->hosts: every host of the destination, in order. False after remembering why there is none. */
static bool find_hosts(struct dial *d, struct view destination)
{
	struct attempt *at = d->at;
	struct mx_list *list = ARENA_NEW(at->arena, struct mx_list);
	struct view only = at->cf->options.connect_only_to;
	struct mx_query q;
	struct status st;

	mx_query_init(&q, at->job->services->resolver, at->cf);
	q.use_mx = !flag_has(&at->mailer->flags, '0') && only.len == 0;
	q.port = d->port;
	q.deadline = d->deadline;
	if (only.len > 0)
		destination = only.p[0] == '['
				      ? only
				      : arena_printf(at->arena, "[" VIEW_FMT "]", VIEW_ARG(only));
	if (mx_expand(&q, destination, at->arena, list, &st) != EX_OK_) {
		if (list->without_address.len)
			say_connecting(at, list->without_address);
		note_expansion(at, destination, &st);
		remember(d, st);
		at->relay = destination;
		return false;
	}
	at->hosts = list;
	at->next_host = 0;
	return true;
}

/* The hosts that have not been called yet, in order. */
static struct smtp_client *dial_rest(struct dial *d)
{
	struct attempt *at = d->at;
	bool try_next = true;

	while (at->next_host < at->hosts->n && try_next && !is_past(d)) {
		struct smtp_client *c = try_host(d, &at->hosts->v[at->next_host++], &try_next);

		if (c)
			return c;
	}
	if (!d->has_status)
		remember(d, outcome_of_io(at->arena, -ETIMEDOUT, at->host, false));
	return NULL;
}

/* A=FILE /path: a local socket. */
static struct smtp_client *dial_socket(struct dial *d, struct view path)
{
	struct addr to;
	char name[256];
	bool try_next;
	int fd;

	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(path));
	if (!addr_local(path, &to)) {
		remember(d, outcome_of_io(d->at->arena, -ENAMETOOLONG, path, false));
		return NULL;
	}
	attempt_say(d->at, VIEW_FMT "... Connecting to " VIEW_FMT " via " VIEW_FMT "...",
		    VIEW_ARG(attempt_first_rcpt(d->at)), VIEW_ARG(path),
		    VIEW_ARG(d->at->mailer->name));
	fd = connect_to(d->at->cf, &to, deadline_in_s(d->connect_s));
	if (fd < 0) {
		remember(d, outcome_of_io(d->at->arena, fd, path, false));
		return NULL;
	}
	return greet(d, fd, "localhost", "localhost", name, &try_next);
}

/* P=/program that speaks SMTP or LMTP on a socket pair. */
static struct smtp_client *dial_program(struct dial *d)
{
	struct attempt *at = d->at;
	struct smtp_client *c;
	struct agent_child child;
	struct status st;
	char name[64];
	bool try_next;
	int fd_out;

	attempt_say(at, VIEW_FMT "... Connecting to " VIEW_FMT "...",
		    VIEW_ARG(attempt_first_rcpt(at)), VIEW_ARG(at->mailer->name));
	if (program_start(at, at->task->rcpts, at->task->n_rcpts, true, &child, &st) < 0) {
		remember(d, st);
		return NULL;
	}
	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(at->mailer->name));
	fd_out = child.in;
	c = smtp_client_new(stream_new(child.out, fd_out, false), name, "");
	c->has_child = true;
	c->child = child;
	c->agent = at->job->services->agent;
	c->is_lmtp = flag_has(&at->mailer->flags, 'z');
	at->relay = VIEW_NONE;
	if (smtp_client_greet(c, at, &st, &try_next) == EX_OK_)
		return c;
	remember(d, st);
	smtp_client_close(c, at);
	return NULL;
}

static struct dial dial_make(struct attempt *at, struct status *out_status)
{
	const struct timeout_options *t = &at->cf->options.timeout;
	const struct mailer *m = at->mailer;
	bool is_first = at->env->tries == 0 && t->iconnect_s > 0;

	return (struct dial){ .at = at,
			      .port = m->argc > 2 ? smtp_client_port(attempt_expand(at, m->argv[2]))
						  : SMTP_PORT,
			      .deadline = deadline_in_s(t->aconnect_s),
			      .connect_s = is_first ? t->iconnect_s : t->connect_s,
			      .status = out_status,
			      .lock_fd = -1 };
}

static struct view destination_of(struct attempt *at)
{
	const struct mailer *m = at->mailer;

	return m->argc > 1 ? attempt_expand(at, m->argv[1]) : at->host;
}

static bool uses_local_socket(const struct mailer *m)
{
	return m->argc > 1 && view_eq_nocase(m->argv[0], VIEW("FILE"));
}

struct smtp_client *smtp_client_open(struct attempt *at, struct status *out_status)
{
	const struct mailer *m = at->mailer;
	struct dial d;

	at->hosts = NULL;
	if (!attempt_is_ipc(m) || uses_local_socket(m)) {
		d = (struct dial){ .at = at,
				   .connect_s = at->cf->options.timeout.connect_s,
				   .status = out_status,
				   .lock_fd = -1 };
		return attempt_is_ipc(m) ? dial_socket(&d, destination_of(at)) : dial_program(&d);
	}
	d = dial_make(at, out_status);
	return find_hosts(&d, destination_of(at)) ? dial_rest(&d) : NULL;
}

bool smtp_client_has_next(struct attempt *at, const struct smtp_client *c)
{
	struct status ignored;
	struct dial d;

	if (!attempt_is_ipc(at->mailer) || uses_local_socket(at->mailer) || c->is_lmtp)
		return false;
	if (!at->hosts) {
		d = dial_make(at, &ignored);
		if (!find_hosts(&d, destination_of(at)))
			return false;
		while (at->next_host < at->hosts->n &&
		       !view_eq_nocase(at->hosts->v[at->next_host++].name, view_of(c->host)))
			;
	}
	return at->next_host < at->hosts->n;
}

struct smtp_client *smtp_client_open_next(struct attempt *at, struct status *out_status)
{
	struct dial d = dial_make(at, out_status);

	return dial_rest(&d);
}
