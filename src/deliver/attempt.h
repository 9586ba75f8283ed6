/*
 * attempt.h - one delivery attempt: a task in the hands of a deliverer thread, and what it needs meanwhile.
 *
 * Private to deliver/. Everything is reached from here. The arena is the thread's and is reset after each task, so
 * nothing that outlives the task may stay in it: what goes into a recipient is copied by outcome.c into the envelope.
 * One thread.
 */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include "deliver/deliverer.h"
#include "deliver/text_out.h"
#include "queue/site.h"

struct smtp_client;
struct mx_list;

#define JOB_KEPT_MAX 4

/* What a deliverer thread keeps from task to task. */
struct job {
	const struct services *services;
	struct queue *queue;
	struct arena *arena;
	struct text_out text; /* its buffer is reused */
	struct str header;    /* rendered header, reused */
	struct {
		struct smtp_client *client;
		const struct site *site;
		int64_t used_s;
	} kept[JOB_KEPT_MAX];       /* -v: this thread's own cache, closed in sight of the user */
	struct smtp_client *client; /* open connection for the next task of its site; NULL: none */
	void (*verbose)(void *arg, int is_out, struct view line); /* NULL: off */
	void *verbose_arg;
	/* What fails of a queued message, where nothing else is told; NULL: not wanted. */
	void (*complain)(void *arg, int is_out, struct view line);
	const struct rw_observer *rules_observer; /* NULL: none */
};

struct attempt {
	struct job *job;
	struct task *task;
	struct envelope *env;
	const struct config *cf;
	const struct mailer *mailer;
	struct arena *arena;
	struct macros *scope;
	struct rw rw;
	struct view
		sender; /* $g: the envelope sender as this mailer writes it, without brackets; "" for the null sender */
	struct view host;   /* $h */
	struct view relay;  /* relay= of the log: "host [192.0.2.1]"; none */
	struct view remote; /* Remote-MTA: the host spoken to; none */
	int64_t size;       /* of the message in bytes, for SIZE= and limits */
	int64_t started_s;
	struct mx_list *hosts; /* of the destination, when they have been looked up; */
	size_t next_host;      /* ... those before it have been called */
	struct status later;   /* why the last host did not take what is still RCPT_TRYING */
	bool has_later;
	struct status sent; /* how the peer took the message, be it for some recipients only */
	bool has_sent;
	bool site_failed;    /* the site could not be reached: its concurrency shrinks */
	bool has_spoken;     /* a peer has answered: its words are logged */
	bool has_noted_host; /* "... while talking to" is in the transcript */
};

/* What an attempt begins with: its macros, and the sender as the mailer writes it. */
void attempt_begin(struct attempt *at, struct job *job, struct task *task);
/* By way of a socket: P=[IPC] and its older names. */
bool attempt_is_ipc(const struct mailer *m);
/* In an SMTP conversation, rather than on a program's input. */
bool attempt_speaks_smtp(const struct mailer *m);
/* A remark for -v: "ADDR... Connecting to HOST via MAILER..." */
void attempt_say(const struct attempt *at, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The first recipient's address, for remarks. */
struct view attempt_first_rcpt(const struct attempt *at);
/* The recipients as -v names them: "<a@b>,<c@d>". */
struct view attempt_rcpt_list(const struct attempt *at, struct rcpt *const *rcpts, size_t n);
/* Expands a template of the mailer in the attempt's scope. */
struct view attempt_expand(struct attempt *at, struct view template);

/* Does one task with the thread's client if there is one; every recipient has an outcome afterwards. True: the site answered. */
bool attempt_run(struct job *job, struct task *task);

#endif
