/* gate.c - see gate.h. */
#include "receive/gate.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "mail/date.h"

#define GATE_EVENTS      32
#define ACCEPTS_AT_ONCE  64 /* from one listening socket before the others get their turn */
#define LISTENER_REST_MS 1000
#define LOOK_MS          5000 /* how often the load is looked at while nobody comes */
#define REFUSING_LOOK_MS 1000
#define REFUSING_LOG_S   15
#define DELAY_LOG_MS     90000
#define BACKLOG_MIN      1024 /* as daemon/listen.c has it */

/* Says why connections are refused, when that begins and from time to time. False: it has been said lately. */
static bool is_time_to_tell(struct server_daemon *d)
{
	int64_t now = wall_s();

	if (!d->is_refusing)
		d->refusing_since_s = d->told_s = now;
	if (d->is_refusing && now < d->logged_s + REFUSING_LOG_S)
		return false;
	d->logged_s = now;
	return true;
}

static void note_load(struct server *srv, struct server_daemon *d, const struct daemon_options *o,
		      int load, int64_t interval_s)
{
	struct log *log = srv->params.services->log;
	char since[DATE_TEXT_MAX];
	int64_t now = wall_s();

	d->is_for_load = true;
	if (!is_time_to_tell(d))
		return;
	log_event(log, 9, LOG_NOTICE, NULL,
		  "rejecting connections on daemon " VIEW_FMT ": load average: %d",
		  VIEW_ARG(o->name), load);
	if (interval_s <= 0 || now - d->told_s < interval_s)
		return;
	d->told_s = now;
	date_delay(now - d->refusing_since_s, since);
	log_event(log, 9, LOG_ERR, NULL,
		  "have been rejecting connections on daemon " VIEW_FMT " for %s",
		  VIEW_ARG(o->name), since);
}

static void note_children(struct server *srv, struct server_daemon *d,
			  const struct daemon_options *o, int n, int limit)
{
	if (is_time_to_tell(d))
		log_event(srv->params.services->log, 9, LOG_INFO, NULL,
			  "rejecting connections on daemon " VIEW_FMT ": %d children, max %d",
			  VIEW_ARG(o->name), n, limit);
}

static void note_open(struct server *srv, const struct daemon_options *o)
{
	log_event(srv->params.services->log, 9, LOG_INFO, NULL,
		  "accepting connections again for daemon " VIEW_FMT, VIEW_ARG(o->name));
}

/* Is this daemon over one of its limits now? Says so in the log, from time to time. */
static bool is_full(struct server *srv, struct server_daemon *d, const struct config *cf)
{
	const struct daemon_options *o = &cf->options.daemons[d->index];
	int refuse_la = o->refuse_la >= 0 ? o->refuse_la : cf->options.refuse_la;
	int total, own;

	pthread_mutex_lock(&srv->lock);
	total = (int)srv->n_sessions;
	own = d->n_connections;
	pthread_mutex_unlock(&srv->lock);
	if (refuse_la > 0 && server_load(srv) >= refuse_la) {
		note_load(srv, d, o, server_load(srv), cf->options.reject_log_interval_s);
		return true;
	}
	if (cf->options.max_daemon_children > 0 && total >= cf->options.max_daemon_children) {
		note_children(srv, d, o, total, cf->options.max_daemon_children);
		return true;
	}
	if (o->children > 0 && own >= o->children) {
		note_children(srv, d, o, own, o->children);
		return true;
	}
	return false;
}

/* ConnectionRateThrottle: true when this second's share is used up. Who is accepted is counted. */
static bool is_too_fast(struct server *srv, struct server_daemon *d, const struct config *cf)
{
	int limit = cf->options.connection_rate_throttle;
	int64_t now = clock_ms() / 1000;

	if (limit <= 0)
		return false;
	if (d->second != now) {
		d->second = now;
		d->n_this_second = 0;
	}
	if (d->n_this_second < limit)
		return false;
	log_event(srv->params.services->log, 9, LOG_INFO, NULL,
		  "deferring connections on daemon " VIEW_FMT ": %d per second",
		  VIEW_ARG(cf->options.daemons[d->index].name), limit);
	return true;
}

/* DelayLA: that the clients of this daemon are slowed down is said from time to time. */
static void note_delay(struct server *srv, struct server_daemon *d, const struct config *cf)
{
	const struct daemon_options *o = &cf->options.daemons[d->index];
	int limit = o->delay_la >= 0 ? o->delay_la : cf->options.delay_la;
	int64_t now = clock_ms();

	if (limit <= 0 || server_load(srv) < limit ||
	    (d->delay_told_ms && now < d->delay_told_ms + DELAY_LOG_MS))
		return;
	d->delay_told_ms = now;
	log_event(srv->params.services->log, 9, LOG_INFO, NULL,
		  "delaying connections on daemon " VIEW_FMT ": load average=%d >= %d",
		  VIEW_ARG(o->name), server_load(srv), limit);
}

static void watch(struct server *srv, int op, int i)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = (uint32_t)i };

	if (op != EPOLL_CTL_ADD || !srv->is_draining)
		epoll_ctl(srv->epoll_fd, op, srv->daemons[i].fd, &e);
}

/*
 * A daemon over its limits does not listen: clients are refused at once and go to another host. The socket keeps its port; who
 * listens on it again (shutdown(2) and listen(2) on the same socket, as Linux has it) needs no privilege for that.
 */
static void stop_listening(struct server *srv, int which)
{
	struct server_daemon *d = &srv->daemons[which];

	d->is_refusing = true;
	watch(srv, EPOLL_CTL_DEL, which);
	shutdown(d->fd, SHUT_RD);
}

static void listen_again(struct server *srv, int which, const struct config *cf)
{
	struct server_daemon *d = &srv->daemons[which];
	const struct daemon_options *o = &cf->options.daemons[d->index];

	if (listen(d->fd, o->listen > BACKLOG_MIN ? o->listen : BACKLOG_MIN) < 0)
		return; /* tried again a second later */
	if (d->is_refusing && d->is_for_load)
		note_open(srv, o);
	d->is_refusing = d->is_for_load = false;
	watch(srv, EPOLL_CTL_ADD, which);
}

/* MinFreeBlocks: says so when new messages begin or cease to be refused. */
static bool is_out_of_space(struct server *srv, const struct config *cf)
{
	struct queue *q = srv->params.queue;
	bool is_out = q && queue_is_rejecting(q);

	if (is_out == srv->is_rejecting)
		return is_out;
	srv->is_rejecting = is_out;
	if (is_out) {
		queue_check_space(q, 0, "", VIEW("SMTP-DAEMON"));
		log_event(srv->params.services->log, 9, LOG_INFO, NULL,
			  "rejecting new messages: min free: %lld",
			  (long long)cf->options.min_free_blocks);
	} else {
		log_event(srv->params.services->log, 9, LOG_INFO, NULL,
			  "accepting new messages (again)");
	}
	return is_out;
}

/* Begins or ends refusing, as the limits ask for. Returns when to look again. */
static int64_t look_at_limits(struct server *srv)
{
	struct snapshot *snap = snapshot_current(srv->params.slot);
	bool is_any_refusing = false;

	for (int i = 0; i < srv->n_daemons && !srv->is_draining; i++) {
		struct server_daemon *d = &srv->daemons[i];
		bool full = is_full(srv, d, snap->cf);

		if (full && !d->is_refusing)
			stop_listening(srv, i);
		else if (!full && d->is_refusing)
			listen_again(srv, i, snap->cf);
		is_any_refusing = is_any_refusing || d->is_refusing;
	}
	is_out_of_space(srv, snap->cf);
	snapshot_put(snap);
	return clock_ms() + (is_any_refusing ? REFUSING_LOOK_MS : LOOK_MS);
}

/* Takes the connections that wait at one socket. */
static void accept_some(struct server *srv, int which, int64_t *rest_until)
{
	struct server_daemon *d = &srv->daemons[which];
	struct snapshot *snap = snapshot_current(srv->params.slot);

	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct stream *stream;
		struct session *s;
		int fd;

		if (is_full(srv, d, snap->cf)) {
			stop_listening(srv, which);
			break;
		}
		if (is_too_fast(srv, d, snap->cf)) {
			watch(srv, EPOLL_CTL_DEL, which);
			*rest_until = clock_ms() + LISTENER_REST_MS;
			break;
		}
		fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM) {
				log_event(
					srv->params.services->log, 1, LOG_CRIT, NULL,
					"cannot accept a connection: %s; raise the limit of open files",
					strerror(errno));
				watch(srv, EPOLL_CTL_DEL, which);
				*rest_until = clock_ms() + LISTENER_REST_MS;
			}
			break;
		}
		d->n_this_second++;
		note_delay(srv, d, snap->cf);
		stream = stream_new(fd, fd, true);
		s = session_new(srv, stream, d->index);
		s->is_out_of_space = is_out_of_space(srv, snap->cf);
		serve_start(s);
	}
	snapshot_put(snap);
}

static struct session *take_due(struct server *srv, int64_t now, int64_t *out_next)
{
	struct session *due = NULL;
	size_t i = 0;

	pthread_mutex_lock(&srv->lock);
	*out_next = srv->n_alarms ? srv->alarms[0].when_ms : DEADLINE_NEVER;
	if (srv->n_alarms && (srv->alarms[0].when_ms <= now || srv->is_stopping)) {
		struct alarm last = srv->alarms[--srv->n_alarms];

		due = srv->alarms[0].session;
		for (;;) {
			size_t child = 2 * i + 1;

			if (child >= srv->n_alarms)
				break;
			if (child + 1 < srv->n_alarms &&
			    srv->alarms[child + 1].when_ms < srv->alarms[child].when_ms)
				child++;
			if (srv->alarms[child].when_ms >= last.when_ms)
				break;
			srv->alarms[i] = srv->alarms[child];
			i = child;
		}
		srv->alarms[i] = last;
	}
	pthread_mutex_unlock(&srv->lock);
	return due;
}

/* Hands those whose time has come to the pool; returns when the next one is due. */
static int64_t run_alarms(struct server *srv)
{
	struct session *s;
	int64_t next;

	while ((s = take_due(srv, clock_ms(), &next)))
		workers_submit(srv->params.workers, &s->parked.work);
	return next;
}

void *gate_run(void *server)
{
	struct server *srv = server;
	struct epoll_event events[GATE_EVENTS],
		wake = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
	int64_t rest[DAEMONS_MAX] = { 0 }, look_at = 0;
	struct snapshot *snap = snapshot_current(srv->params.slot);

	epoll_ctl(srv->epoll_fd, EPOLL_CTL_ADD, srv->event_fd, &wake);
	for (int i = 0; i < srv->n_daemons; i++)
		listen_again(srv, i, snap->cf);
	snapshot_put(snap);
	while (!server_is_stopping(srv)) {
		int64_t next = run_alarms(srv);
		int n;

		for (int i = 0; i < srv->n_daemons; i++) {
			if (rest[i] && clock_ms() >= rest[i]) {
				rest[i] = 0;
				if (!srv->daemons[i].is_refusing)
					watch(srv, EPOLL_CTL_ADD, i);
			}
			if (rest[i] && rest[i] < next)
				next = rest[i];
		}
		if (clock_ms() >= look_at)
			look_at = look_at_limits(srv);
		if (look_at < next)
			next = look_at;
		n = epoll_wait(srv->epoll_fd, events, GATE_EVENTS, deadline_left(next));
		for (int i = 0; i < n; i++) {
			uint64_t count;

			if (events[i].data.u32 != UINT32_MAX) {
				accept_some(srv, (int)events[i].data.u32,
					    &rest[events[i].data.u32]);
				if (srv->daemons[events[i].data.u32].is_refusing)
					look_at = 0; /* the others may be full too */
			} else if (read(srv->event_fd, &count, sizeof(count)) < 0) {
				continue;
			}
		}
	}
	run_alarms(srv);
	return NULL;
}
