/*
 * peer.c - who the client is, by address, name, and (where asked for) ident; what the rules say about it; the greeting.
 *
 * The name counts only when it leads back to the address: client_resolve is OK, FAIL (no name), FORGED (the name has other
 * addresses) or TEMP (the question could not be answered).
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "mail/date.h"
#include "receive/offers.h"
#include "receive/auth.h"
#include "receive/ident.h"
#include "receive/session.h"
#include "rewrite/rewrite.h"

#define RESOLVE_TIME_S  60
#define GREET_PAUSE_MAX 300000 /* milliseconds */

/* The address as sendmail writes it: IPv6 with all its groups unless UseCompressedIPv6Addresses. */
static struct view address_text(struct session *s, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	const uint8_t *b = a->in6.sin6_addr.s6_addr;
	own_str struct str full = STR_MAX(ADDR_TEXT_MAX);

	addr_format(a, text);
	if (addr_family(a) != AF_INET6 || strncmp(text, "IPv6:", 5) != 0 ||
	    session_options(s)->use_compressed_ipv6_addresses)
		return arena_dup(s->arena, view_of(text));
	str_addz(&full, "IPv6:");
	for (int i = 0; i < 16; i += 2)
		str_addf(&full, "%s%x", i ? ":" : "", (unsigned)b[i] << 8 | b[i + 1]);
	return arena_dup(s->arena, str_view(&full));
}

static bool has_address(const struct dns_answer *answer, const struct addr *a)
{
	for (size_t i = 0; i < answer->n; i++)
		if (addr_eq_host(&answer->records[i].addr, a))
			return true;
	return false;
}

struct naming {
	struct view name; /* as the PTR record has it; none */
	const char *verdict;
};

static struct naming look_up(struct session *s)
{
	struct resolver *r = server_params_of(s->server)->services->resolver;
	int64_t deadline = deadline_in_s(RESOLVE_TIME_S);
	const struct rehearsal *rehearsal = server_params_of(s->server)->rehearsal;
	struct naming n = { VIEW_NONE, "FAIL" };
	struct dns_answer ptr, forward;

	if (rehearsal && !view_is_none(rehearsal->client_name))
		return (struct naming){ rehearsal->client_name, "OK" };
	if (!r)
		return n;
	switch (resolver_name(r, &s->peer, deadline, session_work(s), &ptr)) {
	case NOT_FOUND:
		return n;
	case LOOKUP_FAILED:
		n.verdict = "TEMP";
		return n;
	case FOUND:
		break;
	}
	if (ptr.n == 0 || ptr.records[0].name.len == 0)
		return n;
	n.name = arena_dup(s->arena, ptr.records[0].name);
	switch (resolver_addresses(r, n.name, AF_UNSPEC, deadline, session_work(s), &forward)) {
	case FOUND:
		n.verdict = has_address(&forward, &s->peer) ? "OK" : "FORGED";
		break;
	case NOT_FOUND:
		n.verdict = "FORGED";
		break;
	case LOOKUP_FAILED:
		n.verdict = "TEMP";
		break;
	}
	return n;
}

static void set_name(struct session *s, struct view bracketed)
{
	const struct options *o = session_options(s);
	struct naming n = look_up(s);
	bool ok = strcmp(n.verdict, "OK") == 0, forged = strcmp(n.verdict, "FORGED") == 0;
	struct view user = VIEW_NONE;

	if (!server_params_of(s->server)->rehearsal && o->timeout.ident_s > 0 &&
	    addr_family(&s->peer) != AF_UNIX && !addr_is_loopback(&s->peer))
		user = ident_ask(&s->peer, &s->local, o->timeout.ident_s, session_work(s));
	s->client_name = ok ? n.name : bracketed;
	macros_setf(s->macros, MACRO_CLIENT_RESOLVE, "%s", n.verdict);
	macros_set(s->macros, MACRO_CLIENT_PTR, view_is_none(n.name) ? bracketed : n.name);
	if (ok || forged)
		s->relay = arena_printf(s->arena, VIEW_FMT "%s" VIEW_FMT " " VIEW_FMT "%s",
					VIEW_ARG(user), user.len ? "@" : "", VIEW_ARG(n.name),
					VIEW_ARG(bracketed), forged ? " (may be forged)" : "");
	else
		s->relay = arena_printf(s->arena, VIEW_FMT "%s" VIEW_FMT, VIEW_ARG(user),
					user.len ? "@" : "", VIEW_ARG(bracketed));
}

/* The name of the interface that was called. */
static void set_interface(struct session *s)
{
	struct resolver *r = server_params_of(s->server)->services->resolver;
	struct dns_answer name;

	if (addr_family(&s->local) != AF_INET && addr_family(&s->local) != AF_INET6)
		return;
	if (addr_is_loopback(&s->local)) {
		macros_set(s->macros, MACRO_IF_NAME, VIEW("localhost"));
		return;
	}
	macros_set(s->macros, MACRO_IF_ADDR, address_text(s, &s->local));
	macros_setf(s->macros, MACRO_IF_FAMILY, "%d", addr_family(&s->local));
	if (r &&
	    resolver_name(r, &s->local, deadline_in_s(RESOLVE_TIME_S), session_work(s), &name) ==
		    FOUND &&
	    name.n > 0)
		macros_set(s->macros, MACRO_IF_NAME, name.records[0].name);
}

/* Standard input: whose socket or terminal it is. */
static void set_local_peer(struct session *s)
{
	s->client_name = VIEW("localhost");
	s->relay = VIEW("localhost");
	macros_set(s->macros, MACRO_CLIENT_RESOLVE, VIEW("OK"));
	macros_set(s->macros, MACRO_CLIENT_ADDR, VIEW("127.0.0.1"));
	macros_set(s->macros, MACRO_CLIENT_PTR, VIEW("localhost"));
}

static void set_addresses(struct session *s)
{
	const struct rehearsal *rehearsal = server_params_of(s->server)->rehearsal;

	if (rehearsal) {
		s->peer = rehearsal->client;
		s->local.len = 0;
		return;
	}
	s->peer.len = sizeof(s->peer.in6) > sizeof(s->peer.un) ? sizeof(s->peer.in6)
							       : sizeof(s->peer.un);
	s->local.len = s->peer.len;
	if (getpeername(s->parked.fd, &s->peer.sa, &s->peer.len) < 0)
		s->peer.len = 0;
	if (getsockname(s->parked.fd, &s->local.sa, &s->local.len) < 0)
		s->local.len = 0;
}

static void set_peer(struct session *s)
{
	struct rate_view rate;
	struct view addr, bracketed;

	set_addresses(s);
	set_interface(s);
	if (s->peer.len == 0 || addr_family(&s->peer) == AF_UNIX) {
		set_local_peer(s);
		macros_set(s->macros, MACRO_CLIENT_NAME, s->client_name);
		return;
	}
	addr = address_text(s, &s->peer);
	bracketed = arena_printf(s->arena, "[" VIEW_FMT "]", VIEW_ARG(addr));
	macros_set(s->macros, MACRO_CLIENT_ADDR, addr);
	macros_setf(s->macros, MACRO_CLIENT_PORT, "%u", addr_port(&s->peer));
	rates_open(server_rates(s->server), addr, session_options(s)->connection_rate_window_size_s,
		   wall_s(), &rate);
	s->is_counted = true;
	macros_setf(s->macros, MACRO_CLIENT_CONNECTIONS, "%d", rate.client_connections);
	macros_setf(s->macros, MACRO_CLIENT_RATE, "%d", rate.client_rate);
	macros_setf(s->macros, MACRO_TOTAL_RATE, "%d", rate.total_rate);
	set_name(s, bracketed);
	macros_set(s->macros, MACRO_CLIENT_NAME, s->client_name);
}

/* The port as a number; service names are looked up in the system's list. */
static struct view daemon_port(struct session *s, struct view port)
{
	struct servent entry, *found = NULL;
	char buffer[1024];

	if (port.len == 0)
		return VIEW("25");
	if (!isdigit((unsigned char)port.p[0]) &&
	    getservbyname_r(arena_dupz(session_work(s), port), "tcp", &entry, buffer,
			    sizeof(buffer), &found) == 0 &&
	    found)
		return arena_printf(session_work(s), "%u",
				    (unsigned)ntohs((uint16_t)found->s_port));
	return port;
}

static void set_daemon(struct session *s)
{
	const struct options *o = session_options(s);
	const struct server_params *p = server_params_of(s->server);

	s->delivery_mode = o->delivery_mode;
	macros_set(s->macros, MACRO_DAEMON_FLAGS, VIEW(""));
	if (p->daemon_info)
		macros_set(s->macros, MACRO_DAEMON_INFO, view_of(p->daemon_info));
	if (s->daemon_index >= 0) {
		const struct daemon_options *d = &o->daemons[s->daemon_index];

		bool is_inet6 = view_eq(d->family, VIEW("inet6"));

		macros_set(s->macros, MACRO_DAEMON_NAME, d->name);
		macros_set(s->macros, MACRO_DAEMON_FAMILY,
			   d->family.len ? d->family : VIEW("inet"));
		macros_set(s->macros, MACRO_DAEMON_ADDR,
			   d->addr.len ? d->addr
			   : is_inet6  ? VIEW("IPv6:::")
				       : VIEW("0.0.0.0"));
		macros_set(s->macros, MACRO_DAEMON_PORT, daemon_port(s, d->port));
		macros_set(s->macros, MACRO_DAEMON_FLAGS,
			   view_is_none(d->modifier_text) ? VIEW("") : d->modifier_text);
		if (d->delivery_mode)
			s->delivery_mode = d->delivery_mode;
	} else if (!view_is_none(o->direct_submission_modifiers)) {
		macros_set(s->macros, MACRO_DAEMON_FLAGS, o->direct_submission_modifiers);
	}
	macros_setf(s->macros, MACRO_DELIVERY_MODE, "%c",
		    s->delivery_mode ? s->delivery_mode : 'b');
	macros_set(s->macros, 'r', VIEW_NONE);
	macros_set(s->macros, 's', VIEW_NONE);
	macros_setf(s->macros, MACRO_LOAD_AVG, "%d", server_load(s->server));
}

/* check_relay: what it refuses is remembered; the client hears of it with its commands. */
static void check_relay(struct session *s)
{
	struct rw rw;
	struct check c;

	if (s->daemon_index < 0)
		return;
	session_rw(s, &rw);
	rw_check(&rw, "check_relay", s->client_name, macros_get(s->macros, MACRO_CLIENT_ADDR), 0,
		 arena_dupz(session_work(s), s->relay), &c);
	if (c.verdict == CHECK_DISCARD)
		s->is_discarding = true;
	if (c.verdict == CHECK_QUARANTINE)
		s->quarantine = arena_dup(s->arena, c.reason.len ? c.reason : VIEW("check_relay"));
	if (c.verdict != CHECK_REJECT)
		return;
	s->refusal = c.status;
	s->refusal.text = arena_dup(s->arena, c.status.text);
	s->refusal.remote = s->refusal.reply = VIEW_NONE;
	if (s->refusal.smtp == 0)
		s->refusal.smtp = 550;
}

static int64_t greet_pause(struct session *s)
{
	struct tokens t = { 0 };
	struct rw rw;
	int64_t ms = 0;

	if (s->daemon_index < 0 || config_ruleset_number(s->snap->cf, VIEW("greet_pause")) < 0)
		return 0;
	session_rw(s, &rw);
	if (rw_capture(&rw, "greet_pause", s->client_name, macros_get(s->macros, MACRO_CLIENT_ADDR),
		       &t) != EX_OK_ ||
	    t.n < 2)
		return 0;
	if (!features_is_result(&t) || !number_parse(t.v[1].text, 0, INT64_MAX / 2, &ms))
		return 0;
	return ms > GREET_PAUSE_MAX ? GREET_PAUSE_MAX : ms;
}

/* Filters cannot be asked yet. One that may be missing is missing; one that must be there refuses its clients, as it does when it
 * cannot be reached. */
static void refuse_for_filters(struct session *s)
{
	const struct config *cf = s->snap->cf;
	const struct daemon_options *d = s->daemon_index >= 0
						 ? &cf->options.daemons[s->daemon_index]
						 : NULL;
	const int *filters = d && d->has_filters ? d->filters : cf->options.input_mail_filters;
	int n = d && d->has_filters ? d->n_filters : cf->options.n_input_mail_filters;
	char how = 0;

	for (int i = 0; i < n && s->refusal.smtp == 0; i++) {
		const struct milter *m = &cf->milters[filters[i]];

		how = m->on_failure;
		if (how == 0)
			continue;
		log_event(session_log(s), 1, LOG_ERR, NULL,
			  "Milter (" VIEW_FMT
			  "): filters are not built in this version, F=%c: client refused",
			  VIEW_ARG(m->name), how);
		if (how == 'R')
			s->refusal = status_make(550, "5.0.0", -1, VIEW("Command rejected"));
		else if (how == '4')
			s->refusal = status_make(421, "4.7.0", -1,
						 arena_printf(s->arena,
							      VIEW_FMT " closing connection",
							      VIEW_ARG(session_macro(s, 'j'))));
		else
			s->refusal = status_make(451, "4.3.2", -1, VIEW("Please try again later"));
	}
	if (s->refusal.smtp == 550 && how == 'R')
		s->refusal_greeting = arena_printf(s->arena,
						   VIEW_FMT " ESMTP not accepting messages",
						   VIEW_ARG(session_macro(s, 'j')));
}

int64_t peer_open(struct session *s)
{
	set_daemon(s);
	set_peer(s);
	macros_set(s->macros, '_', s->relay);
	if (log_wants(session_log(s), 10) && s->daemon_index >= 0)
		log_event(session_log(s), 10, LOG_INFO, "", "connect from " VIEW_FMT,
			  VIEW_ARG(s->relay));
	check_relay(s);
	features_ask(s);
	s->misuse.auth_max = auth_limit(s);
	auth_log_offer(s);
	if (s->refusal.smtp == 0)
		refuse_for_filters(s);
	return s->refusal.smtp ? 0 : greet_pause(s);
}

void peer_spoke_early(struct session *s)
{
	log_event(session_log(s), 0, LOG_INFO, session_id(s),
		  "rejecting commands from " VIEW_FMT " [" VIEW_FMT
		  "] due to pre-greeting traffic after %lld seconds",
		  VIEW_ARG(s->client_name), VIEW_ARG(macros_get(s->macros, MACRO_CLIENT_ADDR)),
		  (long long)((clock_ms() - s->pause_started_ms) / 1000));
	s->refusal = status_make(550, "5.0.0", -1, VIEW("Command rejected"));
	s->refusal_greeting = arena_printf(s->arena, VIEW_FMT " ESMTP not accepting messages",
					   VIEW_ARG(session_macro(s, 'j')));
}

/* "\\n" in the option ends a line of the greeting. */
static void break_lines(struct str *out, struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool is_break = text.p[i] == '\\' && i + 1 < text.len && text.p[i + 1] == 'n';

		str_addc(out, is_break ? '\n' : text.p[i]);
		i += is_break;
	}
}

/* Lines that go on in the configuration file begin with blanks there, not in the greeting. */
static void add_lines(struct str *out, struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		str_addc(out, text.p[i]);
		while (text.p[i] == '\n' && i + 1 < text.len &&
		       isspace((unsigned char)text.p[i + 1]))
			i++;
	}
}

/* The configured text with ESMTP as its second word. */
static struct view greeting_text(struct session *s)
{
	own_str struct str template = STR_MAX(2000), text = STR_MAX(2000), out = STR_MAX(2048);
	char date[DATE_TEXT_MAX];
	struct view rest, first;
	size_t end;

	date_rfc822(wall_s(), date);
	macros_setf(s->macros, 'b', "%s", date);
	macros_expand(s->macros, session_options(s)->smtp_greeting_message, &template);
	break_lines(&text, str_view(&template));
	rest = str_view(&text);
	end = 0;
	while (end < rest.len && rest.p[end] != ' ' && rest.p[end] != '\t' && rest.p[end] != '\n')
		end++;
	first = view_first(rest, end);
	str_add(&out, first);
	str_addz(&out, " ESMTP");
	add_lines(&out, view_skip(rest, end));
	return arena_dup(session_work(s), str_view(&out));
}

void peer_greet(struct session *s)
{
	if (s->refusal.smtp == 421) {
		session_reply_status(s, &s->refusal);
		s->must_close = true;
	} else if (!view_is_none(s->refusal_greeting)) {
		session_reply(s, 554, NULL, s->refusal_greeting);
	} else {
		session_reply(s, 220, NULL, greeting_text(s));
	}
}
