/* session.c - see session.h. What all commands of a conversation share: replies, scopes, checks, the transaction. */
#include "receive/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mail/date.h"
#include "receive/auth.h"
#include "receive/collect.h"
#include "report/mail_log.h"
#include "smtp/reply.h"

#define CONN_ARENA_MAX (64 * 1024)
#define WORK_ARENA_MAX (4 * 1024 * 1024)
#define GIVEN_UP_LEVEL 11
#define CLAIMED_MAX    64 /* of a user's name in the log */
#define CHECK_TIME_S   300 /* all maps asked by one check ruleset */

struct session *session_new(struct server *server, struct stream *stream, int daemon_index)
{
	struct session *s = MEM_NEW(struct session);

	s->server = server;
	s->stream = stream;
	s->daemon_index = daemon_index;
	s->snap = snapshot_current(server_params_of(server)->slot);
	s->arena = arena_new(CONN_ARENA_MAX);
	s->macros = macros_new(s->snap->cf->macros, s->arena);
	s->held = STR_MAX(COMMAND_LINE_MAX);
	s->auth_claimed = STR_MAX(CLAIMED_MAX);
	s->parked.fd = stream_fd(stream);
	s->last_command = "startup";
	s->protocol = VIEW("SMTP");
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	auth_talk_free(s->auth);
	str_done(&s->auth_claimed);
	collect_free(s->collect);
	table_free(s->seen);
	envelope_free(s->env);
	arena_free(s->work);
	arena_free(s->arena);
	str_done(&s->held);
	stream_free(s->stream);
	snapshot_put(s->snap);
	free(s);
}

struct log *session_log(const struct session *s)
{
	return server_params_of(s->server)->services->log;
}

const struct options *session_options(const struct session *s)
{
	return &s->snap->cf->options;
}

struct arena *session_work(struct session *s)
{
	if (!s->work)
		s->work = arena_new(WORK_ARENA_MAX);
	return s->work;
}

struct macros *session_scope(struct session *s)
{
	return s->env ? s->env->macros : s->macros;
}

struct view session_macro(struct session *s, int number)
{
	struct view v = macros_get_expanded(session_scope(s), number, session_work(s));

	return view_is_none(v) ? VIEW("") : v;
}

const char *session_id(struct session *s)
{
	return session_envelope(s)->id;
}

/* ---- replies ---- */

/* Replies are 7-bit text; LF separates lines, other control characters are reply.h's business. */
static struct view clean(struct session *s, struct view text)
{
	char *out;
	size_t i = 0;

	while (i < text.len && (unsigned char)text.p[i] < 0x80)
		i++;
	if (i == text.len)
		return text;
	out = arena_bytes(session_work(s), text.len);
	for (i = 0; i < text.len; i++)
		out[i] = (char)(text.p[i] & 0x7f);
	return view_from(out, text.len);
}

/* SoftBounce: what would be refused for good is refused for now. Returns the code; *dsn may come to point to room. */
static int soften(struct session *s, int code, const char **dsn, char room[16])
{
	if (!session_options(s)->soft_bounce || code < 500)
		return code;
	if (*dsn && **dsn == '5') {
		snprintf(room, 16, "4%s", *dsn + 1);
		*dsn = room;
	}
	return code - 100;
}

static void log_reply(struct session *s, int code, const char *dsn, struct view text, bool is_last)
{
	log_event(session_log(s), 15, LOG_INFO, session_id(s), "--- %03d%c%s%s" VIEW_FMT, code,
		  is_last ? ' ' : '-', dsn ? dsn : "", dsn && *dsn ? " " : "", VIEW_ARG(text));
}

void session_reply(struct session *s, int code, const char *dsn, struct view text)
{
	struct view line;
	char room[16];

	code = soften(s, code, &dsn, room);
	text = clean(s, text);
	reply_write(s->stream, code, dsn, text);
	/* The message that was begun remembers what went wrong. */
	if (code >= 400 && s->env && s->has_mail)
		envelope_tell_status(s->env, view_first(text, view_find(text, '\n')), code >= 500);
	if (!log_wants(session_log(s), 15))
		return;
	do {
		line = view_first(text, view_find(text, '\n'));
		text = view_skip(text, line.len + 1 < text.len ? line.len + 1 : text.len);
		log_reply(s, code, dsn, line, text.len == 0);
	} while (text.len > 0);
}

void session_reply_part(struct session *s, int code, const char *dsn, struct view text,
			bool is_last)
{
	char room[16];

	code = soften(s, code, &dsn, room);
	text = clean(s, text);
	text = view_first(text, view_find(text, '\n'));
	stream_addf(s->stream, "%03d%c%s%s" VIEW_FMT "\r\n", code, is_last ? ' ' : '-', dsn,
		    *dsn ? " " : "", VIEW_ARG(text));
	if (log_wants(session_log(s), 15))
		log_reply(s, code, dsn, text, is_last);
}

static void replyv(struct session *s, int code, const char *dsn, const char *fmt, va_list ap)
{
	own_str struct str text = STR_MAX(REPLY_LINE_MAX);

	str_addv(&text, fmt, ap);
	session_reply(s, code, dsn, str_view(&text));
}

void session_replyf(struct session *s, int code, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replyv(s, code, dsn, fmt, ap);
	va_end(ap);
}

/* These codes speak about a mailbox (RFC 5321 4.2.3), so they are shown with it. */
static bool is_about_mailbox(int code)
{
	return code == 450 || code == 550 || code == 553;
}

static struct view about_text(struct session *s, int code, struct view about, struct view text)
{
	if (view_is_none(about) || about.len == 0 || !is_about_mailbox(code))
		return text;
	about = session_shown(s, about);
	return arena_printf(session_work(s), VIEW_FMT "... " VIEW_FMT, VIEW_ARG(about),
			    VIEW_ARG(text));
}

static const char *dsn_text(const struct status *st, char out[16])
{
	if (st->dsn[0] == 0)
		snprintf(out, 16, "%d.0.0", st->smtp / 100);
	else
		status_format_dsn(st, out);
	return out;
}

void session_reply_status(struct session *s, const struct status *st)
{
	char dsn[16];

	session_reply(s, st->smtp ? st->smtp : 553, dsn_text(st, dsn), st->text);
}

void session_refuse(struct session *s, const struct status *st, struct view about)
{
	struct view text = clean(s, about_text(s, st->smtp, about, st->text));
	char dsn[16];

	session_reply(s, st->smtp, dsn_text(st, dsn), text);
	if (s->env && s->has_mail)
		log_event(session_log(s), 4, LOG_NOTICE, session_id(s), VIEW_FMT, VIEW_ARG(text));
}

void session_refusef(struct session *s, int code, const char *dsn, struct view about,
		     const char *fmt, ...)
{
	own_str struct str text = STR_MAX(REPLY_LINE_MAX);
	struct status st;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	st = status_make(code, dsn, -1, str_view(&text));
	session_refuse(s, &st, about);
}

void session_close(struct session *s, int code, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replyv(s, code, dsn, fmt, ap);
	va_end(ap);
	s->must_close = true;
}

bool session_spoke_early(struct session *s, const char *command)
{
	if (!(s->features & FEATURE_STUFFING_CHECK) || server_params_of(s->server)->for_tests)
		return false;
	if (stream_peek(s->stream).len == 0 && stream_fill_now(s->stream) <= 0)
		return false;
	log_event(session_log(s), 0, LOG_INFO, session_id(s),
		  "rejecting server %s from " VIEW_FMT " due to traffic before response", command,
		  VIEW_ARG(s->relay));
	return true;
}

struct view session_shown(struct session *s, struct view text)
{
	size_t half = (REPLY_SHOWN_MAX - 3) / 2;

	if (text.len <= REPLY_SHOWN_MAX)
		return text;
	return arena_printf(session_work(s), VIEW_FMT "..." VIEW_FMT,
			    VIEW_ARG(view_first(text, half)),
			    VIEW_ARG(view_skip(text, text.len - half)));
}

/* ---- rules ---- */

void session_rw(struct session *s, struct rw *out)
{
	const struct server_params *p = server_params_of(s->server);

	*out = (struct rw){ .snap = s->snap,
			    .services = p->services,
			    .macros = session_scope(s),
			    .arena = session_work(s),
			    .id = s->env ? s->env->id : NULL,
			    .deadline = deadline_in_s(CHECK_TIME_S),
			    .is_deferred_mode = s->delivery_mode == 'd' };
	if (p->rehearsal)
		out->observer = p->rehearsal->rules_observer;
}

static void note_discard(struct session *s)
{
	if (s->env)
		s->env->flags |= ENV_DISCARDED;
	else
		s->is_discarding = true;
}

static void note_quarantine(struct session *s, struct view reason)
{
	if (!s->env)
		return;
	s->env->flags |= ENV_QUARANTINED;
	s->env->quarantine_reason = arena_dup(s->env->arena, reason);
	macros_set(s->env->macros, MACRO_QUARANTINE, s->env->quarantine_reason);
}

bool session_check(struct session *s, const char *ruleset, struct view p1, struct view p2,
		   unsigned flags, struct view about)
{
	struct rw rw;
	struct check c;

	if (config_ruleset_number(s->snap->cf, view_of(ruleset)) < 0)
		return true;
	session_rw(s, &rw);
	if (s->env && s->env->sender.len == 0)
		rw.id = NULL; /* nothing has begun that the id would stand for */
	rw_check(&rw, ruleset, p1, p2, flags, arena_dupz(session_work(s), s->relay), &c);
	switch (c.verdict) {
	case CHECK_OK:
		return true;
	case CHECK_DISCARD:
		note_discard(s);
		return true;
	case CHECK_QUARANTINE:
		note_quarantine(s, c.reason.len ? c.reason : view_of(ruleset));
		return true;
	case CHECK_REJECT:
		break;
	}
	if (c.status.smtp == 0)
		c.status.smtp = 553;
	s->last_check_code = c.status.smtp;
	c.status.text = about_text(s, c.status.smtp, about, c.status.text);
	session_reply_status(s, &c.status);
	return false;
}

/* ---- the transaction ---- */

struct envelope *session_envelope(struct session *s)
{
	char date[DATE_TEXT_MAX];
	struct envelope *e = s->env;

	if (e)
		return e;
	e = s->env = envelope_new(s->snap);
	macros_set_parent(e->macros, s->macros);
	e->created_s = wall_s();
	e->delivery_mode = s->delivery_mode;
	e->error_mode = ERRORS_MAIL;
	if (s->next_id[0]) {
		memcpy(e->id, s->next_id, sizeof(e->id));
		s->next_id[0] = '\0';
		macros_set(e->macros, 'i', view_of(e->id));
	} else {
		queue_assign_id(server_params_of(s->server)->queue, e);
	}
	date_rfc822(e->created_s, date);
	macros_setf(e->macros, 'b', "%s", date);
	macros_setf(e->macros, 'a', "%s", date);
	macros_setf(e->macros, MACRO_TIME, "%lld", (long long)e->created_s);
	macros_set(e->macros, MACRO_NTRIES, VIEW("0"));
	date_ctime(e->created_s, date);
	macros_setf(e->macros, 'd', "%s", date);
	date_numeric(e->created_s, date);
	macros_setf(e->macros, 't', "%s", date);
	e->relay = arena_dup(e->arena, s->relay);
	e->protocol = arena_dup(e->arena, macros_get(s->macros, 'r'));
	if (s->is_discarding)
		e->flags |= ENV_DISCARDED;
	if (!view_is_none(s->quarantine)) {
		e->flags |= ENV_QUARANTINED;
		e->quarantine_reason = arena_dup(e->arena, s->quarantine);
		macros_set(e->macros, MACRO_QUARANTINE, e->quarantine_reason);
	}
	e->daemon_name = arena_dup(e->arena, macros_get(s->macros, MACRO_DAEMON_NAME));
	return e;
}

int session_delay_la(const struct session *s)
{
	const struct options *o = session_options(s);
	int own = s->daemon_index >= 0 ? o->daemons[s->daemon_index].delay_la : -1;

	return own >= 0 ? own : o->delay_la;
}

void session_log_rcpts(struct session *s, int level, struct view stat)
{
	const struct envelope *e = s->env;
	char delay[DATE_TEXT_MAX];

	if (!log_wants(session_log(s), level))
		return;
	date_delay(wall_s() - e->created_s, delay);
	LIST_EACH (&e->rcpts, it)
		log_event(session_log(s), level, LOG_INFO, e->id,
			  "to=" VIEW_FMT ", delay=%s, pri=%lld, stat=" VIEW_FMT,
			  VIEW_ARG(LIST_OWNER(it, struct rcpt, link)->address), delay,
			  (long long)mail_log_priority(e), VIEW_ARG(stat));
}

void session_reset(struct session *s, const char *why)
{
	struct envelope *e = s->env;

	collect_free(s->collect);
	s->collect = NULL;
	s->has_mail = false;
	table_free(s->seen);
	s->seen = NULL;
	s->n_bad_rcpts = s->n_taken = 0;
	if (!e)
		return;
	if (e->sender.len > 0) {
		if (!(e->flags & ENV_LOGGED_SENDER))
			session_log_rcpts(s, GIVEN_UP_LEVEL, view_of(why));
		if (!(e->flags & ENV_LOGGED_SENDER))
			mail_log_sender(session_log(s), e);
	} else {
		/* Nothing was done under this id: the next transaction may have it. */
		memcpy(s->next_id, e->id, sizeof(s->next_id));
	}
	s->env = NULL;
	envelope_free(e);
}

void session_forget(struct session *s)
{
	struct envelope *e = s->env;

	if (!e)
		return;
	memcpy(s->next_id, e->id, sizeof(s->next_id));
	s->env = NULL;
	s->has_mail = false;
	envelope_free(e);
}
