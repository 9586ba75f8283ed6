/*
 * queue.c - opening and closing a queue, ids, free space.
 */
#include "queue/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/mem.h"
#include "queue/queue_private.h"

static void init_condition(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

static int open_journal(struct queue *q, struct str *out_why)
{
	struct journal_params p = { .log = q->log,
				    .segment_bytes = q->params.journal_segment_bytes };
	int result = journal_dir_take(q->spool, q->params.run_interval_s, &q->journal_dir);

	if (result < 0) {
		str_addf(out_why, "cannot use a journal in %s: %s", q->spool->groups[0].base,
			 strerror(-result));
		return result;
	}
	p.dir_fd = q->journal_dir.fd;
	p.first_generation = q->journal_dir.last_generation + 1;
	q->journal = journal_open(&p, &result);
	if (q->journal)
		return 0;
	journal_dir_release(&q->journal_dir);
	/* Without room for segments mail is still safe, in files. */
	log_event(q->log, 0, LOG_CRIT, NULL, "journal: cannot be written: %s; using files only",
		  strerror(-result));
	return 0;
}

/* A process with the same number may have died this very second: its ids are not used again. */
static void init_ids(struct queue *q)
{
	queue_id_init(&q->ids, getpid(), q->params.with_journal ? wall_s() : 0);
}

static struct queue *make_queue(const struct queue_params *p, struct spool *spool)
{
	struct queue *q = MEM_NEW(struct queue);

	q->params = *p;
	q->log = p->services->log;
	q->spool = spool;
	pthread_mutex_init(&q->lock, NULL);
	init_condition(&q->work);
	init_condition(&q->tend);
	init_condition(&q->look);
	init_condition(&q->spilled);
	list_init(&q->routable);
	list_init(&q->sites_ready);
	list_init(&q->live);
	list_init(&q->deferred);
	q->sites = table_new(TABLE_EXACT);
	records_init(&q->records);
	init_ids(q);
	return q;
}

struct queue *queue_open(const struct queue_params *p, struct str *out_why)
{
	struct snapshot *snap = snapshot_current(p->slot);
	struct spool *spool = spool_open(snap->cf, p->services->log, p->with_journal, out_why);
	struct queue *q;
	const struct options *o = &snap->cf->options;
	bool is_single = o->single_thread_delivery && o->host_status_directory.len > 0;
	int result = 0;

	if (!spool) {
		snapshot_put(snap);
		return NULL;
	}
	q = make_queue(p, spool);
	groups_init(q, snap->cf);
	snapshot_put(snap);
	q->is_single_thread = is_single;
	if (p->with_journal || p->with_schedule)
		journal_adopt(spool);
	if (p->with_journal)
		result = open_journal(q, out_why);
	if (result == 0 && (q->journal || p->run_interval_s > 0))
		result = tend_start(q);
	if (result == 0)
		return q;
	if (out_why->len == 0)
		str_addf(out_why, "cannot start the queue: %s", strerror(-result));
	queue_close(q);
	return NULL;
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

/* What could not be spilled or was never in the journal stays in its file. */
static void drop_jobs(struct list *jobs)
{
	struct link *it;

	while ((it = list_pop(jobs))) {
		struct queue_job *j = LIST_OWNER(it, struct queue_job, link);

		envelope_free(j->env);
		job_free(j);
	}
}

void queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->is_stopping = true;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
}

void queue_look(struct queue *q)
{
	if (!q->has_tender) {
		queue_run(q, NULL, false);
		return;
	}
	pthread_mutex_lock(&q->lock);
	q->is_asked = true;
	tend_wake(q);
	pthread_mutex_unlock(&q->lock);
}

void queue_close(struct queue *q)
{
	if (!q)
		return;
	queue_stop(q);
	tend_stop(q);
	if (q->journal) {
		while (spill_some(q, 0))
			;
		journal_close(q->journal);
		journal_dir_release(&q->journal_dir);
	}
	drop_jobs(&q->routable);
	drop_jobs(&q->deferred);
	free_sites(q);
	records_done(&q->records);
	spool_close(q->spool);
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->tend);
	pthread_cond_destroy(&q->look);
	pthread_cond_destroy(&q->spilled);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void queue_assign_id(struct queue *q, struct envelope *e)
{
	queue_id_next(&q->ids, wall_s(), e->id);
	macros_set(e->macros, 'i', arena_dup(e->arena, view_of(e->id)));
}

/* The directory of the default group with most room that a message of that size may use; blocks are the file system's own. One
 * file system is asked once. -1: none can be told. */
static int roomiest(const struct queue *q, int64_t *out_free, int64_t *out_block)
{
	const struct spool_group *g = &q->spool->groups[0];
	int n = g->has_many_devices ? g->n_dirs : 1, best = -1;
	int64_t have, block;

	for (int dir = g->first_dir; dir < g->first_dir + n; dir++) {
		if (!spool_free_blocks(q->spool, dir, &have, &block) ||
		    (best >= 0 && have * block <= *out_free * *out_block))
			continue;
		best = dir;
		*out_free = have;
		*out_block = block;
	}
	return best;
}

int queue_spool_dir(const struct queue *q)
{
	return q->spool->dirs[0].fd;
}

int queue_check_space(struct queue *q, int64_t size_bytes, const char *id, struct view who)
{
	struct snapshot *snap = snapshot_current(q->params.slot);
	int64_t least = snap->cf->options.min_free_blocks, have, block;
	int result = 0, dir;

	snapshot_put(snap);
	if (size_bytes < 0)
		size_bytes = 0;
	dir = roomiest(q, &have, &block);
	if (dir >= 0 && have < size_bytes / block + 1 + least) {
		log_event(q->log, 1, LOG_ALERT, id,
			  "low on space (" VIEW_FMT " needs %" PRId64 " bytes + %" PRId64
			  " blocks in %s), max avail: %" PRId64,
			  VIEW_ARG(who), size_bytes, least, q->spool->dirs[dir].path, have);
		result = -ENOSPC;
	}
	return result;
}

bool queue_is_rejecting(struct queue *q)
{
	struct snapshot *snap = snapshot_current(q->params.slot);
	int64_t least = snap->cf->options.min_free_blocks, have, block;

	snapshot_put(snap);
	return least > 0 && roomiest(q, &have, &block) >= 0 && have < least;
}
