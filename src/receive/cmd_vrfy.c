/*
 * cmd_vrfy.c - VRFY and EXPN: does this address exist, who is behind it.
 *
 * VRFY looks no further than RCPT does; EXPN follows aliases, lists and forwards.
 */
#include "receive/session.h"
#include "receive/verify.h"
#include "resolve/localuser.h"

#define EXPN_BYTES (8u << 20) /* what a client may make us expand: some 12,000 members */

enum vrfy_kind { VRFY, EXPN };

static bool is_special(const struct session *s, const struct mailer *m)
{
	const struct config *cf = s->snap->cf;

	return m == cf->prog_mailer || m == cf->file_mailer || m == cf->include_mailer;
}

/* The full name of the account behind a local address; what an account forwards to goes by its name as well. */
static struct view full_name(const struct rcpt *r, struct arena *work)
{
	for (; r; r = r->parent) {
		struct local_user user = { 0 };
		const struct mailer *m = r->triple.mailer;

		if (m && flag_has(&m->flags, 'w') &&
		    local_user_find(r->triple.user, work, &user) == FOUND && user.full_name.len > 0)
			return user.full_name;
	}
	return VIEW("");
}

/* "Full Name <user@host>" or "<address>" */
static struct view answer_text(struct session *s, const struct rcpt *r)
{
	struct arena *work = session_work(s);
	const struct triple *t = &r->triple;
	bool is_verbatim = r->address.len > 0 && r->address.p[0] == '\\';
	struct view who, name;

	if (is_special(s, t->mailer))
		return arena_printf(work, "<" VIEW_FMT ">", VIEW_ARG(r->address));
	if (view_find(t->user, '@') < t->user.len)
		who = arena_printf(work, "<" VIEW_FMT ">", VIEW_ARG(t->user));
	else
		who = arena_printf(work, "<%s" VIEW_FMT "@" VIEW_FMT ">", is_verbatim ? "\\" : "",
				   VIEW_ARG(t->user), VIEW_ARG(session_macro(s, 'j')));
	name = full_name(r, work);
	return name.len ? arena_printf(work, VIEW_FMT " " VIEW_FMT, VIEW_ARG(name), VIEW_ARG(who))
			: who;
}

/* Each line has its own code, so they are written one by one. */
static void tell(struct session *s, const struct verify_result *v, enum vrfy_kind kind)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct mailer *m = v->found[i]->triple.mailer;
		int code = kind == VRFY && !flag_has(&m->flags, 'q') && !is_special(s, m) ? 252
											  : 250;

		session_reply_part(s, code, "2.1.5", answer_text(s, v->found[i]), i + 1 == v->n);
	}
}

/* VERB: steps of the expansion, as replies that mean nothing to a program. */
static void say(void *arg, const char *line)
{
	session_reply_part(arg, 50, "", view_of(line), true);
}

/* A message to nobody: its recipients are the addresses asked for. */
static void look(struct session *s, struct view list, enum vrfy_kind kind)
{
	struct resolve_ctx ctx = { .services = server_params_of(s->server)->services,
				   .list_bytes = EXPN_BYTES,
				   .is_first_level_smtp = true };
	struct envelope *e = envelope_new(s->snap);
	struct verify_result v;

	if (s->is_verbose) {
		ctx.verbose = say;
		ctx.verbose_arg = s;
	}
	macros_set_parent(e->macros, session_scope(s));
	verify_add(e, list);
	verify_run(e, &ctx, kind == EXPN, session_work(s), &v);
	if (v.failed) {
		struct status st = v.failed->status;

		if (st.smtp == 0)
			st = status_make(550, "5.7.1", -1, VIEW("Please try again later"));
		session_refuse(s, &st, arena_dup(session_work(s), v.failed->address));
	} else if (v.is_loop) {
		session_reply(s, 554, "5.4.6", VIEW("aliasing/forwarding loop broken"));
	} else if (v.n == 0) {
		session_replyf(s, 554, "5.5.2", "Nothing to %s", kind == VRFY ? "VRFY" : "EXPN");
	} else {
		tell(s, &v, kind);
	}
	envelope_free(e);
}

static void verify(struct session *s, struct view args, enum vrfy_kind kind)
{
	unsigned privacy = session_options(s)->privacy_options;
	unsigned need = kind == VRFY ? PRIVACY_NEEDVRFYHELO : PRIVACY_NEEDEXPNHELO;
	bool must_greet, is_off = !(s->features & (kind == VRFY ? FEATURE_VRFY : FEATURE_EXPN));

	s->did_something = true;
	args = arena_dup(session_work(s), view_trim_end(args));
	must_greet = !is_off && (privacy & need) && view_is_none(s->helo);
	if (!must_greet)
		log_event(session_log(s), 6, LOG_INFO, session_id(s),
			  VIEW_FMT ": %s%s" VIEW_FMT "%s", VIEW_ARG(s->relay),
			  kind == VRFY ? "VRFY" : "EXPN", args.len ? " " : "",
			  VIEW_ARG(session_shown(s, args)), is_off ? " [rejected]" : "");
	if (is_off && kind == VRFY)
		session_reply(
			s, 252, "2.5.2",
			VIEW("Cannot VRFY user; try RCPT to attempt delivery (or try finger)"));
	else if (is_off)
		session_reply(s, 502, "5.7.0", VIEW("Sorry, we do not allow this operation"));
	else if (must_greet)
		session_reply(s, 503, "5.0.0", VIEW("I demand that you introduce yourself first"));
	else if (args.len == 0)
		session_reply(s, 501, "5.5.2", VIEW("Argument required"));
	else if (session_check(s, kind == VRFY ? "check_vrfy" : "check_expn", args, VIEW_NONE, 0,
			       VIEW_NONE))
		look(s, args, kind);
}

void cmd_vrfy(struct session *s, struct view args, struct view line)
{
	(void)line;
	verify(s, args, VRFY);
}

void cmd_expn(struct session *s, struct view args, struct view line)
{
	(void)line;
	verify(s, args, EXPN);
}
