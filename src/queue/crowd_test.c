/*
 * crowd_test.c - many messages for one destination beside a few for others.
 */
#include "queue/crowd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/test.h"
#include "queue/site.h"
#include "queue/test_world.h"

#define N_CROWD  700
#define N_OTHERS 30

struct crowd {
	struct test_world world;
	struct queue *queue; /* the world's */
	int n_done, n_others;
};

/* A message of that number; a lower priority value comes first. */
static void put(const struct test_world *w, int n, const char *host, int priority)
{
	char path[160], text[200];
	own_fd int fd = -1;

	snprintf(path, sizeof(path), "%s/qf6AKJ9A9m%06d", w->base, n);
	snprintf(text, sizeof(text),
		 "V8\nT%lld\nK0\nN0\nP%d\nS<a@b.test>\nRPFD:<x@%s>\nH??Subject: x\n.\n",
		 (long long)wall_s(), priority, host);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void crowd_init(struct crowd *c)
{
	struct test_world *w = &c->world;

	c->n_done = c->n_others = 0;
	test_world_init(w, NULL);
	w->cf.options.queue_sort_order = 'p';
	w->cf.options.super_safe = 'f';
	for (int i = 0; i < N_CROWD; i++)
		put(w, i, "crowd.test", 1000 + (i * 7919) % N_CROWD);
	for (int i = 0; i < N_OTHERS; i++) {
		char host[30];

		snprintf(host, sizeof(host), "other%d.test", i);
		put(w, N_CROWD + i, host, 5000 + i);
	}
	test_world_open(w, false, 3600);
	c->queue = w->queue;
	CHECK_INT(queue_run(w->queue, NULL, false), N_CROWD + N_OTHERS);
}

/* Hands the one recipient in; what may be done at once stays with the queue. */
static void route(struct crowd *w, struct envelope *e)
{
	struct rcpt *r = LIST_OWNER(e->rcpts.head.next, struct rcpt, link);
	struct task **tasks = ARENA_ARRAY(e->arena, struct task *, 1);
	struct task *t = ARENA_NEW(e->arena, struct task);

	r->state = RCPT_ROUTED;
	t->mailer = &w->world.mailer;
	t->host = crowd_host(r->address);
	t->site = site_find(w->queue, t->mailer, t->host);
	t->rcpts = ARENA_ARRAY(e->arena, struct rcpt *, 1);
	t->rcpts[0] = r;
	t->n_rcpts = 1;
	tasks[0] = t;
	queue_add_tasks(w->queue, e, tasks, 1, NULL);
}

static bool is_for_crowd(const struct task *t)
{
	return view_eq(t->host, VIEW("crowd.test"));
}

static void deliver(struct crowd *w, struct task *t)
{
	while (t) {
		t->rcpts[0]->state = RCPT_SENT;
		w->n_done++;
		w->n_others += !is_for_crowd(t);
		t = queue_task_done(w->queue, t, true);
	}
}

/* The next work, routed if it is that; NULL when there is none although the queue had time to find some. */
static struct task *next_task(struct crowd *w, int64_t wait_ms)
{
	struct work_item item;

	for (;;) {
		queue_next(w->queue, deadline_in(wait_ms), &item);
		if (item.kind != WORK_ROUTE)
			return item.kind == WORK_DELIVER ? item.task : NULL;
		route(w, item.env);
	}
}

TEST_COVERS("a backlog for one host drains without a pause, and those behind it do not wait for it",
	    102)
{
	struct task *held[64], *t;
	struct crowd w;
	int n_held = 0;

	crowd_init(&w);
	/* The host takes its time: what is handed out for it is held while the others pass. */
	while (w.n_others < N_OTHERS && (t = next_task(&w, 20000))) {
		if (is_for_crowd(t))
			held[n_held++] = t;
		else
			deliver(&w, t);
		assert_true(n_held < 64);
	}
	CHECK_INT(w.n_others, N_OTHERS);
	CHECK(w.queue->records.n_crowded > 0);
	while (n_held > 0)
		deliver(&w, held[--n_held]);
	/* Nothing is left to the clock: each message that is over makes room for the next. */
	while (w.n_done < N_CROWD + N_OTHERS && (t = next_task(&w, 20000)))
		deliver(&w, t);
	CHECK_INT(w.n_done, N_CROWD + N_OTHERS);
	CHECK_INT(w.queue->records.n, 0);
	test_world_done(&w.world);
}

TEST("messages whose site is busy with other mail are taken up when it has room again")
{
	struct crowd w;
	struct record *r[3];
	struct site *s;

	crowd_init(&w);
	s = site_find(w.queue, &w.world.mailer, VIEW("crowd.test"));
	pthread_mutex_lock(&w.queue->lock);
	s->n_waiting = 1000;
	for (int i = 0; i < 3; i++) {
		r[i] = records_first_ready(&w.queue->records);
		r[i]->site = s;
		s->n_records++;
		crowd_set_aside(w.queue);
		CHECK_INT(r[i]->state, RECORD_CROWDED);
		CHECK_INT(w.queue->records.n_crowded, i + 1);
	}
	crowd_sweep(w.queue);
	CHECK_INT(w.queue->records.n_crowded, 3);
	while (s->n_waiting > 0) {
		s->n_waiting--;
		crowd_site_moved(w.queue, s);
	}
	while (crowd_sweep(w.queue))
		;
	CHECK_INT(w.queue->records.n_crowded, 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(r[i]->state, RECORD_READY);
	CHECK(records_first_ready(&w.queue->records) == r[0]); /* in the order of the run */
	s->n_pins--;
	pthread_mutex_unlock(&w.queue->lock);
	test_world_done(&w.world);
}
