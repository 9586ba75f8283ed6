/* explain_hosts.c - the hosts that would be tried, where each came from, what is known of it. */
#include "base/clock.h"
#include "programs/explain.h"

struct asking {
	struct explanation *x;
	struct ex_question *first, *last;
};

static void keep_question(struct asking *q, struct view name, enum dns_type type,
			  const struct dns_answer *answer)
{
	struct ex_question *n = ARENA_NEW(q->x->arena, struct ex_question);

	n->name = arena_dup(q->x->arena, name);
	n->type = type;
	n->answer = *answer;
	if (q->last)
		q->last->next = n;
	else
		q->first = n;
	q->last = n;
}

static enum found ask(void *arg, struct view name, enum dns_type type, int64_t deadline,
		      struct arena *a, struct dns_answer *out)
{
	struct asking *q = arg;

	out->found = resolver_ask(q->x->services->resolver, name, type, deadline, a, out);
	keep_question(q, name, type, out);
	return out->found;
}

static enum found ask_addresses(void *arg, struct view name, int family, int64_t deadline,
				struct arena *a, struct dns_answer *out)
{
	struct asking *q = arg;

	out->found = resolver_addresses(q->x->services->resolver, name, family, deadline, a, out);
	keep_question(q, name, 0, out);
	return out->found;
}

static struct view without_dot(struct view name)
{
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	return name;
}

static bool is_mentioned(struct view list, struct view name)
{
	return name.len && view_search_nocase(list, name) < list.len;
}

/* Whose MX record names the host; NULL when none does. */
static const struct ex_question *mx_with(const struct asking *q, struct view host)
{
	for (const struct ex_question *n = q->first; n; n = n->next) {
		if (n->type != DNS_MX || n->answer.found != FOUND)
			continue;
		for (size_t i = 0; i < n->answer.n; i++)
			if (view_eq_nocase(without_dot(n->answer.records[i].name), host))
				return n;
	}
	return NULL;
}

static void find_origin(const struct asking *q, struct view destination, struct ex_host *h)
{
	struct view name = without_dot(h->name);
	const struct ex_question *mx = mx_with(q, name);

	if (mx) {
		h->origin = is_mentioned(destination, mx->name) ? "mx" : "fallback";
		h->origin_name = mx->name;
	} else if (is_mentioned(destination, name)) {
		h->origin = "itself";
	} else {
		h->origin = "fallback";
	}
}

static void find_addresses(struct asking *q, const struct attempt *at, struct ex_host *h)
{
	int family = flag_has(&at->mailer->flags, '4') ? AF_INET : AF_UNSPEC;

	h->answer.found = resolver_addresses(q->x->services->resolver, without_dot(h->name), family,
					     DEADLINE_NEVER, q->x->arena, &h->answer);
}

/* Would the rules let us try TLS with this host? */
static void ask_try_tls(const struct attempt *at, struct ex_host *h)
{
	struct rw rw = at->rw;

	if (config_ruleset_number(at->cf, VIEW("try_tls")) < 0)
		return;
	h->has_tls_verdict = true;
	macros_set(at->scope, MACRO_SERVER_NAME, without_dot(h->name));
	rw_check(&rw, "try_tls", without_dot(h->name), VIEW_NONE, CHECK_NO_LOG, NULL, &h->tls);
}

static void describe(struct asking *q, const struct attempt *at, struct view destination,
		     const struct mx_host *host, struct ex_host *out)
{
	*out = (struct ex_host){ .name = host->name, .preference = host->preference };
	if (host->is_literal) {
		out->origin = "literal";
		out->literal = host->addr;
		out->answer.found = FOUND;
	} else {
		find_origin(q, destination, out);
		find_addresses(q, at, out);
	}
	out->has_status = hoststat_read(at->cf, out->name, &out->status) == FOUND;
	if (out->has_status && out->status.exit != EX_OK_)
		out->down_until_s = out->status.used_s + at->cf->options.timeout.hoststatus_s;
	ask_try_tls(at, out);
}

/* None of the hosts can be called: later when one of them is down or could not be asked for, else never. */
static void judge_hosts(struct ex_route *route)
{
	bool is_temporary = false, is_down = false;

	for (size_t i = 0; i < route->n_hosts; i++) {
		const struct ex_host *h = &route->hosts[i];

		if (h->answer.found == FOUND && h->down_until_s == 0)
			return;
		is_down |= h->answer.found == FOUND;
		is_temporary |= h->answer.found == LOOKUP_FAILED;
	}
	if (is_down)
		route->host_status = status_make(451, "4.4.1", EX_TEMPFAIL_,
						 VIEW("its hosts failed lately"));
	else if (is_temporary)
		route->host_status = status_make(451, "4.4.3", EX_TEMPFAIL_,
						 VIEW("host name lookup failure"));
	else
		route->host_status = status_make(550, "5.1.2", EX_NOHOST_,
						 VIEW("none of its hosts has an address"));
}

void ex_hosts_find(struct explanation *x, const struct attempt *at, struct ex_route *route)
{
	struct asking asking = { .x = x };
	struct view only = at->cf->options.connect_only_to;
	struct view destination = route->preview.destination;
	struct mx_list list = { 0 };
	struct mx_query q;

	mx_query_init(&q, x->services->resolver, at->cf);
	q.ask = ask;
	q.addresses = ask_addresses;
	q.arg = &asking;
	q.use_mx = !flag_has(&at->mailer->flags, '0') && only.len == 0;
	q.port = route->preview.port;
	if (only.len)
		destination = only.p[0] == '['
				      ? only
				      : arena_printf(x->arena, "[" VIEW_FMT "]", VIEW_ARG(only));
	if (mx_expand(&q, destination, x->arena, &list, &route->host_status) != EX_OK_) {
		route->questions = asking.first;
		return;
	}
	route->host_status = status_ok();
	route->hosts = ARENA_ARRAY(x->arena, struct ex_host, list.n);
	route->n_hosts = list.n;
	for (size_t i = 0; i < list.n; i++)
		describe(&asking, at, destination, &list.v[i], &route->hosts[i]);
	route->questions = asking.first;
	judge_hosts(route);
}
