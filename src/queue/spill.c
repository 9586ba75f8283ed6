/*
 * spill.c - messages leave the journal for files of their own, in batches.
 *
 * A batch: the bodies and the control texts are written under temporary names, one sync makes all of them durable, the
 * control files get their names, the directories are synced, and only then the messages are done in the journal. So a control file
 * with its name is whole, whenever the machine stops (journal_format.h, invariant 8).
 *
 * One thread spills at a time: the tending one, or queue_close after it ended.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "queue/queue_private.h"

#define BATCH_MAX 512
#define BATCH_SYNCED_SINGLY                                                                        \
	4 /* as many files are synced by themselves: the file system may have much else to write */
#define HELD_AGE_MS 1000
#define LIVE_MAX    20000 /* messages in the journal past which the oldest go, however young */

struct spill {
	struct queue_job *job;
	char id[QUEUE_ID_MAX];
	char letter;
	bool is_out;    /* a thread works on it: it stays in memory, its file is locked */
	bool has_files; /* under temporary names */
	bool has_name;  /* the control file has its own */
	int result, lock_fd;
	int64_t next_try_s;
	struct site *site;
};

/* What becomes of this job in a spill: takes it out of its lists when it leaves memory. Under the lock. */
static bool choose(struct queue *q, struct queue_job *j, struct spill *s)
{
	*s = (struct spill){ .job = j, .letter = j->letter, .lock_fd = -1 };
	s->is_out = j->state == JOB_ROUTING || j->state == JOB_SETTLING ||
		    (j->state == JOB_DELIVERING && j->n_out > 0);
	if (j->is_spilling || j->is_noting || j->state == JOB_SETTLING)
		return false;
	j->is_spilling = true;
	if (j->state == JOB_DEFERRED) {
		list_remove(&j->link);
		q->n_deferred--;
		s->next_try_s = j->next_try_s;
		s->site = schedule_site(j);
	} else if (j->state == JOB_HELD) {
		s->next_try_s = j->next_try_s;
	} else if (!s->is_out) {
		s->site = schedule_site(j);
		schedule_withdraw(q, j);
	}
	if (j->env) {
		snprintf(s->id, sizeof(s->id), "%s", j->env->id);
		if (!s->is_out)
			s->letter = j->env->flags & ENV_QUARANTINED ? 'h' : 'q';
	}
	return true;
}

static size_t gather(struct queue *q, int64_t age_ms, struct spill *out)
{
	int64_t now = clock_ms();
	size_t n = 0;

	pthread_mutex_lock(&q->lock);
	LIST_EACH_SAFE (&q->deferred, it) {
		if (n == BATCH_MAX)
			break;
		n += choose(q, LIST_OWNER(it, struct queue_job, link), &out[n]);
	}
	LIST_EACH_SAFE (&q->live, it) {
		struct queue_job *j = LIST_OWNER(it, struct queue_job, live_link);
		int64_t age = j->state == JOB_HELD && age_ms > HELD_AGE_MS ? HELD_AGE_MS : age_ms;

		if (n == BATCH_MAX || (now - j->accepted_ms < age && q->n_live < LIVE_MAX + n))
			break;
		n += choose(q, j, &out[n]);
	}
	pthread_mutex_unlock(&q->lock);
	return n;
}

/* A message that somebody works on, or that is not in memory: its files are made of what the journal has. */
static int write_from_journal(struct queue *q, struct spill *s, bool sync)
{
	own_str struct str memory = STR_MAX(64u << 20);
	struct journal_message m;
	int result = journal_read(q->journal, s->job->journal_ref, &memory, &m);

	if (result < 0)
		return result;
	snprintf(s->id, sizeof(s->id), VIEW_FMT, VIEW_ARG(m.id));
	if (!(m.flags & JOURNAL_BODY_IN_FILE))
		result = spool_put_bytes(q->spool, s->job->home, s->id,
					 m.flags & JOURNAL_NO_BODY ? VIEW("") : m.body, sync);
	if (result < 0)
		return result;
	s->has_files = true;
	return spool_begin_control(q->spool, s->job->home, s->id, m.text, sync, false, &s->lock_fd);
}

static int write_from_memory(struct queue *q, struct spill *s, bool sync)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct queue_job *j = s->job;
	int result = 0;

	if (!j->env->body)
		result = spool_put_bytes(q->spool, j->home, s->id, VIEW(""), sync);
	else if (!j->has_body_file)
		result = spool_put_body(q->spool, j->home, s->id, j->env->body, sync);
	if (result < 0)
		return result;
	s->has_files = true;
	job_control_text(q, j, j->env->tries > 0 ? j->home : -1, &text);
	return spool_begin_control(q->spool, j->home, s->id, str_view(&text), sync, false,
				   &s->lock_fd);
}

static void write_files(struct queue *q, struct spill *s, size_t n)
{
	bool sync = n <= BATCH_SYNCED_SINGLY;
	int synced = 0;

	for (size_t i = 0; i < n; i++)
		s[i].result = s[i].is_out || !s[i].job->env ? write_from_journal(q, &s[i], sync)
							    : write_from_memory(q, &s[i], sync);
	if (!sync) {
		/* Groups may lie on several file systems. */
		for (int dir = 0; dir < q->spool->n_dirs && synced == 0; dir++)
			synced = spool_sync_all(q->spool, dir);
	}
	for (size_t i = 0; i < n; i++) {
		if (s[i].result == 0)
			s[i].result = synced;
		if (s[i].result == 0)
			s[i].result = spool_end_control(q->spool, s[i].job->home, s[i].id,
							s[i].letter, true);
		s[i].has_name = s[i].result == 0;
	}
}

static void sync_dirs(struct queue *q, struct spill *s, size_t n)
{
	bool *touched = mem_zero((size_t)q->spool->n_dirs * sizeof(bool));

	for (size_t i = 0; i < n; i++)
		if (s[i].result == 0)
			touched[s[i].job->home] = true;
	for (int dir = 0; dir < q->spool->n_dirs; dir++) {
		int result = touched[dir] ? spool_sync_dir(q->spool, dir) : 0;

		for (size_t i = 0; result < 0 && i < n; i++)
			if (s[i].job->home == dir && s[i].result == 0)
				s[i].result = result;
	}
	free(touched);
}

/* The message stays in the journal and is tried again later. */
static void give_back(struct queue *q, struct spill *s)
{
	struct queue_job *j = s->job;
	bool is_over;

	if (!q->is_spill_failing)
		log_event(q->log, 0, LOG_CRIT, s->id,
			  "cannot write queue files in %s: %s; messages stay in the journal",
			  q->spool->dirs[j->home].path, strerror(-s->result));
	q->is_spill_failing = true;
	if (s->has_name)
		spool_remove_control(q->spool, j->home, s->id, s->letter); /* before its body */
	else
		spool_cancel_control(q->spool, j->home, s->id);
	if (s->has_files && !j->has_body_file)
		spool_remove_body(q->spool, j->home, s->id);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_lock(&q->lock);
	j->is_spilling = false;
	is_over = j->state == JOB_SETTLING;
	j->accepted_ms = clock_ms();
	if (!s->is_out && j->state != JOB_HELD) {
		j->state = JOB_DEFERRED;
		j->next_try_s = s->next_try_s;
		list_append(&q->deferred, &j->link);
		q->n_deferred++;
	}
	/* To the end of the line, so that others have their turn. */
	list_remove(&j->live_link);
	list_append(&q->live, &j->live_link);
	pthread_mutex_unlock(&q->lock);
	if (is_over)
		settle_job(q, j);
}

/* It is in its file and goes on being worked on. */
static void keep_in_memory(struct queue *q, struct spill *s)
{
	struct queue_job *j = s->job;
	bool is_over;

	pthread_mutex_lock(&q->lock);
	j->is_spilling = false;
	j->journal_ref = 0;
	j->dir = j->home;
	j->letter = s->letter;
	j->lock_fd = s->lock_fd;
	j->record = records_add(&q->records, j->dir, s->id, j->letter);
	j->record->dest = j->dest;
	records_set(&q->records, j->record, RECORD_ACTIVE);
	list_remove(&j->live_link);
	q->n_live--;
	is_over = j->state == JOB_SETTLING;
	pthread_mutex_unlock(&q->lock);
	if (is_over)
		settle_job(q, j);
}

static void leave_memory(struct queue *q, struct spill *s)
{
	struct queue_job *j = s->job;

	close(s->lock_fd);
	schedule_record(q, j, s->id, s->letter, s->next_try_s,
			j->env ? j->env->priority : j->priority, s->site);
	if (j->env)
		envelope_free(j->env);
	schedule_job_over(q, j);
}

bool spill_some(struct queue *q, int64_t age_ms)
{
	struct spill *s = mem_zero(BATCH_MAX * sizeof(*s));
	size_t n = gather(q, age_ms, s), n_failed = 0;

	if (n > 0) {
		journal_flush(q->journal);
		write_files(q, s, n);
		sync_dirs(q, s, n);
	}
	for (size_t i = 0; i < n; i++) {
		if (s[i].result < 0) {
			give_back(q, &s[i]);
			n_failed++;
			continue;
		}
		journal_done(q->journal, s[i].job->journal_ref);
		if (s[i].is_out)
			keep_in_memory(q, &s[i]);
		else
			leave_memory(q, &s[i]);
	}
	pthread_mutex_lock(&q->lock);
	pthread_cond_broadcast(&q->spilled);
	pthread_mutex_unlock(&q->lock);
	free(s);
	if (n > 0 && n_failed == 0)
		q->is_spill_failing = false;
	return n == BATCH_MAX && n_failed == 0;
}
