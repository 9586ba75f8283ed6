/*
 * queue.h - accepted mail: made durable, scheduled, settled (contract/queue.md, design sections 4 and 5).
 *
 * The small interface behind which a shared store can stand later: accept, next, settle, list. The daemon's queue has a
 * journal; a command-line process has none and writes qf/df itself.
 *
 * Ownership: queue_accept takes the envelope; from then on the queue owns it, delivery borrows it between queue_next and
 * queue_settle. Threads: any. Errors: -errno; -ENOSPC is the 452 of the caller.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include "envelope/envelope.h"

struct queue;

struct queue_select;

struct queue_params {
	struct snapshot_slot *slot;
	const struct services *services;
	bool with_journal;            /* the daemon */
	size_t journal_segment_bytes; /* 0: the usual size */
	bool with_schedule;           /* deliveries are wanted from this process: queue_next */
	int64_t run_interval_s;       /* -q30m; 0: no periodic scan */
	/* What the periodic runs take up of the directories, as queue_run; NULL: what is due. Its group counts for nothing. */
	const struct queue_select *select;
	const char *run_as_user; /* whose files they are; NULL: ours */
	/* Called when an attempt of an envelope is over (all its tasks done, or nothing to do), before it is settled: the
	 * owner makes reports there (report/ is above the queue). Returns 0, or -errno: then nothing is forgotten and the
	 * envelope is kept deferred. */
	int (*on_attempt_over)(void *arg, struct envelope *env);
	void *on_attempt_arg;
	/* -v: "Running PATH/ID (sequence N of M)" and why a message is left for later; NULL: off. */
	void (*say)(void *arg, struct view line);
	void *say_arg;
};

/* Opens (creates what may be created) the queue directories; recovers orphaned journals into qf/df. NULL with the reason in *out_why. */
struct queue *queue_open(const struct queue_params *p, struct str *out_why);
/* No more work is handed out: those who wait in queue_next are woken with WORK_STOP. What is out may be finished. */
void queue_stop(struct queue *q);
/* Spills everything, closes. */
void queue_close(struct queue *q);

/* A new unique id in the documented form into e->id, $i set; unique at any rate of messages (see queue_id.h). */
void queue_assign_id(struct queue *q, struct envelope *e);
/* size - class * ClassFactor + recipients * RecipientFactor, unless it is set already; queue_accept does it, whoever logs pri= earlier
 * calls it before. */
void queue_set_priority(struct envelope *e);
/* Durable when it returns 0 (SuperSafe permitting). On success the envelope is the queue's; with ENV_HOLD or delivery mode q, d
 * it is not scheduled before a queue run. On error it stays the caller's. */
int queue_accept(struct queue *q, struct envelope *e);
/* Several at once, all or nothing for the caller (owner splits). */
int queue_accept_many(struct queue *q, struct envelope **e, size_t n);
/* Where its recipients belong to several queue groups: the others leave e for copies with their own ids (an array of the caller's, NULL
 * for none); returns how many. queue_accept does it for what has not been split; whoever logs recipients earlier calls it before. */
size_t queue_split(struct queue *q, struct envelope *e, struct envelope ***out_copies);
/* Free space check for MAIL: 0, or -ENOSPC when size_bytes + MinFreeBlocks do not fit. The log line has the id and names who wants it. */
int queue_check_space(struct queue *q, int64_t size_bytes, const char *id, struct view who);
bool queue_is_rejecting(struct queue *q);
/* A directory for bodies that do not fit into memory (body_new): the queue's descriptor, valid as long as the queue. */
int queue_spool_dir(const struct queue *q);

/* ---- delivery asks for work ---- */

struct site; /* mailer + host after MX grouping: ready list, host status, concurrency; site.h */

/* One transaction to be done: recipients of one envelope for one site, all RCPT_ROUTED -> RCPT_TRYING. */
struct task {
	struct link link;
	struct envelope *env;
	struct site *site;
	struct view host; /* the triple's $h */
	const struct mailer *mailer;
	struct rcpt **rcpts;
	size_t n_rcpts;
	struct view sender; /* owner splits: instead of env->sender; none */
};

enum work_kind {
	WORK_NONE, /* the deadline passed */
	WORK_ROUTE, /* env is new or due: resolve its recipients and hand in tasks by queue_add_tasks */
	WORK_DELIVER, /* do this task, then queue_task_done */
	WORK_STOP     /* the queue is closing */
};
struct work_item {
	enum work_kind kind;
	struct envelope *env;
	struct task *task;
};
/* Waits for work that may be done now: sites below their limit first, then envelopes to route. */
void queue_next(struct queue *q, int64_t deadline, struct work_item *out);
/* After WORK_ROUTE: the tasks of this attempt (memory of env's arena). n may be 0 (everything done at once). If the site of one of
 * them may take a delivery at once, its next task (usually this one; an older one of another envelope when such waits) is returned in
 * *out_now, which saves a hand-over; out_now NULL: not wanted. The envelope may be gone when this returns, unless
 * (*out_now)->env is it. */
void queue_add_tasks(struct queue *q, struct envelope *e, struct task **tasks, size_t n,
		     struct task **out_now);
/* After a task: every recipient of it has an outcome. When it was the last task of the envelope's attempt, the envelope is settled: done (freed),
 * or deferred: spilled with its next time. site_ok: the site answered (concurrency grows), else it shrinks. Returns the next task of the same site that the caller may
 * do on the same connection, or NULL. */
struct task *queue_task_done(struct queue *q, struct task *t, bool site_ok);
/* Notes progress durably but lazily: recipients done so far (CheckpointInterval, partial delivery). */
void queue_note(struct queue *q, struct envelope *e);

/* ---- queue runs and operators ---- */

struct queue_select { /* -qI -qR -qS -qQ -qG -qL and their ! forms; all conditions must hold, any substring of one letter */
	const struct queue_condition {
		char letter; /* I R S Q */
		bool is_not;
		struct view text;
	} * conditions;
	size_t n;
	const char *group;      /* -qG */
	bool quarantined, lost; /* -qQ, -qL */
};

/* Everything that matches and is due (or all, when a condition is given or force) becomes ready. Returns how many. */
size_t queue_run(struct queue *q, const struct queue_select *sel, bool force);
/* Obeys what an operator's command has asked (request.h); when nothing is asked, a run of what is due. Does not wait for it. */
void queue_look(struct queue *q);
/* True when nothing is ready, out, or being settled: a foreground run ends then. */
bool queue_is_idle(struct queue *q);
/* Does it rest in a queue file, so that this attempt belongs to a queue run? For the attempt's own thread. */
bool queue_is_in_file(const struct envelope *e);
/* Is it a first attempt, of a message that has just been accepted? For the attempt's own thread. */
bool queue_is_new(const struct envelope *e);
/* Was it chosen by a run with conditions, by ETRN or by its id? What waits for such a run is let go. For the attempt's own thread. */
bool queue_is_chosen(const struct envelope *e);
/* All its recipients were left for later by their mailers' flags: this is no attempt that counts. For the attempt's own thread. */
void queue_hold_back(struct envelope *e);
/* EX_* of what was wrong with a queue file that was opened, the last one; 0: nothing. For the exit status of a run. */
int queue_exit_status(const struct queue *q);
/* Did an operator ask for this attempt by its id? What is noted of its hosts does not stop it then. For the attempt's own thread. */
bool queue_is_asked_for(const struct envelope *e);

/* -Q: sets the messages that match aside with this reason; NULL or "": releases them (sel->quarantined says where to look). 0 with
 * the number, or -errno of the last one that could not be changed. Run by a command-line process. say hears of each (-v), whole lines; NULL: nobody. */
int queue_quarantine(const struct snapshot *snap, const struct queue_select *sel,
		     const char *reason, void (*say)(void *arg, struct view text), void *arg,
		     size_t *out_n);

/* The operator gives the message in this file up: its recipients fail with this status, on_attempt_over makes the reports, the
 * files go. 0; -EBUSY somebody works on it; -ENOENT it is gone; -EIO it could not be reported and stays. */
int queue_give_up(struct queue *q, int dir, char letter, const char *id, const struct status *why);

/* mailq: sendmail's listing (contract/queue.md 6.8) into out in pieces through write(). EX_* status. */
int queue_list(const struct snapshot *snap, const struct queue_select *sel, bool verbose,
	       void (*write)(void *arg, struct view text), void *arg);
int queue_list_totals(const struct snapshot *snap, void (*write)(void *arg, struct view text),
		      void *arg); /* -bP */

#endif
