/* cmd_mail.c - MAIL: who sends, and under which conditions. */
#include <pwd.h>
#include <unistd.h>

#include "base/clock.h"
#include "mail/date.h"
#include "receive/params.h"
#include "receive/sender.h"

static void add_warning(struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void add_warning(struct session *s, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(1024);
	struct envelope *e = s->env;
	va_list ap;

	str_addf(&text, " " VIEW_FMT ": ", VIEW_ARG(session_macro(s, 'j')));
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	header_add(&e->header, e->arena, VIEW("X-Authentication-Warning"),
		   arena_dup(e->arena, str_view(&text)));
	log_event(session_log(s), 4, LOG_INFO, e->id, "Authentication-Warning:%s", str_z(&text));
}

/* X-Authentication-Warning: a client that did not introduce itself, a user who speaks SMTP on standard input. */
static void add_warnings(struct session *s)
{
	struct passwd entry, *found = NULL;
	char buffer[2048];

	if (!(session_options(s)->privacy_options & PRIVACY_AUTHWARNINGS))
		return;
	if (s->daemon_index < 0 && getuid() != 0) {
		getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found);
		add_warning(s, "%s owned process doing -bs",
			    found ? found->pw_name : "unknown user");
	}
	if (s->daemon_index >= 0 && view_is_none(s->helo))
		add_warning(s, VIEW_FMT " didn't use HELO protocol", VIEW_ARG(s->relay));
}

/* Programs, files and lists send nothing. */
static bool is_no_sender(const struct config *cf, const struct mailer *m)
{
	return m == cf->prog_mailer || m == cf->file_mailer || m == cf->include_mailer;
}

/* Parses the sender and remembers what the rules see of it. False: answered. */
static bool set_sender(struct session *s, struct view address)
{
	struct envelope *e = s->env;
	struct triple t;
	struct rw rw;
	int exit;

	macros_set(e->macros, MACRO_ADDR_TYPE, VIEW("e s"));
	session_rw(s, &rw);
	exit = rw_parse_address(&rw, address, 0, &t, NULL);
	if (exit != EX_OK_ && exit != EX_TEMPFAIL_) {
		if (t.status.smtp == 0)
			t.status = status_make(553, "5.1.0", -1,
					       VIEW("Syntax error in sender address"));
		session_refuse(s, &t.status, address);
		return false;
	}
	if (t.mailer && is_no_sender(s->snap->cf, t.mailer)) {
		session_refusef(s, 553, "5.1.7", address, "Invalid sender address");
		log_event(session_log(s), 3, LOG_NOTICE, session_id(s),
			  "setsender: " VIEW_FMT ": invalid or unparsable, received from " VIEW_FMT,
			  VIEW_ARG(session_shown(s, address)), VIEW_ARG(s->relay));
		return false;
	}
	e->sender = arena_dup(e->arena, address);
	e->sender_logged = e->sender;
	e->sender_mailer = t.mailer;
	macros_set(e->macros, MACRO_MAIL_MAILER, t.mailer ? t.mailer->name : VIEW(""));
	macros_set(e->macros, MACRO_MAIL_HOST, t.host);
	macros_set(e->macros, MACRO_MAIL_ADDR, view_eq(address, VIEW("<>")) ? VIEW("") : t.user);
	sender_set_full_name(e, &t, session_work(s));
	session_rw(s, &rw);
	macros_set(e->macros, 'f', sender_canonical(&rw, address));
	return true;
}

static bool check_size(struct session *s, const struct mail_params *p)
{
	int64_t max = session_options(s)->max_message_size;
	struct queue *q = server_params_of(s->server)->queue;

	s->env->size = p->size;
	if (p->size > 0)
		macros_setf(s->env->macros, MACRO_MSG_SIZE, "%lld", (long long)p->size);
	if (max > 0 && p->size > max) {
		session_replyf(s, 552, "5.2.3",
			       "Message size exceeds fixed maximum message size (%lld)",
			       (long long)max);
		return false;
	}
	if (q && queue_check_space(q, p->size, session_id(s), s->client_name) < 0) {
		session_reply(s, 452, "4.4.5", VIEW("Insufficient disk space; try again later"));
		return false;
	}
	return true;
}

/* AUTH=: believed only of a client that has authenticated, and when trust_auth does not refuse it. */
static void take_auth(struct session *s, struct view auth)
{
	struct envelope *e = s->env;
	struct arena *work = session_work(s);
	struct check c;
	struct rw rw;

	if (view_is_none(auth))
		return;
	e->auth_param = VIEW("<>");
	if (auth.len > 0 && !view_eq(auth, VIEW("<>"))) {
		session_rw(s, &rw);
		rw.id = NULL;
		rw_check(&rw, "trust_auth", auth, VIEW_NONE, CHECK_RAW, arena_dupz(work, s->relay),
			 &c);
		/* Without authentication nobody vouches for the name, unless the ruleset says so in as many words. */
		if (c.verdict == CHECK_OK && (s->is_authenticated || c.has_result))
			e->auth_param = arena_dup(e->arena, auth);
	}
	macros_set(e->macros, MACRO_AUTH_AUTHOR, arena_dup(e->arena, auth));
}

static bool may_begin(struct session *s)
{
	struct queue *q = server_params_of(s->server)->queue;

	if ((session_options(s)->privacy_options & PRIVACY_NEEDMAILHELO) && view_is_none(s->helo) &&
	    s->daemon_index >= 0) {
		session_reply(s, 503, "5.0.0", VIEW("Polite people say HELO first"));
		return false;
	}
	if (s->has_mail) {
		session_reply(s, 503, "5.5.0", VIEW("Sender already specified"));
		return false;
	}
	if ((s->features & FEATURE_AUTH_REQUIRED) && !s->is_authenticated) {
		session_reply(s, 530, "5.7.0", VIEW("Authentication required"));
		return false;
	}
	if (q && queue_is_rejecting(q)) {
		session_reply(s, 452, "4.4.5", VIEW("Insufficient disk space; try again later"));
		return false;
	}
	return true;
}

void cmd_mail(struct session *s, struct view args, struct view line)
{
	enum grammar_error error;
	struct smtp_path path;
	struct mail_params params = { 0 };
	struct status bad = status_ok();

	(void)line;
	s->did_something = true;
	if (!may_begin(s))
		return;
	error = grammar_path(args, VIEW("from"), &path);
	if (error == GRAMMAR_NO_KEYWORD) {
		session_replyf(s, 501, "5.5.2",
			       "Syntax error in parameters scanning \"" VIEW_FMT "\"",
			       VIEW_ARG(session_shown(s, path.scanned)));
		return;
	}
	session_forget(s);
	macros_set(s->macros, 's', s->helo);
	macros_set(s->macros, 'r', s->protocol);
	session_envelope(s);
	add_warnings(s);
	macros_set(s->env->macros, MACRO_MAIL_FROM, path.address);
	macros_set(s->env->macros, MACRO_NRCPTS, VIEW("0"));
	macros_set(s->env->macros, MACRO_NBADRCPTS, VIEW("0"));
	if (!set_sender(s, path.address))
		return;
	if (!params_mail(s, &path, &params, &bad)) {
		s->env->size = params.size;
		session_reply_status(s, &bad);
		return;
	}
	s->env->size = params.size;
	if (error == GRAMMAR_TOO_MANY_PARAMS) {
		session_reply(s, 501, "5.5.4", VIEW("Too many parameters"));
		return;
	}
	take_auth(s, params.auth);
	if (!check_size(s, &params) ||
	    !session_check(s, "check_mail", path.address, VIEW_NONE, 0, path.address))
		return;
	s->has_mail = true;
	session_replyf(s, 250, "2.1.0", VIEW_FMT "... Sender ok",
		       VIEW_ARG(session_shown(s, path.address)));
}
