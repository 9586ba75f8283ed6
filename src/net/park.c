/*
 * park.c - see park.h.
 *
 * One thread sleeps in epoll_wait. Each parked descriptor is armed for one event; a heap orders the deadlines, and its top
 * is how long the thread may sleep. An eventfd wakes it when an earlier deadline comes.
 *
 * An event carries no pointer but a slot number and the count of that slot's waits: between the kernel handing out an
 * event and this file taking its lock, the owner may have cancelled, waited again, or freed the node. A count that is
 * not the slot's present one is a late event and means nothing.
 *
 * Invariants, under the lock: a node is in the heap exactly when is_waiting; slots[p->slot].p == p exactly when is_known.
 */
#include "net/park.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_AT_ONCE 64
#define WAKE_TOKEN     UINT64_MAX
#define NO_SLOT        UINT32_MAX

struct slot {
	struct parked *p; /* NULL: free */
	uint32_t waits;
	uint32_t next_free;
};

struct park {
	struct workers *pool;
	int epoll_fd, wake_fd;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	struct slot *slots;
	uint32_t n_slots, cap_slots, free_slot;
	struct parked **heap; /* earliest deadline at [0] */
	unsigned n_heap, cap_heap;
	int64_t asleep_until;
	bool is_shut, is_ending;
};

/* ---- the heap of deadlines ---- */

static void heap_put(struct park *pk, unsigned at, struct parked *p)
{
	pk->heap[at] = p;
	p->heap_at = at;
}

static void heap_up(struct park *pk, unsigned at)
{
	struct parked *p = pk->heap[at];

	while (at > 0 && pk->heap[(at - 1) / 2]->deadline > p->deadline) {
		heap_put(pk, at, pk->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(pk, at, p);
}

static void heap_down(struct park *pk, unsigned at)
{
	struct parked *p = pk->heap[at];

	for (;;) {
		unsigned child = 2 * at + 1;

		if (child >= pk->n_heap)
			break;
		if (child + 1 < pk->n_heap &&
		    pk->heap[child + 1]->deadline < pk->heap[child]->deadline)
			child++;
		if (pk->heap[child]->deadline >= p->deadline)
			break;
		heap_put(pk, at, pk->heap[child]);
		at = child;
	}
	heap_put(pk, at, p);
}

static void heap_add(struct park *pk, struct parked *p)
{
	MEM_GROW(pk->heap, pk->n_heap, pk->cap_heap);
	heap_put(pk, pk->n_heap++, p);
	heap_up(pk, p->heap_at);
}

static void heap_remove(struct park *pk, struct parked *p)
{
	unsigned at = p->heap_at;
	struct parked *last = pk->heap[--pk->n_heap];

	if (last == p)
		return;
	heap_put(pk, at, last);
	heap_up(pk, at);
	heap_down(pk, last->heap_at);
}

/* ---- slots ---- */

static void take_slot(struct park *pk, struct parked *p)
{
	uint32_t at = pk->free_slot;

	if (at != NO_SLOT) {
		pk->free_slot = pk->slots[at].next_free;
	} else {
		MEM_GROW(pk->slots, pk->n_slots, pk->cap_slots);
		at = pk->n_slots++;
		pk->slots[at].waits = 0;
	}
	pk->slots[at].p = p;
	p->slot = at;
}

static void give_slot(struct park *pk, struct parked *p)
{
	struct slot *s = &pk->slots[p->slot];

	s->p = NULL;
	s->waits++;
	s->next_free = pk->free_slot;
	pk->free_slot = p->slot;
}

/* The node that an event is for; NULL when it is a late one. */
static struct parked *event_owner(struct park *pk, uint64_t token)
{
	uint32_t at = (uint32_t)(token >> 32), waits = (uint32_t)token;
	struct slot *s;

	if (at >= pk->n_slots)
		return NULL;
	s = &pk->slots[at];
	return s->p && s->waits == waits && s->p->is_waiting ? s->p : NULL;
}

/* ---- the thread ---- */

/* Takes a node out of its wait and puts it on the list of those to be handed on. */
static void end_wait(struct park *pk, struct parked *p, enum park_why why, struct list *ready)
{
	heap_remove(pk, p);
	p->is_waiting = false;
	p->why = why;
	list_append(ready, &p->work.link);
}

static void hand_on(struct park *pk, struct list *ready)
{
	struct link *l;

	while ((l = list_pop(ready)))
		workers_submit(pk->pool, LIST_OWNER(l, struct work, link));
}

static void drain_wake(struct park *pk)
{
	uint64_t n;

	while (read(pk->wake_fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}

static void collect(struct park *pk, const struct epoll_event *events, int n, struct list *ready)
{
	int64_t now = clock_ms();

	for (int i = 0; i < n; i++) {
		struct parked *p;

		if (events[i].data.u64 == WAKE_TOKEN) {
			drain_wake(pk);
			continue;
		}
		p = event_owner(pk, events[i].data.u64);
		if (p)
			end_wait(pk, p, PARK_READABLE, ready);
	}
	while (pk->n_heap > 0 && pk->heap[0]->deadline <= now)
		end_wait(pk, pk->heap[0], PARK_TIMEOUT, ready);
}

static void *park_main(void *arg)
{
	struct park *pk = arg;
	struct epoll_event events[EVENTS_AT_ONCE];

	pthread_setname_np(pthread_self(), "park");
	pthread_mutex_lock(&pk->lock);
	while (!pk->is_ending) {
		struct list ready;
		int n;

		pk->asleep_until = pk->n_heap > 0 ? pk->heap[0]->deadline : DEADLINE_NEVER;
		n = deadline_left(pk->asleep_until);
		pthread_mutex_unlock(&pk->lock);
		n = epoll_wait(pk->epoll_fd, events, EVENTS_AT_ONCE, n);
		list_init(&ready);
		pthread_mutex_lock(&pk->lock);
		pk->asleep_until = INT64_MIN;
		collect(pk, events, n, &ready);
		pthread_mutex_unlock(&pk->lock);
		hand_on(pk, &ready);
		pthread_mutex_lock(&pk->lock);
	}
	pthread_mutex_unlock(&pk->lock);
	return NULL;
}

/* ---- the interface ---- */

static void wake(struct park *pk)
{
	uint64_t one = 1;

	while (write(pk->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

struct park *park_new(struct workers *pool)
{
	struct park *pk = MEM_NEW(struct park);
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = WAKE_TOKEN };

	pk->pool = pool;
	pk->free_slot = NO_SLOT;
	pk->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	pk->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&pk->lock, NULL);
	if (pk->epoll_fd < 0 || pk->wake_fd < 0 ||
	    epoll_ctl(pk->epoll_fd, EPOLL_CTL_ADD, pk->wake_fd, &ev) < 0 ||
	    pthread_create(&pk->thread, NULL, park_main, pk) != 0) {
		if (pk->epoll_fd >= 0)
			close(pk->epoll_fd);
		if (pk->wake_fd >= 0)
			close(pk->wake_fd);
		pthread_mutex_destroy(&pk->lock);
		free(pk);
		return NULL;
	}
	return pk;
}

/* Arms the descriptor for one event of the node's present wait. */
static int arm(struct park *pk, struct parked *p)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT };
	int op = p->is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (!p->is_known)
		take_slot(pk, p);
	p->is_known = true;
	ev.data.u64 = (uint64_t)p->slot << 32 | ++pk->slots[p->slot].waits;
	return epoll_ctl(pk->epoll_fd, op, p->fd, &ev) < 0 ? -errno : 0;
}

void park_wait(struct park *pk, struct parked *p, int64_t deadline)
{
	struct list ready;

	bug_if(p->is_waiting || deadline == DEADLINE_NEVER);
	list_init(&ready);
	pthread_mutex_lock(&pk->lock);
	p->deadline = deadline;
	p->is_waiting = true;
	heap_add(pk, p);
	if (pk->is_shut)
		end_wait(pk, p, PARK_SHUTDOWN, &ready);
	else if (arm(pk, p) < 0) /* a file that epoll does not take is always readable */
		end_wait(pk, p, PARK_READABLE, &ready);
	else if (deadline < pk->asleep_until) {
		pk->asleep_until = deadline;
		wake(pk);
	}
	pthread_mutex_unlock(&pk->lock);
	hand_on(pk, &ready);
}

bool park_cancel(struct park *pk, struct parked *p)
{
	bool was_waiting;

	pthread_mutex_lock(&pk->lock);
	was_waiting = p->is_waiting;
	if (was_waiting) {
		heap_remove(pk, p);
		p->is_waiting = false;
	}
	pthread_mutex_unlock(&pk->lock);
	return was_waiting;
}

void park_drop(struct park *pk, struct parked *p)
{
	pthread_mutex_lock(&pk->lock);
	if (p->is_waiting) {
		heap_remove(pk, p);
		p->is_waiting = false;
	}
	if (p->is_known) {
		epoll_ctl(pk->epoll_fd, EPOLL_CTL_DEL, p->fd, NULL);
		give_slot(pk, p);
		p->is_known = false;
	}
	pthread_mutex_unlock(&pk->lock);
}

void park_shutdown(struct park *pk)
{
	struct list ready;

	list_init(&ready);
	pthread_mutex_lock(&pk->lock);
	pk->is_shut = true;
	while (pk->n_heap > 0)
		end_wait(pk, pk->heap[0], PARK_SHUTDOWN, &ready);
	pthread_mutex_unlock(&pk->lock);
	hand_on(pk, &ready);
}

void park_free(struct park *pk)
{
	if (!pk)
		return;
	park_shutdown(pk);
	pthread_mutex_lock(&pk->lock);
	pk->is_ending = true;
	pthread_mutex_unlock(&pk->lock);
	wake(pk);
	pthread_join(pk->thread, NULL);
	close(pk->epoll_fd);
	close(pk->wake_fd);
	pthread_mutex_destroy(&pk->lock);
	free(pk->slots);
	free(pk->heap);
	free(pk);
}
