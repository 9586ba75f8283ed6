/* crowd.c - see crowd.h. */
#include "queue/crowd.h"

#define CROWDED     150
#define SITE_ROOM   75   /* so few tasks wait at the site: it can have more */
#define SWEEP_EACH  75   /* records of one destination made ready in one go */
#define LOOKS       500  /* records set aside in one go */
#define SWEEP_MOVES 1000 /* records made ready in one go: others want the lock */

struct view crowd_host(struct view address)
{
	size_t at = view_rfind(address, '@');
	struct view host = at < address.len ? view_skip(address, at + 1) : VIEW("");

	while (host.len > 0 && host.p[host.len - 1] == '>')
		host.len--;
	return host;
}

uint32_t crowd_dest(struct view address)
{
	struct view host = crowd_host(address);

	return host.len > 0 ? (uint32_t)hash_bytes_nocase(host) | 1u << 31 : 0;
}

static bool is_crowded(const struct queue *q, const struct record *r)
{
	if (r->is_forced)
		return false;
	return (r->dest && q->open_by_dest[r->dest % RECORDS_CROWDS] >= CROWDED) ||
	       (r->site && r->site->n_waiting >= CROWDED);
}

void crowd_set_aside(struct queue *q)
{
	for (int i = 0; i < LOOKS; i++) {
		struct record *r = groups_first_ready(q);

		if (!r || groups_interval(q, r->dir) == 0 || !is_crowded(q, r))
			return;
		records_set(&q->records, r, RECORD_CROWDED);
	}
}

/* The first ones of a destination become ready, max at most. Returns how many. */
static int readmit(struct queue *q, uint32_t dest, int max)
{
	struct record *r;
	int n = 0;

	while (n < max && (r = records_first_crowded(&q->records, dest)) && !is_crowded(q, r)) {
		records_set(&q->records, r, RECORD_READY);
		n++;
	}
	if (n > 0)
		schedule_wake(q);
	return n;
}

void crowd_enter(struct queue *q, uint32_t dest)
{
	q->open_by_dest[dest % RECORDS_CROWDS]++;
}

void crowd_leave(struct queue *q, uint32_t dest)
{
	q->open_by_dest[dest % RECORDS_CROWDS]--;
	readmit(q, dest, 1);
}

void crowd_look_again(struct queue *q)
{
	if (q->records.n_crowded == 0)
		return;
	q->crowd_left = RECORDS_CROWDS;
	tend_wake(q);
}

void crowd_site_moved(struct queue *q, const struct site *s)
{
	if (s->n_waiting == SITE_ROOM)
		crowd_look_again(q);
}

bool crowd_sweep(struct queue *q)
{
	int n = 0;

	for (; q->crowd_left > 0 && n < SWEEP_MOVES; q->crowd_left--)
		n += readmit(q, q->crowd_at++ % RECORDS_CROWDS, SWEEP_EACH);
	return q->crowd_left > 0;
}
