/*
 * request_test.c
 */
#include "queue/request.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "queue/journal_dir.h"
#include "queue/queue.h"
#include "queue/walk.h"

struct desk {
	char base[64];
	struct services services;
	struct config cf;
	struct snapshot snap;
	struct snapshot_slot *slot;
	struct queue *queue;
	struct spool *spool;
	pthread_t listener;
	size_t n_seen, n_journaled;
};

static sigset_t daemon_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	return set;
}

/* The daemon of these tests is this process: its queue looks when SIGUSR2 comes, until SIGTERM does. */
static void *listen_to_signals(void *arg)
{
	struct desk *d = arg;
	sigset_t set = daemon_signals();
	int signo = 0;

	while (sigwait(&set, &signo) == 0 && signo != SIGTERM)
		queue_look(d->queue);
	return NULL;
}

static void desk_init(struct desk *d)
{
	struct str why = STR_MAX(300);
	sigset_t signals = daemon_signals();
	struct queue_params p = { .services = &d->services,
				  .with_journal = true,
				  .with_schedule = true,
				  .run_interval_s = 3600 };

	memset(d, 0, sizeof(*d));
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	snprintf(d->base, sizeof(d->base), "/tmp/request-test-XXXXXX");
	CHECK(mkdtemp(d->base) != NULL);
	d->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	d->cf.arena = arena_new(1 << 20);
	d->cf.macros = macros_new(NULL, d->cf.arena);
	d->cf.options.queue_directory = view_of(d->base);
	d->cf.options.trusted_uid = geteuid();
	d->cf.options.super_safe = 't';
	d->cf.options.min_queue_age_s = 3600;
	d->snap = (struct snapshot){ .cf = &d->cf, .services = &d->services, .refs = 1000000 };
	d->slot = snapshot_slot_new(&d->snap);
	p.slot = d->slot;
	d->queue = queue_open(&p, &why);
	d->spool = spool_open(&d->cf, d->services.log, false, &why);
	CHECK(d->queue && d->spool);
	CHECK_INT(pthread_create(&d->listener, NULL, listen_to_signals, d), 0);
	str_done(&why);
}

static void desk_done(struct desk *d)
{
	char command[100];

	pthread_kill(d->listener, SIGTERM);
	pthread_join(d->listener, NULL);
	queue_close(d->queue);
	spool_close(d->spool);
	snapshot_slot_free(d->slot);
	arena_free(d->cf.arena);
	log_free(d->services.log);
	snprintf(command, sizeof(command), "rm -rf %s", d->base);
	CHECK_INT(system(command), 0);
}

static void accept_held(struct desk *d, char out_id[QUEUE_ID_MAX])
{
	struct envelope *e = envelope_new(&d->snap);

	e->sender = VIEW("<a@b.test>");
	e->created_s = wall_s();
	e->delivery_mode = 'q';
	e->body = body_new(1 << 20, -1);
	CHECK_INT(body_append(e->body, VIEW("hello\n")), 0);
	envelope_add_rcpt(e, VIEW("<x@one.test>"), NULL);
	queue_assign_id(d->queue, e);
	memcpy(out_id, e->id, QUEUE_ID_MAX);
	CHECK_INT(queue_accept(d->queue, e), 0);
}

static bool see(void *arg, const struct queue_entry *e, struct view prepared)
{
	struct desk *d = arg;

	(void)prepared;
	d->n_seen++;
	d->n_journaled += e->is_journaled;
	CHECK_VIEW(e->head.sender, "<a@b.test>");
	return true;
}

static void walk(struct desk *d)
{
	struct walk_params p = { .spool = d->spool, .letters = "q", .take = see, .arg = d };
	struct walk *w = walk_new(&p);

	d->n_seen = d->n_journaled = 0;
	walk_dir(w, 0);
	walk_free(w);
}

TEST_COVERS(
	"asked to spill, the daemon writes what is only in its journal to files; a walk sees each message once, wherever it is",
	100, 102)
{
	struct request_daemon who[4];
	char id[QUEUE_ID_MAX];
	struct desk d;

	desk_init(&d);
	CHECK_INT(request_daemons(d.spool, who, 4), 1);
	CHECK_INT(who[0].pid, getpid());
	CHECK_INT(who[0].interval_s, 3600);
	for (int i = 0; i < 5; i++)
		accept_held(&d, id);
	walk(&d);
	CHECK_INT(d.n_seen, 5);
	CHECK_INT(request_send(d.spool, VIEW("spill\n"), deadline_in(60000)), 0);
	walk(&d);
	CHECK_INT(d.n_seen, 5);
	CHECK_INT(d.n_journaled, 0);
	desk_done(&d);
}

TEST_COVERS("asked to try a message, the daemon hands it out though it is not due", 103)
{
	own_str struct str text = STR_MAX(300);
	struct work_item item;
	char id[QUEUE_ID_MAX];
	struct desk d;

	desk_init(&d);
	accept_held(&d, id);
	queue_next(d.queue, deadline_in(1), &item);
	CHECK_INT(item.kind, WORK_NONE);
	str_addf(&text, "spill\ntry %s %s\n", d.base, id);
	CHECK_INT(request_send(d.spool, str_view(&text), deadline_in(60000)), 0);
	queue_next(d.queue, deadline_in(60000), &item);
	CHECK_INT(item.kind, WORK_ROUTE);
	CHECK_STR(item.env->id, id);
	queue_add_tasks(d.queue, item.env, NULL, 0, NULL);
	desk_done(&d);
}

TEST("what a request that was never served leaves is removed by the next daemon, and nobody is told of daemons that are gone")
{
	struct request_daemon who[4];
	char path[100];
	struct desk d;
	int fd;

	desk_init(&d);
	queue_close(d.queue);
	CHECK_INT(request_daemons(d.spool, who, 4), 0);
	CHECK_INT(request_send(d.spool, VIEW("spill\n"), deadline_in(60000)), 0);
	snprintf(path, sizeof(path), "%s/.journal/0/request", d.base);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
	d.queue = NULL;
	CHECK(journal_adopt(d.spool) >= 0);
	CHECK(access(path, F_OK) < 0);
	desk_done(&d);
}
