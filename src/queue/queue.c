/*
 * queue.c - opening and closing a queue, accepting mail, free space.
 */
#include "queue/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"
#include "envelope/qf.h"
#include "queue/queue_private.h"

struct job *job_new(struct queue *q, struct envelope *e)
{
	struct job *j = MEM_NEW(struct job);

	(void)q;
	j->env = e;
	j->dir = -1;
	j->lock_fd = -1;
	j->letter = 'q';
	j->accepted_ms = clock_ms();
	e->job = j;
	return j;
}

void job_free(struct job *j)
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

/* The text of the control file. The I line tells where the body lies. */
static void control_text(struct queue *q, struct job *j, struct str *out)
{
	struct stat st;

	if (spool_stat_body(q->spool, j->dir, j->env->id, &st) < 0)
		qf_write(j->env, VIEW_NONE, 0, 0, 0, out);
	else
		qf_write(j->env, VIEW_NONE, major(st.st_dev), minor(st.st_dev), st.st_ino, out);
}

int job_store_new(struct queue *q, struct job *j, bool sync)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct envelope *e = j->env;
	int dir = spool_pick(q->spool, job_group(q, e));
	int result = e->body ? spool_put_body(q->spool, dir, e->id, e->body, sync) : 0;

	if (result < 0)
		return result;
	j->dir = dir;
	j->letter = e->flags & ENV_QUARANTINED ? 'h' : 'q';
	control_text(q, j, &text);
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

int job_rewrite(struct queue *q, struct job *j)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	char letter = j->env->flags & ENV_QUARANTINED ? 'h' : 'q';
	int lock = -1, result;

	control_text(q, j, &text);
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

static void init_work_condition(struct queue *q)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->work, &attr);
	pthread_cond_init(&q->idle, &attr);
	pthread_condattr_destroy(&attr);
}

struct queue *queue_open(const struct queue_params *p, struct str *out_why)
{
	struct queue *q = MEM_NEW(struct queue);
	struct snapshot *snap = snapshot_current(p->slot);

	q->params = *p;
	q->log = p->services->log;
	q->spool = spool_open(snap->cf, q->log, p->with_journal, out_why);
	snapshot_put(snap);
	if (!q->spool) {
		free(q);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	init_work_condition(q);
	list_init(&q->routable);
	list_init(&q->sites_ready);
	list_init(&q->live);
	q->sites = table_new(TABLE_EXACT);
	records_init(&q->records);
	queue_id_init(&q->ids, getpid(), 0);
	return q;
}

static void free_sites(struct queue *q)
{
	struct view key;
	void *site;
	size_t at = 0;

	while (table_next(q->sites, &at, &key, &site))
		site_free(site);
	table_free(q->sites);
}

void queue_close(struct queue *q)
{
	struct link *it;

	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->is_stopping = true;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
	while ((it = list_pop(&q->routable))) {
		struct job *j = LIST_OWNER(it, struct job, link);

		envelope_free(j->env);
		job_free(j);
	}
	free_sites(q);
	records_done(&q->records);
	spool_close(q->spool);
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->idle);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void queue_assign_id(struct queue *q, struct envelope *e)
{
	queue_id_next(&q->ids, wall_s(), e->id);
	macros_set(e->macros, 'i', arena_dup(e->arena, view_of(e->id)));
}

static bool is_held(const struct queue *q, const struct envelope *e)
{
	return (e->flags & (ENV_HOLD | ENV_QUARANTINED)) || e->delivery_mode == 'q' ||
	       e->delivery_mode == 'd' || !q->params.with_schedule;
}

/* A message that rests in its file until a queue run. */
static void rest(struct queue *q, struct job *j)
{
	struct envelope *e = j->env;
	struct record *r;

	e->job = NULL;
	if (q->params.with_schedule) {
		pthread_mutex_lock(&q->lock);
		r = records_add(&q->records, j->dir, e->id, j->letter);
		if (q->params.run_interval_s > 0 && j->letter == 'q') {
			r->next_try_s = wall_s() + q->params.run_interval_s;
			records_set(&q->records, r, RECORD_WAITING);
		}
		pthread_mutex_unlock(&q->lock);
	}
	job_free(j);
	envelope_free(e);
}

int queue_accept(struct queue *q, struct envelope *e)
{
	struct job *j;
	int result;

	if (e->id[0] == '\0')
		queue_assign_id(q, e);
	j = job_new(q, e);
	result = job_store_new(q, j, q->spool->sync);
	if (result < 0) {
		e->job = NULL;
		job_free(j);
		return result;
	}
	if (is_held(q, e)) {
		rest(q, j);
		return 0;
	}
	pthread_mutex_lock(&q->lock);
	q->n_jobs++;
	j->record = records_add(&q->records, j->dir, e->id, j->letter);
	records_set(&q->records, j->record, RECORD_ACTIVE);
	pthread_mutex_unlock(&q->lock);
	schedule_job(q, j);
	return 0;
}

int queue_accept_many(struct queue *q, struct envelope **e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int result = queue_accept(q, e[i]);

		if (result < 0)
			return result;
	}
	return 0;
}

/* Free blocks of the file system of the first queue directory, and their size. */
static bool free_blocks(const struct queue *q, int64_t *out_free, int64_t *out_block)
{
	struct statvfs v;

	if (fstatvfs(q->spool->dirs[0].fd, &v) < 0)
		return false;
	*out_block = v.f_frsize ? (int64_t)v.f_frsize : (int64_t)v.f_bsize;
	*out_free = (int64_t)v.f_bavail;
	return true;
}

int queue_check_space(struct queue *q, int64_t size_bytes)
{
	struct snapshot *snap = snapshot_current(q->params.slot);
	int64_t least = snap->cf->options.min_free_blocks, have, block;
	int result = 0;

	snapshot_put(snap);
	if (size_bytes < 0)
		size_bytes = 0;
	if (free_blocks(q, &have, &block) && have < size_bytes / block + 1 + least) {
		log_event(q->log, 0, LOG_CRIT, NULL,
			  "low on space (%s needs %" PRId64 " bytes + %" PRId64
			  " blocks in %s), max avail: %" PRId64,
			  q->params.services->hostname ? q->params.services->hostname : "localhost",
			  size_bytes, least, q->spool->dirs[0].path, have);
		result = -ENOSPC;
	}
	return result;
}

bool queue_is_rejecting(struct queue *q)
{
	struct snapshot *snap = snapshot_current(q->params.slot);
	int64_t least = snap->cf->options.min_free_blocks, have, block;

	snapshot_put(snap);
	return least > 0 && free_blocks(q, &have, &block) && have < least;
}
