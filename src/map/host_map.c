/*
 * host_map.c - canonical host names: $[ $] and class host.
 *
 * A name is looked for in the order of the service switch. The hosts file gives the first name of the line. In the DNS the
 * name is tried as it stands when it has a dot, then with each domain of the search list; a candidate counts as found when
 * it has an A, AAAA or MX record, and its name is the end of its CNAME chain.
 */
#include "map/classes.h"

#include "map/dns_name.h"
#include "map/switch_file.h"

#define CANDIDATES_MAX 8

struct asking {
	struct map *m;
	struct map_query *q;
	struct resolver *resolver;
	struct view loop; /* a name of the loop that the key's aliases lead into */
};

static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX };

/* One full name. FOUND with the canonical one, NOT_FOUND, or LOOKUP_FAILED. */
static enum found ask_name(struct asking *as, struct view name, bool is_searched, struct view *out)
{
	const struct options *o = &as->m->set->cf->options;
	struct arena *a = as->q->ctx->arena;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct dns_answer answer = { 0 };
		enum found found;

		if (types[i] == DNS_MX && is_searched &&
		    (o->resolver_options_on & RESOLVER_HAS_WILDCARD_MX))
			continue;
		found = resolver_ask(as->resolver, name, types[i], as->q->deadline, a, &answer);
		if (found == LOOKUP_FAILED) {
			as->loop = answer.loop;
			return found;
		}
		if (found == FOUND) {
			bool has_alias = answer.canonical.len > 0 &&
					 !view_eq_nocase(answer.canonical, name) &&
					 !o->dont_expand_cnames;

			*out = has_alias ? answer.canonical : name;
			return FOUND;
		}
		if (!answer.is_nodata)
			return NOT_FOUND;
	}
	return NOT_FOUND;
}

static enum found ask_dns(struct asking *as, struct view name, struct view *out)
{
	struct arena *a = as->q->ctx->arena;
	bool is_rooted = name.len > 0 && name.p[name.len - 1] == '.';
	bool has_dot;
	enum found found = NOT_FOUND;

	if (is_rooted)
		name.len--;
	has_dot = view_find(name, '.') < name.len;
	if (is_rooted || has_dot)
		found = ask_name(as, name, false, out);
	for (size_t i = 0; found == NOT_FOUND && !is_rooted && i < CANDIDATES_MAX; i++) {
		struct view domain = resolver_search(as->resolver, i, a);

		if (view_is_none(domain))
			break;
		found = ask_name(
			as,
			arena_printf(a, VIEW_FMT "." VIEW_FMT, VIEW_ARG(name), VIEW_ARG(domain)),
			true, out);
	}
	return found;
}

/* A name without a dot in the hosts file belongs to our own domain. */
static enum found ask_hosts(struct asking *as, struct view name, struct view *out)
{
	struct map_ctx *ctx = as->q->ctx;
	struct view domain;

	if (!resolver_hosts_name(as->resolver, name, ctx->arena, out))
		return NOT_FOUND;
	if (view_find(*out, '.') < out->len)
		return FOUND;
	domain = macros_get_expanded(ctx->macros ? ctx->macros : as->m->set->cf->macros, 'm',
				     ctx->arena);
	if (domain.len == 0)
		return NOT_FOUND;
	*out = arena_printf(ctx->arena, VIEW_FMT "." VIEW_FMT, VIEW_ARG(*out), VIEW_ARG(domain));
	return FOUND;
}

/* [192.0.2.1] and [IPv6:...]: the name of that address. */
static enum found find_literal(struct asking *as, struct view key, struct view *out)
{
	struct dns_answer answer = { 0 };
	struct addr addr;
	size_t close = view_find(key, ']');
	enum found found;

	if (close < key.len) /* what stands behind the literal does not matter */
		key = view_first(key, close + 1);
	if (!addr_parse(key, 0, &addr))
		return map_none(as->q, EX_NOHOST_);
	found = resolver_name(as->resolver, &addr, as->q->deadline, as->q->ctx->arena, &answer);
	if (found == FOUND && answer.n > 0) {
		*out = answer.records[0].name;
		return FOUND;
	}
	return found == LOOKUP_FAILED ? map_fail(as->q, EX_TEMPFAIL_) : map_none(as->q, EX_NOHOST_);
}

static bool is_host_text(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (isspace((unsigned char)v.p[i]) || iscntrl((unsigned char)v.p[i]) ||
		    v.p[i] == '\\')
			return false;
	return v.len > 0 && v.len <= 255;
}

/* It is an answer that there is no such host, whatever the name server says. */
static enum found no_host_but_a_loop(const struct asking *as)
{
	struct map_ctx *ctx = as->q->ctx;

	if (ctx->messages)
		str_addf(ctx->messages, "DNS failure: CNAME loop for " VIEW_FMT "\n",
			 VIEW_ARG(as->loop));
	if (ctx->told)
		ctx->told->failure = arena_printf(
			ctx->arena, "DNS failure: CNAME loop for " VIEW_FMT, VIEW_ARG(as->loop));
	return map_none(as->q, EX_NOHOST_);
}

static enum found no_answer(const struct asking *as)
{
	struct map_ctx *ctx = as->q->ctx;

	if (ctx->messages)
		str_addf(ctx->messages, VIEW_FMT ": Name server timeout\n", VIEW_ARG(as->q->key));
	if (ctx->told)
		ctx->told->trouble = arena_printf(ctx->arena, VIEW_FMT ": Name server timeout",
						  VIEW_ARG(as->q->key));
	return map_fail(as->q, EX_TEMPFAIL_);
}

static enum found host_find(struct map *m, struct map_query *q, struct view *out)
{
	struct asking as = { .m = m, .q = q };
	enum found found = NOT_FOUND;

	as.resolver = q->ctx->services ? q->ctx->services->resolver : NULL;
	if (!as.resolver)
		return map_fail(q, EX_TEMPFAIL_);
	q->deadline = dns_deadline(m, q->deadline);
	if (q->key.len > 0 && q->key.p[0] == '[')
		return find_literal(&as, q->key, out);
	if (!is_host_text(q->key))
		return map_none(q, EX_NOHOST_);
	for (size_t i = 0; i < m->set->n_host_methods && found == NOT_FOUND; i++) {
		if (view_eq_nocase(m->set->host_methods[i], VIEW("files")))
			found = ask_hosts(&as, q->key, out);
		else if (view_eq_nocase(m->set->host_methods[i], VIEW("dns")))
			found = ask_dns(&as, q->key, out);
	}
	if (found == LOOKUP_FAILED)
		return as.loop.len ? no_host_but_a_loop(&as) : no_answer(&as);
	return found == FOUND ? FOUND : map_none(q, EX_NOHOST_);
}

static bool host_option(struct map *m, char letter, struct view *rest)
{
	if (letter != 'r')
		return false;
	m->text_option['r'] = map_flag_word(rest);
	return true;
}

const struct map_class map_class_host = {
	.name = "host",
	.can = MAP_ANY_FLAG,
	.option = host_option,
	.find = host_find,
};
