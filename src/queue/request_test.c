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
#include "queue/test_world.h"
#include "queue/walk.h"

struct desk {
	struct test_world world;
	struct queue *queue; /* the world's */
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

/* Before any thread of any test is there: one that began earlier would take the signal, and it would be the end of the process. */
__attribute__((constructor)) static void block_early(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
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

	memset(d, 0, sizeof(*d));
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	test_world_init(&d->world, NULL);
	d->world.cf.options.requires_dir_fsync = false;
	d->world.cf.options.min_queue_age_s = 3600;
	test_world_open(&d->world, true, 3600);
	d->queue = d->world.queue;
	d->spool = spool_open(&d->world.cf, d->world.services.log, false, &why);
	CHECK(d->queue && d->spool);
	CHECK_INT(pthread_create(&d->listener, NULL, listen_to_signals, d), 0);
	str_done(&why);
}

static void desk_done(struct desk *d)
{
	pthread_kill(d->listener, SIGTERM);
	pthread_join(d->listener, NULL);
	spool_close(d->spool);
	test_world_done(&d->world);
}

static void accept_held(struct desk *d, char out_id[QUEUE_ID_MAX])
{
	struct envelope *e = test_world_envelope(&d->world, "hello\n");

	e->delivery_mode = 'q';
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
	str_addf(&text, "spill\ntry %s %s\n", d.world.base, id);
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
	snprintf(path, sizeof(path), "%s/.journal/0/request", d.world.base);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
	d.queue = d.world.queue = NULL;
	CHECK(journal_adopt(d.spool) >= 0);
	CHECK(access(path, F_OK) < 0);
	desk_done(&d);
}
