#include "net/workers.h"

#include <pthread.h>
#include <unistd.h>

#include "base/test.h"

struct job {
	struct work work;
	_Atomic int *count;
	pthread_barrier_t *all_here;
};

static void run_job(struct work *w)
{
	struct job *j = LIST_OWNER(w, struct job, work);

	if (j->all_here)
		pthread_barrier_wait(j->all_here);
	(*j->count)++;
}

TEST("every submitted job runs once, also those that wait while the pool stops")
{
	enum { N = 2000 };
	static struct job jobs[N];
	_Atomic int count = 0;
	struct workers *p = workers_new("test", 0, 3);

	for (int i = 0; i < N; i++) {
		jobs[i] = (struct job){ .work.run = run_job, .count = &count };
		workers_submit(p, &jobs[i].work);
	}
	workers_stop(p);
	CHECK_INT(count, N);
	CHECK_INT(workers_backlog(p), 0);
	workers_free(p);
}

TEST("the pool grows while work waits: jobs that need each other all run at once")
{
	enum { N = 6 };
	struct job jobs[N];
	_Atomic int count = 0;
	pthread_barrier_t all_here;
	struct workers *p = workers_new("test", 1, N);

	pthread_barrier_init(&all_here, NULL, N);
	for (int i = 0; i < N; i++) {
		jobs[i] =
			(struct job){ .work.run = run_job, .count = &count, .all_here = &all_here };
		workers_submit(p, &jobs[i].work);
	}
	workers_stop(p);
	CHECK_INT(count, N);
	pthread_barrier_destroy(&all_here);
	workers_free(p);
}

TEST("work given to a stopped pool runs in the caller")
{
	_Atomic int count = 0;
	struct job j = { .work.run = run_job, .count = &count };
	struct workers *p = workers_new("test", 1, 2);

	workers_stop(p);
	workers_submit(p, &j.work);
	CHECK_INT(count, 1);
	workers_free(p);
}
