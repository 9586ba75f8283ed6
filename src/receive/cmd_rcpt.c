/* cmd_rcpt.c - RCPT: one recipient, resolved far enough to know whether it exists here. */
#include "receive/params.h"
#include "resolve/expand.h"

/* The recipient of this transaction that means the same mailbox; NULL: none. */
static struct rcpt *find_same(struct envelope *e, const struct rcpt *wanted)
{
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r != wanted && r->triple.mailer == wanted->triple.mailer && view_eq(r->triple.user, wanted->triple.user) &&
		    view_eq_nocase(r->triple.host, wanted->triple.host))
			return r;
	}
	return NULL;
}

static void drop(struct envelope *e, struct rcpt *r)
{
	pthread_mutex_lock(&e->lock);
	list_remove(&r->link);
	e->n_rcpts--;
	pthread_mutex_unlock(&e->lock);
}

static void set_macros(struct session *s, const struct triple *t)
{
	struct macros *m = s->env->macros;

	macros_set(m, MACRO_RCPT_MAILER, t->mailer ? t->mailer->name : VIEW(""));
	macros_set(m, MACRO_RCPT_HOST, t->host);
	macros_set(m, MACRO_RCPT_ADDR, t->user);
	macros_setf(m, MACRO_NRCPTS, "%zu", s->env->n_rcpts);
	macros_setf(m, MACRO_NBADRCPTS, "%d", s->n_bad_rcpts);
}

/* The address through the rules. An address that cannot be resolved now is taken all the same and queued. */
static bool parse(struct session *s, struct view address, struct triple *out, bool *out_is_later)
{
	struct rw rw;
	int exit;

	macros_set(s->env->macros, MACRO_ADDR_TYPE, VIEW("e r"));
	session_rw(s, &rw);
	exit = rw_parse_address(&rw, address, PARSE_RCPT, out, NULL);
	*out_is_later = exit == EX_TEMPFAIL_;
	if (exit == EX_OK_ || exit == EX_TEMPFAIL_)
		return true;
	if (out->status.smtp == 0)
		out->status = status_make(553, "5.1.0", -1, VIEW("Syntax error in recipient address"));
	session_refuse(s, &out->status, address);
	return false;
}

static void take_params(struct session *s, struct rcpt *r, const struct rcpt_params *p)
{
	struct envelope *e = s->env;

	r->flags |= p->flags;
	if (p->has_orcpt)
		r->orcpt = arena_dup(e->arena, p->orcpt);
}

/* Does it exist? Answers when it does not. */
static bool resolve(struct session *s, struct rcpt *r, struct view address, bool *is_later)
{
	struct resolve_ctx ctx = { .services = server_params_of(s->server)->services, .is_first_level_smtp = true };
	int exit = resolve_rcpt(s->env, r, &ctx, RESOLVE_VERIFY_ONLY);

	if (exit == EX_TEMPFAIL_)
		*is_later = true;
	if (exit == EX_OK_ || exit == EX_TEMPFAIL_) {
		r->state = RCPT_NEW; /* delivery resolves it again, by the rules of that day */
		r->status = status_ok();
		return true;
	}
	if (r->status.smtp == 0)
		r->status = status_from_exit(exit);
	session_refuse(s, &r->status, address);
	return false;
}

/* All that can be wrong with a recipient before it is put into the envelope. */
static bool check(struct session *s, const struct smtp_path *path, enum grammar_error error, struct rcpt_params *params,
		  struct triple *t, bool *is_later)
{
	int max = session_options(s)->max_recipients_per_message;
	struct status bad;

	if (max > 0 && s->env->n_rcpts >= (size_t)max) {
		session_reply(s, 452, "4.5.3", VIEW("Too many recipients"));
		return false;
	}
	if (arena_is_over(s->env->arena)) {
		session_reply(s, 452, "4.5.3", VIEW("Too many recipients"));
		return false;
	}
	if (!parse(s, path->address, t, is_later))
		return false;
	if (!params_rcpt(s, path, params, &bad)) {
		session_refuse(s, &bad, VIEW_NONE);
		return false;
	}
	if (error == GRAMMAR_TOO_MANY_PARAMS) {
		session_refusef(s, 501, "5.5.4", VIEW_NONE, "Too many parameters");
		return false;
	}
	set_macros(s, t);
	macros_set(s->env->macros, MACRO_DSN_NOTIFY, params->has_notify ? params->notify : VIEW_NONE);
	return session_check(s, "check_rcpt", path->address, VIEW_NONE, 0, path->address);
}

void cmd_rcpt(struct session *s, struct view args, struct view line)
{
	enum grammar_error error;
	struct smtp_path path;
	struct rcpt_params params = { 0 };
	struct triple t = { 0 };
	struct rcpt *r, *same;
	bool is_later = false;

	(void)line;
	if (!s->has_mail) {
		session_reply(s, 503, "5.0.0", VIEW("Need MAIL before RCPT"));
		return;
	}
	error = grammar_path(args, VIEW("to"), &path);
	if (error == GRAMMAR_NO_KEYWORD || error == GRAMMAR_MISSING_ADDRESS) {
		session_refusef(s, 501, "5.5.2", VIEW_NONE, "Syntax error in parameters scanning \"" VIEW_FMT "\"",
				VIEW_ARG(session_shown(s, params_first_word(args))));
		s->n_bad_rcpts++;
		return;
	}
	if (!check(s, &path, error, &params, &t, &is_later)) {
		s->n_bad_rcpts++;
		return;
	}
	r = envelope_add_rcpt(s->env, path.address, NULL);
	take_params(s, r, &params);
	if (s->env->flags & ENV_DISCARDED && !t.mailer)
		r->triple = t;
	else if (!resolve(s, r, path.address, &is_later)) {
		drop(s->env, r);
		s->n_bad_rcpts++;
		return;
	}
	same = find_same(s->env, r);
	if (same && r->triple.mailer) {
		drop(s->env, r);
		r = same;
	}
	session_replyf(s, 250, "2.1.5", VIEW_FMT "... Recipient ok%s", VIEW_ARG(session_shown(s, r->address)),
		       is_later ? " (will queue)" : "");
}
