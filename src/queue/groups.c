/* groups.c - see groups.h. */
#include "queue/groups.h"

#include "queue/queue_private.h"

static void init_group(struct queue *q, const struct config *cf, int at)
{
	const struct options *o = &cf->options;
	const struct queue_group *c = at < cf->n_groups ? &cf->groups[at] : NULL;
	struct group_state *g = &q->groups.v[at];

	*g = (struct group_state){ .interval_s = q->params.run_interval_s,
				   .max_jobs = o->max_queue_run_size,
				   .sort = o->queue_sort_order };
	if (!c)
		return;
	if (c->has_runners)
		g->limit = c->runners;
	g->is_off = c->has_runners && c->runners == 0;
	if (c->jobs > 0)
		g->first_jobs = c->jobs;
	if (c->sort)
		g->sort = c->sort;
	if (g->interval_s > 0 && c->interval_s > 0)
		g->interval_s = c->interval_s;
	if (g->is_off)
		g->interval_s = 0;
	g->next_scan_s = g->interval_s > 0 ? wall_s() : 0;
}

void groups_init(struct queue *q, const struct config *cf)
{
	q->groups.n = q->spool->n_groups < RECORDS_GROUPS ? q->spool->n_groups : RECORDS_GROUPS;
	q->groups.limit = cf->options.max_queue_children;
	q->groups.take_turns = q->params.run_interval_s > 0;
	for (int i = 0; i < q->groups.n; i++)
		init_group(q, cf, i);
	for (int dir = 0; dir < q->spool->n_dirs; dir++)
		records_set_group(&q->records, dir, q->spool->dirs[dir].group);
}

struct group_state *groups_of_dir(struct queue *q, int dir)
{
	return &q->groups.v[q->spool->dirs[dir].group];
}

int64_t groups_interval(struct queue *q, int dir)
{
	return groups_of_dir(q, dir)->interval_s;
}

static bool may_open(const struct group_state *g)
{
	return g->limit == 0 || g->n_open < g->limit;
}

struct record *groups_first_ready(struct queue *q)
{
	struct groups *s = &q->groups;
	int from = s->take_turns ? s->turn : 0;

	if (s->limit > 0 && s->n_open >= s->limit)
		return NULL;
	for (int i = 0; i < s->n; i++) {
		int group = (from + i) % s->n;
		struct record *r = records_first_ready_of(&q->records, group);

		if (r && may_open(&s->v[group]))
			return r;
	}
	return NULL;
}

void groups_open(struct queue *q, int group)
{
	q->groups.v[group].n_open++;
	q->groups.n_open++;
	q->groups.turn = (group + 1) % q->groups.n;
}

void groups_close(struct queue *q, int group)
{
	q->groups.v[group].n_open--;
	q->groups.n_open--;
}
