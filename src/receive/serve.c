/*
 * serve.c - a session from turn to turn.
 *
 *   NEW --> [PAUSE] --> COMMAND <--> DATA        each arrow is a turn of a worker; between turns the session is parked
 *                          ^ |                   and owns no thread
 *                          | v
 *                         SLEEP
 *
 * A turn takes all input that has come, runs the commands in it one after the other, flushes their replies together, and
 * parks the session again. Only one worker has the session at a time: it comes back through parked.work.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "receive/auth.h"
#include "receive/session.h"

#define FLUSH_TIME_S    300 /* a client that does not read its replies for so long is dropped */
#define FLUSH_AT        (64 * 1024) /* replies gathered before they are flushed within a group */
#define DRAIN_ROUNDS    64
#define HTTP_LINE_SHOWN 200
#define PARK_NEVER_S                                                                               \
	(10 * 365 * 86400LL) /* Timeout.command=0: no limit, as parking understands it */

enum turn { TURN_WAIT, TURN_SLEEP, TURN_OVER };

static void session_run(struct work *w);

void serve_start(struct session *s)
{
	s->parked.work.run = session_run;
	server_add_session(s->server, s);
	workers_submit(server_params_of(s->server)->workers, &s->parked.work);
}

/* ---- the end ---- */

/* What the client still sends is read away, so that closing does not destroy the last reply on its way. */
static void drain(struct session *s)
{
	if (stream_peek(s->stream).len == 0 && !s->must_close)
		return;
	shutdown(s->parked.fd, SHUT_WR);
	for (int i = 0; i < DRAIN_ROUNDS; i++) {
		stream_consume(s->stream, stream_peek(s->stream).len);
		if (stream_fill_now(s->stream) <= 0)
			break;
	}
}

static void finish(struct session *s)
{
	struct server *srv = s->server;
	const struct server_params *p = server_params_of(srv);

	if (stream_pending(s->stream) > 0)
		stream_flush(s->stream, deadline_in_s(FLUSH_TIME_S));
	drain(s);
	if (!s->did_something && s->refusal.smtp == 0 && s->daemon_index >= 0 &&
	    s->phase != PHASE_NEW)
		log_event(session_log(s), 6, LOG_INFO, session_id(s),
			  VIEW_FMT
			  " did not issue MAIL/EXPN/VRFY/ETRN during connection to " VIEW_FMT,
			  VIEW_ARG(s->relay), VIEW_ARG(macros_get(s->macros, MACRO_DAEMON_NAME)));
	session_reset(s, "aborted by sender");
	if (s->is_counted)
		rates_close(server_rates(srv), macros_get(s->macros, MACRO_CLIENT_ADDR));
	if (p->park && s->parked.is_known)
		park_drop(p->park, &s->parked);
	server_remove_session(srv, s);
	session_free(s);
}

static struct view lower(struct session *s, const char *verb)
{
	size_t n = strlen(verb);
	char *out = arena_bytes(session_work(s), n + 1);

	for (size_t i = 0; i <= n; i++)
		out[i] = (char)tolower((unsigned char)verb[i]);
	return view_from(out, n);
}

/* The client went without QUIT, or kept quiet for too long. */
static void lost(struct session *s, bool is_timeout)
{
	if (is_timeout)
		log_event(session_log(s), 2, LOG_NOTICE, session_id(s),
			  "timeout waiting for input from " VIEW_FMT " during server cmd read",
			  VIEW_ARG(s->client_name));
	session_replyf(s, 421, "4.4.1", VIEW_FMT " Lost input channel from " VIEW_FMT,
		       VIEW_ARG(session_macro(s, 'j')), VIEW_ARG(s->relay));
	if (s->daemon_index >= 0)
		log_event(session_log(s), s->has_mail ? 2 : 20, LOG_NOTICE, session_id(s),
			  "lost input channel from " VIEW_FMT " to " VIEW_FMT " after " VIEW_FMT,
			  VIEW_ARG(s->relay), VIEW_ARG(macros_get(s->macros, MACRO_DAEMON_NAME)),
			  VIEW_ARG(lower(s, s->last_command)));
	s->phase = PHASE_OVER;
}

static void no_more_input(struct session *s, bool is_timeout)
{
	if (s->phase == PHASE_DATA)
		data_abort(s, is_timeout);
	else
		lost(s, is_timeout);
	s->must_close = true;
}

/* ---- one command ---- */

static bool is_proxy_verb(struct view verb)
{
	return view_eq_nocase(verb, VIEW("GET")) || view_eq_nocase(verb, VIEW("POST")) ||
	       view_eq_nocase(verb, VIEW("CONNECT")) || view_eq_nocase(verb, VIEW("USER"));
}

static void refuse_proxy(struct session *s, struct view line)
{
	log_event(session_log(s), 0, LOG_INFO, session_id(s),
		  VIEW_FMT ": probable open proxy: command=" VIEW_FMT "\r\n", VIEW_ARG(s->relay),
		  VIEW_ARG(view_first(line, HTTP_LINE_SHOWN)));
	session_close(s, 421, "4.7.0", VIEW_FMT " Rejecting open proxy " VIEW_FMT,
		      VIEW_ARG(session_macro(s, 'j')), VIEW_ARG(s->relay));
}

static void too_many_bad(struct session *s)
{
	session_close(s, 421, "4.7.0", VIEW_FMT " Too many bad commands; closing connection",
		      VIEW_ARG(session_macro(s, 'j')));
}

/* DelayLA: a second for each command that makes work. */
static int64_t delay_of_load(struct session *s, const struct command *c)
{
	int limit = session_delay_la(s);
	int load = limit > 0 && !(c->flags & COMMAND_AT_ONCE) ? server_load(s->server) : 0;

	if (limit <= 0 || load < limit)
		return 0;
	if (!s->is_delay_told)
		log_event(session_log(s), 9, LOG_INFO, session_id(s),
			  "delaying=%s, load average=%d >= %d",
			  c->flags & COMMAND_COUNT_HELO ? "EHLO" : c->verb, load, limit);
	s->is_delay_told = true;
	return 1;
}

/* Does it count as one of those that clients may not send without end? An ETRN that asks for nothing is answered at once. */
static bool is_counted(const struct session *s, const struct command *c, struct view args)
{
	return !(c->flags & COMMAND_COUNT_ETRN) || (args.len > 0 && (s->features & FEATURE_ETRN));
}

/* How long the client has to wait before this command is done, in milliseconds. */
static int64_t slow_down(struct session *s, const struct command *c, struct view args)
{
	const struct options *o = session_options(s);
	static const struct {
		unsigned flag;
		enum misuse_kind kind;
	} kinds[] = {
		{COMMAND_COUNT_NOOP,  MISUSE_NOOP},
		{ COMMAND_COUNT_HELO, MISUSE_HELO},
		{ COMMAND_COUNT_VRFY, MISUSE_VRFY},
		{ COMMAND_COUNT_ETRN, MISUSE_ETRN},
		{ COMMAND_COUNT_AUTH, MISUSE_AUTH}
	};
	int64_t sleep_s = delay_of_load(s, c);

	if ((c->flags & COMMAND_IS_RCPT) && o->bad_rcpt_throttle > 0 &&
	    s->n_bad_rcpts >= o->bad_rcpt_throttle) {
		if (s->n_bad_rcpts == o->bad_rcpt_throttle)
			log_event(session_log(s), 6, LOG_INFO, session_id(s),
				  VIEW_FMT ": Possible SMTP RCPT flood, throttling.",
				  VIEW_ARG(s->relay));
		sleep_s += 1;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct misuse_verdict v;

		if (!(c->flags & kinds[i].flag) || !is_counted(s, c, args))
			continue;
		v = misuse_count(&s->misuse, kinds[i].kind, o->max_noop_commands,
				 o->max_daemon_children > 0);
		if (v.is_first)
			log_event(session_log(s), 6, LOG_INFO, session_id(s),
				  VIEW_FMT ": possible SMTP attack: command=%s, count=%d",
				  VIEW_ARG(s->relay),
				  kinds[i].kind == MISUSE_HELO ? "HELO/EHLO" : c->verb, v.count);
		if (v.must_close)
			too_many_bad(s);
		sleep_s += v.sleep_s;
	}
	return sleep_s * 1000;
}

static void split(struct view line, struct view *out_verb, struct view *out_args)
{
	size_t at = 0, end;

	while (at < line.len && isspace((unsigned char)line.p[at]))
		at++;
	end = at;
	while (end < line.len && !isspace((unsigned char)line.p[end]))
		end++;
	*out_verb = view_first(view_skip(line, at), end - at);
	while (end < line.len && isspace((unsigned char)line.p[end]))
		end++;
	*out_args = view_skip(line, end);
}

static void refuse_command(struct session *s)
{
	if (++s->misuse.n_bad > BAD_COMMANDS_MAX)
		too_many_bad(s);
	else
		session_reply_status(s, &s->refusal);
}

/* A client that came while the disk was full is told so by every command that could lead to mail, until there is room again. */
static bool is_for_space(struct session *s, const struct command *c)
{
	struct queue *q = server_params_of(s->server)->queue;

	if (!s->is_out_of_space || (c->flags & (COMMAND_WHEN_REFUSED | COMMAND_WITHOUT_SPACE)))
		return false;
	s->is_out_of_space = q && queue_is_rejecting(q);
	return s->is_out_of_space;
}

/* Runs one line. TURN_SLEEP: it has to wait and is kept in s->held. */
static enum turn run_line(struct session *s, struct view line)
{
	struct view verb, args;
	const struct command *c;
	int64_t sleep_ms;

	line = view_first(line, view_find(line, '\0'));
	split(line, &verb, &args);
	c = command_find(verb);
	if (log_wants(session_log(s), 15) && !s->is_held)
		log_event(session_log(s), 15, LOG_INFO, session_id(s), "<-- " VIEW_FMT,
			  VIEW_ARG(line));
	if (s->n_commands == 0 && (s->features & FEATURE_HTTP_CHECK) && is_proxy_verb(verb)) {
		refuse_proxy(s, line);
		return TURN_WAIT;
	}
	sleep_ms = s->is_held ? 0 : slow_down(s, c, args);
	s->is_held = false;
	if (s->must_close)
		return TURN_WAIT;
	if (sleep_ms > 0 && !server_params_of(s->server)->for_tests) {
		str_clear(&s->held);
		str_add(&s->held, line);
		s->is_held = true;
		s->wake_at_ms = clock_ms() + sleep_ms;
		return TURN_SLEEP;
	}
	s->n_commands++;
	if (s->refusal.smtp && !(c->flags & COMMAND_WHEN_REFUSED)) {
		refuse_command(s);
	} else if (is_for_space(s, c)) {
		session_reply(s, 452, "4.4.5", VIEW("Insufficient disk space; try again later"));
	} else {
		c->run(s, args, line);
		if (!(c->flags & COMMAND_UNKNOWN))
			s->last_command = c->verb;
	}
	return TURN_WAIT;
}

void serve_line(struct session *s, struct view line)
{
	if (!s->must_close && s->phase != PHASE_OVER)
		run_line(s, line);
}

/* ---- a turn ---- */

static void line_too_long(struct session *s)
{
	log_event(session_log(s), 0, LOG_INFO, session_id(s),
		  VIEW_FMT ": SMTP violation, input too long: %zu", VIEW_ARG(s->relay),
		  stream_peek(s->stream).len);
	session_close(s, 421, "4.7.0", VIEW_FMT " Command too long, possible attack " VIEW_FMT,
		      VIEW_ARG(session_macro(s, 'j')), VIEW_ARG(s->relay));
}

/* Runs all that is buffered. */
static enum turn run_buffered(struct session *s)
{
	while (!s->must_close && s->phase != PHASE_OVER) {
		struct view line;
		enum turn t;

		if (stream_pending(s->stream) > FLUSH_AT &&
		    stream_flush(s->stream, deadline_in_s(FLUSH_TIME_S)) < 0)
			return TURN_OVER;
		if (s->phase == PHASE_DATA) {
			if (!data_continue(s))
				return TURN_WAIT;
			s->phase = PHASE_COMMAND;
		} else {
			if (stream_line_buffered(s->stream, COMMAND_LINE_MAX, &line) < 0) {
				line_too_long(s);
				break;
			}
			if (view_is_none(line))
				return TURN_WAIT;
			if (s->phase == PHASE_AUTH) {
				auth_answer(s, view_first(line, view_find(line, '\0')));
			} else {
				t = run_line(s, line);
				if (t != TURN_WAIT)
					return t;
			}
		}
		if (s->work)
			arena_reset(s->work);
	}
	return TURN_OVER;
}

/* Goes on with a command that was held back, then with the input. */
static enum turn run_turn(struct session *s)
{
	if (s->phase == PHASE_SLEEP) {
		own_str struct str line = s->held;

		s->held = STR_MAX(COMMAND_LINE_MAX);
		s->phase = PHASE_COMMAND;
		run_line(s, str_view(&line));
	}
	return run_buffered(s);
}

static int64_t idle_deadline(const struct session *s)
{
	const struct timeout_options *t = &session_options(s)->timeout;
	int64_t limit = s->phase == PHASE_DATA ? t->datablock_s : t->command_s;

	return deadline_in_s(limit > 0 ? limit : PARK_NEVER_S);
}

/* Gives back what an idle connection does not need. */
static void slim(struct session *s)
{
	arena_free(s->work);
	s->work = NULL;
	if (s->env && !s->has_mail && s->env->sender.len == 0)
		session_reset(s, "aborted by sender");
	stream_trim(s->stream);
}

static void wait_for_input(struct session *s)
{
	slim(s);
	park_wait(server_params_of(s->server)->park, &s->parked, idle_deadline(s));
}

/* A client on a fast network sends its next command at once: then this turn goes on, which saves handing the session to the
 * parking place and back. */
static ssize_t linger(struct session *s)
{
	if (server_is_stopping(s->server) || !workers_is_calm(server_params_of(s->server)->workers))
		return -EAGAIN;
	return stream_fill_soon(s->stream);
}

static void step(struct session *s)
{
	for (;;) {
		enum turn t = run_turn(s);
		ssize_t n;

		if (t == TURN_SLEEP) {
			s->phase = PHASE_SLEEP;
			slim(s);
			server_wake_at(s->server, s, s->wake_at_ms);
			return;
		}
		if (t == TURN_OVER || stream_flush(s->stream, deadline_in_s(FLUSH_TIME_S)) < 0) {
			finish(s);
			return;
		}
		n = linger(s);
		if (n == -EAGAIN) {
			wait_for_input(s);
			return;
		}
		if (n <= 0) {
			no_more_input(s, false);
			finish(s);
			return;
		}
	}
}

static void greet(struct session *s)
{
	peer_greet(s);
	s->phase = PHASE_COMMAND;
	if (s->must_close)
		finish(s);
	else
		step(s);
}

static void open_session(struct session *s)
{
	int64_t pause_ms = peer_open(s);

	if (pause_ms <= 0) {
		greet(s);
		return;
	}
	s->phase = PHASE_PAUSE;
	s->pause_started_ms = clock_ms();
	s->wake_at_ms = deadline_in(pause_ms);
	slim(s);
	park_wait(server_params_of(s->server)->park, &s->parked, s->wake_at_ms);
}

static void close_for_shutdown(struct session *s)
{
	session_replyf(s, 421, "4.3.2", VIEW_FMT " shutting down, try again later",
		       VIEW_ARG(session_macro(s, 'j')));
	finish(s);
}

static void session_run(struct work *w)
{
	struct session *s = LIST_OWNER(w, struct session, parked.work);
	bool is_fresh = s->phase == PHASE_NEW ||
			s->phase == PHASE_SLEEP; /* not from the parking place */
	ssize_t n;

	if (server_is_stopping(s->server) && (is_fresh || s->parked.why == PARK_SHUTDOWN)) {
		close_for_shutdown(s);
		return;
	}
	if (s->phase == PHASE_NEW) {
		open_session(s);
		return;
	}
	if (s->phase == PHASE_SLEEP) {
		step(s);
		return;
	}
	if (s->parked.why == PARK_TIMEOUT) {
		if (s->phase == PHASE_PAUSE) {
			greet(s);
			return;
		}
		no_more_input(s, true);
		finish(s);
		return;
	}
	n = stream_fill_now(s->stream);
	if (n == -EAGAIN) {
		if (s->phase == PHASE_PAUSE)
			park_wait(server_params_of(s->server)->park, &s->parked, s->wake_at_ms);
		else
			wait_for_input(s);
		return;
	}
	if (n <= 0) {
		no_more_input(s, false);
		finish(s);
		return;
	}
	if (s->phase == PHASE_PAUSE) {
		peer_spoke_early(s);
		greet(s);
		return;
	}
	step(s);
}

/* The same in one thread that may wait: standard input. */
void serve_to_end(struct session *s)
{
	enum turn t = TURN_WAIT;

	peer_open(s);
	peer_greet(s);
	s->phase = PHASE_COMMAND;
	while (!s->must_close) {
		ssize_t n;

		if (t == TURN_SLEEP) {
			poll(NULL, 0, deadline_left(s->wake_at_ms));
			s->phase = PHASE_SLEEP;
		} else {
			if (stream_flush(s->stream, deadline_in_s(FLUSH_TIME_S)) < 0)
				break;
			n = stream_fill(s->stream, idle_deadline(s));
			if (n <= 0) {
				no_more_input(s, n == -ETIMEDOUT);
				break;
			}
		}
		t = run_turn(s);
		if (t == TURN_OVER)
			break;
		if (s->work && t == TURN_WAIT)
			arena_reset(s->work);
	}
	finish(s);
}
