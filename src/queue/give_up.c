/*
 * give_up.c - the operator gives a message up: its recipients fail now, and its sender is told as after any failure.
 */
#include <errno.h>
#include <fcntl.h>

#include "queue/queue_private.h"

/* All who still wait have this status. */
static void fail_rcpts(struct envelope *e, const struct status *why)
{
	pthread_mutex_lock(&e->lock);
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_NEW && r->state != RCPT_DEFERRED)
			continue;
		r->state = RCPT_FAILED;
		r->status = *why;
		r->status.text = arena_dup(e->arena, why->text);
	}
	pthread_mutex_unlock(&e->lock);
}

/* For the session's transcript in the report. */
static void note(struct envelope *e, const struct status *why)
{
	char dsn[16];

	status_format_dsn(why, dsn);
	envelope_note(e, "%d %s " VIEW_FMT, why->smtp, dsn, VIEW_ARG(why->text));
}

static bool is_there(const struct queue *q, int dir, char letter, const char *id)
{
	struct stat st;
	char name[40];

	spool_name(name, letter, id);
	return fstatat(q->spool->dirs[dir].qf_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int queue_give_up(struct queue *q, int dir, char letter, const char *id, const struct status *why)
{
	struct queue_job *j;
	struct record *r;

	pthread_mutex_lock(&q->lock);
	r = records_find(&q->records, dir, id);
	if (r && r->state == RECORD_ACTIVE) {
		pthread_mutex_unlock(&q->lock);
		return -EBUSY;
	}
	if (!r)
		r = records_add(&q->records, dir, id, letter);
	r->letter = letter;
	r->is_forced = true;
	r->number = 0;
	records_set(&q->records, r, RECORD_ACTIVE);
	pthread_mutex_unlock(&q->lock);
	j = load_record(q, r);
	if (!j)
		return is_there(q, dir, letter, id) ? -EBUSY
		       : is_there(q, dir, 'Q', id)  ? -EBADMSG
						    : -ENOENT;
	pthread_mutex_lock(&q->lock);
	q->n_jobs++;
	pthread_mutex_unlock(&q->lock);
	fail_rcpts(j->env, why);
	note(j->env, why);
	settle_over(q, j);
	return is_there(q, dir, letter, id) ? -EIO : 0;
}
