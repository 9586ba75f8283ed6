/*
 * deliverer.c - the delivery threads.
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
#define IDLE_WAIT_MS    60000
#define RUN_WAIT_MS     250

struct deliverer {
	struct deliverer_params p;
	pthread_t *threads;
	int n_threads, max_threads;
	_Atomic bool is_stopping;
};

struct deliverer *deliverer_new(const struct deliverer_params *p)
{
	struct deliverer *d = MEM_NEW(struct deliverer);

	d->p = *p;
	d->max_threads = p->max_threads > 0 ? p->max_threads : THREADS_DEFAULT;
	d->threads = mem_alloc((size_t)d->max_threads * sizeof(*d->threads));
	return d;
}

static void job_init(struct job *j, struct deliverer *d)
{
	*j = (struct job){ .services = d->p.services,
			   .queue = d->p.queue,
			   .arena = arena_new(ARENA_BYTES),
			   .header = STR_MAX(1 << 22),
			   .verbose = d->p.verbose,
			   .verbose_arg = d->p.verbose_arg };
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
	for (size_t i = 0; i < JOB_KEPT_MAX; i++)
		job_close(j, j->kept[i].client);
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
	    site_keep_connection(site, c, smtp_client_drop, idle))
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

static bool do_work(struct job *j, int64_t deadline)
{
	struct work_item item = { 0 };

	queue_next(j->queue, deadline, &item);
	switch (item.kind) {
	case WORK_NONE:
		break;
	case WORK_ROUTE:
		do_route(j, item.env);
		break;
	case WORK_DELIVER:
		do_tasks(j, item.task);
		break;
	case WORK_STOP:
		return false;
	}
	return true;
}

static void *thread_main(void *arg)
{
	struct deliverer *d = arg;
	struct job j;

	job_init(&j, d);
	while (!d->is_stopping && do_work(&j, deadline_in(IDLE_WAIT_MS)))
		;
	job_done(&j);
	return NULL;
}

int deliverer_start(struct deliverer *d)
{
	pthread_attr_t attr;
	int rc = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (d->n_threads < d->max_threads && rc == 0) {
		rc = pthread_create(&d->threads[d->n_threads], &attr, thread_main, d);
		if (rc == 0)
			d->n_threads++;
	}
	pthread_attr_destroy(&attr);
	return d->n_threads > 0 ? 0 : -rc;
}

bool deliverer_stop(struct deliverer *d, int64_t deadline)
{
	d->is_stopping = true;
	queue_stop(d->p.queue);
	while (d->n_threads > 0) {
		int left = deadline_left(deadline);
		int64_t until_us = wall_us() + (int64_t)left * 1000;
		struct timespec ts = { .tv_sec = until_us / 1000000,
				       .tv_nsec = (until_us % 1000000) * 1000 };

		if (pthread_timedjoin_np(d->threads[d->n_threads - 1], NULL, &ts) != 0)
			return false; /* still delivering: whoever ends the process ends it */
		d->n_threads--;
	}
	return true;
}

void deliverer_free(struct deliverer *d)
{
	if (!d)
		return;
	/* A thread that did not stop in time still reads this. */
	if (d->n_threads > 0)
		return;
	free(d->threads);
	free(d);
}

void deliver_run(struct deliverer *d)
{
	struct job j;

	job_init(&j, d);
	while (!queue_is_idle(d->p.queue) && do_work(&j, deadline_in(RUN_WAIT_MS)))
		;
	job_done(&j);
}
