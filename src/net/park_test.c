#include "net/park.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"

struct place {
	struct workers *pool;
	struct park *park;
};

static struct place opened(void)
{
	struct place pl = { .pool = workers_new("test", 1, 4) };

	pl.park = park_new(pl.pool);
	CHECK(pl.park != NULL);
	return pl;
}

static void closed(struct place *pl)
{
	park_free(pl->park);
	workers_stop(pl->pool);
	workers_free(pl->pool);
}

struct sitter {
	struct parked parked;
	int peer;
	_Atomic int n_run;
	_Atomic int why;
	struct park *park;
	bool sits_again;
};

static void note(struct work *w)
{
	struct sitter *s = LIST_OWNER(w, struct sitter, parked.work);
	char byte;

	s->why = s->parked.why;
	if (s->parked.why == PARK_READABLE && recv(s->parked.fd, &byte, 1, MSG_DONTWAIT) <= 0)
		s->why = -1;
	if (s->sits_again && s->parked.why == PARK_READABLE)
		park_wait(s->park, &s->parked, deadline_in(10000));
	s->n_run++;
}

static void sit(struct sitter *s, struct place *pl)
{
	int fd[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	*s = (struct sitter){ .parked.fd = fd[0], .peer = fd[1], .park = pl->park, .why = -2 };
	s->parked.work.run = note;
}

static void leave(struct sitter *s)
{
	park_drop(s->park, &s->parked);
	close(s->parked.fd);
	close(s->peer);
}

static void await(struct sitter *s, int n)
{
	int64_t until = deadline_in(5000);

	while (s->n_run < n && !deadline_is_past(until))
		usleep(200);
	CHECK_INT(s->n_run, n);
}

TEST("a parked socket runs its work when a byte comes, again and again")
{
	struct place pl = opened();
	struct sitter s;

	sit(&s, &pl);
	s.sits_again = true;
	park_wait(pl.park, &s.parked, deadline_in(10000));
	for (int i = 1; i <= 50; i++) {
		CHECK_INT(write(s.peer, "x", 1), 1);
		await(&s, i);
		CHECK_INT(s.why, PARK_READABLE);
	}
	CHECK(park_cancel(pl.park, &s.parked));
	leave(&s);
	closed(&pl);
}

TEST("deadlines pass in their order, whichever was asked for first")
{
	struct place pl = opened();
	struct sitter late, early;
	int64_t begin = clock_ms();

	sit(&late, &pl);
	sit(&early, &pl);
	park_wait(pl.park, &late.parked, deadline_in(60000));
	park_wait(pl.park, &early.parked, deadline_in(30));
	await(&early, 1);
	CHECK_INT(early.why, PARK_TIMEOUT);
	CHECK(clock_ms() - begin >= 30 && clock_ms() - begin < 2000);
	CHECK_INT(late.n_run, 0);
	CHECK(park_cancel(pl.park, &late.parked));
	CHECK(!park_cancel(pl.park, &late.parked));
	leave(&late);
	leave(&early);
	closed(&pl);
}

TEST("a cancelled wait never runs, and the same node can wait again")
{
	struct place pl = opened();
	struct sitter s;

	sit(&s, &pl);
	for (int i = 0; i < 200; i++) {
		park_wait(pl.park, &s.parked, deadline_in(10000));
		if (!park_cancel(pl.park, &s.parked))
			CHECK(0);
	}
	CHECK_INT(write(s.peer, "x", 1), 1);
	park_wait(pl.park, &s.parked, deadline_in(10000));
	await(&s, 1);
	CHECK_INT(s.why, PARK_READABLE);
	leave(&s);
	closed(&pl);
}

TEST("shutdown hands every waiting socket to its worker, and later waits at once")
{
	struct place pl = opened();
	struct sitter a, b;

	sit(&a, &pl);
	sit(&b, &pl);
	park_wait(pl.park, &a.parked, deadline_in(10000));
	park_shutdown(pl.park);
	await(&a, 1);
	CHECK_INT(a.why, PARK_SHUTDOWN);
	park_wait(pl.park, &b.parked, deadline_in(10000));
	await(&b, 1);
	CHECK_INT(b.why, PARK_SHUTDOWN);
	leave(&a);
	leave(&b);
	closed(&pl);
}

TEST("a peer that closes makes the socket readable")
{
	struct place pl = opened();
	struct sitter s;

	sit(&s, &pl);
	park_wait(pl.park, &s.parked, deadline_in(10000));
	CHECK_INT(shutdown(s.peer, SHUT_RDWR), 0);
	await(&s, 1);
	CHECK_INT(s.why, -1); /* readable, and the end of file is what is read */
	leave(&s);
	closed(&pl);
}

/* Many sockets that speak, are cancelled and freed while events are under way: for the thread sanitizer. */
struct churn {
	struct place *pl;
	unsigned seed;
};

static void *churn_main(void *arg)
{
	struct churn *c = arg;

	for (int i = 0; i < 300; i++) {
		struct sitter *s = calloc(1, sizeof(*s));

		sit(s, c->pl);
		park_wait(c->pl->park, &s->parked, deadline_in(rand_r(&c->seed) % 3));
		if (rand_r(&c->seed) % 2)
			CHECK_INT(write(s->peer, "x", 1), 1);
		if (!park_cancel(c->pl->park, &s->parked))
			await(s, 1);
		leave(s);
		free(s);
	}
	return NULL;
}

TEST("nodes may be freed while events for them are under way")
{
	struct place pl = opened();
	struct churn c[3];
	pthread_t t[3];

	for (unsigned i = 0; i < 3; i++) {
		c[i] = (struct churn){ &pl, i };
		CHECK_INT(pthread_create(&t[i], NULL, churn_main, &c[i]), 0);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	closed(&pl);
}
