/*
 * deliverer.c - the delivery threads.
 *
 * Threads are started by need: whoever takes work while no other thread waits for some starts one, up to the limit. One that
 * has waited for a minute in vain ends, unless it is the last that waits. They are detached; deliverer_stop waits until all have ended.
 *
 * A thread asks the queue for work. An envelope is routed, and when one of its tasks may run at once the same thread goes on with
 * it. After a task the queue may have another for the same site: the connection is then used again; if not, it goes
 * to the connection cache of the site.
 */
#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/attempt.h"
#include "deliver/route.h"
#include "deliver/smtp_client.h"

#define THREADS_DEFAULT 64
#define STACK_BYTES     (1024 * 1024)
#define ARENA_BYTES     (8 << 20)
#define KEPT_PER_SIZE   64 /* ConnectionCacheSize is counted for each of so many threads */
#define IDLE_WAIT_MS    60000
#define RUN_WAIT_MS     250
#define IDLE_LOOK_MS    5 /* how late the end of a run is seen */

struct deliverer {
	struct deliverer_params p;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	int n_threads, n_waiting, max_threads;
	bool is_stopping;
};

struct deliverer *deliverer_new(const struct deliverer_params *p)
{
	struct deliverer *d = MEM_NEW(struct deliverer);

	d->p = *p;
	d->max_threads = p->max_threads > 0 ? p->max_threads : THREADS_DEFAULT;
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->ended, NULL);
	return d;
}

static void job_init(struct job *j, struct deliverer *d)
{
	*j = (struct job){ .services = d->p.services,
			   .queue = d->p.queue,
			   .arena = arena_new(ARENA_BYTES),
			   .header = STR_MAX(1 << 22),
			   .verbose = d->p.verbose,
			   .verbose_arg = d->p.verbose_arg,
			   .complain = d->p.complain };
	text_out_init(&j->text, &(struct text_format){ .eol = VIEW("\n") }, NULL, NULL);
}

/* Closes a connection for good; with -v in sight of the user. */
static void job_close(struct job *j, struct smtp_client *c)
{
	struct attempt at = { .job = j }; /* for what it says, no more */

	smtp_client_close(c, &at);
}

static void job_done(struct job *j)
{
	job_close(j, j->client);
	for (size_t i = JOB_KEPT_MAX; i > 0; i--)
		job_close(j, j->kept[i - 1].client);
	text_out_done(&j->text);
	str_done(&j->header);
	arena_free(j->arena);
}

static bool job_keep(struct job *j, struct smtp_client *c, const struct site *site,
		     const struct options *o)
{
	int room = o->connection_cache_size < JOB_KEPT_MAX ? o->connection_cache_size
							   : JOB_KEPT_MAX;

	for (int i = 0; i < room; i++) {
		if (!j->kept[i].client) {
			j->kept[i].client = c;
			j->kept[i].site = site;
			j->kept[i].used_s = wall_s();
			return true;
		}
	}
	return false;
}

/* The connection that nobody continues on: into the cache, or closed. */
static void keep_client(struct job *j, struct site *site, const struct options *o)
{
	struct smtp_client *c = j->client;
	int64_t idle = deadline_in(o->connection_cache_timeout_s * 1000);

	j->client = NULL;
	if (!c)
		return;
	/* An idle connection would keep the lock of its host from others. */
	if (c->lock_fd >= 0) {
		job_close(j, c);
		return;
	}
	if (j->verbose && job_keep(j, c, site, o))
		return;
	if (!j->verbose && o->connection_cache_size > 0 &&
	    site_keep_connection(site, c, smtp_client_drop, idle,
				 o->connection_cache_size * KEPT_PER_SIZE))
		return;
	job_close(j, c);
}

/* Does a task and all that follow on the same site. */
static void do_tasks(struct job *j, struct task *t)
{
	struct snapshot *snap = NULL;

	while (t) {
		struct site *site = t->site;
		struct task *next;
		bool ok = attempt_run(j, t);

		if (!snap)
			snap = snapshot_get(t->env->snap);
		next = queue_task_done(j->queue, t, ok); /* t and its envelope may be gone now */
		arena_reset(j->arena);
		if (!next)
			keep_client(j, site, &snap->cf->options);
		t = next;
	}
	snapshot_put(snap);
}

static void do_route(struct job *j, struct envelope *e)
{
	struct task **tasks, *now = NULL;
	size_t n = route_envelope(j, e, &tasks);

	arena_reset(j->arena);
	queue_add_tasks(j->queue, e, tasks, n, &now);
	if (now)
		do_tasks(j, now);
}

enum did { DID_NOTHING, DID_WORK, DID_STOP };

static enum did do_item(struct job *j, const struct work_item *item)
{
	switch (item->kind) {
	case WORK_ROUTE:
		do_route(j, item->env);
		return DID_WORK;
	case WORK_DELIVER:
		do_tasks(j, item->task);
		return DID_WORK;
	case WORK_STOP:
		return DID_STOP;
	case WORK_NONE:
		break;
	}
	return DID_NOTHING;
}

static int start_thread(struct deliverer *d);

/* Asks for work and does it; before that, sees to it that somebody waits for more. */
static enum did do_work(struct deliverer *d, struct job *j)
{
	struct work_item item = { 0 };
	bool is_alone;

	pthread_mutex_lock(&d->lock);
	d->n_waiting++;
	pthread_mutex_unlock(&d->lock);
	queue_next(d->p.queue, deadline_in(IDLE_WAIT_MS), &item);
	pthread_mutex_lock(&d->lock);
	d->n_waiting--;
	is_alone = d->n_waiting == 0 && d->n_threads < d->max_threads && !d->is_stopping &&
		   (item.kind == WORK_ROUTE || item.kind == WORK_DELIVER);
	pthread_mutex_unlock(&d->lock);
	if (is_alone)
		start_thread(d);
	return do_item(j, &item);
}

/* A thread that found nothing to do may go when others wait. */
static bool may_end(struct deliverer *d, enum did last)
{
	bool ends;

	pthread_mutex_lock(&d->lock);
	ends = d->is_stopping || last == DID_STOP || (last == DID_NOTHING && d->n_waiting > 0);
	pthread_mutex_unlock(&d->lock);
	return ends;
}

static void *thread_main(void *arg)
{
	struct deliverer *d = arg;
	struct job j;

	job_init(&j, d);
	while (!may_end(d, do_work(d, &j)))
		;
	job_done(&j);
	pthread_mutex_lock(&d->lock);
	d->n_threads--;
	pthread_cond_signal(&d->ended);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static int start_thread(struct deliverer *d)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_mutex_lock(&d->lock);
	d->n_threads++;
	pthread_mutex_unlock(&d->lock);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, thread_main, d);
	pthread_attr_destroy(&attr);
	if (rc != 0) {
		pthread_mutex_lock(&d->lock);
		d->n_threads--;
		pthread_mutex_unlock(&d->lock);
	}
	return -rc;
}

int deliverer_start(struct deliverer *d)
{
	return start_thread(d);
}

bool deliverer_stop(struct deliverer *d, int64_t deadline)
{
	int64_t until_us = wall_us() + (int64_t)deadline_left(deadline) * 1000;
	struct timespec ts = { .tv_sec = until_us / 1000000,
			       .tv_nsec = (until_us % 1000000) * 1000 };
	bool is_over;

	pthread_mutex_lock(&d->lock);
	d->is_stopping = true;
	pthread_mutex_unlock(&d->lock);
	queue_stop(d->p.queue);
	pthread_mutex_lock(&d->lock);
	while (d->n_threads > 0 && pthread_cond_timedwait(&d->ended, &d->lock, &ts) == 0)
		;
	is_over = d->n_threads == 0;
	pthread_mutex_unlock(&d->lock);
	return is_over; /* else some still deliver: whoever ends the process ends them */
}

void deliverer_free(struct deliverer *d)
{
	if (!d)
		return;
	/* A thread that did not stop in time still reads this. */
	if (d->n_threads > 0)
		return;
	pthread_cond_destroy(&d->ended);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void deliver_run(struct deliverer *d)
{
	struct job j;

	job_init(&j, d);
	while (!queue_is_idle(d->p.queue)) {
		struct work_item item = { 0 };

		queue_next(d->p.queue, deadline_in(RUN_WAIT_MS), &item);
		if (do_item(&j, &item) == DID_STOP)
			break;
	}
	job_done(&j);
}

void deliver_run_many(struct deliverer *d)
{
	if (deliverer_start(d) == 0)
		while (!queue_is_idle(d->p.queue))
			nanosleep(&(struct timespec){ .tv_nsec = IDLE_LOOK_MS * 1000000 }, NULL);
	else
		deliver_run(d);
	while (!deliverer_stop(d, deadline_in(IDLE_WAIT_MS)))
		;
}
