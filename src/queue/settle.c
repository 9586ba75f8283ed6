/*
 * settle.c - what becomes of an envelope when an attempt is over: gone, or back to rest.
 */
#include <errno.h>
#include <unistd.h>

#include "queue/queue_private.h"

int64_t settle_next_try(const struct queue *q, const struct options *o, int64_t created_s,
			int64_t last_s)
{
	int64_t wait = o->min_queue_age_s;

	if (o->max_queue_age_s > 0) {
		if (last_s - created_s > wait)
			wait = last_s - created_s;
		if (wait > o->max_queue_age_s)
			wait = o->max_queue_age_s;
	}
	if (wait < q->params.run_interval_s)
		wait = q->params.run_interval_s;
	return last_s + wait;
}

static void log_done(struct queue *q, const struct envelope *e)
{
	int64_t delay = e->last_try_s - e->created_s;
	int hours = (int)(delay / 3600 % 24), minutes = (int)(delay / 60 % 60);
	char days[24] = "";

	if (!log_wants(q->log, 10))
		return;
	if (delay >= 86400)
		snprintf(days, sizeof(days), "%lld+", (long long)(delay / 86400));
	log_event(q->log, 10, LOG_INFO, e->id, "done; delay=%s%02d:%02d:%02d, ntries=%d", days,
		  hours, minutes, (int)(delay % 60), e->tries);
}

static void finish(struct queue *q, struct job *j)
{
	struct envelope *e = j->env;

	log_done(q, e);
	if (j->dir >= 0)
		spool_remove(q->spool, j->dir, e->id, j->letter);
	if (j->record) {
		pthread_mutex_lock(&q->lock);
		records_remove(&q->records, j->record);
		pthread_mutex_unlock(&q->lock);
	}
	envelope_free(e);
	schedule_job_over(q, j);
}

/* The record of a message that goes back to its file. */
static void record_rest(struct queue *q, struct job *j)
{
	struct record *r = j->record;

	pthread_mutex_lock(&q->lock);
	r->next_try_s = j->env->next_try_s;
	r->letter = j->letter;
	r->is_forced = false;
	records_set(&q->records, r,
		    q->params.run_interval_s > 0 && j->letter == 'q' ? RECORD_WAITING
								     : RECORD_RESTING);
	pthread_mutex_unlock(&q->lock);
}

static void defer(struct queue *q, struct job *j)
{
	struct envelope *e = j->env;
	int result;

	e->next_try_s = settle_next_try(q, &e->snap->cf->options, e->created_s, e->last_try_s);
	result = job_rewrite(q, j);
	if (result < 0)
		log_event(q->log, 0, LOG_CRIT, e->id,
			  "cannot rewrite the queue file in %s: %s; the old one stays",
			  q->spool->dirs[j->dir].path, strerror(-result));
	record_rest(q, j);
	envelope_free(e);
	schedule_job_over(q, j);
}

void settle_job(struct queue *q, struct job *j)
{
	struct envelope *e = j->env;
	int result = 0;

	e->tries++;
	e->last_try_s = wall_s();
	if (q->params.on_attempt_over)
		result = q->params.on_attempt_over(q->params.on_attempt_arg, e);
	if (result < 0)
		log_event(q->log, 0, LOG_CRIT, e->id, "cannot make a report safe: %s",
			  strerror(-result));
	if (result == 0 && envelope_is_done(e))
		finish(q, j);
	else
		defer(q, j);
}

void settle_note(struct queue *q, struct job *j)
{
	int result = j->dir >= 0 ? job_rewrite(q, j) : 0;

	if (result < 0)
		log_event(q->log, 0, LOG_CRIT, j->env->id, "cannot note progress: %s",
			  strerror(-result));
}

void queue_note(struct queue *q, struct envelope *e)
{
	if (e->job)
		settle_note(q, e->job);
}
