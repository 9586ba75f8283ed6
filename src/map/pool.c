/* pool.c - see pool.h. */
#include "map/pool.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t is_free;
	void (*close)(void *arg, void *connection);
	void *arg;
	size_t max, n_all, n_idle;
	void *idle[];
};

struct pool *pool_new(size_t max, void (*close)(void *arg, void *connection), void *arg)
{
	struct pool *p = mem_zero(sizeof(*p) + max * sizeof(p->idle[0]));
	pthread_condattr_t monotonic;

	p->max = max;
	p->close = close;
	p->arg = arg;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->is_free, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	while (p->n_idle > 0)
		p->close(p->arg, p->idle[--p->n_idle]);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->is_free);
	free(p);
}

int pool_take(struct pool *p, int64_t deadline, void **out_connection)
{
	struct timespec until = { deadline / 1000, deadline % 1000 * 1000000 };
	int r = 0;

	pthread_mutex_lock(&p->lock);
	while (r == 0 && p->n_idle == 0 && p->n_all == p->max) {
		if (deadline == DEADLINE_NEVER)
			pthread_cond_wait(&p->is_free, &p->lock);
		else
			r = -pthread_cond_timedwait(&p->is_free, &p->lock, &until);
	}
	*out_connection = NULL;
	if (p->n_idle > 0) {
		*out_connection = p->idle[--p->n_idle];
		r = 0;
	} else if (p->n_all < p->max) {
		p->n_all++;
		r = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

void pool_give(struct pool *p, void *connection)
{
	pthread_mutex_lock(&p->lock);
	if (connection)
		p->idle[p->n_idle++] = connection;
	else
		p->n_all--;
	pthread_cond_signal(&p->is_free);
	pthread_mutex_unlock(&p->lock);
}
