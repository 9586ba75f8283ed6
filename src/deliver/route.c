/*
 * route.c - WORK_ROUTE.
 *
 * Recipients with the same mailer and host share tasks, at most r= of them each; one by one when the mailer lacks flag m (a
 * program then runs once for each anyway), by domain with flag O. The grouping is a hash table from key to the task
 * that still has room, so that a list of 100,000 members is grouped in one pass.
 */
#include "deliver/route.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "deliver/outcome.h"
#include "envelope/header_complete.h"
#include "envelope/rcpt_order.h"
#include "report/mail_log.h"
#include "report/times.h"
#include "resolve/localuser.h"
#include "resolve/owner.h"

#define KEY_MAX       1024
#define KEY_HOST_MAX  512 /* a longer one is in no group */
#define RCPTS_DEFAULT 100

struct group {
	struct task *task;
	size_t room;
};

struct routing {
	struct job *job;
	struct envelope *env;
	struct table *groups; /* key -> struct group */
	struct task **tasks;
	size_t n, cap, n_held;
};

/* ---- owners: copies with another sender ---- */

/* Members of a list with an owner leave with a copy. When the copies cannot be made safe the members wait. */
static void split_by_owner(struct routing *rt)
{
	own_mem struct envelope **copies = NULL;
	size_t n = owner_split(rt->env, &copies);
	enum rcpt_state after = RCPT_DROPPED;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		queue_assign_id(rt->job->queue, copies[i]);
		log_event(rt->job->services->log, 4, LOG_INFO, rt->env->id,
			  "%s: clone: owner=" VIEW_FMT, copies[i]->id, VIEW_ARG(copies[i]->sender));
	}
	if (queue_accept_many(rt->job->queue, copies, n) < 0) {
		after = RCPT_DEFERRED;
		for (size_t i = 0; i < n; i++)
			envelope_free(copies[i]);
	}
	owner_split_done(rt->env, after);
}

/* A part of a long list is a message of its own from here on. */
static int take_part(void *arg, struct envelope *part)
{
	const struct routing *rt = arg;
	int result;

	part->flags |= ENV_PART;
	queue_assign_id(rt->job->queue, part);
	log_event(rt->job->services->log, 4, LOG_INFO, rt->env->id,
		  "%s: clone: part of a list, sender=" VIEW_FMT ", nrcpts=%zu", part->id,
		  VIEW_ARG(part->sender), part->n_rcpts);
	result = queue_accept(rt->job->queue, part);
	if (result < 0)
		log_event(rt->job->services->log, 0, LOG_CRIT, rt->env->id,
			  "cannot queue the members of a list: %s", strerror(-result));
	return result;
}

/* ---- groups ---- */

static struct view domain_of(struct view address)
{
	size_t at = view_rfind(address, '@');

	return at < address.len ? view_skip(address, at + 1) : VIEW("");
}

static struct view group_key(const struct rcpt *r, char buf[KEY_MAX])
{
	const struct mailer *m = r->triple.mailer;
	struct view domain = flag_has(&m->flags, 'O') ? domain_of(r->triple.user) : VIEW("");
	int n = snprintf(buf, KEY_MAX, "%d\t" VIEW_FMT "\t" VIEW_FMT, m->number,
			 VIEW_ARG(view_first(r->triple.host, KEY_HOST_MAX)),
			 VIEW_ARG(view_first(domain, 256)));

	/* Who it runs as decides too, where that differs. */
	if (r->user.name.len > 0 && n > 0 && n < KEY_MAX - 16 && !flag_has(&m->flags, 'S') &&
	    !view_eq_nocase(m->path, VIEW("[IPC]")))
		n += snprintf(buf + n, KEY_MAX - (size_t)n, "\t%ld", (long)r->user.uid);
	return view_from(buf, (size_t)n < KEY_MAX ? (size_t)n : KEY_MAX - 1);
}

static size_t group_size(const struct mailer *m)
{
	if (!flag_has(&m->flags, 'm'))
		return 1;
	return m->max_rcpts > 0 ? (size_t)m->max_rcpts : RCPTS_DEFAULT;
}

static void new_task(struct routing *rt, struct rcpt *r, struct group *g, size_t room)
{
	struct task *t = ARENA_NEW(rt->env->arena, struct task);

	t->env = rt->env;
	t->mailer = r->triple.mailer;
	t->host = r->triple.host;
	t->site = site_find(rt->job->queue, t->mailer, t->host);
	t->rcpts = ARENA_ARRAY(rt->env->arena, struct rcpt *, room);
	g->task = t;
	g->room = room;
	MEM_GROW(rt->tasks, rt->n, rt->cap);
	rt->tasks[rt->n++] = t;
}

static void add_to_group(struct routing *rt, struct rcpt *r, size_t left)
{
	char buf[KEY_MAX];
	bool fits = r->triple.host.len <= KEY_HOST_MAX && domain_of(r->triple.user).len <= 256;
	size_t size = fits ? group_size(r->triple.mailer) : 1;
	struct group single = { 0 }, *g = &single;

	if (size > 1) {
		struct view key = group_key(r, buf);

		g = table_get(rt->groups, key);
		if (!g) {
			g = ARENA_NEW(rt->job->arena, struct group);
			table_set(rt->groups, key, g);
		}
	}
	if (g->room == 0)
		new_task(rt, r, g, size < left ? size : left);
	g->task->rcpts[g->task->n_rcpts++] = r;
	g->room--;
}

/* Mailers that wait: those with flag % until a chosen run; expensive ones for any run, when told to hold them and nobody watches. */
static bool is_held(const struct routing *rt, const struct rcpt *r)
{
	const struct flag_set *f = &r->triple.mailer->flags;

	if (flag_has(f, '%'))
		return !queue_is_chosen(rt->env);
	return flag_has(f, 'e') && rt->env->snap->cf->options.hold_expensive &&
	       queue_is_new(rt->env) && !rt->job->verbose;
}

static void hold(struct routing *rt, struct rcpt *r)
{
	r->state = RCPT_DEFERRED;
	r->status = status_make(450, "4.0.0", EX_TEMPFAIL_, VIEW_NONE);
	r->status.text = VIEW("");
	rt->n_held++;
}

/* Nobody is called: the message is queued as one that was given in for later. */
static void queue_all(struct routing *rt)
{
	struct job *job = rt->job;

	queue_hold_back(rt->env);
	if (!queue_is_new(rt->env))
		return;
	LIST_EACH (&rt->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_DEFERRED)
			continue;
		mail_log_to(job->services->log,
			    &(struct mail_log_delivery){ .env = rt->env,
							 .rcpts = &r,
							 .n = 1,
							 .mailer = r->triple.mailer,
							 .stat = VIEW("queued") });
		if (job->verbose)
			job->verbose(job->verbose_arg, -1,
				     arena_printf(job->arena, VIEW_FMT "... queued",
						  VIEW_ARG(r->address)));
	}
}

static void make_tasks(struct routing *rt)
{
	size_t left = envelope_count(rt->env, RCPT_ROUTED);

	rt->groups = table_new(TABLE_NOCASE);
	LIST_EACH (&rt->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_ROUTED)
			continue;
		if (is_held(rt, r))
			hold(rt, r);
		else
			add_to_group(rt, r, left);
		left--;
	}
	table_free(rt->groups);
}

/* Out of a queue file the recipients of a site come last first, as the reference takes them. */
static void turn_round(struct task *t)
{
	for (size_t i = 0, k = t->n_rcpts; i + 1 < k; i++) {
		struct rcpt *r = t->rcpts[i];

		k--;
		t->rcpts[i] = t->rcpts[k];
		t->rcpts[k] = r;
	}
}

/* ---- before and after ---- */

static void make_new(struct envelope *e)
{
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->flags & RCPT_LATER) {
			r->flags &= (uint32_t)~RCPT_LATER;
			r->state = RCPT_DEFERRED;
			continue;
		}
		if (r->state != RCPT_DEFERRED && r->state != RCPT_ROUTED)
			continue;
		r->flags &= (uint32_t)~RCPT_BY_RULES;
		r->state = RCPT_NEW;
		/* What ruleset 5 said of a name that it made holds for that name alone. */
		if (r->triple.is_verbatim_local)
			r->flags &= ~(uint32_t)RCPT_VERBATIM;
		r->triple = (struct triple){ 0 };
	}
}

static void say_line(void *arg, const char *line)
{
	struct job *job = arg;

	job->verbose(job->verbose_arg, -1, view_of(line));
}

/* Waits for its rules to give another answer: an attempt that leaves all as it was has no line in the log. */
static bool is_put_off(const struct rcpt *r)
{
	return r->state == RCPT_DEFERRED && (r->flags & RCPT_BY_RULES);
}

/* With -v it has been said already. */
static void complain_unrouted(const struct routing *rt, const struct rcpt *r)
{
	const struct job *j = rt->job;

	if (j->complain && !j->verbose && r->state == RCPT_FAILED && !queue_is_new(rt->env))
		j->complain(j->verbose_arg, -1,
			    arena_printf(j->arena, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(r->address),
					 VIEW_ARG(r->status.text)));
}

/* Those that failed while they were resolved have their line in the log too. */
static void log_resolved(struct routing *rt)
{
	LIST_EACH (&rt->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if ((r->state == RCPT_FAILED || r->state == RCPT_DEFERRED) &&
		    r->attempted_at_s == 0) {
			r->attempted_at_s = wall_s();
			if (!is_put_off(r))
				outcome_log_unrouted(rt->job->services, rt->env, r);
			complain_unrouted(rt, r);
		}
	}
}

/* A message that goes round in circles is delivered to nobody. */
static void fail_when_looping(struct envelope *e)
{
	struct status loop;

	if (envelope_check_hops(e, &loop) == 0)
		return;
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_NEW)
			continue;
		r->state = RCPT_FAILED;
		r->status = loop;
	}
}

/*
 * A sender with an account here is whom the message is delivered for: log lines name him. Whether the address is local is
 * told by its domain alone, which is cheap; a name that the rules would send elsewhere is at worst named in the log.
 */
static void find_submitter(struct routing *rt)
{
	struct envelope *e = rt->env;
	struct view s = e->sender;
	struct local_user lu;
	size_t at;

	if (s.len >= 2 && s.p[0] == '<' && s.p[s.len - 1] == '>')
		s = view_from(s.p + 1, s.len - 2);
	at = view_rfind(s, '@');
	if (s.len == 0 ||
	    (at < s.len && !classes_has(e->snap->cf->classes, 'w', view_skip(s, at + 1))))
		return;
	switch (local_user_find(view_first(s, at), rt->job->arena, &lu)) {
	case FOUND:
		break;
	case NOT_FOUND: /* whoever gave the message to the program is not the one that it is from */
		e->submitter = (struct rcpt_user){ .is_set = false };
		return;
	default:
		return;
	}
	e->submitter = (struct rcpt_user){
		.name = arena_dup(e->arena, lu.name), .uid = lu.uid, .gid = lu.gid, .is_set = true
	};
}

size_t route_envelope(struct job *job, struct envelope *e, struct task ***out_tasks)
{
	struct routing rt = { .job = job, .env = e };
	struct resolve_ctx ctx = { .services = job->services,
				   .verbose = job->verbose ? say_line : NULL,
				   .verbose_arg = job,
				   .is_again = e->tries == 0 && (e->flags & ENV_FROM_COMMAND_LINE),
				   .hand_on = take_part,
				   .hand_on_arg = &rt };

	make_new(e);
	*out_tasks = NULL;
	if (times_is_by_over(e, wall_s()) || (!queue_is_new(e) && times_is_return_now(e)))
		return 0; /* the report finds its recipients and gives them up */
	find_submitter(&rt);
	fail_when_looping(e);
	resolve_envelope(e, &ctx, 0);
	log_resolved(&rt);
	split_by_owner(&rt);
	if (e->tries > 0)
		rcpt_order_again(e);
	else if (queue_is_in_file(e))
		rcpt_order_sort(e);
	make_tasks(&rt);
	if (rt.n == 0 && rt.n_held > 0)
		queue_all(&rt);
	for (size_t i = 0; i < rt.n && queue_is_in_file(e); i++)
		turn_round(rt.tasks[i]);
	if (rt.n > 0) {
		*out_tasks = ARENA_ARRAY(e->arena, struct task *, rt.n);
		memcpy(*out_tasks, rt.tasks, rt.n * sizeof(*rt.tasks));
	}
	free(rt.tasks);
	return rt.n;
}
