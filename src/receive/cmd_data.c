/*
 * cmd_data.c - DATA: the text of the message, and what becomes of the transaction.
 *
 * 354 is given after all that can be checked without the text; then the session is in PHASE_DATA and data_continue takes
 * what comes, turn by turn. After the final dot the header is completed and the message given to the queue; 250 is said when
 * the queue has it safe, and not before.
 */
#include <errno.h>

#include "base/clock.h"
#include "envelope/header_complete.h"
#include "queue/busy.h"
#include "receive/collect.h"
#include "envelope/rcpt_order.h"
#include "receive/sender.h"
#include "receive/session.h"
#include "report/mail_log.h"

#define REFUSED_LEVEL   9 /* of the lines for the recipients of a refused message */
#define DISCARDED_LEVEL 10
#define DATA_READY      "End data with <CR><LF>.<CR><LF>"

void cmd_data(struct session *s, struct view args, struct view line)
{
	struct arena *work = session_work(s);
	struct envelope *e = s->env;

	(void)args;
	(void)line;
	if (!s->has_mail) {
		session_reply(s, 503, "5.0.0", VIEW("Need MAIL command"));
		return;
	}
	if (e->n_rcpts == 0) {
		session_reply(s, 503, "5.0.0", VIEW("Need RCPT (recipient)"));
		return;
	}
	if (!session_check(s, "check_data", arena_printf(work, "%zu", e->n_rcpts), VIEW_NONE,
			   CHECK_RAW, VIEW_NONE))
		return;
	if (session_spoke_early(s, "DATA")) {
		session_reply(s, 554, "5.5.0", VIEW("SMTP protocol error"));
		s->must_close = true;
		return;
	}
	session_reply(s, 354, NULL, VIEW(DATA_READY));
	s->collect = collect_new(s, s->features);
	s->phase = PHASE_DATA;
}

/* ---- after the text ---- */

/* What the rules of the connection know must outlive it in the message. */
static void keep_macros(struct session *s)
{
	static const int kept[] = { '_',
				    'r',
				    's',
				    MACRO_CLIENT_ADDR,
				    MACRO_CLIENT_NAME,
				    MACRO_CLIENT_PORT,
				    MACRO_CLIENT_PTR,
				    MACRO_CLIENT_RESOLVE,
				    MACRO_DAEMON_ADDR,
				    MACRO_DAEMON_FAMILY,
				    MACRO_DAEMON_FLAGS,
				    MACRO_DAEMON_INFO,
				    MACRO_DAEMON_NAME,
				    MACRO_DAEMON_PORT,
				    MACRO_IF_ADDR,
				    MACRO_IF_FAMILY,
				    MACRO_IF_NAME,
				    MACRO_TLS_VERSION,
				    MACRO_CIPHER,
				    MACRO_CIPHER_BITS,
				    MACRO_VERIFY,
				    MACRO_AUTH_TYPE,
				    MACRO_AUTH_AUTHEN,
				    MACRO_AUTH_SSF,
				    MACRO_DELIVERY_MODE };
	struct envelope *e = s->env;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		struct view v = macros_get(s->macros, kept[i]);

		if (!view_is_none(v))
			macros_set(e->macros, kept[i], v);
	}
	macros_set_parent(e->macros, s->snap->cf->macros);
}

static void set_priority(struct session *s)
{
	const struct options *o = session_options(s);
	struct envelope *e = s->env;

	e->priority = e->size + o->recipient_factor * (int64_t)e->n_rcpts -
		      o->class_factor * e->class_value;
}

/* The message is refused: the reply, and a line for its recipients in the log. */
static void refuse(struct session *s, const struct status *st)
{
	session_reply_status(s, st);
	mail_log_sender(session_log(s), s->env);
	set_priority(s);
	session_log_rcpts(s, REFUSED_LEVEL, st->text);
}

static struct status queue_trouble(int error)
{
	if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG)
		return status_make(452, "4.3.1", EX_TEMPFAIL_,
				   VIEW("Insufficient disk space; try again later"));
	return status_make(451, "4.3.0", EX_TEMPFAIL_,
			   VIEW("Cannot store the message now; try again later"));
}

static void accepted(struct session *s, const char *id)
{
	session_replyf(s, 250, "2.0.0", "%s Message accepted for delivery", id);
}

/* Discarded by a rule: the client hears that all is well. */
static void discard(struct session *s)
{
	struct envelope *e = s->env;

	mail_log_sender(session_log(s), e);
	set_priority(s);
	if (log_wants(session_log(s), DISCARDED_LEVEL))
		session_log_rcpts(s, DISCARDED_LEVEL, VIEW("discarded"));
	else
		log_event(session_log(s), 5, LOG_INFO, e->id, "discarded");
	accepted(s, e->id);
}

/* From QueueLA on, which a daemon may have of its own, what weighs too much waits for a run. */
static bool is_held_by_load(const struct session *s)
{
	const struct options *o = session_options(s);
	int queue_la = s->daemon_index >= 0 ? o->daemons[s->daemon_index].queue_la : -1;

	return busy_holds_at(o, queue_la >= 0 ? queue_la : o->queue_la, server_load(s->server),
			     s->env->priority);
}

static bool has_local_rcpt(const struct session *s)
{
	LIST_EACH (&s->env->rcpts, it)
		if (LIST_OWNER(it, struct rcpt, link)->triple.mailer == s->snap->cf->local_mailer)
			return true;
	return false;
}

/* What has users of this machine among its recipients is delivered as if it came out of the queue: its header counts. */
static void count_header(struct envelope *e)
{
	e->size = envelope_size_in_file(e);
	e->priority = 0;
	queue_set_priority(e);
}

/* What waits for a run is logged as such, unless it waits for the users of this machine. */
static void log_held(struct session *s)
{
	static const struct status not_looked_up = {
		.dsn = {4, 4, 3}
	};
	struct envelope *e = s->env;
	bool is_deferred = e->delivery_mode == 'd';

	if (!(e->flags & ENV_HOLD) || (e->flags & ENV_QUARANTINED) || has_local_rcpt(s))
		return;
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		mail_log_to(session_log(s), &(struct mail_log_delivery){
						    .env = e,
						    .rcpts = &r,
						    .n = 1,
						    .mailer = r->triple.mailer,
						    .status = is_deferred ? &not_looked_up : NULL,
						    .stat = VIEW("queued") });
	}
}

/* Gives the finished message to the queue. True: it is the queue's now. */
static bool commit(struct session *s)
{
	const struct server_params *p = server_params_of(s->server);
	struct envelope *e = s->env;
	char id[QUEUE_ID_MAX];
	struct status bad;
	int error;

	queue_set_priority(e);
	if (e->delivery_mode == 'q' || e->delivery_mode == 'd' || is_held_by_load(s))
		e->flags |= ENV_HOLD;
	mail_log_sender(session_log(s), e);
	if (!(e->flags & (ENV_HOLD | ENV_QUARANTINED)) && has_local_rcpt(s))
		count_header(e);
	sender_settle_body_type(e);
	rcpt_order_sort(e);
	log_held(s);
	memcpy(id, e->id, sizeof(id));
	error = queue_accept(p->queue, e);
	if (error == 0) {
		s->env = NULL;
		accepted(s, id);
		return true;
	}
	log_event(session_log(s), 0, LOG_ERR, id,
		  "cannot store the message in the queue: %s; it was refused for now",
		  strerror(-error));
	bad = queue_trouble(error);
	session_reply_status(s, &bad);
	return false;
}

static void end_of_message(struct session *s)
{
	struct envelope *e = s->env;
	struct status bad = *collect_status(s->collect);

	if (e->flags & ENV_DISCARDED && bad.smtp == 0) {
		keep_macros(s);
		envelope_complete_header(e, server_params_of(s->server)->services, &bad);
		discard(s);
		return;
	}
	if (bad.smtp == 0)
		keep_macros(s);
	if (bad.smtp == 0 &&
	    (envelope_complete_header(e, server_params_of(s->server)->services, &bad) == 0 ||
	     envelope_check_hops(e, &bad) != 0)) {
		commit(s); /* a loop is found again when it is routed, and the message returned */
		return;
	}
	if (!(e->flags & ENV_HAS_FULL_HEADER)) {
		keep_macros(s);
		envelope_complete_header(e, server_params_of(s->server)->services,
					 &(struct status){ 0 });
	}
	refuse(s, &bad);
}

static void log_bare(struct session *s, const char *what, const char *status)
{
	log_event(session_log(s), 9, LOG_NOTICE, s->env->id,
		  "collect: relay=" VIEW_FMT ", from=" VIEW_FMT ", info=%s, where=%s, status=%s",
		  VIEW_ARG(s->client_name), VIEW_ARG(s->env->sender), what,
		  collect_where(s->collect), status);
}

static void end_data(struct session *s)
{
	collect_free(s->collect);
	s->collect = NULL;
	s->phase = PHASE_COMMAND;
}

static void bare_line_end(struct session *s, const char *what)
{
	log_bare(s, what, "tempfail");
	s->env->size = collect_size(s->collect);
	session_close(s, 421, "4.5.0", "%s", what);
	end_data(s);
}

bool data_continue(struct session *s)
{
	struct view input = stream_peek(s->stream);
	enum collect_state state;
	size_t used = 0;

	if (input.len == 0)
		return false;
	state = collect_add(s->collect, input, &used);
	stream_consume(s->stream, used);
	switch (state) {
	case COLLECT_MORE:
		return false;
	case COLLECT_BARE_LF:
		bare_line_end(s, "Bare linefeed (LF) not allowed");
		return true;
	case COLLECT_BARE_CR:
		bare_line_end(s, "Bare carriage return (CR) not allowed");
		return true;
	case COLLECT_DONE:
		break;
	}
	if (collect_had_bare_lf(s->collect))
		log_bare(s, "Bare linefeed (LF) not allowed", "replaced");
	if (collect_had_bare_cr(s->collect))
		log_bare(s, "Bare carriage return (CR) not allowed", "replaced");
	end_of_message(s);
	end_data(s);
	if (s->env)
		s->env->flags |= ENV_LOGGED_SENDER; /* it was, or is not to be */
	session_reset(s, "aborted by sender");
	macros_set(s->macros, 's', VIEW_NONE); /* until the next MAIL: they were the message's */
	macros_set(s->macros, 'r', VIEW_NONE);
	return true;
}

void data_abort(struct session *s, bool is_timeout)
{
	const char *why = is_timeout ? "read timeout" : "unexpected close";
	struct view text;
	struct envelope *e = s->env;

	e->size = collect_size(s->collect);
	text = arena_printf(session_work(s),
			    "collect: relay=" VIEW_FMT ", from=" VIEW_FMT ", info=%s",
			    VIEW_ARG(s->client_name), VIEW_ARG(e->sender), why);
	if (is_timeout) {
		log_event(session_log(s), 1, LOG_CRIT, e->id, "SYSERR(root): " VIEW_FMT,
			  VIEW_ARG(text));
	} else {
		log_event(session_log(s), 2, LOG_WARNING, e->id, "collect: premature EOM: %s", why);
		log_event(session_log(s), 2, LOG_NOTICE, e->id, VIEW_FMT, VIEW_ARG(text));
	}
	session_reply(s, 421, "4.4.1", text);
	end_data(s);
	session_reset(s, "aborted by sender");
}
