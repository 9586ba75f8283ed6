/*
 * queue_private.h - what the files of the queue share: the queue itself, jobs, sites.
 *
 * A job is the queue's memory of one envelope between acceptance (or reading its file) and settling:
 *
 *   accepted / read -> ROUTABLE -> ROUTING -> DELIVERING -> SETTLING -> done, or a record of a file
 *                         |                       |
 *                         +------- withdrawn -----+   (spill: in memory for too long and no task is out)
 *
 * One lock, q->lock, guards the jobs' lists and states, the sites and the records. It is a leaf: no I/O, no call-out and no
 * other lock under it; what takes long is done between two sections by the thread that owns the job in its state. The envelope belongs to that thread.
 */
#ifndef QUEUE_QUEUE_PRIVATE_H
#define QUEUE_QUEUE_PRIVATE_H

#include <pthread.h>

#include "base/clock.h"
#include "base/table.h"
#include "queue/queue.h"
#include "queue/queue_id.h"
#include "queue/records.h"
#include "queue/site.h"
#include "queue/spool.h"

enum job_state {
	JOB_ROUTABLE,   /* in q->routable */
	JOB_ROUTING,    /* a thread resolves its recipients */
	JOB_DELIVERING, /* tasks wait or are out */
	JOB_SETTLING    /* the attempt is over */
};

struct job {
	struct link link;      /* in q->routable */
	struct link live_link; /* in q->live: everything in the journal, oldest first */
	struct envelope *env;
	enum job_state state;
	struct task **tasks;
	size_t n_tasks, n_left,
		n_out;    /* of this attempt: all, not done, in the hands of a thread */
	size_t n_unnoted; /* recipients done since the last note */
	bool is_noting;
	struct record *record; /* when it rests in a file */
	int dir;               /* queue directory, -1: in no file yet */
	char letter;           /* of its file */
	int lock_fd;           /* holds the flock, -1 none */
	uint64_t journal_ref;  /* 0: not in the journal */
	int64_t accepted_ms;
};

#define SITE_IDLE_MAX 16

struct site {
	struct queue *queue;
	struct link ready_link; /* in q->sites_ready while it has waiting tasks and room */
	struct list waiting;    /* of struct task */
	size_t n_waiting;
	int n_busy;
	double limit; /* deliveries at once */
	uint64_t hash;
	struct view key;
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
	pthread_cond_t idle; /* the last job is over */
	bool is_stopping;
	int n_sleeping,
		n_woken;      /* threads in queue_next: asleep, and signalled but not running yet */
	struct list routable; /* of struct job */
	struct list sites_ready; /* of struct site */
	struct list live;        /* of struct job, in the journal */
	struct table *sites;
	size_t n_jobs, n_tasks_waiting;
	size_t n_reading; /* threads that are opening a ready record */
	struct records records;
	uint32_t scan_number;
};

/* queue.c */
struct job *job_new(struct queue *q, struct envelope *e);
void job_free(struct job *j); /* closes the lock; not the envelope */
int job_group(const struct queue *q, const struct envelope *e); /* index of its queue group */
/* Writes qf and df of an envelope that has no file yet, safely: j->dir and j->lock_fd are set. */
int job_store_new(struct queue *q, struct job *j, bool sync);
int job_rewrite(struct queue *q, struct job *j); /* a new control file in place of the old one */

/* schedule.c */
void schedule_wake(struct queue *q); /* under the lock: one more thread if any sleeps */
void schedule_job(struct queue *q, struct job *j); /* takes the lock: ready to be routed */
void schedule_job_over(struct queue *q,
		       struct job *j); /* takes the lock: the job is gone, frees it */

/* site.c */
bool site_has_room(const struct site *s);
void site_free(struct site *s);

/* settle.c */
void settle_job(struct queue *q, struct job *j);
void settle_note(struct queue *q, struct job *j); /* writes what is done so far */
/* The next attempt of a message after the last one at last_s (contract/queue.md 6.5). */
int64_t settle_next_try(const struct queue *q, const struct options *o, int64_t created_s,
			int64_t last_s);

/* load.c */
/* Opens the message of a record: NULL when it is not to be had now; the record's state is set then. Blocks. */
struct job *load_record(struct queue *q, struct record *r);

#endif
