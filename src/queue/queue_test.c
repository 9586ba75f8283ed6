/*
 * queue_test.c - the queue as its callers see it: accepted, handed out, settled, recovered.
 */
#include "queue/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/test.h"
#include "queue/journal.h"
#include "queue/queue_private.h"
#include "queue/site.h"
#include "queue/test_route.h"
#include "queue/test_world.h"

static struct envelope *make_envelope(struct test_world *w, const char *body)
{
	struct envelope *e = test_world_envelope(w, body);

	envelope_add_rcpt(e, VIEW("<x@one.test>"), NULL);
	envelope_add_rcpt(e, VIEW("<y@two.test>"), NULL);
	return e;
}

static int count_in(const char *path, char letter)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] == letter && e->d_name[1] == 'f';
	closedir(d);
	return n;
}

static int count_files(const struct test_world *w, char letter)
{
	return count_in(w->base, letter);
}

static struct rcpt *rcpt_at(struct envelope *e, int n)
{
	struct link *it = e->rcpts.head.next;

	while (n-- > 0)
		it = it->next;
	return LIST_OWNER(it, struct rcpt, link);
}

/* Takes the next piece of work and does it: recipients at hosts that `fails` names are deferred. */
static bool work_once(struct test_world *w, const char *fails, int wait_ms)
{
	struct work_item item;
	struct task *t = NULL;

	queue_next(w->queue, deadline_in(wait_ms), &item);
	if (item.kind == WORK_NONE || item.kind == WORK_STOP)
		return false;
	t = item.kind == WORK_ROUTE ? test_route(w->queue, &w->mailer, item.env) : item.task;
	while (t) {
		bool ok = !fails || view_search(t->rcpts[0]->address, view_of(fails)) ==
					    t->rcpts[0]->address.len;

		CHECK_INT(t->rcpts[0]->state, RCPT_TRYING);
		t->rcpts[0]->state = ok ? RCPT_SENT : RCPT_DEFERRED;
		t = queue_task_done(w->queue, t, ok);
	}
	return true;
}

static void wait_for_files(const struct test_world *w, char letter, int n)
{
	int64_t deadline = deadline_in(10000);

	while (count_files(w, letter) != n && !deadline_is_past(deadline))
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	CHECK_INT(count_files(w, letter), n);
}

TEST_COVERS("without a journal a message is in qf and df until all its recipients are done", 97,
	    100)
{
	struct test_world w;

	test_world_init(&w, NULL);
	test_world_open(&w, false, 0);
	CHECK_INT(queue_accept(w.queue, make_envelope(&w, "hello\n")), 0);
	CHECK_INT(count_files(&w, 'q'), 1);
	CHECK_INT(count_files(&w, 'd'), 1);
	while (!queue_is_idle(w.queue))
		work_once(&w, NULL, 10);
	CHECK_INT(count_files(&w, 'q'), 0);
	CHECK_INT(count_files(&w, 'd'), 0);
	test_world_done(&w);
}

TEST_COVERS("what is deferred keeps the recipients that are left, and a queue run takes it up", 99,
	    103)
{
	struct test_world w;

	test_world_init(&w, NULL);
	test_world_open(&w, false, 0);
	CHECK_INT(queue_accept(w.queue, make_envelope(&w, "hello\n")), 0);
	while (!queue_is_idle(w.queue))
		work_once(&w, "two.test", 10);
	CHECK_INT(count_files(&w, 'q'), 1);
	CHECK_INT((int)queue_run(w.queue, NULL, true), 1);
	{
		struct work_item item;
		struct task *t;

		queue_next(w.queue, deadline_in(1000), &item);
		CHECK_INT(item.kind, WORK_ROUTE);
		CHECK_INT((int)item.env->n_rcpts, 1);
		CHECK_VIEW(rcpt_at(item.env, 0)->address, "<y@two.test>");
		CHECK_VIEW(item.env->sender, "<a@b.test>");
		CHECK_INT(item.env->tries, 1);
		CHECK_INT((int)body_size(item.env->body), 6);
		t = test_route(w.queue, &w.mailer, item.env);
		t->rcpts[0]->state = RCPT_SENT;
		CHECK(queue_task_done(w.queue, t, true) == NULL);
	}
	CHECK(queue_is_idle(w.queue));
	CHECK_INT(count_files(&w, 'q'), 0);
	CHECK_INT(count_files(&w, 'd'), 0);
	test_world_done(&w);
}

TEST("a site is forgotten when nobody has used it for long, but not while a deferred message names it")
{
	const int64_t later = 11 * 60 * 1000;
	struct test_world w;

	test_world_init(&w, NULL);
	test_world_open(&w, false, 60);
	CHECK_INT(queue_accept(w.queue, make_envelope(&w, "hello\n")), 0);
	while (!queue_is_idle(w.queue))
		work_once(&w, "two.test", 10);
	CHECK_INT((int)table_count(w.queue->sites), 2);
	site_tidy(w.queue, clock_ms());
	CHECK_INT((int)table_count(w.queue->sites), 2);
	site_tidy(w.queue, clock_ms() + later);
	CHECK_INT((int)table_count(w.queue->sites), 1);
	CHECK_INT((int)queue_run(w.queue, NULL, true), 1);
	while (!queue_is_idle(w.queue))
		work_once(&w, NULL, 10);
	CHECK_INT(count_files(&w, 'q'), 0);
	site_tidy(w.queue, clock_ms() + later);
	CHECK_INT((int)table_count(w.queue->sites), 0);
	test_world_done(&w);
}

static void count_closed(void *conn)
{
	++*(int *)conn;
}

TEST("an idle connection is closed when its time is over, and not used after that")
{
	struct test_world w;
	struct site *s;
	int closed = 0;

	test_world_init(&w, NULL);
	test_world_open(&w, false, 60);
	s = site_find(w.queue, &w.mailer, VIEW("one.test"));
	CHECK(site_keep_connection(s, &closed, count_closed, clock_ms() + 1000000, 1));
	CHECK(!site_keep_connection(s, &closed, count_closed, clock_ms() + 1000000, 1));
	CHECK(site_take_connection(s) == &closed);
	CHECK(site_keep_connection(s, &closed, count_closed, clock_ms() - 1, 1));
	CHECK(site_take_connection(s) == NULL);
	site_tidy(w.queue, clock_ms());
	CHECK_INT(closed, 1);
	test_world_done(&w);
}

TEST_COVERS("with a journal a message that is delivered at once never has files", 100)
{
	struct test_world w;

	test_world_init(&w, NULL);
	test_world_open(&w, true, 60);
	for (int i = 0; i < 100; i++) {
		CHECK_INT(queue_accept(w.queue, make_envelope(&w, "hello\n")), 0);
		CHECK_INT(count_files(&w, 'q'), 0);
		while (!queue_is_idle(w.queue))
			work_once(&w, NULL, 10);
	}
	CHECK_INT(count_files(&w, 'd'), 0);
	test_world_done(&w);
}

TEST_COVERS("a deferred message of the journal becomes queue files and is tried again when due", 99,
	    100)
{
	struct test_world w;

	test_world_init(&w, NULL);
	test_world_open(&w, true, 1);
	CHECK_INT(queue_accept(w.queue, make_envelope(&w, "hello\n")), 0);
	while (count_files(&w, 'q') == 0)
		work_once(&w, "two.test", 50);
	wait_for_files(&w, 'd', 1);
	for (int i = 0; i < 60 && count_files(&w, 'q'); i++)
		work_once(&w, NULL, 100);
	CHECK_INT(count_files(&w, 'q'), 0);
	CHECK_INT(count_files(&w, 'd'), 0);
	test_world_done(&w);
}

TEST_COVERS("what is accepted for a queue run goes from the journal to its files, a large body too",
	    97, 103)
{
	struct test_world w;
	char *large = mem_zero(700001);

	test_world_init(&w, NULL);
	test_world_open(&w, true, 3600);
	memset(large, 'x', 700000);
	large[699999] = '\n';
	for (int i = 0; i < 40; i++) {
		struct envelope *e = make_envelope(&w, i == 7 ? large : "small\n");

		e->delivery_mode = 'q';
		CHECK_INT(queue_accept(w.queue, e), 0);
	}
	wait_for_files(&w, 'q', 40);
	CHECK_INT(count_files(&w, 'd'), 40);
	CHECK(!work_once(&w, NULL, 10));
	CHECK_INT((int)queue_run(w.queue, NULL, true), 40);
	for (int i = 0; i < 200 && count_files(&w, 'q'); i++)
		work_once(&w, NULL, 10);
	CHECK_INT(count_files(&w, 'd'), 0);
	free(large);
	test_world_done(&w);
}

/* A process that accepts n messages, delivers some, and dies without a word. */
static void die_with(struct test_world *w, int n, int n_delivered)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		test_world_open(w, true, 0);
		for (int i = 0; i < n; i++) {
			struct envelope *e = make_envelope(w, "hello\n");

			if (i >= n_delivered)
				e->flags |= ENV_HOLD;
			if (queue_accept(w->queue, e) != 0)
				_exit(1);
		}
		for (int i = 0; i < n_delivered * 4; i++)
			work_once(w, NULL, 0);
		nanosleep(&(struct timespec){ .tv_nsec = 600000000 }, NULL); /* notes are lazy */
		_exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_COVERS(
	"the next process finds all that a dead daemon had acknowledged, and nothing that was done",
	100)
{
	struct test_world w;

	test_world_init(&w, NULL);
	die_with(&w, 25, 10);
	test_world_open(&w, false, 0);
	CHECK_INT(count_files(&w, 'q'), 15);
	CHECK_INT(count_files(&w, 'd'), 15);
	CHECK_INT((int)queue_run(w.queue, NULL, true), 15);
	while (!queue_is_idle(w.queue))
		work_once(&w, NULL, 10);
	CHECK_INT(count_files(&w, 'q'), 0);
	test_world_done(&w);
}

/* The journal of a daemon that accepted n messages and died, with nothing of it in files. */
static void leave_journal(const struct test_world *w, int n)
{
	own_str struct str path = STR_MAX(100), text = STR_MAX(300);
	struct journal_params p = { .segment_bytes = 65536,
				    .max_segments = 4,
				    .log = w->services.log };
	struct journal *j;
	int error = 0;

	str_addf(&path, "%s/.journal", w->base);
	CHECK(mkdir(str_z(&path), 0700) == 0 || errno == EEXIST);
	str_addz(&path, "/0");
	CHECK(mkdir(str_z(&path), 0700) == 0 || errno == EEXIST);
	p.dir_fd = open(str_z(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	j = journal_open(&p, &error);
	CHECK_INT(error, 0);
	str_addf(&text,
		 "V8\nT%lld\nK0\nN0\nP30000\nS<a@b.test>\nRPFD:<x@one.test>\nH??Subject: s\n.\n",
		 (long long)wall_s());
	for (int i = 0; i < n; i++) {
		char id[32];
		struct journal_message m = { .dir = view_of(w->base),
					     .letter = 'q',
					     .text = str_view(&text),
					     .body = VIEW("hello\n") };
		struct journal_ticket t;
		uint64_t ref;

		snprintf(id, sizeof(id), "6AKJ9A9m%06d", i);
		m.id = view_of(id);
		CHECK_INT(journal_append(j, &m, &ref, &t), 0);
		CHECK_INT(journal_wait(j, &t), 0);
	}
	journal_close(j);
	close(p.dir_fd);
}

/* Changes a bit of the n-th place with that text in the first segment of the dead daemon's journal; its offset, 0 none. */
static size_t change_bit(const struct test_world *w, const char *text, int n)
{
	static char bytes[1 << 20];
	char path[100];
	own_fd int fd = -1;
	struct view rest;
	size_t at;
	ssize_t got;

	snprintf(path, sizeof(path), "%s/.journal/0/seg.0000", w->base);
	fd = open(path, O_RDWR | O_CLOEXEC);
	got = fd < 0 ? -1 : pread(fd, bytes, sizeof(bytes), 0);
	rest = view_from(bytes, got > 0 ? (size_t)got : 0);
	for (; (at = view_search(rest, view_of(text))) < rest.len; rest = view_skip(rest, at + 1)) {
		if (n-- > 0)
			continue;
		at += (size_t)(rest.p - bytes);
		bytes[at] ^= 4;
		CHECK_INT(pwrite(fd, bytes + at, 1, (off_t)at), 1);
		return at;
	}
	return 0;
}

static int count_kept(const struct test_world *w)
{
	char path[100];
	DIR *d;
	struct dirent *e;
	int n = 0;

	snprintf(path, sizeof(path), "%s/.journal", w->base);
	d = opendir(path);
	while ((e = readdir(d)))
		n += strncmp(e->d_name, "damaged.", 8) == 0;
	closedir(d);
	return n;
}

static void read_log(const struct test_world *w, char *text, size_t cap)
{
	char path[100];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/log", w->base);
	f = fopen(path, "r");
	n = f ? fread(text, 1, cap - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
}

TEST_COVERS(
	"a journal with changed bits is recovered but for the messages they lie in, the log names the "
	"places, and each damaged segment is kept",
	100)
{
	static char text[65536];
	char want[200], path[100];
	struct test_world w;

	test_world_init(&w, NULL);
	log_free(w.services.log);
	snprintf(path, sizeof(path), "%s/log", w.base);
	w.services.log = log_new(LOG_TO_FILE, "test", path);
	for (int round = 0; round < 2; round++) { /* in the same second, as likely as not */
		size_t middle, last;

		leave_journal(&w, 6);
		middle = change_bit(&w, "hello\n", 2);
		last = change_bit(&w, "hello\n", 4); /* of the five that are as they were */
		CHECK(middle > 0 && last > middle);
		test_world_open(&w, false, 0);
		CHECK_INT(count_files(&w, 'q'), 4);
		CHECK_INT(count_kept(&w), round + 1);
		CHECK_INT((int)queue_run(w.queue, NULL, true), 4);
		while (!queue_is_idle(w.queue))
			work_once(&w, NULL, 10);
		CHECK_INT(count_files(&w, 'q') + count_files(&w, 'd'), 0);
		queue_close(w.queue);
		w.queue = NULL;
	}
	read_log(&w, text, sizeof(text));
	snprintf(want, sizeof(want), "journal %s/.journal/0/seg.0000: bytes ", w.base);
	CHECK(strstr(text, want) && strstr(text, "are damaged (a message); the rest is used"));
	CHECK(strstr(text, "its end at byte ") && strstr(text, "is torn or damaged (a message)"));
	CHECK(strstr(text, "the damaged seg.0000 is kept as "));
	test_world_done(&w);
}

TEST_COVERS("closing writes what is unfinished to files", 100)
{
	struct test_world w;

	test_world_init(&w, NULL);
	test_world_open(&w, true, 0);
	for (int i = 0; i < 30; i++)
		CHECK_INT(queue_accept(w.queue, make_envelope(&w, "hello\n")), 0);
	work_once(&w, "two.test", 0);
	queue_close(w.queue);
	CHECK_INT(count_files(&w, 'q'), 30);
	CHECK_INT(count_files(&w, 'd'), 30);
	test_world_open(&w, false, 0);
	test_world_done(&w);
}

struct party {
	struct test_world *w;
	_Atomic int n_accepted, n_sent;
	_Atomic bool is_over;
};

static void *accept_many(void *arg)
{
	struct party *p = arg;

	for (int i = 0; i < 300; i++) {
		struct envelope *e = make_envelope(p->w, "hello\n");

		if (i % 10 == 0)
			e->flags |= ENV_HOLD;
		if (queue_accept(p->w->queue, e) == 0)
			p->n_accepted++;
	}
	return NULL;
}

static void *deliver_many(void *arg)
{
	struct party *p = arg;
	struct task *t;
	struct work_item item;
	unsigned n = 0;

	while (!p->is_over) {
		t = NULL;
		queue_next(p->w->queue, deadline_in(20), &item);
		if (item.kind == WORK_ROUTE)
			t = test_route(p->w->queue, &p->w->mailer, item.env);
		else if (item.kind == WORK_DELIVER)
			t = item.task;
		while (t) {
			bool ok = ++n % 17 != 0;

			t->rcpts[0]->state = ok ? RCPT_SENT : RCPT_DEFERRED;
			p->n_sent += ok;
			t = queue_task_done(p->w->queue, t, ok);
		}
	}
	return NULL;
}

TEST_COVERS("many threads accept, defer and deliver; every recipient is delivered once", 100, 101)
{
	struct test_world w;
	struct party p = { .w = &w };
	pthread_t in[4], out[4];
	int64_t deadline = deadline_in(60000);

	test_world_init(&w, NULL);
	test_world_open(&w, true, 1);
	for (int i = 0; i < 4; i++) {
		CHECK_INT(pthread_create(&in[i], NULL, accept_many, &p), 0);
		CHECK_INT(pthread_create(&out[i], NULL, deliver_many, &p), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(in[i], NULL);
	while (p.n_sent < 2 * p.n_accepted && !deadline_is_past(deadline))
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	p.is_over = true;
	for (int i = 0; i < 4; i++)
		pthread_join(out[i], NULL);
	CHECK_INT(p.n_accepted, 1200);
	CHECK_INT(p.n_sent, 2400);
	CHECK_INT(count_files(&w, 'q'), 0);
	CHECK_INT(count_files(&w, 'd'), 0);
	test_world_done(&w);
}

/* ---- queue groups ---- */

TEST_COVERS("recipients of another group, and more than r= of them, leave in messages of their own",
	    106)
{
	struct test_world w;
	const char *a = w.group_paths[0], *b = w.group_paths[1];
	struct envelope *e, **copies;
	size_t n;

	test_world_init(&w, NULL);
	test_world_add_groups(&w);
	test_world_open(&w, false, 0);
	e = make_envelope(&w, "x\n"); /* two for the default group */
	e->flags |= ENV_RET_GIVEN;
	for (int i = 0; i < 3; i++)
		envelope_add_rcpt(e, VIEW("<s@slow.test>"), NULL)->triple.mailer = &w.slow;
	n = queue_split(w.queue, e, &copies);
	CHECK_INT(n, 2);
	CHECK_INT(e->n_rcpts, 2);
	CHECK_INT(copies[0]->n_rcpts, 2);
	CHECK_INT(copies[1]->n_rcpts, 1);
	CHECK(strcmp(copies[0]->id, e->id) != 0 && strcmp(copies[0]->id, copies[1]->id) != 0);
	CHECK_INT(copies[0]->priority, e->priority);
	CHECK(!(copies[0]->flags & ENV_RET_GIVEN) && (e->flags & ENV_RET_GIVEN));
	e->flags |= ENV_HOLD;
	CHECK_INT(queue_accept(w.queue, e), 0); /* not split once more */
	for (size_t i = 0; i < n; i++) {
		copies[i]->flags |= ENV_HOLD;
		CHECK_INT(queue_accept(w.queue, copies[i]), 0);
	}
	free(copies);
	CHECK_INT(count_in(a, 'q'), 1);
	CHECK_INT(count_in(b, 'q'), 2);
	CHECK_INT(count_in(b, 'd'), 2);
	test_world_done(&w);
}

TEST_COVERS("acceptance splits by itself, and refuses all of it when a part cannot be made safe",
	    106)
{
	struct test_world w;
	const char *a = w.group_paths[0], *b = w.group_paths[1];
	struct envelope *e;

	test_world_init(&w, NULL);
	test_world_add_groups(&w);
	test_world_open(&w, false, 0);
	e = make_envelope(&w, "x\n");
	envelope_add_rcpt(e, VIEW("<s@slow.test>"), NULL)->triple.mailer = &w.slow;
	e->flags |= ENV_HOLD;
	CHECK_INT(rename(b, "/tmp/queue-test-gone"), 0);
	CHECK_INT(rmdir("/tmp/queue-test-gone"), 0);
	CHECK(queue_accept(w.queue, e) < 0);
	CHECK_INT(e->n_rcpts, 3); /* the caller's again, whole */
	CHECK_INT(count_in(a, 'q') + count_in(a, 'd'), 0);
	CHECK_INT(mkdir(b, 0700), 0);
	envelope_free(e);
	test_world_done(&w);
}
