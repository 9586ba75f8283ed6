/*
 * workers.c - see workers.h.
 *
 *   submit ──> an idle thread, the one that became idle last (its stack and caches are warm)
 *        └───> else the waiting list, and one more thread when the pool may grow
 *
 * Each idle thread waits on a semaphore of its own, so a submission wakes exactly one, and the threads at the bottom of
 * the idle stack are those that end for want of work. It is posted after the lock has been left, and who was woken with
 * work does not take the lock: a hand-over costs one wake and one wait. Invariant: when work waits, no thread is idle.
 */
#include "net/workers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/mem.h"

#define IDLE_MS     10000
#define STACK_BYTES (1024 * 1024)

struct worker {
	struct link link; /* in idle; taken out by who wakes it */
	sem_t wake;       /* posted once for each time it is taken out of idle by another thread */
	struct work *given; /* written before the post; NULL: the pool is stopping */
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

/* Waits to be woken; false when the time has passed without it. */
static bool wait_for_wake(struct worker *me)
{
	int64_t until_us = wall_us() + IDLE_MS * 1000;
	struct timespec ts = { .tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000 };

	while (sem_timedwait(&me->wake, &ts) < 0) {
		if (errno == ETIMEDOUT)
			return false;
	}
	return true;
}

/* Idles until there is work. Called with the lock held and left without it; NULL when this thread is to end. */
static struct work *idle(struct workers *p, struct worker *me)
{
	bool may_end;

	for (;;) {
		me->given = NULL;
		list_prepend(&p->idle, &me->link);
		pthread_mutex_unlock(&p->lock);
		if (wait_for_wake(me))
			return me->given;
		pthread_mutex_lock(&p->lock);
		if (!link_is_listed(&me->link)) { /* woken in this very moment */
			pthread_mutex_unlock(&p->lock);
			while (sem_wait(&me->wake) < 0)
				;
			return me->given;
		}
		list_remove(&me->link);
		may_end = p->n_threads > p->min_threads;
		if (may_end) {
			pthread_mutex_unlock(&p->lock);
			return NULL;
		}
	}
}

/* Called and left without the lock. */
static struct work *next_work(struct workers *p, struct worker *me)
{
	struct link *l;

	pthread_mutex_lock(&p->lock);
	l = list_pop(&p->waiting);
	if (l) {
		p->n_waiting--;
		pthread_mutex_unlock(&p->lock);
		return LIST_OWNER(l, struct work, link);
	}
	if (p->is_stopping) {
		pthread_mutex_unlock(&p->lock);
		return NULL;
	}
	return idle(p, me);
}

static void *worker_main(void *arg)
{
	struct workers *p = arg;
	struct worker me = { .given = NULL };
	struct work *w;

	pthread_setname_np(pthread_self(), p->name);
	sem_init(&me.wake, 0, 0);
	while ((w = next_work(p, &me)))
		w->run(w);
	sem_destroy(&me.wake);
	pthread_mutex_lock(&p->lock);
	p->n_threads--;
	pthread_cond_broadcast(&p->gone);
	pthread_mutex_unlock(&p->lock);
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

/* Puts work on the waiting list, and sees to a thread for it. False when there is none and will be none. */
static bool put_aside(struct workers *p, struct work *w)
{
	list_append(&p->waiting, &w->link);
	p->n_waiting++;
	if (p->n_threads < p->max_threads && !p->is_stopping)
		add_thread(p);
	if (p->n_threads > 0)
		return true;
	list_remove(&w->link);
	p->n_waiting--;
	return false;
}

void workers_submit(struct workers *p, struct work *w)
{
	struct worker *idle_one = NULL;
	bool is_placed = true;
	struct link *l;

	pthread_mutex_lock(&p->lock);
	l = p->is_stopping ? NULL : list_pop(&p->idle);
	if (l) {
		idle_one = LIST_OWNER(l, struct worker, link);
		idle_one->given = w;
	} else {
		is_placed = put_aside(p, w);
	}
	pthread_mutex_unlock(&p->lock);
	if (idle_one)
		sem_post(&idle_one->wake);
	else if (!is_placed) /* stopped, or the very first thread was refused */
		w->run(w);
}

bool workers_is_calm(struct workers *p)
{
	bool is_calm;

	pthread_mutex_lock(&p->lock);
	is_calm = p->n_waiting == 0 && p->n_threads <= p->max_threads / 2 && !p->is_stopping;
	pthread_mutex_unlock(&p->lock);
	return is_calm;
}

int workers_backlog(const struct workers *p)
{
	return p->n_waiting;
}

void workers_stop(struct workers *p)
{
	struct link *l;

	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	while ((l = list_pop(&p->idle)))
		sem_post(&LIST_OWNER(l, struct worker, link)->wake);
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
