/* bestmx_map.c - where mail for a domain goes first: its best MX host, or all of them in order (-z). */
#include "map/classes.h"

#include "map/dns_name.h"

/* By preference; hosts of equal preference in the order of their names, so that the answer is always the same. */
static int by_preference(const void *va, const void *vb)
{
	const struct dns_record *a = va, *b = vb;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return view_cmp_nocase(a->name, b->name);
}

/* Among hosts of equal preference, we come first. */
static void put_self_first(const struct map *m, struct dns_record *v, size_t n)
{
	const struct classes *classes = m->set->cf->classes;

	for (size_t i = 1; classes && i < n; i++)
		if (v[i].preference == v[0].preference && classes_has(classes, 'w', v[i].name)) {
			struct dns_record self = v[i];

			memmove(v + 1, v, i * sizeof(*v));
			v[0] = self;
			return;
		}
}

static struct view join(const struct map *m, const struct dns_record *v, size_t n, struct arena *a)
{
	own_str struct str s = STR_MAX(MAP_VALUE_MAX);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			str_addc(&s, m->delimiter);
		str_add(&s, v[i].name);
		str_addc(&s, '.');
		if (!m->delimiter)
			break;
	}
	return arena_dup(a, str_view(&s));
}

static enum found bestmx_find(struct map *m, struct map_query *q, struct view *out)
{
	struct resolver *r = q->ctx->services ? q->ctx->services->resolver : NULL;
	struct arena *a = q->ctx->arena;
	struct dns_answer answer = { 0 };
	struct view name = q->key;
	struct dns_record *v;
	enum found found;

	if (!r)
		return map_fail(q, EX_TEMPFAIL_);
	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > 255)
		return map_none(q, EX_NOHOST_);
	found = resolver_ask(r, name, DNS_MX, dns_deadline(m, q->deadline), a, &answer);
	if (found == LOOKUP_FAILED)
		return map_fail(q, EX_TEMPFAIL_);
	if (found == NOT_FOUND && !answer.is_nodata)
		return map_none(q, EX_NOHOST_);
	if (found == NOT_FOUND && answer.canonical.len > 0 &&
	    !view_eq_nocase(answer.canonical, name))
		return NOT_FOUND;
	if (found == NOT_FOUND) { /* without MX records a host is its own */
		*out = arena_printf(a, VIEW_FMT ".", VIEW_ARG(name));
		return FOUND;
	}
	if (answer.n == 1 && answer.records[0].name.len == 0)
		return map_none(q, EX_UNAVAILABLE_); /* "MX 0 .": takes no mail */
	v = ARENA_ARRAY(a, struct dns_record, answer.n);
	memcpy(v, answer.records, answer.n * sizeof(*v));
	qsort(v, answer.n, sizeof(*v), by_preference);
	put_self_first(m, v, answer.n);
	*out = join(m, v, answer.n, a);
	return FOUND;
}

const struct map_class map_class_bestmx = {
	.name = "bestmx",
	.find = bestmx_find,
};
