/* server.c - see server.h. The life of the server and the list of its sessions; accepting is gate.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/load_average.h"
#include "receive/gate.h"

struct server *server_new(const struct server_params *p)
{
	struct server *s = MEM_NEW(struct server);
	struct snapshot *snap;

	s->params = *p;
	s->rates = rates_new();
	snap = snapshot_current(p->slot);
	auth_offers_init(&s->auth, p->auth, snap->cf);
	snapshot_put(snap);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->emptied, NULL);
	list_init(&s->sessions);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s;
}

void server_add_listener(struct server *s, int fd, int daemon_index)
{
	if (s->n_daemons == DAEMONS_MAX) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL,
	      fcntl(fd, F_GETFL) | O_NONBLOCK); /* the gate takes what is there and goes on */
	s->daemons[s->n_daemons++] = (struct server_daemon){ .fd = fd, .index = daemon_index };
}

int server_start(struct server *s)
{
	int error;

	if (s->epoll_fd < 0 || s->event_fd < 0)
		return -EMFILE;
	error = pthread_create(&s->thread, NULL, gate_run, s);
	if (error)
		return -error;
	s->is_running = true;
	return 0;
}

void gate_wake(struct server *s)
{
	uint64_t one = 1;

	if (s->event_fd >= 0 && write(s->event_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: the gate is awake anyway */
}

void server_drain(struct server *s)
{
	s->is_draining = true;
	for (int i = 0; i < s->n_daemons; i++)
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->daemons[i].fd, NULL);
}

void server_stop(struct server *s, int64_t deadline)
{
	struct timespec until;
	int64_t left_ms;

	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	pthread_mutex_unlock(&s->lock);
	gate_wake(s);
	if (s->is_running)
		pthread_join(s->thread, NULL);
	s->is_running = false;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->n_daemons; i++)
		close(s->daemons[i].fd);
	s->n_daemons = 0;
	pthread_mutex_unlock(&s->lock);
	if (s->params.park)
		park_shutdown(s->params.park);
	left_ms = deadline == DEADLINE_NEVER ? 60000 : deadline - clock_ms();
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (left_ms > 0 ? left_ms : 0) / 1000 + 1;
	pthread_mutex_lock(&s->lock);
	while (s->n_sessions > 0 && pthread_cond_timedwait(&s->emptied, &s->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&s->lock);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	if (s->event_fd >= 0)
		close(s->event_fd);
	rates_free(s->rates);
	auth_offers_done(&s->auth);
	free(s->alarms);
	pthread_cond_destroy(&s->emptied);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

size_t server_connections(const struct server *s)
{
	struct server *lockable = (struct server *)s;
	size_t n;

	pthread_mutex_lock(&lockable->lock);
	n = s->n_sessions;
	pthread_mutex_unlock(&lockable->lock);
	return n;
}

const struct server_params *server_params_of(const struct server *s)
{
	return &s->params;
}

struct rates *server_rates(struct server *s)
{
	return s->rates;
}

int server_load(struct server *s)
{
	int64_t now = clock_ms();

	if (s->load_at_ms == 0 || now - s->load_at_ms >= 1000) {
		s->load_at_ms = now;
		s->load = load_average();
	}
	return s->load;
}

static struct server_daemon *daemon_of(struct server *srv, int index)
{
	for (int i = 0; i < srv->n_daemons; i++)
		if (srv->daemons[i].index == index)
			return &srv->daemons[i];
	return NULL;
}

void server_add_session(struct server *srv, struct session *s)
{
	struct server_daemon *d;

	pthread_mutex_lock(&srv->lock);
	list_append(&srv->sessions, &s->link);
	srv->n_sessions++;
	d = daemon_of(srv, s->daemon_index);
	if (d)
		d->n_connections++;
	pthread_mutex_unlock(&srv->lock);
}

void server_remove_session(struct server *srv, struct session *s)
{
	struct server_daemon *d;

	pthread_mutex_lock(&srv->lock);
	list_remove(&s->link);
	srv->n_sessions--;
	d = daemon_of(srv, s->daemon_index);
	if (d)
		d->n_connections--;
	if (srv->n_sessions == 0)
		pthread_cond_broadcast(&srv->emptied);
	pthread_mutex_unlock(&srv->lock);
}

bool server_is_stopping(const struct server *s)
{
	struct server *lockable = (struct server *)s;
	bool stopping;

	pthread_mutex_lock(&lockable->lock);
	stopping = s->is_stopping;
	pthread_mutex_unlock(&lockable->lock);
	return stopping;
}

void server_wake_at(struct server *srv, struct session *s, int64_t when_ms)
{
	size_t i;

	pthread_mutex_lock(&srv->lock);
	MEM_GROW(srv->alarms, srv->n_alarms, srv->cap_alarms);
	i = srv->n_alarms++;
	while (i > 0 && srv->alarms[(i - 1) / 2].when_ms > when_ms) {
		srv->alarms[i] = srv->alarms[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	srv->alarms[i] = (struct alarm){ when_ms, s };
	pthread_mutex_unlock(&srv->lock);
	gate_wake(srv);
}

int server_run_stdio(struct server *srv, int fd_in, int fd_out)
{
	struct stream *stream = stream_new(fd_in, fd_out, false);
	struct session *s = session_new(srv, stream, -1);

	server_add_session(srv, s);
	serve_to_end(s);
	return 0;
}
