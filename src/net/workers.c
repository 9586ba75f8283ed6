/*
 * workers.c - see workers.h.
 *
 *   submit ──> an idle thread, the one that became idle last (its stack and caches are warm)
 *        └───> else the waiting list, and one more thread when the pool may grow
 *
 * Each idle thread waits on a condition of its own, so a submission wakes exactly one, and the threads at the bottom of
 * the idle stack are those that end for want of work. Invariant: when work waits, no thread is idle.
 */
#include "net/workers.h"

#include <errno.h>
#include <pthread.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/mem.h"

#define IDLE_MS     10000
#define STACK_BYTES (1024 * 1024)

struct worker {
	struct link link; /* in idle */
	pthread_cond_t wake;
	struct work *given;
};

struct workers {
	char name[16];
	int min_threads, max_threads;
	pthread_mutex_t lock; /* guards what follows */
	struct list waiting;  /* of struct work */
	struct list idle;     /* of struct worker, last idle first */
	pthread_cond_t gone;  /* a thread has ended */
	_Atomic int n_waiting;
	int n_threads;
	bool is_stopping;
};

struct workers *workers_new(const char *name, int min_threads, int max_threads)
{
	struct workers *p = MEM_NEW(struct workers);

	snprintf(p->name, sizeof(p->name), "%s", name);
	p->min_threads = min_threads;
	p->max_threads = max_threads < 1 ? 1 : max_threads;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->gone, NULL);
	list_init(&p->waiting);
	list_init(&p->idle);
	return p;
}

static void init_monotonic(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

/* Waits on the idle stack for work. NULL when this thread is to end. Called and left with the lock held. */
static struct work *wait_for_work(struct workers *p, struct worker *me)
{
	int64_t until = deadline_in(IDLE_MS);
	struct timespec ts = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
	int error = 0;

	me->given = NULL;
	list_prepend(&p->idle, &me->link);
	while (!me->given && !p->is_stopping && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&me->wake, &p->lock, &ts);
	if (link_is_listed(&me->link))
		list_remove(&me->link);
	return me->given;
}

static struct work *next_work(struct workers *p, struct worker *me)
{
	for (;;) {
		struct link *l = list_pop(&p->waiting);
		struct work *w;

		if (l) {
			p->n_waiting--;
			return LIST_OWNER(l, struct work, link);
		}
		if (p->is_stopping)
			return NULL;
		w = wait_for_work(p, me);
		if (w)
			return w;
		if (list_is_empty(&p->waiting) && !p->is_stopping && p->n_threads > p->min_threads)
			return NULL;
	}
}

static void *worker_main(void *arg)
{
	struct workers *p = arg;
	struct worker me = { .given = NULL };
	struct work *w;

	pthread_setname_np(pthread_self(), p->name);
	init_monotonic(&me.wake);
	pthread_mutex_lock(&p->lock);
	while ((w = next_work(p, &me))) {
		pthread_mutex_unlock(&p->lock);
		w->run(w);
		pthread_mutex_lock(&p->lock);
	}
	p->n_threads--;
	pthread_cond_broadcast(&p->gone);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&me.wake);
	return NULL;
}

/* One more thread; the lock is held. When the system gives none, the work waits for those that are there. */
static bool add_thread(struct workers *p)
{
	pthread_attr_t attr;
	pthread_t id;
	bool is_made;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	p->n_threads++;
	is_made = pthread_create(&id, &attr, worker_main, p) == 0;
	if (!is_made)
		p->n_threads--;
	pthread_attr_destroy(&attr);
	return is_made;
}

void workers_submit(struct workers *p, struct work *w)
{
	bool is_here = false;
	struct link *l;

	pthread_mutex_lock(&p->lock);
	l = p->is_stopping ? NULL : list_pop(&p->idle);
	if (l) {
		struct worker *idle = LIST_OWNER(l, struct worker, link);

		idle->given = w;
		pthread_cond_signal(&idle->wake);
	} else {
		list_append(&p->waiting, &w->link);
		p->n_waiting++;
		if (p->n_threads < p->max_threads && !p->is_stopping)
			add_thread(p);
		if (p->n_threads == 0) { /* stopped, or the very first thread was refused */
			list_remove(&w->link);
			p->n_waiting--;
			is_here = true;
		}
	}
	pthread_mutex_unlock(&p->lock);
	if (is_here)
		w->run(w);
}

int workers_backlog(const struct workers *p)
{
	return p->n_waiting;
}

void workers_stop(struct workers *p)
{
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	LIST_EACH (&p->idle, it)
		pthread_cond_signal(&LIST_OWNER(it, struct worker, link)->wake);
	while (p->n_threads > 0)
		pthread_cond_wait(&p->gone, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void workers_free(struct workers *p)
{
	if (!p)
		return;
	bug_if(p->n_threads > 0 || p->n_waiting > 0);
	pthread_cond_destroy(&p->gone);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
