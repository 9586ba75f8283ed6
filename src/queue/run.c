/*
 * run.c - queue runs: which messages of the directories become ready, and in which order.
 *
 * A run with a selection, or a forced one, reads the control files it needs to know; a plain run of a daemon looks only
 * at files that it has no record of. Either way the candidates are sorted by QueueSortOrder and their places become
 * the sort keys of their records.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "os/load_average.h"
#include "queue/busy.h"
#include "queue/crowd.h"
#include "queue/queue_private.h"
#include "queue/request.h"
#include "queue/scan.h"
#include "queue/select.h"

#define DAEMON_ANSWER_MS 5000

struct candidate {
	int dir;
	char letter;
	bool is_known; /* has a record that says when it is due */
	int64_t priority, created_s, due_s, mtime_s;
	uint64_t random;
	char *host; /* reversed, for the orders by host */
	uint32_t dest;
	char id[QUEUE_ID_MAX];
};

struct run {
	struct queue *q;
	const struct snapshot *snap;
	const struct queue_select *sel;
	bool force;
	int64_t now_s;
	char order;
	bool reads_head; /* ages and priorities are known when the list is made */
	int load;
	int only_group; /* -1: all */
	struct candidate *v;
	size_t n, cap, n_of_dir;
};

/* The host of an address, backwards and in lower case, so that neighbours in a domain sort together. */
static char *reversed_host(struct view address)
{
	struct view host = crowd_host(address);
	char *out = mem_alloc(host.len + 1);

	for (size_t i = 0; i < host.len; i++)
		out[i] = (char)tolower((unsigned char)host.p[host.len - 1 - i]);
	out[host.len] = '\0';
	return out;
}

/* Nobody will deliver it as long as it is there: told at each run. */
static void complain_irregular(struct queue *q, int dir, const char *name)
{
	own_str struct str why = STR_MAX(4600);

	str_addf(&why, "gatherq: %s/%s is not a regular file", q->spool->dirs[dir].path, name);
	log_event(q->log, 0, LOG_CRIT, NULL, "SYSERR(root): %s", str_z(&why));
	if (q->params.say)
		q->params.say(q->params.say_arg, str_view(&why));
	q->trouble = EX_SOFTWARE_;
}

/* What the control file says; false when it is not to be read or not meant. */
static bool read_candidate(const struct run *run, struct candidate *c)
{
	const struct spool_dir *d = &run->q->spool->dirs[c->dir];
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	const struct options *o = &run->snap->cf->options;
	own_fd int fd = -1;
	struct qf_head head;
	struct stat st;
	char name[40];

	spool_name(name, c->letter, c->id);
	fd = openat(d->qf_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if ((fd < 0 && (errno == ELOOP || errno == ENXIO)) ||
	    (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)))
		complain_irregular(run->q, c->dir, name);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    spool_read_control(fd, &text) < 0)
		return false;
	if (!select_text(run->sel, str_view(&text)))
		return false;
	select_head(str_view(&text), &head);
	c->priority = head.priority;
	c->created_s = head.created_s;
	c->mtime_s = (int64_t)st.st_mtime;
	c->due_s = head.last_try_s && head.tries > 0
			   ? settle_wait(o, head.created_s, head.last_try_s) + head.last_try_s
			   : 0;
	c->host = reversed_host(head.first_rcpt);
	c->dest = crowd_dest(head.first_rcpt);
	return true;
}

static void keep(struct run *run, const struct candidate *c)
{
	MEM_GROW(run->v, run->n, run->cap);
	run->v[run->n++] = *c;
	run->n_of_dir++;
}

/* Does the daemon know the message and when it is due? Then nothing is read. */
static bool is_known_waiting(struct queue *q, int dir, char letter, const char *id, bool *out_busy)
{
	struct record *r;

	pthread_mutex_lock(&q->lock);
	r = records_find(&q->records, dir, id);
	*out_busy = r && (r->state == RECORD_ACTIVE || r->state == RECORD_READY);
	/* An active one is the deliverer's, who reads it without the lock. */
	if (r && r->state != RECORD_ACTIVE)
		r->letter = letter;
	pthread_mutex_unlock(&q->lock);
	return r != NULL;
}

static bool consider(void *arg, int dir, char letter, const char *id)
{
	struct run *run = arg;
	struct candidate c = { .dir = dir, .letter = letter };
	int max_jobs = groups_of_dir(run->q, dir)->max_jobs;
	bool is_busy, is_known;

	if (letter != select_letters(run->sel)[0] || !select_id(run->sel, view_of(id)))
		return true;
	is_known = is_known_waiting(run->q, dir, letter, id, &is_busy);
	if (is_busy || (is_known && !run->force))
		return true;
	if (run->q->is_tender_stopping)
		return false;
	snprintf(c.id, sizeof(c.id), "%s", id);
	if (!read_candidate(run, &c))
		return true;
	if (getrandom(&c.random, sizeof(c.random), GRND_NONBLOCK) < 0)
		c.random = run->n * 2654435761u;
	keep(run, &c);
	if (max_jobs > 0 && run->n_of_dir >= (size_t)max_jobs) {
		log_event(run->q->log, 0, LOG_WARNING, NULL, "WorkList for %s maxed out at %d",
			  run->q->spool->dirs[dir].path, max_jobs);
		return false;
	}
	return true;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_priority(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int result = compare_numbers(x->priority, y->priority);

	return result ? result : compare_numbers(x->created_s, y->created_s);
}

static int by_created(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int result = compare_numbers(x->created_s, y->created_s);

	return result ? result : compare_numbers(x->priority, y->priority);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->id, ((const struct candidate *)b)->id);
}

static int by_mtime(const void *a, const void *b)
{
	return compare_numbers(((const struct candidate *)a)->mtime_s,
			       ((const struct candidate *)b)->mtime_s);
}

static int by_random(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->random > y->random) - (x->random < y->random);
}

static int by_host(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int result = strcmp(x->host, y->host);

	return result ? result : by_priority(a, b);
}

/* Hosts in an order that differs from run to run, messages of one host together. */
static int by_shuffled_host(const void *a, const void *b)
{
	uint64_t x = hash_bytes(view_of(((const struct candidate *)a)->host));
	uint64_t y = hash_bytes(view_of(((const struct candidate *)b)->host));

	return x == y ? by_host(a, b) : (x > y) - (x < y);
}

static void sort(struct run *run)
{
	static const struct {
		char order;
		int (*compare)(const void *a, const void *b);
	} orders[] = {
		{'p',  by_priority     },
                { 't', by_created      },
                { 'f', by_name         },
		{ 'm', by_mtime        },
                { 'r', by_random       },
                { 'h', by_host         },
		{ 's', by_shuffled_host},
	};

	for (size_t i = 0; run->n && i < sizeof(orders) / sizeof(orders[0]); i++)
		if (orders[i].order == run->order)
			qsort(run->v, run->n, sizeof(*run->v), orders[i].compare);
}

static bool is_held_by_load(const struct run *run, const struct candidate *c)
{
	const struct options *o = &run->snap->cf->options;

	return run->reads_head && busy_holds_at(o, o->queue_la, run->load, c->priority);
}

/*
 * Without a schedule, a run leaves the young ones and those that the load holds back out of its list without a word. Where the
 * order needs nothing out of the files, the young ones are listed, and opening says why they are left.
 */
static bool is_left_out(const struct run *run, const struct candidate *c)
{
	return groups_interval(run->q, c->dir) == 0 &&
	       (is_held_by_load(run, c) ||
		(run->reads_head && !run->force && c->due_s > run->now_s));
}

static void leave_out_waiting(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->n; i++) {
		if (is_left_out(run, &run->v[i]))
			free(run->v[i].host);
		else
			run->v[kept++] = run->v[i];
	}
	run->n = kept;
}

/* When a run with a schedule may take the message up. */
static int64_t due_of(const struct run *run, const struct candidate *c)
{
	int64_t due = run->force ? 0 : c->due_s;

	if (is_held_by_load(run, c) && due <= run->now_s)
		return run->now_s + groups_interval(run->q, c->dir);
	return due;
}

/* The candidates become ready, or wait until they are due. Returns how many are ready. */
static size_t make_ready(struct run *run)
{
	struct queue *q = run->q;
	size_t n = 0;

	for (size_t i = 0; i < run->n; i++) {
		const struct candidate *c = &run->v[i];
		struct record *r;

		pthread_mutex_lock(&q->lock);
		r = records_find(&q->records, c->dir, c->id);
		if (!r)
			r = records_add(&q->records, c->dir, c->id, c->letter);
		if (r->state == RECORD_RESTING || r->state == RECORD_WAITING ||
		    (r->state == RECORD_CROWDED && run->force)) {
			int64_t due_s = due_of(run, c);
			bool is_due = due_s <= run->now_s;

			records_set(&q->records, r, RECORD_RESTING);
			r->is_forced = run->force;
			r->letter = c->letter;
			r->next_try_s = due_s;
			r->priority = c->priority;
			r->dest = c->dest;
			r->sort_key = (int64_t)i;
			r->number = (uint32_t)(i + 1);
			r->of = (uint32_t)run->n;
			n += is_due;
			/* A run without a schedule shows the young ones as well: opening says why not. */
			if (is_due || groups_interval(q, c->dir) == 0)
				records_set(&q->records, r, RECORD_READY);
			else
				records_set(&q->records, r, RECORD_WAITING);
		}
		pthread_mutex_unlock(&q->lock);
	}
	return n;
}

/* Is the group meant? One with R=0 only when it is named. */
static bool is_wanted_group(const struct run *run, int group)
{
	if (run->only_group >= 0)
		return group == run->only_group;
	if (!run->sel || !run->sel->group)
		return !run->q->groups.v[group].is_off;
	return group < run->snap->cf->n_groups &&
	       view_eq_nocase(run->snap->cf->groups[group].name, view_of(run->sel->group));
}

/* J=: the first in the order of the run, no more. */
static void leave_out_last(struct run *run, int max)
{
	while (max > 0 && run->n > (size_t)max)
		free(run->v[--run->n].host);
}

/* One group is a run of its own: its order, its numbers. */
static size_t run_one(struct run *run, int group)
{
	const struct spool *s = run->q->spool;
	size_t n;

	run->n = 0;
	run->order = run->q->groups.v[group].sort;
	run->reads_head = busy_order_has_priority(run->order) || (run->sel && run->sel->n > 0);
	for (int dir = 0; dir < s->n_dirs; dir++) {
		run->n_of_dir = 0;
		if (s->dirs[dir].group == group)
			scan_dir(s, dir, consider, run);
	}
	leave_out_waiting(run);
	sort(run);
	leave_out_last(run, run->q->groups.v[group].first_jobs);
	n = make_ready(run);
	for (size_t i = 0; i < run->n; i++)
		free(run->v[i].host);
	return n;
}

/* The machine is too busy for a run: says so. */
static void skip(struct queue *q)
{
	static const char words[] = "Skipping queue run -- load average too high";

	log_event(q->log, 8, LOG_INFO, NULL, "runqueue: %s", words);
	if (q->params.say) {
		q->params.say(q->params.say_arg, view_of(words));
		q->params.say(q->params.say_arg, VIEW(""));
	}
}

static size_t run_groups(struct queue *q, const struct queue_select *sel, bool force,
			 int only_group)
{
	struct snapshot *snap = snapshot_current(q->params.slot);
	struct run run = { .q = q,
			   .snap = snap,
			   .sel = sel,
			   .now_s = wall_s(),
			   .load = load_average(),
			   .only_group = only_group };
	size_t n = 0;

	if (busy_holds_at(&snap->cf->options, snap->cf->options.queue_la, run.load,
			  snap->cf->options.recipient_factor)) {
		skip(q);
		snapshot_put(snap);
		return 0;
	}
	q->is_flushed = false;
	/* What a daemon accepted for a later run may not be in a file yet. */
	if (!q->journal)
		request_send(q->spool, VIEW("rest\n"), deadline_in(DAEMON_ANSWER_MS));
	run.force = force || (sel && sel->n > 0);
	for (int i = 0; i < q->groups.n; i++)
		if (is_wanted_group(&run, i))
			n += run_one(&run, i);
	free(run.v);
	snapshot_put(snap);
	pthread_mutex_lock(&q->lock);
	schedule_wake(q);
	crowd_look_again(q);
	tend_wake(q);
	pthread_mutex_unlock(&q->lock);
	return n;
}

void run_group(struct queue *q, int group)
{
	run_groups(q, q->params.select, false, group);
}

size_t queue_run(struct queue *q, const struct queue_select *sel, bool force)
{
	return run_groups(q, sel, force, -1);
}
