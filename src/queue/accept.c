/*
 * accept.c - from the caller's envelope to a message that survives a power failure.
 *
 * The way of one message: begin (copied into the journal's batch, or written to files), finish (waits for the disk), then given to the
 * schedule. Several are begun before the first is waited for, so they share a sync.
 */
#include <errno.h>

#include "base/mem.h"
#include "queue/crowd.h"
#include "queue/queue_private.h"
#include "queue/split.h"

#define JOURNAL_BODY_MAX (512 * 1024)
#define PARTS_OPEN       16 /* messages in memory past which the parts of long lists wait on disk */

struct acceptance {
	struct queue_job *job;
	struct journal_ticket ticket;
	bool waits; /* for the journal */
};

static bool is_held(const struct queue *q, const struct envelope *e)
{
	return (e->flags & (ENV_HOLD | ENV_QUARANTINED)) || e->delivery_mode == 'q' ||
	       e->delivery_mode == 'd' || !q->params.with_schedule;
}

/* Does SuperSafe let this message wait for the disk before it is acknowledged? */
static bool must_sync(const struct envelope *e)
{
	char safe = e->snap->cf->options.super_safe;

	return safe != 'f' && !(safe == 'i' && e->delivery_mode == 'i');
}

/* A body that is large, or in a file already, goes to df before the record that refers to it. */
static int body_to_file(struct queue *q, struct queue_job *j, bool sync)
{
	int result = spool_put_body(q->spool, j->home, j->env->id, j->env->body, sync);

	if (result == 0 && sync)
		result = spool_sync_dir(q->spool, j->home);
	if (result == 0)
		j->has_body_file = true;
	return result;
}

static int to_journal(struct queue *q, struct queue_job *j, struct acceptance *a)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct envelope *e = j->env;
	bool sync = must_sync(e);
	struct journal_message m = { .id = view_of(e->id),
				     .dir = view_of(q->spool->dirs[j->home].path),
				     .letter = j->letter };
	int result = 0;

	job_control_text(q, j, -1, &text);
	if (text.cut)
		return -EFBIG;
	m.text = str_view(&text);
	if (!e->body)
		m.flags = JOURNAL_NO_BODY;
	else
		m.body = body_memory(e->body);
	if (e->body && (view_is_none(m.body) || m.body.len > JOURNAL_BODY_MAX)) {
		result = body_to_file(q, j, sync);
		m.flags = JOURNAL_BODY_IN_FILE;
		m.body = VIEW_NONE;
	}
	if (result == 0)
		result = journal_append(q->journal, &m, &j->journal_ref, sync ? &a->ticket : NULL);
	a->waits = result == 0 && sync;
	if (result < 0 && j->has_body_file) {
		spool_remove_body(q->spool, j->home, e->id);
		j->has_body_file = false;
	}
	return result;
}

void queue_set_priority(struct envelope *e)
{
	const struct options *o = &e->snap->cf->options;

	if (e->priority == 0)
		e->priority = e->size - e->class_value * o->class_factor +
			      (int64_t)envelope_count_wanted(e) * o->recipient_factor;
}

struct sorted_rcpt {
	struct rcpt *rcpt;
	size_t order;
};

static int by_host(const void *a, const void *b)
{
	const struct sorted_rcpt *x = a, *y = b;
	int result = view_cmp_nocase(x->rcpt->triple.host, y->rcpt->triple.host);

	return result ? result : (x->order > y->order) - (x->order < y->order);
}

/* Recipients stand in the order of their hosts, as they were resolved at acceptance; local ones have none and come first. */
void accept_sort_rcpts(struct envelope *e)
{
	struct sorted_rcpt *v = NULL;
	size_t n = 0, cap = 0;
	struct link *it;

	while ((it = list_pop(&e->rcpts))) {
		MEM_GROW(v, n, cap);
		v[n] = (struct sorted_rcpt){ LIST_OWNER(it, struct rcpt, link), n };
		n++;
	}
	if (n > 0)
		qsort(v, n, sizeof(*v), by_host);
	for (size_t i = 0; i < n; i++)
		list_append(&e->rcpts, &v[i].rcpt->link);
	free(v);
}

static int begin(struct queue *q, struct envelope *e, struct acceptance *a)
{
	int result = -EAGAIN;

	if (e->id[0] == '\0')
		queue_assign_id(q, e);
	queue_set_priority(e);
	accept_sort_rcpts(e);
	a->job = job_new(q, e);
	a->job->letter = e->flags & ENV_QUARANTINED ? 'h' : 'q';
	if (!list_is_empty(&e->rcpts))
		a->job->dest =
			crowd_dest(LIST_OWNER(e->rcpts.head.next, struct rcpt, link)->address);
	if (q->journal)
		result = to_journal(q, a->job, a);
	if (result == -EAGAIN || result == -EFBIG)
		result = job_store_new(q, a->job, must_sync(e));
	return result;
}

/* The envelope is the caller's again, and nothing of it is left. */
static void undo(struct queue *q, struct acceptance *a)
{
	struct queue_job *j = a->job;

	if (j->journal_ref)
		journal_done(q->journal, j->journal_ref);
	if (j->dir >= 0)
		spool_remove(q->spool, j->dir, j->env->id, j->letter);
	else if (j->has_body_file)
		spool_remove_body(q->spool, j->home, j->env->id);
	j->env->job = NULL;
	job_free(j);
}

/* When a message that was accepted for a queue run is due. */
static int64_t first_run(struct queue *q, int dir)
{
	int64_t interval = groups_interval(q, dir);

	return wall_s() + (interval > 0 ? interval : 1);
}

/* There may be hundreds of parts. Those that nobody has time for are due at once, but wait on disk. */
static bool is_waiting_part(struct queue *q, const struct envelope *e)
{
	bool is_much;

	if (!(e->flags & ENV_PART))
		return false;
	pthread_mutex_lock(&q->lock);
	is_much = q->n_jobs >= PARTS_OPEN;
	pthread_mutex_unlock(&q->lock);
	return is_much;
}

/* A message that is not worked on now rests at once: its memory goes. */
static void rest(struct queue *q, struct queue_job *j, int64_t next_try_s)
{
	struct envelope *e = j->env;

	e->job = NULL;
	j->next_try_s = next_try_s;
	j->priority = e->priority;
	if (j->journal_ref) {
		j->env = NULL;
		pthread_mutex_lock(&q->lock);
		j->state = JOB_HELD;
		list_append(&q->live, &j->live_link);
		if (q->n_live++ == 0)
			tend_wake(q);
		pthread_mutex_unlock(&q->lock);
	} else {
		schedule_record(q, j, e->id, j->letter, j->next_try_s, e->priority, NULL);
		job_free(j);
	}
	envelope_free(e);
}

static void give_to_schedule(struct queue *q, struct queue_job *j)
{
	pthread_mutex_lock(&q->lock);
	q->n_jobs++;
	if (j->journal_ref) {
		list_append(&q->live, &j->live_link);
		if (q->n_live++ == 0)
			tend_wake(q);
	}
	if (j->dir >= 0) {
		j->record = records_add(&q->records, j->dir, j->env->id, j->letter);
		j->record->dest = j->dest;
		records_set(&q->records, j->record, RECORD_ACTIVE);
	}
	j->state = JOB_ROUTABLE;
	list_append(&q->routable, &j->link);
	schedule_wake(q);
	pthread_mutex_unlock(&q->lock);
}

static int accept_all(struct queue *q, struct envelope **e, size_t n, struct acceptance *a)
{
	size_t begun = 0;
	int result = 0;

	while (begun < n && result == 0) {
		result = begin(q, e[begun], &a[begun]);
		begun++;
	}
	for (size_t i = 0; i < begun; i++) {
		int waited = a[i].waits ? journal_wait(q->journal, &a[i].ticket) : 0;

		if (result == 0)
			result = waited;
	}
	for (size_t i = 0; i < begun; i++) {
		if (result < 0)
			undo(q, &a[i]);
		else if (is_held(q, e[i]))
			rest(q, a[i].job, first_run(q, a[i].job->home));
		else if (is_waiting_part(q, e[i]))
			rest(q, a[i].job, 0);
		else
			give_to_schedule(q, a[i].job);
	}
	return result;
}

int queue_accept(struct queue *q, struct envelope *e)
{
	return queue_accept_many(q, &e, 1);
}

/* The usual case: nothing is split, and no list is made. */
static int accept_as_they_are(struct queue *q, struct envelope **e, size_t n)
{
	struct acceptance few[4] = { 0 };
	struct acceptance *a = n <= 4 ? few : mem_zero(n * sizeof(*a));
	int result = accept_all(q, e, n, a);

	if (a != few)
		free(a);
	return result;
}

int queue_accept_many(struct queue *q, struct envelope **e, size_t n)
{
	struct split s = { 0 };
	bool is_plain = true;
	int result;

	for (size_t i = 0; i < n; i++)
		is_plain = is_plain && !split_is_wanted(e[i]->snap->cf);
	if (is_plain)
		return accept_as_they_are(q, e, n);
	for (size_t i = 0; i < n; i++)
		split_add(q, e[i], &s);
	result = accept_as_they_are(q, s.v, s.n);
	if (result < 0)
		split_undo(&s);
	else
		split_done(&s);
	return result;
}
