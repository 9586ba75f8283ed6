/*
 * load.c - a message comes back from its file.
 */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/own.h"
#include "envelope/qf.h"
#include "mail/date.h"
#include "os/load_average.h"
#include "queue/busy.h"
#include "queue/queue_private.h"

#define BUSY_AGAIN_S 60

static void forget(struct queue *q, struct record *r)
{
	pthread_mutex_lock(&q->lock);
	schedule_forget(q, r);
	pthread_mutex_unlock(&q->lock);
}

/* The record goes back to wait until then; without a queue interval the next queue run finds the file. */
static void put_back(struct queue *q, struct record *r, int64_t when)
{
	if (groups_interval(q, r->dir) == 0) {
		forget(q, r);
		return;
	}
	pthread_mutex_lock(&q->lock);
	r->next_try_s = when;
	records_set(&q->records, r, RECORD_WAITING);
	pthread_mutex_unlock(&q->lock);
}

__attribute__((format(printf, 2, 3))) static void say(struct queue *q, const char *fmt, ...)
{
	own_str struct str line = STR_MAX(4096);
	va_list ap;

	if (!q->params.say)
		return;
	va_start(ap, fmt);
	str_addv(&line, fmt, ap);
	va_end(ap);
	q->params.say(q->params.say_arg, str_view(&line));
}

static void say_place(struct queue *q, const char *verb, const struct record *r, const char *more)
{
	own_str struct str path = STR_MAX(4200);

	if (r->number == 0)
		return;
	spool_show_path(q->spool, r->dir, &path);
	say(q, "%s", "");
	say(q, "%s %s/%s (sequence %u of %u)%s", verb, str_z(&path), r->id, r->number, r->of, more);
}

/* Announces a message of a run, which is what it takes for one that cannot be worked on as well. */
static void say_running(struct queue *q, const struct record *r)
{
	if (r->number != 0)
		q->trouble = EX_OK_; /* a run ends as its last message did */
	say_place(q, "Running", r, "");
}

/* Something is wrong with the file of a message: said, logged, and the run will not end with 0. */
static void complain(struct queue *q, struct record *r, int status, const char *why)
{
	say_running(q, r);
	say(q, "%s", why);
	log_event(q->log, 0, LOG_CRIT, r->id, "SYSERR(root): %s", why);
	q->trouble = status;
}

/* Why a control file cannot be used, as it is told. */
static void add_reason(struct queue *q, const struct record *r, const struct qf_error *error,
		       int result, struct str *out)
{
	if (error->is_of_file || !error->text[0]) {
		str_addz(out, "readqf: ");
		spool_file_path(q->spool, r->dir, r->letter, r->id, out);
		str_addz(out, ": ");
	}
	str_addz(out, error->text[0] ? error->text : strerrordesc_np(-result));
}

/* Reads the control file into e; 0, or -errno after saying why. A bogus file is set aside: -EBADMSG. */
static int read_control(struct queue *q, struct record *r, int fd, struct envelope *e,
			struct str *text)
{
	own_str struct str why = STR_MAX(4600);
	struct qf_error error = { 0 };
	int result = spool_read_control(fd, text);

	if (result == 0)
		result = qf_read(str_view(text), e, &error);
	if (result == 0)
		return 0;
	add_reason(q, r, &error, result, &why);
	complain(q, r, EX_SOFTWARE_, str_z(&why));
	if (result != -EINVAL || !error.is_bogus)
		return result;
	/* Nobody will ever be able to read it. */
	spool_lose(q->spool, r->dir, r->id, r->letter, error.loss);
	return -EBADMSG;
}

/* The body file is gone, or was never there: the recipients see that instead of it. */
static int stand_in_body(struct envelope *e)
{
	static const char text[] = "<<< No Message Collected >>>\n";

	e->body = body_new(sizeof(text), -1);
	return body_append(e->body, view_of(text));
}

static void complain_of_body(struct queue *q, struct record *r, int dir, int error)
{
	own_str struct str why = STR_MAX(4600);

	str_addz(&why, "readqf: cannot open ");
	spool_file_path(q->spool, dir, 'd', r->id, &why);
	str_addf(&why, ": %s", strerrordesc_np(error));
	complain(q, r, EX_OSERR_, str_z(&why));
}

/* The body, where the control text says that it is. One that says an unknown place is set aside: -EBADMSG. */
static int open_body(struct queue *q, struct record *r, struct envelope *e, int dir,
		     bool *out_is_missing)
{
	struct stat st;
	int fd;

	if (dir < 0) {
		say_running(q, r);
		spool_lose(q->spool, r->dir, r->id, r->letter, "bogus queue file directory");
		return -EBADMSG;
	}
	fd = spool_open_body(q->spool, dir, r->id);
	*out_is_missing = fd == -ENOENT;
	if (fd == -ENOENT)
		return stand_in_body(e);
	if (fd < 0) {
		complain_of_body(q, r, dir, -fd);
		return fd;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		complain_of_body(q, r, dir, EISDIR);
		return -EINVAL;
	}
	e->body = body_open_file(fd, 0, st.st_size);
	return 0;
}

static struct envelope *read_envelope(struct queue *q, struct record *r, int fd, int *out_body_dir,
				      bool *out_is_missing, int *out_result)
{
	struct snapshot *snap = snapshot_current(q->params.slot);
	struct envelope *e = envelope_new(snap);
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);

	snapshot_put(snap);
	snprintf(e->id, sizeof(e->id), "%s", r->id);
	macros_set(e->macros, 'i', arena_dup(e->arena, view_of(e->id)));
	*out_result = read_control(q, r, fd, e, &text);
	*out_body_dir = spool_body_dir(q->spool, r->dir, str_view(&text));
	if (*out_result == 0)
		*out_result = open_body(q, r, e, *out_body_dir, out_is_missing);
	if (*out_result == 0) {
		e->size = *out_is_missing ? 0 : envelope_size_in_file(e);
		return e;
	}
	envelope_free(e);
	return NULL;
}

/* The first to find that the run cannot go on tells of it. */
static void abort_run(struct queue *q)
{
	static const char words[] = "Aborting queue run: load average too high";

	if (atomic_exchange(&q->is_flushed, true))
		return;
	log_event(q->log, 8, LOG_INFO, NULL, "runqueue: %s", words);
	say(q, "%s", words);
}

static void flush_run(struct queue *q, const struct record *r, const struct envelope *e, int load)
{
	own_str struct str path = STR_MAX(4200);

	if (atomic_exchange(&q->is_flushed, true))
		return;
	spool_show_path(q->spool, r->dir, &path);
	log_event(q->log, 8, LOG_INFO, NULL,
		  "runqueue: Flushing queue from %s/%s (pri %lld, LA %d, %u of %u)", str_z(&path),
		  r->id, (long long)e->priority, load, r->number, r->of);
	say_place(q, "Skipping", r, " and flushing rest of queue");
}

/* The load rose while the run went on. The one that reads its work by priority has nothing better behind this one. */
static bool is_held_by_load(struct queue *q, const struct record *r, const struct envelope *e,
			    const struct options *o)
{
	char order = q->groups.v[r->group].sort;
	bool ends = r->number > 0 && groups_interval(q, r->dir) == 0;
	int load = load_average();

	if (busy_holds_at(o, o->queue_la, load, o->recipient_factor)) {
		if (ends)
			abort_run(q);
		return true;
	}
	if (!busy_order_has_priority(order) || !busy_holds_at(o, o->queue_la, load, e->priority))
		return false;
	if (ends && order == 'p')
		flush_run(q, r, e, load);
	else
		say_place(q, "Skipping", r, "");
	return true;
}

/* Would a run leave the message for later? Says so. *out_when: when it may be tried. */
static bool is_for_later(struct queue *q, const struct record *r, const struct envelope *e,
			 int64_t now, int64_t *out_when)
{
	const struct options *o = &e->snap->cf->options;
	int64_t wait = settle_wait(o, e->created_s, e->last_try_s);

	if (!r->is_forced && wait > 0 && e->tries > 0 && e->last_try_s > 0 &&
	    now < e->last_try_s + wait) {
		char age[DATE_TEXT_MAX];

		say_running(q, r);
		date_delay(now - e->last_try_s, age);
		say(q, "%s: too young (%s)", r->id, age);
		*out_when = e->last_try_s + wait;
		return true;
	}
	*out_when = now + groups_interval(q, r->dir);
	return !r->is_asked && is_held_by_load(q, r, e, o);
}

/* A reason for quarantine in a file with the name of any other: it gets the name that belongs to it. */
static void set_quarantined(struct queue *q, struct record *r, struct envelope *e)
{
	int result = spool_rename(q->spool, r->dir, r->id, 'q', 'h');

	say_running(q, r);
	if (result < 0)
		log_event(q->log, 0, LOG_ALERT, r->id, "cannot rename(qf%s, hf%s): %s", r->id,
			  r->id, strerror(-result));
	envelope_free(e);
	forget(q, r);
}

struct queue_job *load_record(struct queue *q, struct record *r)
{
	int64_t now = wall_s(), when = 0;
	own_fd int fd = -1;
	enum spool_lock got;
	struct envelope *e;
	struct queue_job *j;
	int result = 0, body_dir = -1;
	bool has_no_body = false;

	if (q->is_flushed && r->number > 0 && groups_interval(q, r->dir) == 0) {
		forget(q, r);
		return NULL;
	}
	got = spool_lock(q->spool, r->dir, r->id, r->letter, &fd);

	if (got == SPOOL_GONE || got == SPOOL_BOGUS || got == SPOOL_EMPTY) {
		if (got != SPOOL_GONE)
			say_running(q, r);
		forget(q, r);
		return NULL;
	}
	if (got != SPOOL_LOCKED) {
		fd = -1;
		say_running(q, r);
		if (got == SPOOL_BUSY)
			say(q, "%s: locked", r->id);
		put_back(q, r, now + BUSY_AGAIN_S);
		return NULL;
	}
	e = read_envelope(q, r, fd, &body_dir, &has_no_body, &result);
	if (!e) {
		if (result == -EBADMSG)
			forget(q, r);
		else
			put_back(q, r, now + groups_interval(q, r->dir));
		return NULL;
	}
	if (r->letter == 'q' && (e->flags & ENV_QUARANTINED)) {
		set_quarantined(q, r, e);
		return NULL;
	}
	if (is_for_later(q, r, e, now, &when)) {
		envelope_free(e);
		put_back(q, r, when);
		return NULL;
	}
	if (has_no_body)
		complain_of_body(q, r, body_dir, ENOENT);
	else
		say_running(q, r);
	e->priority += e->snap->cf->options.retry_factor;
	j = job_new(q, e);
	j->record = r;
	j->dir = j->home = r->dir;
	j->was_loaded = true;
	j->body_dir = body_dir;
	j->letter = r->letter;
	j->is_asked = r->is_asked;
	j->is_chosen = r->is_forced;
	j->lock_fd = take_fd(&fd);
	return j;
}
