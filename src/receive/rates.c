/* rates.c - see rates.h. Rates are kept in sixths of the window, so that an old connection fades out in steps. */
#include "receive/rates.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/table.h"

#define WINDOW_PARTS 6
#define RATES_MAX    65536 /* addresses remembered; past it, those with nothing open are forgotten */

struct misuse_verdict misuse_count(struct misuse *m, enum misuse_kind kind, int noop_max,
				   bool may_close)
{
	int *counts[] = { &m->n_noop, &m->n_helo, &m->n_vrfy, &m->n_etrn, &m->n_auth };
	const int limits[] = { noop_max, HELO_MAX, VRFY_MAX, ETRN_MAX, m->auth_max };
	int limit = limits[kind];
	struct misuse_verdict v = { 0 };

	v.count = ++*counts[kind];
	if (limit <= 0 || v.count < limit)
		return v;
	v.is_first = v.count == limit;
	v.sleep_s = v.count - limit >= 8 ? ATTACK_SLEEP_MAX : 1 << (v.count - limit);
	if (v.sleep_s > ATTACK_SLEEP_MAX)
		v.sleep_s = ATTACK_SLEEP_MAX;
	v.must_close = may_close && v.count >= 2 * limit;
	return v;
}

struct window {
	int64_t part; /* number of the part that is counted in now */
	int counts[WINDOW_PARTS];
};

struct host_rate {
	struct window window;
	int open;
};

struct rates {
	pthread_mutex_t lock;
	struct table *hosts;
	struct window total;
};

struct rates *rates_new(void)
{
	struct rates *r = MEM_NEW(struct rates);

	pthread_mutex_init(&r->lock, NULL);
	r->hosts = table_new(TABLE_EXACT);
	return r;
}

void rates_free(struct rates *r)
{
	struct view key;
	void *value;
	size_t at = 0;

	if (!r)
		return;
	while (table_next(r->hosts, &at, &key, &value))
		free(value);
	table_free(r->hosts);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static int window_add(struct window *w, int64_t part, int n)
{
	int sum = 0;

	for (int64_t p = w->part + 1; p <= part && p <= w->part + WINDOW_PARTS; p++)
		w->counts[p % WINDOW_PARTS] = 0;
	if (part > w->part)
		w->part = part;
	w->counts[w->part % WINDOW_PARTS] += n;
	for (int i = 0; i < WINDOW_PARTS; i++)
		sum += w->counts[i];
	return sum;
}

/* Makes room: a new table of those that are open now or were seen in this window. */
static void rates_prune(struct rates *r, int64_t part)
{
	struct table *kept = table_new(TABLE_EXACT);
	struct view key;
	void *value;
	size_t at = 0;

	while (table_next(r->hosts, &at, &key, &value)) {
		struct host_rate *h = value;

		if (h->open > 0 ||
		    (h->window.part + WINDOW_PARTS > part && table_count(kept) < RATES_MAX / 2))
			table_set(kept, key, h);
		else
			free(h);
	}
	table_free(r->hosts);
	r->hosts = kept;
}

void rates_open(struct rates *r, struct view host, int64_t window_s, int64_t now_s,
		struct rate_view *out)
{
	int64_t part = now_s / (window_s >= WINDOW_PARTS ? window_s / WINDOW_PARTS : 1);
	struct host_rate *h;

	pthread_mutex_lock(&r->lock);
	h = table_get(r->hosts, host);
	if (!h) {
		if (table_count(r->hosts) >= RATES_MAX)
			rates_prune(r, part);
		h = MEM_NEW(struct host_rate);
		table_set(r->hosts, host, h);
	}
	out->client_connections = ++h->open;
	out->client_rate = window_add(&h->window, part, 1);
	out->total_rate = window_add(&r->total, part, 1);
	pthread_mutex_unlock(&r->lock);
}

void rates_close(struct rates *r, struct view host)
{
	struct host_rate *h;

	pthread_mutex_lock(&r->lock);
	h = table_get(r->hosts, host);
	if (h && h->open > 0)
		h->open--;
	pthread_mutex_unlock(&r->lock);
}
