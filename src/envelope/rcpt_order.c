/* rcpt_order.c - see rcpt_order.h. */
#include "envelope/rcpt_order.h"

#include "base/mem.h"

struct place {
	struct rcpt *rcpt;
	size_t came;
};

int rcpt_order_cmp(const struct rcpt *a, const struct rcpt *b)
{
	const struct mailer *ma = a->triple.mailer, *mb = b->triple.mailer;

	if (!ma || !mb)
		return !ma - !mb;
	if (ma->number != mb->number)
		return ma->number < mb->number ? -1 : 1;
	return view_cmp_nocase(a->triple.host, b->triple.host);
}

static int place_cmp(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int by_where = rcpt_order_cmp(x->rcpt, y->rcpt);

	if (by_where != 0)
		return by_where;
	return x->came < y->came ? -1 : 1;
}

static bool is_sorted(const struct envelope *e)
{
	const struct rcpt *last = NULL;

	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (last && rcpt_order_cmp(last, r) > 0)
			return false;
		last = r;
	}
	return true;
}

/* Ruleset 5 sent it elsewhere under its own name: such a one keeps its place among its like. */
static bool is_sent_on(const struct rcpt *r)
{
	return r->user.alias.len > 0 && view_eq(r->user.alias, r->address);
}

static int place_cmp_again(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = rcpt_order_cmp(x->rcpt, y->rcpt);

	if (order == 0 && !(is_sent_on(x->rcpt) && is_sent_on(y->rcpt)))
		order = view_cmp(y->rcpt->triple.user, x->rcpt->triple.user);
	if (order == 0)
		order = x->came < y->came ? -1 : 1;
	return order;
}

static void sort(struct envelope *e, int (*cmp)(const void *, const void *))
{
	struct place *places;
	struct link *l;
	size_t n = 0;

	places = mem_resize(NULL, e->n_rcpts + 1, sizeof(*places));
	pthread_mutex_lock(&e->lock);
	while (n <= e->n_rcpts && (l = list_pop(&e->rcpts))) {
		places[n] = (struct place){ LIST_OWNER(l, struct rcpt, link), n };
		n++;
	}
	qsort(places, n, sizeof(*places), cmp);
	for (size_t i = 0; i < n; i++)
		list_append(&e->rcpts, &places[i].rcpt->link);
	pthread_mutex_unlock(&e->lock);
	free(places);
}

void rcpt_order_sort(struct envelope *e)
{
	if (!is_sorted(e))
		sort(e, place_cmp);
}

void rcpt_order_again(struct envelope *e)
{
	sort(e, place_cmp_again);
}

/* ---- members ---- */

/* A recipient in the tree of who was expanded from whom; indices, 0 is the root and none. */
struct node {
	struct rcpt *rcpt;
	size_t parent, first, last, next, prev;
};

static void add_child(struct node *nodes, size_t parent, size_t child)
{
	nodes[child].parent = parent;
	nodes[child].prev = nodes[parent].last;
	if (nodes[parent].last)
		nodes[nodes[parent].last].next = child;
	else
		nodes[parent].first = child;
	nodes[parent].last = child;
}

/* Members of one list stand side by side, behind it. */
static size_t build(struct envelope *e, struct node *nodes, size_t max)
{
	size_t n = 1, parent = 0;
	struct link *l;

	while (n < max && (l = list_pop(&e->rcpts))) {
		struct rcpt *r = LIST_OWNER(l, struct rcpt, link);
		size_t at = parent && nodes[parent].rcpt == r->parent ? parent : 1;

		nodes[n] = (struct node){ .rcpt = r };
		while (r->parent && at < n && nodes[at].rcpt != r->parent)
			at++;
		if (r->parent && at < n)
			parent = at;
		add_child(nodes, r->parent && at < n ? at : 0, n);
		n++;
	}
	return n;
}

/* The sender's own words and the lines of a file; a list is followed from its end. */
static bool is_in_order(const struct envelope *e, const struct node *nodes, size_t at)
{
	const struct node *n = &nodes[at];

	return !n->rcpt || n->rcpt->triple.mailer == e->snap->cf->include_mailer ||
	       (n->first && (nodes[n->first].rcpt->flags & RCPT_FROM_FORWARD));
}

/* The node behind this one in the walk; 0 at the end. */
static size_t walk_on(const struct envelope *e, const struct node *nodes, size_t at)
{
	size_t down = is_in_order(e, nodes, at) ? nodes[at].first : nodes[at].last;

	if (down)
		return down;
	for (; at; at = nodes[at].parent) {
		bool forward = is_in_order(e, nodes, nodes[at].parent);
		size_t beside = forward ? nodes[at].next : nodes[at].prev;

		if (beside)
			return beside;
	}
	return 0;
}

static int host_cmp(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int by_host = view_cmp_nocase(x->rcpt->triple.host, y->rcpt->triple.host);

	return by_host ? by_host : x->came < y->came ? -1 : 1;
}

void rcpt_order_members(struct envelope *e)
{
	struct node *nodes;
	struct place *places;
	size_t n = 0, total;

	if (e->flags & ENV_MEMBERS_ORDERED)
		return;
	nodes = mem_zero((e->n_rcpts + 2) * sizeof(*nodes));
	places = mem_zero((e->n_rcpts + 2) * sizeof(*places));
	pthread_mutex_lock(&e->lock);
	e->flags |= ENV_MEMBERS_ORDERED;
	total = build(e, nodes, e->n_rcpts + 2);
	for (size_t at = walk_on(e, nodes, 0); at && n < total; at = walk_on(e, nodes, at)) {
		places[n] = (struct place){ nodes[at].rcpt, n };
		n++;
	}
	qsort(places, n, sizeof(*places), host_cmp);
	for (size_t i = 0; i < n; i++)
		list_append(&e->rcpts, &places[i].rcpt->link);
	pthread_mutex_unlock(&e->lock);
	free(nodes);
	free(places);
}
