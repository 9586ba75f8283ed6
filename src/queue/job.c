/*
 * job.c - the queue's memory of one envelope, and its files.
 */
#include <errno.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"
#include "envelope/qf.h"
#include "queue/queue_private.h"

struct queue_job *job_new(struct queue *q, struct envelope *e)
{
	struct queue_job *j = MEM_NEW(struct queue_job);

	j->env = e;
	j->home = spool_pick(q->spool, job_group(q, e));
	j->dir = -1;
	j->lock_fd = -1;
	j->letter = 'q';
	j->accepted_ms = clock_ms();
	e->job = j;
	return j;
}

void job_free(struct queue_job *j)
{
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	free(j);
}

int job_group(const struct queue *q, const struct envelope *e)
{
	long at = e->group && e->snap ? e->group - e->snap->cf->groups : 0;

	return at >= 0 && at < q->spool->n_groups ? (int)at : 0;
}

/* The text of the control file. The I line tells where the body lies; none for dir -1, in the journal, and none before a first
 * attempt out of the queue, unless the message is a report. */
void job_control_text(struct queue *q, struct queue_job *j, int dir, struct str *out)
{
	own_str struct str elsewhere = STR_MAX(4200);
	int body_dir = j->was_loaded ? j->body_dir : dir;
	bool tells_body = dir >= 0 && (j->was_loaded || (j->env->flags & ENV_RESPONSE));
	struct stat st;

	if (j->was_loaded && j->body_dir != j->home)
		spool_dir_path(q->spool, j->body_dir, &elsewhere);
	pthread_mutex_lock(&j->env->lock);
	if (!tells_body || spool_stat_body(q->spool, body_dir, j->env->id, &st) < 0)
		qf_write(j->env, str_view(&elsewhere), 0, 0, 0, out);
	else
		qf_write(j->env, str_view(&elsewhere), major(st.st_dev), minor(st.st_dev),
			 st.st_ino, out);
	pthread_mutex_unlock(&j->env->lock);
}

int job_store_new(struct queue *q, struct queue_job *j, bool sync)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct envelope *e = j->env;
	int dir = j->home;
	int result = e->body ? spool_put_body(q->spool, dir, e->id, e->body, sync)
			     : spool_put_bytes(q->spool, dir, e->id, VIEW(""), sync);

	if (result < 0)
		return result;
	j->dir = dir;
	j->letter = e->flags & ENV_QUARANTINED ? 'h' : 'q';
	job_control_text(q, j, dir, &text);
	result = text.cut ? -EFBIG
			  : spool_put_control(q->spool, dir, e->id, j->letter, str_view(&text),
					      sync, true, &j->lock_fd);
	if (result == 0 && sync)
		result = spool_sync_dir(q->spool, dir);
	if (result < 0) {
		spool_remove(q->spool, dir, e->id, j->letter);
		j->dir = -1;
	}
	return result;
}

int job_rewrite(struct queue *q, struct queue_job *j)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	char letter = j->env->flags & ENV_QUARANTINED ? 'h' : 'q';
	int lock = -1, result;

	job_control_text(q, j, j->dir, &text);
	if (text.cut)
		return -EFBIG;
	result = spool_put_control(q->spool, j->dir, j->env->id, letter, str_view(&text),
				   q->spool->sync, false, &lock);
	if (result < 0)
		return result;
	if (letter != j->letter) {
		char old_name[40];

		spool_name(old_name, j->letter, j->env->id);
		unlinkat(q->spool->dirs[j->dir].qf_fd, old_name, 0);
		j->letter = letter;
	}
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	j->lock_fd = lock;
	return 0;
}
