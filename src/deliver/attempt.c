/*
 * attempt.c - one task: its macros, its checks, the kind of delivery its mailer asks for.
 */
#include "deliver/attempt.h"

#include "base/clock.h"
#include "deliver/file.h"
#include "deliver/host_state.h"
#include "deliver/outcome.h"
#include "deliver/program.h"
#include "deliver/smtp_client.h"
#include "deliver/smtp_send.h"

#define MAPS_WAIT_S 300

void attempt_say(const struct attempt *at, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(4096);
	va_list ap;

	if (!at->job->verbose)
		return;
	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	at->job->verbose(at->job->verbose_arg, -1, str_view(&s));
}

struct view attempt_first_rcpt(const struct attempt *at)
{
	return attempt_rcpt_list(at, at->task->rcpts, at->task->n_rcpts);
}

struct view attempt_rcpt_list(const struct attempt *at, struct rcpt *const *rcpts, size_t n)
{
	own_str struct str s = STR_MAX(1000);

	for (size_t i = 0; i < n; i++)
		str_addf(&s, "%s" VIEW_FMT, i ? "," : "", VIEW_ARG(rcpts[i]->address));
	return arena_dup(at->arena, str_view(&s));
}

struct view attempt_expand(struct attempt *at, struct view template)
{
	own_str struct str s = STR_MAX(MACRO_VALUE_MAX);

	macros_expand(at->scope, template, &s);
	return arena_dup(at->arena, str_view(&s));
}

bool attempt_is_ipc(const struct mailer *m)
{
	return view_eq_nocase(m->path, VIEW("[IPC]")) || view_eq_nocase(m->path, VIEW("[TCP]")) ||
	       view_eq_nocase(m->path, VIEW("[LPC]"));
}

static bool names_user(const struct mailer *m)
{
	for (int i = 0; i < m->argc; i++)
		for (size_t k = 0; k + 1 < m->argv[i].len; k++)
			if (m->argv[i].p[k] == MACRO_REF && m->argv[i].p[k + 1] == 'u')
				return true;
	return false;
}

/* A conversation, rather than a program that takes the message on its input. */
bool attempt_speaks_smtp(const struct mailer *m)
{
	return attempt_is_ipc(m) || flag_has(&m->flags, 'z') || !names_user(m);
}

static bool is_null_sender(const struct attempt *at)
{
	struct view s = at->env->sender;

	return !flag_has(&at->mailer->flags, 'g') &&
	       (s.len == 0 || view_eq(s, VIEW("<>")) || (at->env->flags & ENV_RESPONSE));
}

static struct view without_brackets(struct view v)
{
	if (v.len >= 2 && v.p[0] == '<' && v.p[v.len - 1] == '>')
		return view_from(v.p + 1, v.len - 2);
	return v;
}

/* $g: the sender as the mailer's rules make it; the null sender on the wire whatever they make. */
static void set_sender(struct attempt *at)
{
	struct view sender = view_is_none(at->task->sender) ? at->env->sender : at->task->sender;
	struct view domain = VIEW_NONE;
	int rc = EX_OK_;

	if (sender.len == 0)
		sender = VIEW("<>");
	sender = rw_remote_name(&at->rw, sender, at->mailer, REMOTE_SENDER | REMOTE_PLAIN, domain,
				&rc);
	sender = without_brackets(sender);
	macros_set(at->scope, 'g', sender);
	at->sender = is_null_sender(at) ? VIEW("") : sender;
	if (at->sender.len > 0 && flag_has(&at->mailer->flags, 'p') &&
	    attempt_speaks_smtp(at->mailer))
		at->sender = arena_printf(at->arena, "@" VIEW_FMT "%s" VIEW_FMT,
					  VIEW_ARG(macros_get_expanded(at->scope, 'j', at->arena)),
					  at->sender.p[0] == '@' ? "," : ":", VIEW_ARG(at->sender));
}

#define SIZE_EXTRA 5 /* what the reference counts beside header fields and body */

/* The size as it was counted when the message came in; out of a queue file it is counted again. */
static int64_t message_size(const struct envelope *e)
{
	int64_t size = e->body ? body_size(e->body) : 0;

	/* A report without the message counts as nothing. */
	if (e->size > 0 || ((e->flags & ENV_RESPONSE) && e->tries == 0))
		return e->size;
	LIST_EACH (&e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);

		size += (int64_t)(f->name.len + 1 + f->value.len);
	}
	return size + SIZE_EXTRA;
}

void attempt_begin(struct attempt *at, struct job *job, struct task *task)
{
	*at = (struct attempt){ .job = job,
				.task = task,
				.env = task->env,
				.cf = task->env->snap->cf,
				.mailer = task->mailer,
				.arena = job->arena,
				.host = task->host,
				.relay = task->host,
				.remote = task->host,
				.started_s = wall_s() };
	at->scope = macros_new(task->env->macros, at->arena);
	envelope_rw(at->env, job->services, at->arena, at->scope, &at->rw);
	at->rw.observer = job->rules_observer;
	at->rw.deadline = deadline_in_s(MAPS_WAIT_S);
	macros_set(at->scope, 'h', task->host);
	if (task->n_rcpts == 1)
		macros_set(at->scope, 'u', task->rcpts[0]->triple.user);
	set_sender(at);
	at->size = message_size(at->env);
}

/* Ruleset check_compat decides for each pair of sender and recipient. */
static void check_compat(struct attempt *at)
{
	for (size_t i = 0; i < at->task->n_rcpts; i++) {
		struct rcpt *r = at->task->rcpts[i];
		struct check check;

		rw_check(&at->rw, "check_compat", at->env->sender, r->address, 0, NULL, &check);
		if (check.verdict == CHECK_REJECT) {
			outcome_set(at, &r, 1, &check.status);
		} else if (check.verdict == CHECK_DISCARD) {
			log_event(at->job->services->log, 4, LOG_INFO, at->env->id,
				  "to=" VIEW_FMT ", discarded", VIEW_ARG(r->address));
			r->state = RCPT_DROPPED;
		}
	}
}

static bool has_rest(const struct attempt *at)
{
	for (size_t i = 0; i < at->task->n_rcpts; i++)
		if (at->task->rcpts[i]->state == RCPT_TRYING)
			return true;
	return false;
}

static void set_server_macros(struct attempt *at, const struct smtp_client *c)
{
	at->relay = arena_dup(at->arena, view_of(c->relay));
	at->has_spoken = true;
	at->remote = arena_dup(at->arena, view_of(c->host));
	if (at->remote.len > 1 && at->remote.p[at->remote.len - 1] == '.')
		at->remote.len--;
	macros_set(at->scope, MACRO_SERVER_NAME, at->remote);
	macros_set(at->scope, MACRO_SERVER_ADDR, view_of(c->address));
	macros_set(at->scope, MACRO_VERIFY, VIEW("NONE"));
}

/* Ruleset tls_server has a say although there was no STARTTLS. */
static bool may_use_server(struct attempt *at, struct smtp_client *c)
{
	struct check check;

	rw_check(&at->rw, "tls_server", VIEW("NONE"), VIEW_NONE, 0, c->host, &check);
	if (check.verdict != CHECK_REJECT)
		return true;
	outcome_set_rest(at, &check.status);
	return false;
}

static struct smtp_client *job_take_kept(struct job *j, const struct site *site)
{
	for (size_t i = 0; i < JOB_KEPT_MAX; i++) {
		if (j->kept[i].client && j->kept[i].site == site) {
			struct smtp_client *c = j->kept[i].client;

			j->kept[i].client = NULL;
			return c;
		}
	}
	return NULL;
}

/* The thread's open connection, one out of the cache, or a new one. NULL: the recipients have their outcome. */
static struct smtp_client *client_get(struct attempt *at)
{
	struct smtp_client *c = at->job->client;
	struct status st;

	at->job->client = NULL;
	/* Whether a kept connection still lives shows when it is used: the first command is answered, or a new one is made. */
	if (!c)
		c = job_take_kept(at->job, at->task->site);
	if (!c)
		c = site_take_connection(at->task->site);
	if (c && at->job->verbose && !smtp_client_probe(c, at)) {
		smtp_client_close(c, NULL);
		c = NULL;
	}
	if (c) {
		attempt_say(at,
			    VIEW_FMT "... Using cached ESMTP connection to %s via " VIEW_FMT "...",
			    VIEW_ARG(attempt_first_rcpt(at)), c->host, VIEW_ARG(at->mailer->name));
		return c;
	}
	if (!flag_has(&at->mailer->flags, 'W') && site_is_down(at->task->site, at->arena, &st)) {
		at->site_failed = true;
		if (st.remote.len > 0)
			at->relay = st.remote;
		outcome_set_rest(at, &st);
		return NULL;
	}
	c = smtp_client_open(at, &st);
	if (c) {
		site_note_up(at->task->site);
		return c;
	}
	if (status_outcome(&st) == OUTCOME_LATER) {
		at->site_failed = true;
		site_note_down(at->task->site, &st);
	}
	outcome_set_rest(at, &st);
	return NULL;
}

static bool is_used_up(const struct attempt *at, const struct smtp_client *c)
{
	return c->is_broken || c->has_child ||
	       (at->mailer->max_messages > 0 && c->transactions >= at->mailer->max_messages);
}

/* Recipients that the host put off are tried again: how many. They are in *out_rcpts. */
static size_t take_up_deferred(struct attempt *at, struct rcpt ***out_rcpts)
{
	struct rcpt **v = ARENA_ARRAY(at->arena, struct rcpt *, at->task->n_rcpts + 1);
	size_t n = 0;

	pthread_mutex_lock(&at->env->lock);
	for (size_t i = 0; i < at->task->n_rcpts; i++) {
		if (at->task->rcpts[i]->state != RCPT_DEFERRED)
			continue;
		v[n] = at->task->rcpts[i];
		v[n++]->state = RCPT_TRYING;
	}
	pthread_mutex_unlock(&at->env->lock);
	*out_rcpts = v;
	return n;
}

/* No other host took them: what they were told stands. */
static void leave_deferred(struct attempt *at, struct rcpt **rcpts, size_t n)
{
	pthread_mutex_lock(&at->env->lock);
	for (size_t i = 0; i < n; i++)
		rcpts[i]->state = RCPT_DEFERRED;
	pthread_mutex_unlock(&at->env->lock);
	if (at->has_later && has_rest(at))
		outcome_set_rest(at, &at->later);
}

static bool has_deferred(const struct attempt *at)
{
	for (size_t i = 0; i < at->task->n_rcpts; i++)
		if (at->task->rcpts[i]->state == RCPT_DEFERRED)
			return true;
	return at->has_later;
}

/* What a host has put off, the mail exchangers after it are asked for. c is the client of the last one. */
static void try_other_hosts(struct attempt *at, const struct smtp_client *c)
{
	while (has_deferred(at) && smtp_client_has_next(at, c)) {
		struct smtp_client *next;
		struct rcpt **rcpts;
		struct status st;
		size_t n = take_up_deferred(at, &rcpts);

		next = smtp_client_open_next(at, &st);
		if (!next) {
			leave_deferred(at, rcpts, n);
			return;
		}
		at->has_later = false;
		set_server_macros(at, next);
		if (may_use_server(at, next) && smtp_send(at, next) == SEND_DONE)
			host_state_note_sent(at, next);
		smtp_client_close(next, at);
	}
	if (at->has_later)
		outcome_set_rest(at, &at->later);
}

static void deliver_smtp(struct attempt *at)
{
	/* A kept connection may have died; after a few of those only a new one is believed. */
	for (int tries = 0; has_rest(at) && tries < 4; tries++) {
		struct smtp_client *c = client_get(at);

		if (!c)
			return;
		set_server_macros(at, c);
		if (!may_use_server(at, c)) {
			smtp_client_close(c, at);
			return;
		}
		if (smtp_send(at, c) == SEND_DONE) {
			host_state_note_sent(at, c);
			if (has_deferred(at))
				try_other_hosts(at, c);
			if (is_used_up(at, c))
				smtp_client_close(c, at);
			else
				at->job->client = c;
			return;
		}
		smtp_client_close(c, at);
	}
	if (has_rest(at)) {
		struct status st = outcome_of_io(at->arena, -104, at->remote, true);

		outcome_set_rest(at, &st);
	}
}

static bool is_too_large(struct attempt *at)
{
	struct status st;

	if (at->mailer->max_size <= 0 || at->size <= at->mailer->max_size)
		return false;
	st = status_make(552, "5.2.3", EX_UNAVAILABLE_,
			 arena_printf(at->arena, "Message is too large; %lld bytes max",
				      (long long)at->mailer->max_size));
	outcome_set_rest(at, &st);
	return true;
}

bool attempt_run(struct job *job, struct task *task)
{
	struct attempt at;

	attempt_begin(&at, job, task);
	check_compat(&at);
	if (!has_rest(&at) || is_too_large(&at))
		return true;
	if (view_eq_nocase(at.mailer->path, VIEW("[FILE]")))
		file_deliver(&at);
	else if (attempt_speaks_smtp(at.mailer))
		deliver_smtp(&at);
	else
		program_deliver(&at);
	return !at.site_failed;
}
