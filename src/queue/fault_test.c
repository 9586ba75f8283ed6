/*
 * fault_test.c - the disk fails, or the machine stops, at every call that the queue makes to the file system.
 *
 * A child process works on a queue and tells through a pipe which messages it acknowledged and what it delivered; its n-th
 * call fails or is its last. Then another queue on the same directory, without faults, delivers what is left. Every
 * recipient of every acknowledged message must have been delivered to; twice only where a crash came between a delivery
 * and its note, or the note itself could not be written. Each kind of fault is tried at each position in three
 * pieces of work; the table of positions is printed. After each crash every message must be in one of the states of
 * docs/queue-states.md, and each of these states must have been seen.
 */
#include "queue/fault_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "mail/status.h"
#include "queue/fault_states.h"
#include "queue/operate.h"
#include "queue/queue.h"
#include "queue/scan.h"
#include "queue/site.h"
#include "queue/test_route.h"
#include "queue/test_world.h"

#define MESSAGES      6
#define POSITIONS_MAX 2000
#define TELLINGS_MAX  256
#define IDLE_MAX      20

/* A process of the thread sanitizer takes half a second: some of the positions must do. */
#if defined(__SANITIZE_THREAD__)
#define STEP 61
#elif defined(__SANITIZE_ADDRESS__)
#define STEP 5
#else
#define STEP 1
#endif

struct ground {
	struct test_world world;
	int pipe_fd;
	bool has_groups;
	int patience; /* looks for more work while the queue is at it */
};

/* What the child tells of a message: B begins to accept, A acknowledged, D delivered to the recipient of that number, N noted:
 * the queue has been told and has returned. */
struct telling {
	char what, message, rcpt;
	char id[QUEUE_ID_MAX];
};

struct tellings {
	struct telling v[TELLINGS_MAX];
	size_t n;
};

static void ground_init(struct ground *g, bool has_groups)
{
	g->pipe_fd = -1;
	g->has_groups = has_groups;
	g->patience = IDLE_MAX;
	/* Thousands of runs: in memory where that is to be had. */
	test_world_init(&g->world, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NULL);
	g->world.cf.options.checkpoint_interval = 1;
	if (has_groups)
		test_world_add_groups(&g->world);
}

static bool open_queue(struct ground *g, bool journal)
{
	return test_world_try_open(&g->world,
				   (struct queue_params){ .with_journal = journal,
							  .with_schedule = true,
							  .journal_segment_bytes = 65536 });
}

/* ---- accepting and delivering, in the child and afterwards ---- */

static void tell(struct ground *g, struct tellings *list, char what, const struct envelope *e,
		 char rcpt)
{
	/* The sender names the message, also in the parts that it is split into. */
	struct telling t = { .what = what, .message = e->sender.p[1], .rcpt = rcpt };

	snprintf(t.id, sizeof(t.id), "%s", e->id);
	if (g->pipe_fd >= 0)
		fault_free_write(g->pipe_fd, &t, sizeof(t));
	else if (list && list->n < TELLINGS_MAX)
		list->v[list->n++] = t;
}

static void accept_some(struct ground *g)
{
	static const char *const senders[MESSAGES] = { "<0@b.test>", "<1@b.test>", "<2@b.test>",
						       "<3@b.test>", "<4@b.test>", "<5@b.test>" };

	for (int i = 0; i < MESSAGES; i++) {
		struct envelope *e = test_world_envelope(&g->world, "");
		struct telling t = { .what = 'A', .message = (char)('0' + i) };

		e->sender = view_of(senders[i]);
		e->delivery_mode = i % 3 == 2 ? 'q' : 'b';
		/* One body is in a file from the start, and goes to df before its record. */
		if (i == 1) {
			body_put(e->body);
			e->body = body_new(1, -1);
		}
		body_append(e->body, VIEW("hello\n"));
		envelope_add_rcpt(e, VIEW("<0@one.test>"), NULL);
		envelope_add_rcpt(e, VIEW("<1@two.test>"), NULL);
		if (g->has_groups)
			for (int r = 0; r < 3; r++)
				envelope_add_rcpt(
					e, view_from(&"<2@s.test><3@s.test><4@s.test>"[10 * r], 10),
					NULL)
					->triple.mailer = &g->world.slow;
		queue_assign_id(g->world.queue, e);
		memcpy(t.id, e->id, sizeof(t.id));
		tell(g, NULL, 'B', e, 0);
		if (queue_accept(g->world.queue, e) == 0)
			fault_free_write(g->pipe_fd, &t, sizeof(t));
		else
			envelope_free(e);
	}
}

/* Delivers all that is to be had; when two is false, those at two.test are deferred. */
static void deliver_some(struct ground *g, bool two, struct tellings *list)
{
	struct work_item item;

	for (int idle = 0; idle < g->patience;) {
		struct task *t;

		queue_next(g->world.queue, deadline_in(queue_is_idle(g->world.queue) ? 0 : 1),
			   &item);
		/* What cannot be spilled now is for queue_close. */
		if (item.kind == WORK_NONE)
			idle += queue_is_idle(g->world.queue) ? g->patience : 1;
		if (item.kind == WORK_STOP)
			return;
		if (item.kind == WORK_NONE)
			continue;
		t = item.kind == WORK_ROUTE ? test_route(g->world.queue, &g->world.mailer, item.env)
					    : item.task;
		while (t) {
			struct telling noted = { .what = 'N', .message = t->env->sender.p[1] };
			bool ok;

			noted.rcpt = t->rcpts[0]->address.p[1];
			ok = two || noted.rcpt == '0';
			if (ok)
				tell(g, list, 'D', t->env, noted.rcpt);
			t->rcpts[0]->state = ok ? RCPT_SENT : RCPT_DEFERRED;
			t = queue_task_done(g->world.queue, t, ok);
			if (ok && g->pipe_fd >= 0)
				fault_free_write(g->pipe_fd, &noted, sizeof(noted));
		}
	}
}

/* ---- the pieces of work ---- */

static void opened(struct ground *g, bool journal)
{
	if (!open_queue(g, journal))
		_exit(8);
}

static void accept_all(struct ground *g, bool journal)
{
	(void)journal;
	accept_some(g);
}

static void opened_and_accepted(struct ground *g, bool journal)
{
	opened(g, journal);
	accept_some(g);
}

static void settle_and_spill(struct ground *g, bool journal)
{
	(void)journal;
	deliver_some(g, false, NULL);
	queue_close(g->world.queue);
}

static void accept_deliver_spill(struct ground *g, bool journal)
{
	opened_and_accepted(g, journal);
	settle_and_spill(g, journal);
}

/* A queue run over what the work above has left. */
static void run_files(struct ground *g, bool journal)
{
	opened(g, journal);
	queue_run(g->world.queue, NULL, true);
	deliver_some(g, true, NULL);
	queue_close(g->world.queue);
}

static void each_file(struct ground *g,
		      bool (*act)(void *arg, int dir, char letter, const char *id),
		      struct spool **out)
{
	struct str why = STR_MAX(300);

	*out = spool_open(&g->world.cf, g->world.services.log, false, &why);
	if (!*out)
		_exit(8);
	scan_dir(*out, 0, act, g);
	spool_close(*out);
}

static struct spool *operated;

static bool operate_one(void *arg, int dir, char letter, const char *id)
{
	struct operate_on on = { .spool = operated, .dir = dir, .letter = letter, .id = id };
	int error;

	(void)arg;
	if (letter == 'q' && operate_retry(&on, &error) == OPERATE_DONE)
		operate_hold(&on, "held", &error);
	on.letter = 'h';
	operate_release(&on, &error);
	return true;
}

/* An operator's commands: due at once, held, released. */
static void operate(struct ground *g, bool journal)
{
	(void)journal;
	each_file(g, operate_one, &operated);
}

/* The report is the delivery: all who fail are told of. */
static int reported(void *arg, struct envelope *e)
{
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED)
			tell(arg, NULL, 'D', e, r->address.p[1]);
	}
	return 0;
}

static bool give_one_up(void *arg, int dir, char letter, const char *id)
{
	struct ground *g = arg;
	struct status why = status_make(554, "5.7.0", EX_UNAVAILABLE_, VIEW("given up"));

	queue_give_up(g->world.queue, dir, letter, id, &why);
	return true;
}

/* An operator returns the messages to their senders. */
static void give_up(struct ground *g, bool journal)
{
	(void)journal;
	if (!test_world_try_open(&g->world, (struct queue_params){ .on_attempt_over = reported,
								   .on_attempt_arg = g }))
		_exit(8);
	each_file(g, give_one_up, &operated);
	queue_close(g->world.queue);
}

/* The journal of a daemon that died is adopted by the next. */
static void recover(struct ground *g, bool journal)
{
	opened(g, journal);
	queue_close(g->world.queue);
}

/* Accepts, and is gone: everything is in the journal. */
static void accept_and_die(struct ground *g, bool journal)
{
	opened_and_accepted(g, journal);
	_exit(FAULT_EXIT);
}

typedef void piece(struct ground *g, bool journal);

static const struct work {
	const char *name;
	bool journal, has_groups;
	bool notes_at_once; /* a delivery is in the file when the queue returns from it */
	piece *before;      /* in a process of its own, without faults */
	piece *first;       /* in the process of the work, without faults yet */
	piece *work;
} works[] = {
	{"accept",                   true,  false, false, NULL,                 opened,              accept_all      },
	{ "accept, split in groups", true,  true,  false, NULL,                 opened,              accept_all      },
	{ "accept (no journal)",     false, false, false, NULL,                 opened,              accept_all      },
	{ "settle and spill",        true,  false, false, NULL,                 opened_and_accepted, settle_and_spill},
	{ "settle (no journal)",     false, false, true,  NULL,                 opened_and_accepted, settle_and_spill},
	{ "queue run",               false, false, true,  accept_deliver_spill, NULL,                run_files       },
	{ "retry, hold, release",    false, false, false, accept_deliver_spill, NULL,                operate         },
	{ "bounce",                  false, false, false, accept_deliver_spill, NULL,                give_up         },
	{ "recover the journal",     true,  false, false, accept_and_die,       NULL,                recover         },
};

enum excuse {
	EXCUSE_NONE,  /* the disk does all that it is asked to: nothing is delivered twice */
	EXCUSE_NOTE,  /* the notes of a message or two may be lost, no more */
	EXCUSE_STOP,  /* what was not noted when the process went */
	EXCUSE_MEDIA, /* what was noted and is not on disk, or cannot be noted any more */
};

/* Those with a step are tried at each third or fifth call, at others in each piece of work. */
static const struct {
	enum fault_kind kind;
	const char *name;
	enum excuse excuse;
	int step;
} kinds[] = {
	{FAULT_CRASH,   "crash",           EXCUSE_STOP,  1},
	{ FAULT_TORN,   "torn write",      EXCUSE_STOP,  1},
	{ FAULT_OLDFS,  "crash, old fs",   EXCUSE_STOP,  1},
	{ FAULT_POWER,  "power",           EXCUSE_MEDIA, 1},
	{ FAULT_ENOSPC, "ENOSPC",          EXCUSE_NOTE,  1},
	{ FAULT_FULL,   "full, then room", EXCUSE_MEDIA, 3},
	{ FAULT_EDQUOT, "EDQUOT",          EXCUSE_NOTE, 5},
	{ FAULT_EROFS,  "EROFS for good",  EXCUSE_MEDIA, 3},
	{ FAULT_EIO,    "EIO",             EXCUSE_NOTE,  1},
	{ FAULT_EMFILE, "EMFILE",          EXCUSE_NOTE,  1},
	{ FAULT_SHORT,  "short",           EXCUSE_NONE,  1},
	{ FAULT_SLOW,   "slow fsync",      EXCUSE_NONE,  1},
};

/* Runs a piece of work in a child; returns its exit status. */
static int in_child(struct ground *g, piece *first, piece *work, bool journal, enum fault_kind kind,
		    long at, struct tellings *list)
{
	struct telling t;
	int ends[2], status;
	pid_t pid;

	CHECK_INT(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		g->pipe_fd = ends[1];
		if (first)
			first(g, journal);
		fault_arm(kind, at);
		work(g, journal);
		_exit(fault_calls() < at ? 7 : 0);
	}
	close(ends[1]);
	while (list->n < TELLINGS_MAX && read(ends[0], &t, sizeof(t)) == (ssize_t)sizeof(t))
		list->v[list->n++] = t;
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct count {
	int delivered, again; /* again: although it had been noted */
};

static struct count count_of(const struct tellings *list, char message, char rcpt)
{
	struct count c = { 0 };
	bool is_noted = false;

	for (size_t i = 0; i < list->n; i++) {
		const struct telling *t = &list->v[i];

		if (t->message != message || t->rcpt != rcpt)
			continue;
		is_noted = is_noted || t->what == 'N';
		c.delivered += t->what == 'D';
		c.again += t->what == 'D' && is_noted;
	}
	return c;
}

struct score {
	long tried;
	int lost, twice, most_twice, unexcused;
};

static void judge(const struct work *w, enum excuse excuse, const struct tellings *list,
		  struct score *score, long at)
{
	int twice = 0, again = 0, excused;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].what != 'A')
			continue;
		for (char rcpt = '0'; rcpt <= (w->has_groups ? '4' : '1'); rcpt++) {
			struct count c = count_of(list, list->v[i].message, rcpt);

			if (c.delivered == 0)
				printf("lost: %s recipient %c at call %ld\n", list->v[i].id, rcpt,
				       at);
			score->lost += c.delivered == 0;
			twice += c.delivered > 1 ? c.delivered - 1 : 0;
			again += c.again;
		}
	}
	excused = excuse == EXCUSE_NONE                       ? 0
		  : excuse == EXCUSE_NOTE                     ? 2
		  : excuse == EXCUSE_STOP && w->notes_at_once ? twice - again
							      : twice;
	score->twice += twice;
	score->unexcused += twice > excused ? twice - excused : 0;
}

/* What the child has left of each message it told of. */
static void observe(const struct ground *g, const struct tellings *list, struct states *states)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct telling *t = &list->v[i];

		if (t->what == 'A')
			states_observe(states, g->world.base, t->id,
				       !count_of(list, t->message, '0').delivered ||
					       !count_of(list, t->message, '1').delivered);
		else if (t->what == 'B')
			states_observe(states, g->world.base, t->id, false);
	}
}

/* One run with that fault at that call. False when the work came to its end before the call. */
static bool try_position(const struct work *w, size_t kind, long at, struct score *score,
			 struct states *states)
{
	struct queue_select held = { .quarantined = true };
	struct tellings list = { .n = 0 };
	struct ground g;
	size_t n_held;
	int status;

	ground_init(&g, w->has_groups);
	g.patience = 2; /* the rest is written as the queue is closed */
	if (w->before)
		in_child(&g, NULL, w->before, true, FAULT_NONE, 0, &list);
	g.patience = IDLE_MAX;
	status = in_child(&g, w->first, w->work, w->journal, kinds[kind].kind, at, &list);
	if (status == FAULT_EXIT && !w->has_groups)
		observe(&g, &list, states);
	CHECK_INT(queue_quarantine(&g.world.snap, &held, NULL, NULL, NULL, &n_held), 0);
	CHECK(open_queue(&g, false));
	queue_run(g.world.queue, NULL, true);
	deliver_some(&g, true, &list);
	judge(w, kinds[kind].excuse, &list, score, at);
	test_world_done(&g.world);
	return status != 7;
}

/* All positions of one kind of fault in one piece of work. */
static void try_kind(size_t work, size_t kind, struct states *states)
{
	const struct work *w = &works[work];
	struct score score = { 0 };
	int step = kinds[kind].step > STEP ? kinds[kind].step : STEP;
	long at = 1 + (long)work % step;

	for (; at < POSITIONS_MAX && try_position(w, kind, at, &score, states); at += step)
		score.tried++;
	CHECK(at < POSITIONS_MAX);
	if (score.tried == 0)
		return; /* the piece makes no such call */
	printf("%-26s%-17s%10ld%8d%16d%14d\n", w->name, kinds[kind].name, score.tried, score.lost,
	       score.twice - score.unexcused, score.unexcused);
	CHECK_INT(score.lost, 0);
	CHECK_INT(score.unexcused, 0);
}

TEST_COVERS(
	"at whatever call the disk fails or the machine stops, nothing acknowledged is lost, and "
	"nothing is delivered twice but what the fault excuses",
	100)
{
	struct states states = { .broken = 0 };

	printf("%-26s%-17s%10s%8s%16s%14s\n", "work", "fault", "positions", "lost",
	       "twice, excused", "not excused");
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (STEP < 10 || (i + k) % 4 == 0) /* where a process is slow, a sample */
				try_kind(i, k, &states);
	CHECK(states_report(&states) == 0 || STEP > 1);
	CHECK_INT(states.broken, 0);
}

TEST_COVERS("the table of states in docs/queue-states.md is that of the code", 100)
{
	CHECK_INT(states_compare(SOURCE_ROOT "/docs/queue-states.md"), 0);
}
