/*
 * tend.c - the threads that look after an open queue.
 *
 * One obeys the operator's requests (request.h), writes the journal's pending notes, spills what is deferred, held or old and makes due
 * records ready. The other looks into the directories at start, at each queue interval and when it is asked to: with many files
 * that takes long, and what is in the journal does not wait for it. Each sleeps until the next of its duties is due.
 */
#include <errno.h>

#include "base/mem.h"
#include "queue/crowd.h"
#include "queue/queue_private.h"
#include "queue/request.h"
#include "queue/scan.h"

#define SPILL_AGE_MS     5000
#define BUSY_SLEEP_MS    250  /* while something is in the journal */
#define CACHE_SLEEP_MS   5000 /* while idle connections are kept */
#define IDLE_SLEEP_MS    60000
#define FAILING_SLEEP_MS 1000
#define DUE_AT_ONCE      1000
#define PRESSED_SHARE    2 /* more than one in so many segments used: everything goes to files */

void tend_wake(struct queue *q)
{
	pthread_cond_signal(&q->tend);
}

/* Due records become ready. Returns when the next one is due (wall clock), 0 when there is none. Under the lock. */
static int64_t ready_due(struct queue *q)
{
	int64_t now = wall_s();
	struct record *r;
	bool any = false;

	for (int i = 0; (r = records_first_waiting(&q->records)) && r->next_try_s <= now; i++) {
		if (i == DUE_AT_ONCE)
			break; /* others have the lock meanwhile; it is still due */
		r->sort_key = q->groups.v[r->group].sort == 'p' ? r->priority : r->next_try_s;
		records_set(&q->records, r, RECORD_READY);
		any = true;
	}
	if (any)
		schedule_wake(q);
	return r ? r->next_try_s : 0;
}

static int64_t spill_age(struct queue *q)
{
	struct journal_stats stats;

	journal_stats(q->journal, &stats);
	return stats.segments_used > stats.segments_max / PRESSED_SHARE ? 0 : SPILL_AGE_MS;
}

/* True when many messages went to files. */
static bool tend_journal(struct queue *q)
{
	int result = journal_tend(q->journal);
	bool any = false;

	if (result < 0 && result != -ENOSPC)
		log_event(q->log, 0, LOG_CRIT, NULL, "journal: cannot make a segment: %s",
			  strerror(-result));
	while (spill_some(q, spill_age(q)))
		any = true;
	return any;
}

/* How long there is nothing to do. Under the lock. */
static int64_t sleep_ms(struct queue *q, int64_t next_due)
{
	int64_t sleep = q->n_live > 0         ? BUSY_SLEEP_MS
			: q->n_idle_conns > 0 ? CACHE_SLEEP_MS
					      : IDLE_SLEEP_MS,
		now = wall_s();

	if (next_due && (next_due - now) * 1000 < sleep)
		sleep = next_due > now ? (next_due - now) * 1000 : 0;
	return sleep;
}

/* Under the lock, which is given up while sleeping. */
static void rest_a_while(struct queue *q, pthread_cond_t *woken, int64_t ms)
{
	int64_t until = clock_ms() + ms;
	struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

	if (ms > 0)
		pthread_cond_timedwait(woken, &q->lock, &at);
}

/* When the directories of some group are to be looked at next; 0: never. */
static int64_t next_scan_of(const struct queue *q)
{
	int64_t next = 0;

	for (int i = 0; i < q->groups.n; i++) {
		int64_t at = q->groups.v[i].next_scan_s;

		if (at > 0 && (next == 0 || at < next))
			next = at;
	}
	return next;
}

/* Looks into the directories of the groups whose time has come. Returns when the next one's is. */
static int64_t scan_due(struct queue *q)
{
	for (int i = 0; i < q->groups.n; i++) {
		struct group_state *g = &q->groups.v[i];

		if (g->next_scan_s == 0 || wall_s() < g->next_scan_s)
			continue;
		run_group(q, i);
		for (int dir = 0; dir < q->spool->n_dirs; dir++)
			if (q->spool->dirs[dir].group == i)
				scan_remove_temporary(q->spool, dir, wall_s());
		g->next_scan_s = wall_s() + g->interval_s;
	}
	return next_scan_of(q);
}

/* Is a wave of messages over? Its memory is of no use then. */
static bool is_quiet(struct queue *q)
{
	bool result;

	pthread_mutex_lock(&q->lock);
	result = q->n_live == 0 && q->n_deferred == 0;
	pthread_mutex_unlock(&q->lock);
	return result;
}

static void *tend(void *arg)
{
	struct queue *q = arg;
	int64_t tidy_at = 0;
	bool is_asked, is_swollen = false;

	pthread_mutex_lock(&q->lock);
	while (!q->is_tender_stopping) {
		int64_t due = ready_due(q);
		bool is_sweeping = crowd_sweep(q);

		if (q->n_deferred == 0 && !q->is_asked && !is_sweeping)
			rest_a_while(q, &q->tend, sleep_ms(q, due));
		else if (q->is_spill_failing)
			rest_a_while(q, &q->tend, FAILING_SLEEP_MS);
		is_asked = q->is_asked;
		q->is_asked = false;
		pthread_mutex_unlock(&q->lock);
		if (!request_serve(q) && is_asked)
			tend_want_run(q);
		if (q->journal)
			is_swollen = tend_journal(q) || is_swollen;
		if (clock_ms() >= tidy_at)
			tidy_at = site_tidy(q, clock_ms());
		if (is_swollen && is_quiet(q)) {
			mem_trim();
			is_swollen = false;
		}
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

void tend_want_run(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->wants_run = true;
	pthread_cond_signal(&q->look);
	pthread_mutex_unlock(&q->lock);
}

static void *look(void *arg)
{
	struct queue *q = arg;
	int64_t next_scan = next_scan_of(q);
	bool wants_run;

	pthread_mutex_lock(&q->lock);
	while (!q->is_tender_stopping) {
		int64_t now = wall_s();

		if (!q->wants_run)
			rest_a_while(q, &q->look,
				     next_scan == 0    ? IDLE_SLEEP_MS
				     : next_scan > now ? (next_scan - now) * 1000
						       : 0);
		wants_run = q->wants_run;
		q->wants_run = false;
		pthread_mutex_unlock(&q->lock);
		if (wants_run)
			queue_run(q, q->params.select, false);
		next_scan = scan_due(q);
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

int tend_start(struct queue *q)
{
	int result = pthread_create(&q->tender, NULL, tend, q);

	q->has_tender = result == 0;
	if (result == 0) {
		result = pthread_create(&q->looker, NULL, look, q);
		q->has_looker = result == 0;
	}
	return -result;
}

void tend_stop(struct queue *q)
{
	if (!q->has_tender)
		return;
	pthread_mutex_lock(&q->lock);
	q->is_tender_stopping = true;
	pthread_cond_signal(&q->tend);
	pthread_cond_signal(&q->look);
	pthread_mutex_unlock(&q->lock);
	if (q->has_looker)
		pthread_join(q->looker, NULL);
	q->has_looker = false;
	pthread_join(q->tender, NULL);
	q->has_tender = false;
}
