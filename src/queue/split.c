/* split.c - see split.h. */
#include "queue/split.h"

#include "base/mem.h"
#include "queue/queue_private.h"

#define RULES_ARENA_MAX (1u << 20)
#define RULES_MS        60000
#define IDS_SHOWN_MAX   900

/* The recipients of one group, in their order. */
struct part {
	const struct queue_group *group;
	struct rcpt **v;
	size_t n, cap;
};

struct parts {
	struct part v[QUEUE_GROUPS_MAX];
	size_t n;
};

bool split_is_wanted(const struct config *cf)
{
	return cf->n_groups > 1 || (cf->n_groups == 1 && cf->groups[0].max_rcpts > 0);
}

static bool has_to_be_delivered(const struct rcpt *r)
{
	return r->state == RCPT_NEW || r->state == RCPT_ROUTED || r->state == RCPT_DEFERRED;
}

/* Ruleset queuegroup, else the mailer's Q=, else the default. */
static const struct queue_group *group_of(struct rw *rw, const struct rcpt *r)
{
	const struct config *cf = rw->snap->cf;
	struct view user = r->triple.user.len ? r->triple.user : r->address;
	const struct queue_group *group;
	struct tokens ws;

	if (cf->n_groups == 1)
		return &cf->groups[0];
	if (rw_capture(rw, "queuegroup", user, VIEW_NONE, &ws) == EX_OK_ && ws.n >= 2 &&
	    ws.v[0].symbol == '#') {
		group = config_group(cf, ws.v[1].text);
		if (group)
			return group;
	}
	if (r->triple.mailer && r->triple.mailer->queue_group.len) {
		group = config_group(cf, r->triple.mailer->queue_group);
		if (group)
			return group;
	}
	return &cf->groups[0];
}

static void add_to_part(struct parts *p, const struct queue_group *group, struct rcpt *r)
{
	struct part *part = NULL;

	for (size_t i = 0; i < p->n && !part; i++)
		if (p->v[i].group == group)
			part = &p->v[i];
	if (!part) {
		part = &p->v[p->n++];
		*part = (struct part){ .group = group };
	}
	MEM_GROW(part->v, part->n, part->cap);
	part->v[part->n++] = r;
}

static void find_parts(struct queue *q, struct envelope *e, struct parts *p)
{
	struct arena *arena = arena_new(RULES_ARENA_MAX);
	struct rw rw;

	envelope_rw(e, q->params.services, arena, NULL, &rw);
	rw.deadline = deadline_in(RULES_MS);
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (has_to_be_delivered(r))
			add_to_part(p, group_of(&rw, r), r);
		arena_reset(arena);
	}
	arena_free(arena);
}

static struct envelope *new_copy(struct queue *q, const struct envelope *e,
				 const struct queue_group *group, struct split *s)
{
	struct envelope *c = envelope_clone(e, e->sender);

	c->flags = (e->flags | ENV_SPLIT) & ~(uint32_t)ENV_RET_GIVEN;
	c->group = group;
	queue_assign_id(q, c);
	MEM_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = c;
	MEM_GROW(s->copies, s->n_copies, s->cap_copies);
	s->copies[s->n_copies++] = c;
	return c;
}

static void move(struct split *s, struct envelope *from, struct envelope *to, struct rcpt *r)
{
	envelope_copy_rcpt(to, r);
	list_remove(&r->link);
	from->n_rcpts--;
	MEM_GROW(s->moved, s->n_moved, s->cap_moved);
	s->moved[s->n_moved++] = (struct split_moved){ from, r };
}

/* "count=2, ids=A; B" */
static void log_split(struct queue *q, const char *id, const char *how,
		      struct envelope *const *copies, size_t n)
{
	own_str struct str ids = STR_MAX(IDS_SHOWN_MAX);

	for (size_t i = 0; i < n; i++)
		str_addf(&ids, "%s%s", i ? "; " : "", copies[i]->id);
	if (n > 0)
		log_event(q->log, 3, LOG_NOTICE, id, "split: %scount=%zu, id%s=%s%s", how, n,
			  n > 1 ? "s" : "", str_z(&ids), ids.cut ? "..." : "");
}

/* The recipients of a part go to `holder`, which is e itself for the first part; what is more than r= to further copies. */
static void split_by_count(struct queue *q, struct envelope *e, struct part *part,
			   struct envelope *holder, struct split *s)
{
	size_t max = part->group->max_rcpts > 0 ? (size_t)part->group->max_rcpts : SIZE_MAX;
	struct envelope *to = holder;
	size_t first = s->n_copies;
	char how[64];

	for (size_t i = 0; i < part->n; i++) {
		if (i > 0 && i % max == 0)
			to = new_copy(q, e, part->group, s);
		if (to != e)
			move(s, e, to, part->v[i]);
	}
	snprintf(how, sizeof(how), "maxrcpts=%zu, rcpts=%zu, ", max, part->n);
	log_split(q, holder->id, how, s->copies + first, s->n_copies - first);
}

static void split_parts(struct queue *q, struct envelope *e, struct parts *parts, struct split *s)
{
	struct envelope *copies[QUEUE_GROUPS_MAX];

	for (size_t i = 0; i < parts->n; i++)
		if (i > 0)
			copies[i - 1] = new_copy(q, e, parts->v[i].group, s);
	for (size_t i = 0; i < parts->n; i++)
		split_by_count(q, e, &parts->v[i], i ? copies[i - 1] : e, s);
	if (parts->n > 1)
		log_split(q, e->id, "", copies, parts->n - 1);
}

void split_add(struct queue *q, struct envelope *e, struct split *s)
{
	struct parts parts = { .n = 0 };

	MEM_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = e;
	if (e->group || !split_is_wanted(e->snap->cf))
		return;
	accept_sort_rcpts(e);
	find_parts(q, e, &parts);
	if (parts.n == 0)
		return;
	if (e->id[0] == '\0')
		queue_assign_id(q, e);
	queue_set_priority(e); /* each part weighs as the whole */
	e->group = parts.v[0].group;
	split_parts(q, e, &parts, s);
	for (size_t i = 0; i < parts.n; i++)
		free(parts.v[i].v);
}

void split_done(struct split *s)
{
	free(s->v);
	free(s->copies);
	free(s->moved);
	*s = (struct split){ 0 };
}

void split_undo(struct split *s)
{
	for (size_t i = 0; i < s->n_moved; i++) {
		list_append(&s->moved[i].from->rcpts, &s->moved[i].rcpt->link);
		s->moved[i].from->n_rcpts++;
	}
	for (size_t i = 0; i < s->n_copies; i++)
		envelope_free(s->copies[i]);
	split_done(s);
}

size_t queue_split(struct queue *q, struct envelope *e, struct envelope ***out_copies)
{
	struct split s = { 0 };
	size_t n;

	split_add(q, e, &s);
	n = s.n_copies;
	*out_copies = s.copies;
	s.copies = NULL;
	split_done(&s);
	return n;
}
