/* cmd_rcpt.c - RCPT: one recipient, resolved far enough to know whether it exists here. */
#include "receive/params.h"
#include "resolve/expand.h"

/* What makes two recipients the same mailbox: where the rules lead, before aliases. A name with quoted characters is only the
 * same as itself. */
static struct view identity(struct session *s, const struct rcpt *r)
{
	bool is_quoted = view_find(r->address, '\\') < r->address.len;

	return arena_printf(session_work(s), "%d\t" VIEW_FMT "\t" VIEW_FMT "\t" VIEW_FMT,
			    r->triple.mailer->number, VIEW_ARG(r->triple.host),
			    VIEW_ARG(r->triple.user), VIEW_ARG(is_quoted ? r->address : VIEW("")));
}

/* The recipient of this transaction that means the same mailbox; r itself when it is new. */
static struct rcpt *find_same(struct session *s, struct rcpt *r)
{
	struct rcpt *same;

	if (!r->triple.mailer)
		return r;
	if (!s->seen)
		s->seen = table_new(TABLE_EXACT);
	same = table_get(s->seen, identity(s, r));
	return same ? same : r;
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
	macros_set(m, 'h', t->host);
	macros_setf(m, MACRO_NRCPTS, "%zu", s->env->n_rcpts - 1); /* this one is not in it yet */
	macros_setf(m, MACRO_NBADRCPTS, "%d", s->n_bad_rcpts);
}

/* r cannot be resolved now, but may be later: it is taken all the same and queued. A queue run tries it again. */
static void put_off(struct rcpt *r, bool *out_is_later)
{
	r->state = RCPT_NEW;
	r->flags |= RCPT_LATER;
	status_parse_dsn(VIEW("4.4.3"), r->status.dsn);
	r->status.reply = VIEW_NONE;
	*out_is_later = true;
}

static void refuse(struct session *s, struct rcpt *r)
{
	if (r->status.smtp == 0)
		r->status = status_make(550, "5.1.1", EX_NOUSER_, VIEW("Addressee unknown"));
	session_refuse(s, &r->status, r->address);
}

static void take_params(struct session *s, struct rcpt *r, const struct rcpt_params *p)
{
	struct envelope *e = s->env;

	r->flags |= p->flags;
	if (p->has_orcpt)
		r->orcpt = arena_dup(e->arena, p->orcpt);
}

static bool has_room(struct session *s)
{
	int max = session_options(s)->max_recipients_per_message;

	if ((max > 0 && s->n_taken >= max) || arena_is_over(s->env->arena)) {
		session_refusef(s, 452, "4.5.3", VIEW_NONE, "Too many recipients");
		return false;
	}
	return true;
}

/* Parameters and rules. */
static bool check(struct session *s, const struct smtp_path *path, enum grammar_error error,
		  struct rcpt *r)
{
	struct rcpt_params params = { 0 };
	struct status bad;

	if (!params_rcpt(s, path, &params, &bad)) {
		session_refuse(s, &bad, VIEW_NONE);
		return false;
	}
	if (error == GRAMMAR_TOO_MANY_PARAMS) {
		session_refusef(s, 501, "5.5.4", VIEW_NONE, "Too many parameters");
		return false;
	}
	take_params(s, r, &params);
	set_macros(s, &r->triple);
	macros_set(s->env->macros, MACRO_DSN_NOTIFY, params.has_notify ? params.notify : VIEW_NONE);
	return session_check(s, "check_rcpt", path->address, VIEW_NONE, 0, path->address);
}

/* Takes r through rules and checks. True: there is a recipient, *out_same says which, and *out_is_later whether it can only be
 * resolved later. False: answered. */
static bool take(struct session *s, const struct smtp_path *path, enum grammar_error error,
		 struct rcpt *r, struct rcpt **out_same, bool *out_is_later)
{
	const struct server_params *p = server_params_of(s->server);
	struct resolve_ctx ctx = { .services = p->services, .is_first_level_smtp = true };

	if (p->rehearsal)
		ctx.rules_observer = p->rehearsal->rules_observer;
	macros_set(s->env->macros, MACRO_ADDR_TYPE, VIEW("e r"));
	switch (resolve_parse(s->env, r, &ctx)) {
	case EX_OK_:
		break;
	case EX_TEMPFAIL_:
		put_off(r, out_is_later);
		break;
	default:
		refuse(s, r);
		return false;
	}
	if (!check(s, path, error, r))
		return false;
	/* What it is will be known later: it is nobody's double now. */
	*out_same = *out_is_later ? r : find_same(s, r);
	if (*out_same != r || *out_is_later)
		return true;
	if (r->triple.mailer)
		table_set(s->seen, identity(s, r), r);
	if (s->env->flags & ENV_DISCARDED)
		return true;
	resolve_rcpt(s->env, r, &ctx, RESOLVE_VERIFY_ONLY);
	if (r->state == RCPT_FAILED) {
		table_remove(s->seen, identity(s, r));
		refuse(s, r);
		return false;
	}
	if (r->state == RCPT_DEFERRED)
		put_off(r, out_is_later);
	r->state = RCPT_NEW;
	return true;
}

/* What later rulesets see: how many there are, and nothing of this one. */
static void forget_macros(struct session *s)
{
	static const int of_rcpt[] = { MACRO_RCPT_MAILER, MACRO_RCPT_HOST, MACRO_RCPT_ADDR,
				       MACRO_DSN_NOTIFY };
	struct macros *m = s->env->macros;

	for (size_t i = 0; i < sizeof(of_rcpt) / sizeof(of_rcpt[0]); i++)
		macros_set(m, of_rcpt[i], VIEW_NONE);
	macros_setf(m, MACRO_NRCPTS, "%zu", s->env->n_rcpts);
	macros_setf(m, MACRO_NBADRCPTS, "%d", s->n_bad_rcpts);
}

void cmd_rcpt(struct session *s, struct view args, struct view line)
{
	enum grammar_error error;
	struct smtp_path path;
	struct rcpt *r, *same = NULL;
	bool is_later = false;

	(void)line;
	if (!s->has_mail) {
		session_reply(s, 503, "5.0.0", VIEW("Need MAIL before RCPT"));
		return;
	}
	error = grammar_path(args, VIEW("to"), &path);
	if (error == GRAMMAR_NO_KEYWORD) {
		session_refusef(s, 501, "5.5.2", VIEW_NONE,
				"Syntax error in parameters scanning \"" VIEW_FMT "\"",
				VIEW_ARG(session_shown(s, path.scanned)));
		s->n_bad_rcpts++;
		return;
	}
	if (!has_room(s)) {
		s->n_bad_rcpts++;
		return;
	}
	r = envelope_add_rcpt(s->env, path.address, NULL);
	if (!take(s, &path, error, r, &same, &is_later)) {
		drop(s->env, r);
		s->n_bad_rcpts++;
		forget_macros(s);
		macros_set(s->env->macros, MACRO_ADDR_TYPE, VIEW_NONE);
		return;
	}
	if (r->triple.mailer && r->triple.mailer == s->snap->cf->local_mailer)
		macros_set(s->env->macros, 'u', r->triple.user);
	s->n_taken++;
	if (same != r)
		drop(s->env, r);
	forget_macros(s);
	session_replyf(s, 250, "2.1.5", VIEW_FMT "... Recipient ok%s",
		       VIEW_ARG(session_shown(s, same->address)), is_later ? " (will queue)" : "");
}
