/* test_route.c - tasks for tests. */
#include "queue/test_route.h"

#include "queue/site.h"

static struct task *new_task(struct queue *q, const struct mailer *mailer, struct envelope *e,
			     struct rcpt *r)
{
	struct task *t = ARENA_NEW(e->arena, struct task);

	r->state = RCPT_ROUTED;
	t->env = e;
	t->mailer = mailer;
	t->host = view_skip(r->address, 3);
	t->site = site_find(q, mailer, t->host);
	t->rcpts = ARENA_ARRAY(e->arena, struct rcpt *, 1);
	t->rcpts[0] = r;
	t->n_rcpts = 1;
	return t;
}

struct task *test_route(struct queue *q, const struct mailer *mailer, struct envelope *e)
{
	struct task **tasks = ARENA_ARRAY(e->arena, struct task *, e->n_rcpts), *first = NULL;
	size_t n = 0;

	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_SENT)
			tasks[n++] = new_task(q, mailer, e, r);
	}
	queue_add_tasks(q, e, tasks, n, &first);
	return first;
}
