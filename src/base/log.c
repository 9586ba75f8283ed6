/*
 * log.c - see log.h.
 *
 * Syslog datagrams are written straight to the socket (`<PRI>Mon DD HH:MM:SS tag[pid]: text`): libc's syslog() has global
 * state and a lock around a blocking send. The date is formatted once a second and kept.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

#define LINE_MAX_BYTES 1024 /* of the message text, contract/logging.md 9 */

#define PATIENCE_MS 100 /* for a log daemon that does not take a line at once */

struct log {
	enum log_kind kind;
	_Atomic int level;
	pthread_mutex_t lock; /* guards what follows */
	char tag[33];
	char *path;
	int fd;
	unsigned long dropped;
	bool is_stuck; /* the last line was not taken */
	int64_t date_at;
	char date[32];
};

struct log *log_new(enum log_kind kind, const char *tag, const char *path)
{
	struct log *l = MEM_NEW(struct log);

	l->kind = kind;
	l->level = 9;
	l->fd = kind == LOG_TO_STDERR ? STDERR_FILENO : -1;
	l->path = path ? mem_dup(path, strlen(path)) : NULL;
	pthread_mutex_init(&l->lock, NULL);
	log_set_tag(l, tag);
	return l;
}

void log_free(struct log *l)
{
	if (!l)
		return;
	if (l->fd >= 0 && l->kind != LOG_TO_STDERR)
		close(l->fd);
	pthread_mutex_destroy(&l->lock);
	free(l->path);
	free(l);
}

void log_set_level(struct log *l, int level)
{
	atomic_store_explicit(&l->level, level, memory_order_relaxed);
}

int log_level(const struct log *l)
{
	return atomic_load_explicit(&l->level, memory_order_relaxed);
}

void log_set_tag(struct log *l, const char *tag)
{
	pthread_mutex_lock(&l->lock);
	snprintf(l->tag, sizeof(l->tag), "%s", tag);
	pthread_mutex_unlock(&l->lock);
}

static int open_socket(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	own_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	return take_fd(&fd);
}

static bool is_open(struct log *l)
{
	if (l->fd >= 0)
		return true;
	if (l->kind == LOG_TO_SYSLOG)
		l->fd = open_socket(l->path ? l->path : "/dev/log");
	else if (l->kind == LOG_TO_FILE && l->path)
		l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	return l->fd >= 0;
}

void log_reopen(struct log *l)
{
	pthread_mutex_lock(&l->lock);
	if (l->fd >= 0 && l->kind != LOG_TO_STDERR) {
		close(l->fd);
		l->fd = -1;
	}
	is_open(l); /* at once: a process that gives up rights may not be able to do it later */
	pthread_mutex_unlock(&l->lock);
}

/* The date as syslog files show it; formatted anew only when the second changes. */
static const char *date_now(struct log *l)
{
	int64_t now = wall_s();

	if (now != l->date_at) {
		time_t t = (time_t)now;
		struct tm tm;

		localtime_r(&t, &tm);
		strftime(l->date, sizeof(l->date), "%b %e %H:%M:%S", &tm);
		l->date_at = now;
	}
	return l->date;
}

/* A log daemon that has not kept up is given a moment, but only one until it takes a line again. */
static ssize_t send_patiently(struct log *l, struct view line)
{
	struct pollfd p = { .fd = l->fd, .events = POLLOUT };
	ssize_t n = send(l->fd, line.p, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN && !l->is_stuck && poll(&p, 1, PATIENCE_MS) > 0)
		n = send(l->fd, line.p, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	l->is_stuck = n < 0;
	return n;
}

static bool send_line(struct log *l, int priority, struct view text)
{
	own_str struct str out = STR_MAX(LINE_MAX_BYTES + 256);
	ssize_t n;

	if (l->kind == LOG_TO_SYSLOG)
		str_addf(&out, "<%d>", LOG_MAIL | priority);
	str_addf(&out, "%s %s[%d]: ", date_now(l), l->tag, (int)getpid());
	str_add(&out, text);
	if (l->kind == LOG_TO_SYSLOG) {
		n = send_patiently(l, str_view(&out));
		if (n < 0 && (errno == ECONNREFUSED || errno == ENOTCONN || errno == EPIPE)) {
			close(l->fd); /* the log daemon was started again */
			l->fd = -1;
			if (!is_open(l))
				return false;
			n = send(l->fd, out.p, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		}
	} else {
		str_addc(&out, '\n');
		n = write(l->fd, out.p, out.len);
	}
	return n >= 0;
}

static void emit(struct log *l, int priority, struct view text)
{
	pthread_mutex_lock(&l->lock);
	if (is_open(l)) {
		if (l->dropped) {
			char note[64];

			snprintf(note, sizeof(note), "%lu log lines were lost", l->dropped);
			if (send_line(l, LOG_WARNING, view_of(note)))
				l->dropped = 0;
		}
		if (!send_line(l, priority, text))
			l->dropped++;
	} else {
		l->dropped++;
	}
	pthread_mutex_unlock(&l->lock);
}

void log_event(struct log *l, int level, int priority, const char *id, const char *fmt, ...)
{
	own_str struct str raw = STR_MAX(LINE_MAX_BYTES);
	own_str struct str line = STR_MAX(LINE_MAX_BYTES);
	va_list ap;

	if (l->kind == LOG_TO_NOTHING || !log_wants(l, level))
		return;
	va_start(ap, fmt);
	str_addv(&raw, fmt, ap);
	va_end(ap);
	if (id)
		str_addf(&line, "%s: ", *id ? id : "NOQUEUE");
	str_add_escaped(&line, str_view(&raw));
	emit(l, priority, str_view(&line));
}
