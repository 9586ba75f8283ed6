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
#include <ftw.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "queue/fault_states.h"
#include "queue/operate.h"
#include "queue/queue.h"
#include "queue/scan.h"
#include "queue/site.h"
#include "queue/test_route.h"

#define MESSAGES      6
#define POSITIONS_MAX 2000
#define TELLINGS_MAX  256
#define IDLE_MAX      20

/* A process of the thread sanitizer takes half a second: some of the positions must do. */
#if defined(__SANITIZE_THREAD__)
#define STEP 41
#elif defined(__SANITIZE_ADDRESS__)
#define STEP 3
#else
#define STEP 1
#endif

struct ground {
	char base[64];
	struct services services;
	struct config cf;
	struct snapshot snap;
	struct snapshot_slot *slot;
	struct mailer mailer;
	struct queue *queue;
	int pipe_fd;
};

/* What the child tells: B begins to accept, A acknowledged, D delivered to the recipient of that number. */
struct telling {
	char what, rcpt;
	char id[QUEUE_ID_MAX];
};

struct tellings {
	struct telling v[TELLINGS_MAX];
	size_t n;
};

static void ground_init(struct ground *g)
{
	memset(g, 0, sizeof(*g));
	g->pipe_fd = -1;
	/* Thousands of runs: in memory where that is to be had. */
	snprintf(g->base, sizeof(g->base), "%s/fault-test-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(g->base) != NULL);
	g->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	g->cf.arena = arena_new(1 << 20);
	g->cf.macros = macros_new(NULL, g->cf.arena);
	g->cf.options.queue_directory = view_of(g->base);
	g->cf.options.trusted_uid = geteuid();
	g->cf.options.super_safe = 't';
	g->cf.options.requires_dir_fsync = true;
	g->cf.options.checkpoint_interval = 1;
	g->snap.cf = &g->cf;
	g->snap.services = &g->services;
	g->snap.refs = 1000000;
	g->slot = snapshot_slot_new(&g->snap);
	g->mailer.name = VIEW("esmtp");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static void ground_done(struct ground *g)
{
	snapshot_slot_free(g->slot);
	arena_free(g->cf.arena);
	log_free(g->services.log);
	CHECK_INT(nftw(g->base, remove_one, 10, FTW_DEPTH | FTW_PHYS), 0);
}

static bool open_queue(struct ground *g, bool journal)
{
	struct str why = STR_MAX(300);
	struct queue_params p = { .slot = g->slot,
				  .services = &g->services,
				  .with_journal = journal,
				  .with_schedule = true,
				  .journal_segment_bytes = 65536 };

	g->queue = queue_open(&p, &why);
	str_done(&why);
	return g->queue != NULL;
}

/* ---- accepting and delivering, in the child and afterwards ---- */

static void tell(struct ground *g, struct tellings *list, char what, const char *id, char rcpt)
{
	struct telling t = { .what = what, .rcpt = rcpt };

	snprintf(t.id, sizeof(t.id), "%s", id);
	if (g->pipe_fd >= 0)
		fault_free_write(g->pipe_fd, &t, sizeof(t));
	else if (list && list->n < TELLINGS_MAX)
		list->v[list->n++] = t;
}

static void accept_some(struct ground *g)
{
	for (int i = 0; i < MESSAGES; i++) {
		struct envelope *e = envelope_new(&g->snap);
		char id[QUEUE_ID_MAX] = { 0 };

		e->sender = VIEW("<a@b.test>");
		e->created_s = wall_s();
		e->delivery_mode = i % 3 == 2 ? 'q' : 'b';
		/* One body is in a file from the start, and goes to df before its record. */
		e->body = body_new(i == 1 ? 1 : 1 << 20, -1);
		body_append(e->body, VIEW("hello\n"));
		envelope_add_rcpt(e, VIEW("<0@one.test>"), NULL);
		envelope_add_rcpt(e, VIEW("<1@two.test>"), NULL);
		queue_assign_id(g->queue, e);
		memcpy(id, e->id, sizeof(id));
		tell(g, NULL, 'B', id, 0);
		if (queue_accept(g->queue, e) == 0)
			tell(g, NULL, 'A', id, 0);
		else
			envelope_free(e);
	}
}

/* Delivers all that is to be had; when two is false, those at two.test are deferred. */
static void deliver_some(struct ground *g, bool two, struct tellings *list)
{
	struct work_item item;

	for (int idle = 0; idle < IDLE_MAX;) {
		struct task *t;

		queue_next(g->queue, deadline_in(queue_is_idle(g->queue) ? 0 : 1), &item);
		/* What cannot be spilled now is for queue_close. */
		if (item.kind == WORK_NONE)
			idle += queue_is_idle(g->queue) ? IDLE_MAX : 1;
		if (item.kind == WORK_STOP)
			return;
		if (item.kind == WORK_NONE)
			continue;
		t = item.kind == WORK_ROUTE ? test_route(g->queue, &g->mailer, item.env)
					    : item.task;
		while (t) {
			char number = t->rcpts[0]->address.p[1];
			bool ok = two || number == '0';

			if (ok)
				tell(g, list, 'D', t->env->id, number);
			t->rcpts[0]->state = ok ? RCPT_SENT : RCPT_DEFERRED;
			t = queue_task_done(g->queue, t, ok);
		}
	}
}

/* ---- the pieces of work ---- */

static void accept_deliver_spill(struct ground *g, bool journal)
{
	if (!open_queue(g, journal))
		_exit(8);
	accept_some(g);
	deliver_some(g, false, NULL);
	queue_close(g->queue);
}

/* A queue run over what the work above has left. */
static void run_files(struct ground *g, bool journal)
{
	if (!open_queue(g, journal))
		_exit(8);
	queue_run(g->queue, NULL, true);
	deliver_some(g, true, NULL);
	queue_close(g->queue);
}

static bool operate_one(void *arg, int dir, char letter, const char *id)
{
	struct operate_on on = { .spool = arg, .dir = dir, .letter = letter, .id = id };
	int error;

	if (letter == 'q' && operate_retry(&on, &error) == OPERATE_DONE)
		operate_hold(&on, "held", &error);
	on.letter = 'h';
	operate_release(&on, &error);
	return true;
}

/* An operator's commands: due at once, held, released. */
static void operate(struct ground *g, bool journal)
{
	struct str why = STR_MAX(300);
	struct spool *s = spool_open(&g->cf, g->services.log, false, &why);

	(void)journal;
	if (!s)
		_exit(8);
	scan_dir(s, 0, operate_one, s);
	spool_close(s);
}

/* The journal of a daemon that died is adopted by the next. */
static void recover(struct ground *g, bool journal)
{
	if (!open_queue(g, journal))
		_exit(8);
	queue_close(g->queue);
}

/* Accepts, and is gone: everything is in the journal. */
static void accept_and_die(struct ground *g, bool journal)
{
	if (!open_queue(g, journal))
		_exit(8);
	accept_some(g);
	_exit(FAULT_EXIT);
}

static const struct work {
	const char *name;
	bool journal;
	void (*before)(struct ground *g, bool journal); /* without faults */
	void (*work)(struct ground *g, bool journal);
} works[] = {
	{"accept, deliver, spill",   true,  NULL,                 accept_deliver_spill},
	{ "accept, deliver (files)", false, NULL,                 accept_deliver_spill},
	{ "queue run",               false, accept_deliver_spill, run_files           },
	{ "an operator's commands",  false, accept_deliver_spill, operate             },
	{ "recover the journal",     true,  accept_and_die,       recover             },
};

static const struct {
	enum fault_kind kind;
	const char *name;
	bool is_crash;
} kinds[] = {
	{FAULT_CRASH,   "crash",      true },
        { FAULT_TORN,   "torn write", true },
	{ FAULT_POWER,  "power",      true },
        { FAULT_ENOSPC, "ENOSPC",     false},
	{ FAULT_EIO,    "EIO",        false},
        { FAULT_EMFILE, "EMFILE",     false},
	{ FAULT_SHORT,  "short",      false},
        { FAULT_SLOW,   "slow fsync", false},
};

/* Runs a piece of work in a child; returns its exit status. */
static int in_child(struct ground *g, void (*work)(struct ground *g, bool journal), bool journal,
		    enum fault_kind kind, long at, struct tellings *list)
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

static int count_of(const struct tellings *list, const char *id, char rcpt)
{
	int n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->v[i].what == 'D' && list->v[i].rcpt == rcpt &&
		     strcmp(list->v[i].id, id) == 0;
	return n;
}

struct score {
	int lost, twice, most_twice;
};

static void judge(const struct tellings *list, struct score *score, long at)
{
	int twice = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].what != 'A')
			continue;
		for (char rcpt = '0'; rcpt <= '1'; rcpt++) {
			int n = count_of(list, list->v[i].id, rcpt);

			if (n == 0)
				printf("lost: %s recipient %c at call %ld\n", list->v[i].id, rcpt,
				       at);
			score->lost += n == 0;
			twice += n > 1 ? n - 1 : 0;
		}
	}
	score->twice += twice;
	if (twice > score->most_twice)
		score->most_twice = twice;
}

/* What the child has left of each message it told of. */
static void observe(const struct ground *g, const struct tellings *list, struct states *states)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *id = list->v[i].id;

		if (list->v[i].what == 'A')
			states_observe(states, g->base, id,
				       !count_of(list, id, '0') || !count_of(list, id, '1'));
		else if (list->v[i].what == 'B')
			states_observe(states, g->base, id, false);
	}
}

/* One run with that fault at that call. False when the work came to its end before the call. */
static bool try_position(const struct work *w, enum fault_kind kind, long at, struct score *score,
			 struct states *states)
{
	struct queue_select held = { .quarantined = true };
	struct tellings list = { .n = 0 };
	struct ground g;
	size_t n_held;
	int status;

	ground_init(&g);
	if (w->before)
		in_child(&g, w->before, true, FAULT_NONE, 0, &list);
	status = in_child(&g, w->work, w->journal, kind, at, &list);
	if (status == FAULT_EXIT)
		observe(&g, &list, states);
	CHECK_INT(queue_quarantine(&g.snap, &held, NULL, NULL, NULL, &n_held), 0);
	CHECK(open_queue(&g, false));
	queue_run(g.queue, NULL, true);
	deliver_some(&g, true, &list);
	queue_close(g.queue);
	judge(&list, score, at);
	ground_done(&g);
	return status != 7;
}

TEST_COVERS(
	"at whatever call the disk fails or the machine stops, nothing acknowledged is lost, and "
	"nothing is delivered twice but what the fault excuses",
	100)
{
	struct states states = { .broken = 0 };

	printf("%-26s%-12s%10s%8s%20s\n", "work", "fault", "positions", "lost", "twice, excused");
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			struct score score = { 0 };
			long at, tried = 0;

			for (at = 1; at < POSITIONS_MAX &&
				     try_position(&works[i], kinds[k].kind, at, &score, &states);
			     at += STEP)
				tried++;
			printf("%-26s%-12s%10ld%8d%20d\n", works[i].name, kinds[k].name, tried,
			       score.lost, score.twice);
			CHECK_INT(score.lost, 0);
			CHECK(tried > 0 && at < POSITIONS_MAX);
			/* A single error costs the note of one message at most. */
			CHECK(kinds[k].is_crash || score.most_twice <= 2);
			if (kinds[k].kind == FAULT_SHORT || kinds[k].kind == FAULT_SLOW)
				CHECK_INT(score.twice, 0);
		}
	}
	CHECK(states_report(&states) == 0 || STEP > 1);
	CHECK_INT(states.broken, 0);
}
