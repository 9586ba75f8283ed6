/* dns_map.c - records of the DNS by type (-R), the first one or all of them joined (-z). */
#include "map/classes.h"

#include <arpa/inet.h>

#include "base/number.h"
#include "map/dns_name.h"

#define RECORDS_MAX 1000

static const struct {
	const char *name;
	enum dns_type type;
} types[] = {
	{"A",      DNS_A    },
        { "AAAA",  DNS_AAAA },
        { "AFSDB", DNS_AFSDB},
        { "CNAME", DNS_CNAME},
	{ "MX",    DNS_MX   },
        { "NS",    DNS_NS   },
        { "PTR",   DNS_PTR  },
        { "SRV",   DNS_SRV  },
	{ "TXT",   DNS_TXT  },
        { "TLSA",  DNS_TLSA },
};

int64_t dns_deadline(const struct map *m, int64_t deadline)
{
	struct view each = m->text_option['d'], tries = m->text_option['r'];
	int64_t own, seconds, count = 1;

	if (each.len == 0)
		return deadline;
	if (each.p[each.len - 1] == 's')
		each.len--;
	if (!number_parse(each, 1, 86400, &seconds))
		return deadline;
	if (tries.len > 0 && !number_parse(tries, 1, 100, &count))
		count = 1;
	own = deadline_in_s(seconds * count);
	return own < deadline ? own : deadline;
}

struct dns_inside {
	enum dns_type type; /* 0: none was given */
	struct view server; /* -@ */
	struct resolver *own;
};

static struct dns_inside *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct dns_inside);
	return m->inside;
}

static void read_type(struct map *m, struct view word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_eq_nocase(word, view_of(types[i].name))) {
			inside(m)->type = types[i].type;
			return;
		}
	map_declare_error(m, "dns map %s: wrong type " VIEW_FMT, m->name, VIEW_ARG(word));
}

/* "192.0.2.53", "2001:db8::53", either with @PORT. */
static void read_server(struct map *m, struct view word)
{
	size_t at = view_rfind(word, '@');
	struct addr addr;
	int64_t port = 53;

	if (addr_parse(view_first(word, at), 53, &addr) &&
	    (at == word.len || number_parse(view_skip(word, at + 1), 1, 65535, &port)))
		inside(m)->server = word;
	else
		map_declare_error(m, "dns map %s: bad name server " VIEW_FMT, m->name,
				  VIEW_ARG(word));
}

static bool dns_option(struct map *m, char letter, struct view *rest)
{
	struct view word;

	if (!strchr("rBZR@", letter))
		return false;
	word = map_flag_word(rest);
	if (letter == 'R')
		read_type(m, word);
	else if (letter == '@')
		read_server(m, word);
	else
		m->text_option[(unsigned char)letter] = word;
	return true;
}

static bool dns_spec(struct map *m, struct view rest)
{
	(void)rest;
	if (!inside(m)->type)
		map_declare_error(m, "dns map %s: missing -R type", m->name);
	return true;
}

static int dns_open(struct map *m, struct map_ctx *ctx __attribute__((unused)))
{
	struct dns_inside *d = inside(m);
	struct resolver_params p = { .hosts_file = "", .use_dns = true };

	if (d->server.len == 0)
		return 0;
	p.name_server = arena_dupz(m->set->arena, d->server);
	d->own = resolver_new(&p);
	return 0;
}

static void dns_close(struct map *m)
{
	struct dns_inside *d = m->inside;

	if (!d)
		return;
	if (d->own)
		resolver_free(d->own);
	free(d);
	m->inside = NULL;
}

/* IPv6 addresses are written without "::", as this class always has. */
static struct view address_text(const struct addr *addr, struct arena *a)
{
	char text[ADDR_TEXT_MAX];
	own_str struct str s = STR_MAX(ADDR_TEXT_MAX);

	if (addr_family(addr) == AF_INET) {
		inet_ntop(AF_INET, &addr->in.sin_addr, text, sizeof(text));
		return arena_dup(a, view_of(text));
	}
	str_addz(&s, "IPv6");
	for (int i = 0; i < 16; i += 2)
		str_addf(&s, ":%x",
			 addr->in6.sin6_addr.s6_addr[i] << 8 | addr->in6.sin6_addr.s6_addr[i + 1]);
	return arena_dup(a, str_view(&s));
}

static struct view hex(struct view data, struct arena *a)
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = arena_bytes(a, data.len * 2 + 4);
	size_t n = 0;

	for (size_t i = 0; i < data.len; i++) {
		unsigned char c = (unsigned char)data.p[i];

		p[n++] = digits[c >> 4];
		p[n++] = digits[c & 15];
		if (i < 3)
			p[n++] = ' ';
	}
	return view_from(p, n);
}

static struct view record_text(enum dns_type type, const struct dns_record *r, struct arena *a)
{
	if (type == DNS_A || type == DNS_AAAA)
		return address_text(&r->addr, a);
	if (type == DNS_TLSA)
		return hex(r->data, a);
	return r->name;
}

static struct view all_records(const struct map *m, enum dns_type type,
			       const struct dns_answer *answer, struct arena *a)
{
	own_str struct str s = STR_MAX(MAP_VALUE_MAX);
	int64_t limit = RECORDS_MAX;

	if (m->text_option['Z'].len > 0 &&
	    !number_parse(m->text_option['Z'], 1, RECORDS_MAX, &limit))
		limit = RECORDS_MAX;
	for (size_t i = 0; i < answer->n && i < (size_t)limit; i++) {
		if (i > 0)
			str_addc(&s, m->delimiter);
		str_add(&s, record_text(type, &answer->records[i], a));
	}
	return arena_dup(a, str_view(&s));
}

static enum found dns_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct dns_inside *d = m->inside;
	enum dns_type type = d->type;
	struct resolver *r = q->ctx->services ? q->ctx->services->resolver : NULL;
	struct arena *a = q->ctx->arena;
	struct dns_answer answer = { 0 };
	struct view name = q->key, base = m->text_option['B'];
	enum found found;

	if (!type || name.len == 0 || name.len > 255)
		return map_none(q, EX_NOHOST_);
	if (d->own)
		r = d->own;
	if (!r)
		return map_fail(q, EX_TEMPFAIL_);
	if (base.len > 0)
		name = arena_printf(a, VIEW_FMT "." VIEW_FMT, VIEW_ARG(name), VIEW_ARG(base));
	if (name.p[name.len - 1] == '.')
		name.len--;
	found = resolver_ask(r, name, type, dns_deadline(m, q->deadline), a, &answer);
	if (found == LOOKUP_FAILED && answer.loop.len == 0)
		return map_fail(q, EX_TEMPFAIL_);
	if (found != FOUND || answer.n == 0)
		return map_none(q, EX_NOHOST_);
	*out = m->delimiter ? all_records(m, type, &answer, a)
			    : record_text(type, &answer.records[0], a);
	return FOUND;
}

const struct map_class map_class_dns = {
	.name = "dns",
	.can = MAP_ANY_FLAG,
	.option = dns_option,
	.spec = dns_spec,
	.open = dns_open,
	.close = dns_close,
	.find = dns_find,
};
