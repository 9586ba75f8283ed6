/*
 * schedule.c - who may do what now: envelopes to route, tasks by site, due records.
 *
 * Threads ask with queue_next and are given, in this order: a task of a site that has room (sites take turns), an envelope to
 * route, a due message to open. A thread is woken only when one sleeps and no other is on its way already; a
 * thread that finds more work than its own wakes the next.
 */
#include <errno.h>

#include "base/bug.h"
#include "queue/crowd.h"
#include "queue/queue_private.h"

#define LIMIT_MAX    32.0
#define LIMIT_MIN    1.0
#define ACTIVE_MAX   4000 /* envelopes in memory past which no more are read from files */
#define WAITING_OPEN 3000 /* tasks waiting at sites past which no more are read */
#define WAITING_RCPTS                                                                              \
	20000 /* and recipients of such tasks: messages to long lists are large in memory */

void schedule_wake(struct queue *q)
{
	if (q->n_sleeping > q->n_woken) {
		q->n_woken++;
		pthread_cond_signal(&q->work);
	}
}

void schedule_job(struct queue *q, struct queue_job *j)
{
	pthread_mutex_lock(&q->lock);
	j->state = JOB_ROUTABLE;
	list_append(&q->routable, &j->link);
	schedule_wake(q);
	pthread_mutex_unlock(&q->lock);
}

void schedule_job_over(struct queue *q, struct queue_job *j)
{
	pthread_mutex_lock(&q->lock);
	if (link_is_listed(&j->live_link)) {
		list_remove(&j->live_link);
		q->n_live--;
	}
	if (j->state != JOB_HELD)
		q->n_jobs--;
	if (j->pinned)
		j->pinned->n_pins--;
	if (j->is_counted) {
		groups_close(q, q->spool->dirs[j->home].group);
		crowd_leave(q, j->dest);
		if (groups_first_ready(q))
			schedule_wake(q);
	}
	pthread_mutex_unlock(&q->lock);
	job_free(j);
}

static void set_site(struct record *r, struct site *site)
{
	if (r->site)
		r->site->n_records--;
	r->site = site;
	if (site)
		site->n_records++;
}

void schedule_forget(struct queue *q, struct record *r)
{
	set_site(r, NULL);
	records_remove(&q->records, r);
}

/* The record of a message that rests from now on. Its own; else one that the looking thread made meanwhile, unless somebody has
 * opened that already: then it is his, and NULL is returned. */
static struct record *record_of(struct queue *q, const struct queue_job *j, const char *id,
				char letter)
{
	struct record *r = j->record;

	if (r)
		return r;
	r = records_find(&q->records, j->home, id);
	if (!r)
		return records_add(&q->records, j->home, id, letter);
	return r->state == RECORD_ACTIVE ? NULL : r;
}

void schedule_record(struct queue *q, const struct queue_job *j, const char *id, char letter,
		     int64_t next_try_s, int64_t priority, struct site *site)
{
	struct record *r;

	if (!q->params.with_schedule)
		return;
	pthread_mutex_lock(&q->lock);
	r = record_of(q, j, id, letter);
	if (!r) {
		pthread_mutex_unlock(&q->lock);
		return;
	}
	records_set(&q->records, r, RECORD_RESTING); /* its place depends on what changes now */
	if (j->dest)
		r->dest = j->dest;
	r->next_try_s = next_try_s;
	r->sort_key = next_try_s;
	r->priority = priority;
	if (site)
		set_site(r, site);
	r->letter = letter;
	r->is_forced = r->is_asked = false;
	r->number = 0;
	if (letter == 'q' && next_try_s == 0) {
		records_set(&q->records, r, RECORD_READY);
		schedule_wake(q);
	} else if (letter == 'q' && groups_interval(q, j->home) > 0) {
		records_set(&q->records, r, RECORD_WAITING);
		tend_wake(q);
	} else {
		schedule_forget(q, r); /* a queue run finds the file */
	}
	pthread_mutex_unlock(&q->lock);
}

/* The site's place in the list of sites that can be worked on follows from its state. */
static void site_list(struct queue *q, struct site *s)
{
	bool should = s->n_waiting > 0 && site_has_room(s);

	if (should && !link_is_listed(&s->ready_link))
		list_append(&q->sites_ready, &s->ready_link);
	else if (!should && link_is_listed(&s->ready_link))
		list_remove(&s->ready_link);
}

/* The task has left the waiting ones of its site. */
static void stop_waiting(struct queue *q, struct site *s, const struct task *t)
{
	s->n_waiting--;
	q->n_tasks_waiting--;
	q->n_rcpts_waiting -= t->n_rcpts;
	crowd_site_moved(q, s);
}

/* Hands out the first waiting task of a site. */
static struct task *site_take(struct queue *q, struct site *s)
{
	struct link *it = list_pop(&s->waiting);
	struct task *t = LIST_OWNER(it, struct task, link);

	s->n_busy++;
	stop_waiting(q, s, t);
	t->env->job->n_out++;
	if (link_is_listed(&s->ready_link))
		list_remove(&s->ready_link); /* to the end: sites take turns */
	site_list(q, s);
	return t;
}

/* From here on the recipients of the task are its thread's. */
static void mark_trying(struct task *t)
{
	pthread_mutex_lock(&t->env->lock);
	for (size_t i = 0; i < t->n_rcpts; i++) {
		t->rcpts[i]->state = RCPT_TRYING;
		t->rcpts[i]->attempt = t;
	}
	pthread_mutex_unlock(&t->env->lock);
}

static bool may_open(const struct queue *q)
{
	return q->n_jobs < ACTIVE_MAX && q->n_tasks_waiting < WAITING_OPEN &&
	       q->n_rcpts_waiting < WAITING_RCPTS;
}

/* Ready work of this moment, if any; under the lock. */
static bool take_work(struct queue *q, struct work_item *out, struct record **out_record)
{
	struct link *it;

	if (!list_is_empty(&q->sites_ready)) {
		struct site *s = LIST_OWNER(q->sites_ready.head.next, struct site, ready_link);

		out->kind = WORK_DELIVER;
		out->task = site_take(q, s);
		out->env = out->task->env;
		return true;
	}
	it = list_pop(&q->routable);
	if (it) {
		struct queue_job *j = LIST_OWNER(it, struct queue_job, link);

		j->state = JOB_ROUTING;
		out->kind = WORK_ROUTE;
		out->env = j->env;
		return true;
	}
	crowd_set_aside(q);
	*out_record = groups_first_ready(q);
	if (*out_record && may_open(q)) {
		records_set(&q->records, *out_record, RECORD_ACTIVE);
		q->n_reading++;
		groups_open(q, (*out_record)->group);
		crowd_enter(q, (*out_record)->dest);
		return true;
	}
	*out_record = NULL;
	return false;
}

static bool has_work(struct queue *q)
{
	return !list_is_empty(&q->sites_ready) || !list_is_empty(&q->routable) ||
	       (may_open(q) && groups_first_ready(q) != NULL);
}

/* Waits under the lock until woken or the deadline; false at the deadline. */
static bool sleep_until(struct queue *q, int64_t deadline)
{
	struct timespec at = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };
	int result;

	q->n_sleeping++;
	if (deadline == DEADLINE_NEVER)
		result = pthread_cond_wait(&q->work, &q->lock);
	else
		result = pthread_cond_timedwait(&q->work, &q->lock, &at);
	q->n_sleeping--;
	if (q->n_woken > 0)
		q->n_woken--;
	return result != ETIMEDOUT;
}

/* Opens what a ready record stands for, without the lock. */
static bool open_record(struct queue *q, struct record *r, struct work_item *out)
{
	int group = r->group;
	uint32_t dest = r->dest;
	struct queue_job *j = load_record(q, r);

	pthread_mutex_lock(&q->lock);
	q->n_reading--;
	if (!j) {
		groups_close(q, group);
		crowd_leave(q, dest);
	} else {
		j->is_counted = true;
		j->dest = dest;
		j->state = JOB_ROUTING;
		q->n_jobs++;
		out->kind = WORK_ROUTE;
		out->env = j->env;
	}
	pthread_mutex_unlock(&q->lock);
	return j != NULL;
}

void queue_next(struct queue *q, int64_t deadline, struct work_item *out)
{
	struct record *r = NULL;

	*out = (struct work_item){ .kind = WORK_NONE };
	for (;;) {
		pthread_mutex_lock(&q->lock);
		while (!q->is_stopping && !take_work(q, out, &r) && sleep_until(q, deadline))
			;
		if (q->is_stopping && out->kind == WORK_NONE)
			out->kind = WORK_STOP;
		else if (has_work(q))
			schedule_wake(q);
		pthread_mutex_unlock(&q->lock);
		if (!r || open_record(q, r, out))
			break;
		r = NULL;
	}
	if (out->kind == WORK_DELIVER)
		mark_trying(out->task);
}

void queue_add_tasks(struct queue *q, struct envelope *e, struct task **tasks, size_t n,
		     struct task **out_now)
{
	struct queue_job *j = e->job;
	struct task *now = NULL;

	bug_if(!j || j->state != JOB_ROUTING);
	pthread_mutex_lock(&q->lock);
	j->tasks = tasks;
	j->n_tasks = j->n_left = n;
	j->state = n ? JOB_DELIVERING : JOB_SETTLING;
	e->n_tasks = (int)n;
	for (size_t i = 0; i < n; i++) {
		struct task *t = tasks[i];

		t->env = e;
		if (i > 0 || j->pinned)
			t->site->n_pins--;
		else
			j->pinned = t->site;
		list_append(&t->site->waiting, &t->link);
		t->site->n_waiting++;
		q->n_tasks_waiting++;
		q->n_rcpts_waiting += t->n_rcpts;
		site_list(q, t->site);
	}
	for (size_t i = 0; i < n && out_now && !now; i++)
		if (site_has_room(tasks[i]->site))
			now = site_take(q, tasks[i]->site);
	if (n && has_work(q))
		schedule_wake(q);
	pthread_mutex_unlock(&q->lock);
	if (now)
		mark_trying(now);
	if (out_now)
		*out_now = now;
	if (n == 0)
		settle_over(q, j);
}

struct site *schedule_site(const struct queue_job *j)
{
	return j->n_tasks > 0 ? j->tasks[0]->site : NULL;
}

void schedule_withdraw(struct queue *q, struct queue_job *j)
{
	bug_if(j->n_out > 0);
	for (size_t i = 0; j->state == JOB_DELIVERING && i < j->n_tasks; i++) {
		struct task *t = j->tasks[i];

		if (!link_is_listed(&t->link))
			continue;
		list_remove(&t->link);
		stop_waiting(q, t->site, t);
		site_list(q, t->site);
	}
	if (j->state == JOB_ROUTABLE)
		list_remove(&j->link);
	j->tasks = NULL;
	j->n_tasks = j->n_left = 0;
	j->env->n_tasks = 0;
}

static void adapt_limit(struct site *s, bool ok)
{
	if (ok)
		s->limit += 1.0 / s->limit;
	else
		s->limit /= 2;
	if (s->limit > LIMIT_MAX)
		s->limit = LIMIT_MAX;
	if (s->limit < LIMIT_MIN)
		s->limit = LIMIT_MIN;
}

/* Notes progress each CheckpointInterval recipients, while this thread's task still keeps the envelope alive. Under the
 * lock, which is given up for the writing. */
static void checkpoint(struct queue *q, struct queue_job *j, const struct task *t)
{
	int interval = j->env->snap->cf->options.checkpoint_interval;

	for (size_t i = 0; i < t->n_rcpts; i++)
		if (t->rcpts[i]->state != RCPT_DEFERRED)
			j->n_unnoted++;
	if (interval <= 0 || j->n_unnoted < (size_t)interval || j->n_left == 1 || j->is_noting ||
	    j->is_spilling)
		return;
	j->is_noting = true;
	j->n_unnoted = 0;
	pthread_mutex_unlock(&q->lock);
	settle_note(q, j);
	pthread_mutex_lock(&q->lock);
	j->is_noting = false;
}

struct task *queue_task_done(struct queue *q, struct task *t, bool site_ok)
{
	struct site *s = t->site;
	struct queue_job *j = t->env->job;
	struct task *next = NULL;
	bool is_over;

	pthread_mutex_lock(&q->lock);
	bug_if(j->n_left == 0 || j->n_out == 0);
	checkpoint(q, j, t);
	adapt_limit(s, site_ok);
	s->n_busy--;
	s->used_ms = clock_ms();
	j->n_out--;
	j->n_left--;
	j->env->n_tasks--;
	is_over = j->n_left == 0;
	if (is_over)
		j->state = JOB_SETTLING;
	if (s->n_waiting > 0 && site_has_room(s))
		next = site_take(q, s);
	site_list(q, s);
	if (has_work(q))
		schedule_wake(q);
	pthread_mutex_unlock(&q->lock);
	if (is_over)
		settle_over(q, j);
	if (next)
		mark_trying(next);
	return next;
}

bool queue_is_in_file(const struct envelope *e)
{
	return e->job && e->job->dir >= 0;
}

int queue_exit_status(const struct queue *q)
{
	return q->trouble;
}

bool queue_is_new(const struct envelope *e)
{
	return !e->job || !e->job->was_loaded;
}

bool queue_is_chosen(const struct envelope *e)
{
	return e->job && e->job->is_chosen;
}

void queue_hold_back(struct envelope *e)
{
	if (e->job)
		e->job->is_held_back = true;
}

bool queue_is_asked_for(const struct envelope *e)
{
	return e->job && e->job->is_asked;
}

bool queue_is_idle(struct queue *q)
{
	bool is_idle;

	pthread_mutex_lock(&q->lock);
	is_idle = q->n_jobs == 0 && q->n_reading == 0 && !records_first_ready(&q->records);
	pthread_mutex_unlock(&q->lock);
	return is_idle;
}
