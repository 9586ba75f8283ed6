/*
 * queue_private.h - what the files of the queue share: the queue itself, jobs, sites.
 *
 * A job is the queue's memory of one envelope between acceptance (or reading its file) and settling:
 *
 *   accepted, read -> ROUTABLE -> ROUTING -> DELIVERING -> SETTLING -> gone, or DEFERRED -> a record of its file
 *   accepted held  -> HELD ------------------------------------------------------------> a record of its file
 *                       ROUTABLE, DELIVERING with no task out -- in memory for too long -> a record of its file
 *
 * Where a message rests, for every state: in the journal (journal_ref), in its file (dir >= 0, locked by lock_fd), or, for a moment
 * inside the spill, in both. Never in neither.
 *
 * One lock, q->lock, guards the jobs' lists and states, the sites and the records. It is a leaf: no I/O, no call-out and no
 * other lock under it; what takes long is done between two sections by the thread that owns the job in its state. The envelope belongs to that thread.
 * While is_spilling is set the tending thread owns journal_ref, dir and lock_fd; whoever wants to settle leaves that to it.
 */
#ifndef QUEUE_QUEUE_PRIVATE_H
#define QUEUE_QUEUE_PRIVATE_H

#include <pthread.h>

#include "base/clock.h"
#include "base/table.h"
#include "queue/groups.h"
#include "queue/journal.h"
#include "queue/journal_dir.h"
#include "queue/queue.h"
#include "queue/queue_id.h"
#include "queue/records.h"
#include "queue/site.h"
#include "queue/spool.h"

enum job_state {
	JOB_HELD,       /* accepted for a later run; env is NULL */
	JOB_ROUTABLE,   /* in q->routable */
	JOB_ROUTING,    /* a thread resolves its recipients */
	JOB_DELIVERING, /* tasks wait or are out */
	JOB_SETTLING,   /* the attempt is over */
	JOB_DEFERRED    /* in q->deferred: to be written to its file */
};

struct queue_job {
	struct link link;      /* in q->routable or q->deferred */
	struct link live_link; /* in q->live while journal_ref is set, oldest first */
	struct envelope *env;
	enum job_state state;
	bool is_noting, is_spilling;
	bool is_asked;       /* as its record was */
	bool is_counted;     /* among the open messages of its group (groups.h) and destination */
	uint32_t dest;       /* of its first recipient: crowd.h */
	struct site *pinned; /* of its first task: its record will name it */
	bool is_chosen;      /* by a run with conditions */
	bool is_held_back;   /* nobody was called */
	bool was_loaded;     /* out of its file, which is what the inode line tells */
	bool has_body_file;  /* the body went to df before the journal */
	int body_dir;        /* queue directory of its df, when it was loaded */
	char letter;         /* of its file: q or h */
	int dir;             /* queue directory of its file, -1: in no file yet */
	int home;            /* the directory it will go to */
	int lock_fd;         /* holds the flock, -1 none */
	struct task **tasks;
	size_t n_tasks, n_left,
		n_out;         /* of this attempt: all, not done, in the hands of a thread */
	size_t n_unnoted;      /* recipients done since the last note */
	struct record *record; /* when it rests in a file */
	uint64_t journal_ref;  /* 0: not in the journal */
	int64_t accepted_ms;
	int64_t next_try_s, priority; /* of a deferred or held one */
};

#define SITE_IDLE_MAX 16

struct site {
	struct queue *queue;
	struct link ready_link; /* in q->sites_ready while it has waiting tasks and room */
	struct list waiting;    /* of struct task */
	size_t n_waiting;
	int n_busy;
	double limit; /* deliveries at once */
	struct view key;
	int n_pins;       /* found for a task that is not handed in yet */
	size_t n_records; /* that name it */
	int64_t used_ms;
	/* host status */
	bool is_down;
	int64_t down_until_ms, backoff_ms;
	struct status status; /* why; texts on the heap */
	/* idle connections, the most recent last */
	struct site_idle {
		void *conn;
		void (*close_it)(void *);
		int64_t until;
	} idle[SITE_IDLE_MAX];
	int n_idle;
};

struct queue {
	struct queue_params params;
	struct log *log;
	struct spool *spool;
	struct queue_id_source ids;
	pthread_mutex_t lock;
	pthread_cond_t work; /* something may be ready */
	bool is_stopping;
	int n_sleeping,
		n_woken;      /* threads in queue_next: asleep, and signalled but not running yet */
	struct list routable; /* of struct queue_job */
	struct list sites_ready; /* of struct site */
	struct list live;        /* of struct queue_job, in the journal */
	struct list deferred;    /* of struct queue_job, to be written to files */
	size_t n_live, n_deferred;
	bool is_spill_failing;
	struct journal *journal; /* NULL: none */
	struct journal_dir journal_dir;
	pthread_t tender, looker;
	bool has_tender, has_looker;
	_Atomic bool is_tender_stopping;
	bool wants_run; /* the looking thread is to run the queue */
	pthread_cond_t look;
	bool is_asked; /* queue_look: the tending thread is to look */
	pthread_cond_t tend;
	pthread_cond_t spilled; /* a batch of deferred messages went to files */
	struct table *sites;
	size_t site_at;      /* where site_tidy goes on */
	size_t n_idle_conns; /* in the connection caches of all sites */
	size_t n_jobs, n_tasks_waiting, n_rcpts_waiting;
	size_t n_reading; /* threads that are opening a ready record */
	struct records records;
	struct groups groups;
	uint16_t open_by_dest[RECORDS_CROWDS]; /* messages opened out of files */
	uint32_t crowd_at,
		crowd_left;      /* crowd_sweep: where it is, how many are to be looked at yet */
	_Atomic bool is_flushed; /* a run was broken off: what is left of it is not opened */
	_Atomic int trouble;     /* EX_* of the last message of a run; 0: nothing failed */
	bool is_single_thread;   /* SingleThreadDelivery: one delivery at a time to a site */
};

/* accept.c */
/* Recipients in the order of their hosts. */
void accept_sort_rcpts(struct envelope *e);

/* job.c */
struct queue_job *job_new(struct queue *q, struct envelope *e);
void job_free(struct queue_job *j); /* closes the lock; not the envelope */
int job_group(const struct queue *q, const struct envelope *e); /* index of its queue group */
void job_control_text(struct queue *q, struct queue_job *j, int dir, struct str *out);
/* Writes qf and df of an envelope that has no file yet, safely: j->dir and j->lock_fd are set. */
int job_store_new(struct queue *q, struct queue_job *j, bool sync);
int job_rewrite(struct queue *q,
		struct queue_job *j); /* a new control file in place of the old one */

/* schedule.c */
void schedule_wake(struct queue *q); /* under the lock: one more thread if any sleeps */
void schedule_job(struct queue *q, struct queue_job *j); /* takes the lock: ready to be routed */
void schedule_job_over(struct queue *q,
		       struct queue_job *j); /* takes the lock: the job is gone, frees it */

/* site.c */
/* Closes idle connections whose time is over, and forgets a few sites that nobody has used for long. Takes the lock. Returns when it is
 * wanted again (monotonic, ms). */
int64_t site_tidy(struct queue *q, int64_t now_ms);
bool site_has_room(const struct site *s);
void site_free(struct site *s);

/* Takes back the tasks of a job that has none out. Under the lock. */
void schedule_withdraw(struct queue *q, struct queue_job *j);
/* A record for a message that went to its file. Takes the lock. next_try_s 0: ready now. */
void schedule_record(struct queue *q, const struct queue_job *j, const char *id, char letter,
		     int64_t next_try_s, int64_t priority, struct site *site);
void schedule_forget(struct queue *q, struct record *r); /* under the lock: frees the record */
struct site *schedule_site(const struct queue_job *j);   /* of its first task, NULL: none */

/* settle.c */
/* The attempt is over; takes the lock. When the job is being spilled, the tending thread settles it afterwards. */
void settle_over(struct queue *q, struct queue_job *j);
void settle_job(struct queue *q, struct queue_job *j);
void settle_note(struct queue *q, struct queue_job *j); /* writes what is done so far */
/* The next attempt of a message after the last one at last_s (contract/queue.md 6.5). */
/* How long a message rests after an attempt by MinQueueAge and MaxQueueAge alone. */
int64_t settle_wait(const struct options *o, int64_t created_s, int64_t last_s);
int64_t settle_next_try(struct queue *q, int dir, const struct options *o, int64_t created_s,
			int64_t last_s);

/* run.c */
/* What is due in the directories of that group, or what params.select says. */
void run_group(struct queue *q, int group);

/* spill.c */
/* Writes messages of the journal to their files: deferred ones, held ones, and those older than age_ms. True when something was left to do. */
bool spill_some(struct queue *q, int64_t age_ms);

/* tend.c: the threads of a queue that is open for long: notes, spilling, due times; and looking for files */
int tend_start(struct queue *q);
void tend_stop(struct queue *q);
void tend_wake(struct queue *q);     /* under the lock */
void tend_want_run(struct queue *q); /* takes the lock: what is due, soon, by the looking thread */

/* load.c */
/* Opens the message of a record: NULL when it is not to be had now; the record's state is set then. Blocks. */
struct queue_job *load_record(struct queue *q, struct record *r);

#endif
