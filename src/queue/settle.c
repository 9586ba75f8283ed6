/*
 * settle.c - what becomes of an envelope when an attempt is over: gone, or back to rest.
 */
#include "queue/queue_private.h"

#define DEFERRED_MAX     2000
#define DEFERRED_WAIT_MS 1000

int64_t settle_wait(const struct options *o, int64_t created_s, int64_t last_s)
{
	int64_t wait = o->min_queue_age_s;

	if (o->max_queue_age_s <= 0)
		return wait;
	if (last_s - created_s > wait)
		wait = last_s - created_s;
	return wait < o->max_queue_age_s ? wait : o->max_queue_age_s;
}

int64_t settle_next_try(struct queue *q, int dir, const struct options *o, int64_t created_s,
			int64_t last_s)
{
	int64_t wait = settle_wait(o, created_s, last_s);
	int64_t interval = groups_interval(q, dir);

	return last_s + (wait > interval ? wait : interval);
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

/* Nobody can be told of the failure: the message is set aside as Qf with its recipients, for the operator to look at. One that
 * is only in the journal gets a file first. -errno when that cannot be made safe. */
static int keep_lost(struct queue *q, struct queue_job *j)
{
	struct envelope *e = j->env;
	int result = 0;

	pthread_mutex_lock(&e->lock);
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED)
			r->state = RCPT_DEFERRED; /* so that the file names it */
	}
	pthread_mutex_unlock(&e->lock);
	if (j->dir < 0)
		result = job_store_new(q, j, true);
	if (result < 0)
		return result;
	spool_lose(q->spool, j->dir, e->id, j->letter, "savemail panic");
	j->dir = -1; /* what follows removes nothing of it */
	j->has_body_file = false;
	return 0;
}

static void remove_files(struct queue *q, const struct queue_job *j)
{
	spool_remove(q->spool, j->dir, j->env->id, j->letter);
	if (j->was_loaded && j->body_dir != j->dir)
		spool_remove_body(q->spool, j->body_dir, j->env->id);
}

static void finish(struct queue *q, struct queue_job *j)
{
	struct envelope *e = j->env;

	log_done(q, e);
	if (j->journal_ref)
		journal_done(q->journal, j->journal_ref);
	if (j->dir >= 0)
		remove_files(q, j);
	else if (j->has_body_file)
		spool_remove_body(q->spool, j->home, e->id);
	if (j->record) {
		pthread_mutex_lock(&q->lock);
		schedule_forget(q, j->record);
		pthread_mutex_unlock(&q->lock);
	}
	envelope_free(e);
	schedule_job_over(q, j);
}

/* It has a file: the text there is brought up to date, and the record waits. */
static void defer_in_file(struct queue *q, struct queue_job *j)
{
	struct envelope *e = j->env;
	int result = job_rewrite(q, j);

	if (result < 0)
		log_event(q->log, 0, LOG_CRIT, e->id,
			  "cannot rewrite the queue file in %s: %s; the old one stays",
			  q->spool->dirs[j->dir].path, strerror(-result));
	schedule_record(q, j, e->id, j->letter, e->next_try_s, e->priority, schedule_site(j));
	envelope_free(e);
	schedule_job_over(q, j);
}

/* It is in the journal: the tending thread writes it to a file, with others. */
static void defer_to_spill(struct queue *q, struct queue_job *j)
{
	if (envelope_count(j->env, RCPT_SENT) + envelope_count(j->env, RCPT_FAILED) > 0)
		settle_note(q, j);
	pthread_mutex_lock(&q->lock);
	j->state = JOB_DEFERRED;
	j->next_try_s = j->env->next_try_s;
	list_append(&q->deferred, &j->link);
	q->n_deferred++;
	tend_wake(q);
	/* Deferred envelopes are memory: whoever makes more than the disk takes waits for it. */
	if (q->n_deferred > DEFERRED_MAX && !q->is_stopping) {
		int64_t until = deadline_in(DEFERRED_WAIT_MS);
		struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

		pthread_cond_timedwait(&q->spilled, &q->lock, &at);
	}
	pthread_mutex_unlock(&q->lock);
}

static void defer(struct queue *q, struct queue_job *j)
{
	struct envelope *e = j->env;

	e->next_try_s = settle_next_try(q, j->dir >= 0 ? j->dir : j->home, &e->snap->cf->options,
					e->created_s, e->last_try_s);
	if (j->dir >= 0)
		defer_in_file(q, j);
	else
		defer_to_spill(q, j);
}

void settle_over(struct queue *q, struct queue_job *j)
{
	bool is_mine;

	pthread_mutex_lock(&q->lock);
	j->state = JOB_SETTLING;
	is_mine = !j->is_spilling;
	pthread_mutex_unlock(&q->lock);
	if (is_mine)
		settle_job(q, j);
}

/* How the M line says what became of a recipient's attempt. */
static struct view status_text_of(const struct envelope *e, const struct rcpt *r)
{
	const struct status *st = &r->status;

	/* The peer went away, or fell silent, in the middle. */
	if (r->state == RCPT_DEFERRED && st->dsn[1] == 4 && st->dsn[2] == 2 && st->remote.len > 0)
		return arena_printf(e->arena, "reply: read error from " VIEW_FMT "%s",
				    VIEW_ARG(st->remote), st->remote.p[0] == '[' ? "" : ".");
	if (r->state == RCPT_FAILED || st->exit == EX_OSERR_ || st->exit == EX_IOERR_)
		return st->text;
	if (st->text.len == 0)
		return VIEW("Deferred");
	return arena_printf(e->arena, "Deferred: " VIEW_FMT, VIEW_ARG(st->text));
}

/* The M line: what the last recipient that will not get the message was told, else the first that may get it later. Those
 * that were only resolved have had their say. */
static void note_status(struct envelope *e)
{
	const struct rcpt *told = NULL;

	pthread_mutex_lock(&e->lock);
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if ((r->state == RCPT_FAILED || (r->state == RCPT_DEFERRED && !told)) &&
		    !(r->flags & RCPT_BY_RULES) &&
		    (r->status.text.len > 0 || r->status.remote.len > 0))
			told = r;
	}
	if (told)
		envelope_tell_status(e, status_text_of(e, told), told->state == RCPT_FAILED);
	e->flags |= ENV_OLD_STATUS;
	pthread_mutex_unlock(&e->lock);
}

/* How a run ends when this was its last message: the first recipient that failed for good says so. */
static void note_trouble(struct queue *q, struct envelope *e)
{
	int trouble = EX_OK_;

	pthread_mutex_lock(&e->lock);
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (trouble == EX_OK_ && r->state == RCPT_FAILED && !(r->flags & RCPT_REPORTED) &&
		    r->status.exit != EX_TEMPFAIL_)
			trouble = r->status.exit == EX_CONFIG_ ? EX_SOFTWARE_ : r->status.exit;
	}
	pthread_mutex_unlock(&e->lock);
	if (trouble != EX_OK_)
		q->trouble = trouble;
}

void settle_job(struct queue *q, struct queue_job *j)
{
	struct envelope *e = j->env;
	int result = 0;

	if (!j->is_held_back)
		e->tries++;
	e->last_try_s = wall_s();
	note_status(e);
	if (j->was_loaded)
		note_trouble(q, e);
	if (q->params.on_attempt_over)
		result = q->params.on_attempt_over(q->params.on_attempt_arg, e);
	if (result < 0)
		log_event(q->log, 0, LOG_CRIT, e->id, "cannot make a report safe: %s",
			  strerror(-result));
	if (result == 0 && (e->flags & ENV_LOST) && envelope_is_done(e)) {
		result = keep_lost(q, j);
		if (result < 0)
			log_event(q->log, 0, LOG_CRIT, e->id, "cannot set the message aside: %s",
				  strerror(-result));
	}
	if (result == 0 && ((e->flags & ENV_LOST) || envelope_is_done(e)))
		finish(q, j);
	else
		defer(q, j);
}

void settle_note(struct queue *q, struct queue_job *j)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	int result = 0;

	if (j->dir >= 0) {
		result = job_rewrite(q, j);
	} else if (j->journal_ref) {
		job_control_text(q, j, -1, &text);
		if (!text.cut)
			journal_note(q->journal, j->journal_ref, str_view(&text));
	}
	if (result < 0)
		log_event(q->log, 0, LOG_CRIT, j->env->id, "cannot note progress: %s",
			  strerror(-result));
}

void queue_note(struct queue *q, struct envelope *e)
{
	struct queue_job *j = e->job;
	bool may;

	if (!j)
		return;
	pthread_mutex_lock(&q->lock);
	may = !j->is_noting && !j->is_spilling;
	if (may)
		j->is_noting = true;
	pthread_mutex_unlock(&q->lock);
	if (!may)
		return;
	settle_note(q, j);
	pthread_mutex_lock(&q->lock);
	j->is_noting = false;
	pthread_mutex_unlock(&q->lock);
}
