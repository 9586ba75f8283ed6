/* verify.c - see verify.h. */
#include "receive/verify.h"

#include "base/mem.h"
#include "mail/address.h"
#include "envelope/rcpt_order.h"

#define LIST_MAX 1000 /* addresses given in one list */

/* The recipients as a tree: who was expanded from whom. */
struct node {
	const struct rcpt *rcpt;
	size_t order;
	size_t first, last, next, prev; /* children and siblings, as indices + 1; 0: none */
};

void verify_add(struct envelope *e, struct view list)
{
	const struct options *o = &e->snap->cf->options;
	struct view *addresses = ARENA_ARRAY(e->arena, struct view, LIST_MAX);
	size_t n = 0;

	while (n < LIST_MAX && address_list_next(&list, o->old_style_headers, false, &addresses[n]))
		n++;
	while (n > 0)
		envelope_add_rcpt(e, addresses[--n], NULL);
}

/* The place of r's parent. Members stand side by side, and behind their list: the search goes on where the last one ended. */
static size_t parent_of(const struct node *nodes, size_t n, const struct rcpt *r, size_t from)
{
	for (size_t i = 0; r->parent && i < n; i++) {
		size_t at = from + i < n ? from + i : from + i - n;

		if (nodes[at].rcpt == r->parent)
			return at;
	}
	return 0;
}

static size_t build(const struct envelope *e, struct node *nodes)
{
	size_t n = 1, parent = 0; /* nodes[0] is the root */

	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		parent = parent_of(nodes, n, r, parent);
		nodes[n] = (struct node){ .rcpt = r, .prev = nodes[parent].last };
		if (nodes[parent].last)
			nodes[nodes[parent].last].next = n;
		else
			nodes[parent].first = n;
		nodes[parent].last = n;
		n++;
	}
	return n;
}

/* Numbers the recipients below a node; depth is bounded by MaxAliasRecursion. */
static void number(const struct config *cf, struct node *nodes, size_t at, size_t *order)
{
	const struct rcpt *r = nodes[at].rcpt;
	bool in_order = !r || r->triple.mailer == cf->include_mailer;

	nodes[at].order = (*order)++;
	for (size_t c = in_order ? nodes[at].first : nodes[at].last; c;
	     c = in_order ? nodes[c].next : nodes[c].prev)
		number(cf, nodes, c, order);
}

static int node_cmp(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int by_where = rcpt_order_cmp(x->rcpt, y->rcpt);

	if (by_where != 0)
		return by_where;
	return x->order < y->order ? -1 : 1;
}

static bool is_answer(const struct rcpt *r)
{
	return r->triple.mailer && (r->state == RCPT_ROUTED || r->state == RCPT_NEW);
}

static void collect_answers(const struct envelope *e, struct arena *a, struct verify_result *out)
{
	struct node *nodes = mem_zero((e->n_rcpts + 2) * sizeof(*nodes));
	size_t n = build(e, nodes), order = 0, kept = 0;

	number(e->snap->cf, nodes, 0, &order);
	for (size_t i = 1; i < n; i++)
		if (is_answer(nodes[i].rcpt))
			nodes[kept++] = nodes[i];
	qsort(nodes, kept, sizeof(nodes[0]), node_cmp);
	out->found = ARENA_ARRAY(a, const struct rcpt *, kept + 1);
	for (size_t i = 0; i < kept; i++)
		out->found[i] = nodes[i].rcpt;
	out->n = kept;
	free(nodes);
}

void verify_run(struct envelope *e, const struct resolve_ctx *ctx, bool expands, struct arena *a,
		struct verify_result *out)
{
	*out = (struct verify_result){ 0 };
	if (expands)
		resolve_envelope(e, ctx, RESOLVE_VERIFY_ONLY);
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (!expands)
			resolve_rcpt(e, r, ctx, RESOLVE_VERIFY_ONLY);
		if (!out->failed && (r->state == RCPT_FAILED || r->state == RCPT_DEFERRED))
			out->failed = r;
	}
	collect_answers(e, a, out);
	out->is_loop = out->n == 0 && !out->failed && e->n_rcpts > 0;
}
