/* rcpt_order.c - see rcpt_order.h. */
#include "receive/rcpt_order.h"

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

void rcpt_order_sort(struct envelope *e)
{
	struct place *places;
	struct link *l;
	size_t n = 0;

	if (is_sorted(e))
		return;
	places = mem_resize(NULL, e->n_rcpts + 1, sizeof(*places));
	pthread_mutex_lock(&e->lock);
	while (n <= e->n_rcpts && (l = list_pop(&e->rcpts))) {
		places[n] = (struct place){ LIST_OWNER(l, struct rcpt, link), n };
		n++;
	}
	qsort(places, n, sizeof(*places), place_cmp);
	for (size_t i = 0; i < n; i++)
		list_append(&e->rcpts, &places[i].rcpt->link);
	pthread_mutex_unlock(&e->lock);
	free(places);
}
