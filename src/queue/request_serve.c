/* request_serve.c - see request.h: the side of the daemon. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "queue/queue_private.h"
#include "queue/request.h"

#define NOT_BY_AGE_MS (1LL << 40)

/* The message is due now. Whatever is wrong with it shows when it is opened. */
static void try_now(struct queue *q, struct view path, struct view id)
{
	int dir = spool_find_dir(q->spool, path);
	char z[QUEUE_ID_MAX];
	struct record *r;

	if (dir < 0 || !queue_id_is_valid(id))
		return;
	snprintf(z, sizeof(z), VIEW_FMT, VIEW_ARG(id));
	pthread_mutex_lock(&q->lock);
	r = records_find(&q->records, dir, z);
	if (!r)
		r = records_add(&q->records, dir, z, 'q');
	if (r->state != RECORD_ACTIVE) {
		r->letter = 'q';
		r->is_forced = r->is_asked = true;
		r->number = 0;
		r->sort_key = r->priority;
		if (r->site) { /* whoever asks knows that the host is back */
			r->site->is_down = false;
			r->site->backoff_ms = 0;
		}
		records_set(&q->records, r, RECORD_READY);
		schedule_wake(q);
	}
	pthread_mutex_unlock(&q->lock);
}

static void obey(struct queue *q, struct view line)
{
	struct view verb, path;

	if (!view_word(&line, &verb))
		return;
	if (view_eq(verb, VIEW("spill"))) {
		while (spill_some(q, 0))
			;
		journal_flush(q->journal); /* so that who reads the journal now finds it done */
	} else if (view_eq(verb, VIEW("rest"))) {
		while (spill_some(q, NOT_BY_AGE_MS))
			;
	} else if (view_eq(verb, VIEW("look"))) {
		tend_want_run(q);
	} else if (view_eq(verb, VIEW("try"))) {
		size_t blank = view_rfind(line, ' ');

		path = view_trim(view_first(line, blank));
		if (blank < line.len)
			try_now(q, path, view_skip(line, blank + 1));
	}
}

bool request_serve(struct queue *q)
{
	int dir = q->journal ? q->journal_dir.fd : -1;
	own_fd int fd = -1;
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct view rest, line;

	if (dir < 0 || renameat(dir, "request", dir, "serving") < 0)
		return false;
	fd = openat(dir, "serving", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || spool_read_control(fd, &text) < 0)
		log_event(q->log, 0, LOG_ERR, NULL, "cannot read %s/.journal: a request: %s",
			  q->spool->groups[0].base, strerror(errno));
	rest = str_view(&text);
	while (view_cut(&rest, '\n', &line))
		obey(q, line);
	unlinkat(dir, "serving", 0);
	return true;
}
