/*
 * smtp_send.c - a transaction.
 *
 * The commands of a group are gathered and written once; then their replies are read in order. Without PIPELINING a group is one
 * command. `struct send` keeps which recipients were accepted.
 */
#include "deliver/smtp_send.h"

#include <errno.h>

#include "base/clock.h"
#include "deliver/message_out.h"
#include "envelope/qf.h"
#include "smtp/grammar.h"

struct send {
	struct attempt *at;
	struct smtp_client *c;
	struct rcpt **accepted, **offered; /* in the order of their RCPT commands */
	struct status *rcpt_ok;            /* what the peer said to the RCPT of each accepted one */
	size_t n_accepted, n_offered;
	enum message_bits bits;
	bool is_first;    /* the first command on a kept connection: its death is no failure */
	bool is_dead;     /* that happened: nothing is decided, a new connection may be tried */
	bool was_refused; /* DATA, or every recipient: the transaction stands open */
	bool has_failed;  /* MAIL was refused or the connection lost: all have their outcome */
};

static int64_t limit(int64_t seconds)
{
	return deadline_in_s(seconds);
}

/* ---- judging ---- */

/* Nothing is said of a failure that another host may make good. */
static bool put_off(struct send *s, const struct status *st)
{
	if (status_outcome(st) != OUTCOME_LATER || !smtp_client_has_next(s->at, s->c))
		return false;
	s->at->later = *st;
	s->at->has_later = true;
	return true;
}

static void fail_rest(struct send *s, const struct status *st)
{
	s->has_failed = true;
	if (!put_off(s, st))
		outcome_set_rest(s->at, st);
	s->c->needs_reset = true;
}

static void fail_io(struct send *s, enum smtp_stage stage, int error)
{
	struct status st = outcome_of_lost(s->at->arena, stage, error, view_of(s->c->host));

	s->c->is_broken = true;
	s->c->io_error = error;
	s->at->site_failed = true;
	fail_rest(s, &st);
}

/* The connection is lost before the peer answered anything. */
static bool lose(struct send *s, int error)
{
	s->c->is_broken = true;
	if (s->is_first && error != -ETIMEDOUT)
		s->is_dead = true;
	else
		fail_io(s, STAGE_MAIL, error);
	return false;
}

static struct view without_code(struct view text)
{
	struct view word;

	return view_word(&text, &word) ? view_trim(text) : text;
}

static const char *command_name(enum smtp_stage stage)
{
	switch (stage) {
	case STAGE_MAIL:
		return "MAIL";
	case STAGE_RCPT:
		return "RCPT";
	case STAGE_DATA:
		return "DATA-1";
	default:
		return "DATA-2";
	}
}

static struct status judge(struct send *s, enum smtp_stage stage)
{
	struct status st = outcome_of_reply(s->at->arena, stage, &s->c->reply,
					    s->c->extensions & SMTP_ENHANCED, s->at->remote);

	/* A peer that announced enhanced codes has them taken off what is told of its words. */
	if (st.exit == EX_OK_ && (s->c->extensions & SMTP_ENHANCED) && s->c->reply.dsn[0])
		st.text = arena_printf(s->at->arena, "Sent (" VIEW_FMT ")",
				       VIEW_ARG(without_code(view_skip(st.reply, 4))));
	if (st.exit == EX_PROTOCOL_ && s->c->reply.code < 400) {
		log_event(s->at->job->services->log, 1, LOG_CRIT, s->at->env->id,
			  "%s: SMTP %s protocol error: " VIEW_FMT, s->c->host, command_name(stage),
			  VIEW_ARG(st.reply));
		/* Which reply belongs to which command is then unknown. */
		s->c->is_broken = s->c->extensions & SMTP_PIPELINING;
	}
	return st;
}

/* A message that is too large comes back without its text. */
static void return_header_only(struct envelope *e)
{
	pthread_mutex_lock(&e->lock);
	e->flags |= ENV_RET_HEADERS;
	pthread_mutex_unlock(&e->lock);
}

/* ---- MAIL ---- */

static bool has_8bit(const struct envelope *e)
{
	return (e->flags & ENV_HAS_8BIT) != 0 || (e->body && body_has_8bit(e->body));
}

/* How 8-bit data gets through: BODY= when offered, as it is where that is allowed, else converted. False: not at all. */
static bool choose_bits(struct send *s, struct view *out_body_type)
{
	const struct envelope *e = s->at->env;
	const struct flag_set *f = &s->at->mailer->flags;
	unsigned mode = s->at->cf->options.eight_bit_mode;

	*out_body_type = VIEW_NONE;
	if ((s->c->extensions & SMTP_8BITMIME) && !flag_has(f, '7')) {
		*out_body_type = e->body_type;
		if (e->body_type.len == 0 && (mode & EIGHT_BIT_MIME) && has_8bit(e) &&
		    !flag_has(f, '8'))
			*out_body_type = VIEW("8BITMIME");
		return true;
	}
	if (flag_has(f, '8') || !has_8bit(e))
		return true;
	if ((mode & EIGHT_BIT_MIME) &&
	    (!(mode & EIGHT_BIT_PASS) || view_eq_nocase(e->body_type, VIEW("8BITMIME")) ||
	     flag_has(f, '7'))) {
		s->bits = MESSAGE_TO_7BIT;
		return true;
	}
	return (mode & EIGHT_BIT_PASS) != 0;
}

static void add_mail_params(struct send *s, struct str *line, struct view body_type)
{
	const struct envelope *e = s->at->env;
	unsigned ext = s->c->extensions;

	if ((ext & SMTP_SIZE) && s->at->size > 0)
		str_addf(line, " SIZE=%lld", (long long)s->at->size);
	if (body_type.len > 0)
		str_addf(line, " BODY=" VIEW_FMT, VIEW_ARG(body_type));
	if ((ext & SMTP_UTF8) && (e->flags & ENV_UTF8))
		str_addz(line, " SMTPUTF8");
	if (!(ext & SMTP_DSN))
		return;
	if (e->envid.len > 0)
		str_addf(line, " ENVID=" VIEW_FMT, VIEW_ARG(e->envid));
	if (e->flags & ENV_RET_GIVEN)
		str_addz(line, e->flags & ENV_RET_HEADERS ? " RET=HDRS" : " RET=FULL");
}

static void add_deliver_by(struct send *s, struct str *line)
{
	const struct envelope *e = s->at->env;

	if ((s->c->extensions & SMTP_DELIVERBY) && e->deliver_by_s != 0 && e->deliver_by_mode)
		str_addf(line, " BY=%lld;%c%s",
			 (long long)(e->deliver_by_s - (wall_s() - e->created_s)),
			 e->deliver_by_mode, e->deliver_by_trace ? "T" : "");
}

/*
 * A peer that keeps no deliver-by time (RFC 2852 4.1): a message that is to come back when it is late may not go there; for
 * one whose sender wants to hear of it, the peer is asked for a notice of delay at least. False: refused.
 */
static bool choose_deliver_by(struct send *s)
{
	struct envelope *e = s->at->env;
	const struct task *t = s->at->task;
	struct status st;

	if (e->deliver_by_s == 0 || (s->c->extensions & SMTP_DELIVERBY))
		return true;
	if (e->deliver_by_mode == 'R') {
		envelope_note(e, "554 5.4.7 Server does not support Deliver By");
		st = status_make(554, "5.4.7", EX_UNAVAILABLE_, VIEW("Service unavailable"));
		outcome_set_rest(s->at, &st);
		return false;
	}
	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < t->n_rcpts; i++) {
		uint32_t notify = qf_notify_flags(t->rcpts[i]);

		if (notify & (RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY))
			t->rcpts[i]->flags |= (notify &
					       (RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE)) |
					      RCPT_NOTIFY_DELAY | RCPT_NOTIFY_GIVEN;
	}
	pthread_mutex_unlock(&e->lock);
	return true;
}

/* False: the message may not go this way, and all recipients know. */
static bool send_mail(struct send *s)
{
	own_str struct str line = STR_MAX(4096);
	struct attempt *at = s->at;
	struct view body_type;
	struct status st;

	if (!choose_bits(s, &body_type)) {
		st = status_make(554, "5.6.1", EX_DATAERR_,
				 VIEW("cannot send 8-bit data to non-8-bit destination"));
		return outcome_set_rest(at, &st), false;
	}
	if (s->c->max_size > 0 && at->size > s->c->max_size) {
		st = status_make(552, "5.2.3", EX_UNAVAILABLE_,
				 arena_printf(at->arena, "Message is too large; %lld bytes max",
					      (long long)s->c->max_size));
		return_header_only(at->env);
		return outcome_set_rest(at, &st), false;
	}
	if (!choose_deliver_by(s))
		return false;
	add_mail_params(s, &line, body_type);
	add_deliver_by(s, &line);
	smtp_client_command(s->c, at, "MAIL From:<" VIEW_FMT ">" VIEW_FMT, VIEW_ARG(at->sender),
			    VIEW_ARG(str_view(&line)));
	s->c->needs_reset = true;
	return true;
}

/* False: refused or lost. */
static bool hear_mail(struct send *s)
{
	int rc = smtp_client_reply(s->c, s->at, STAGE_MAIL,
				   limit(s->at->cf->options.timeout.mail_s));
	struct status st;

	if (rc < 0)
		return lose(s, rc);
	if (s->is_first && s->c->reply.code == 421)
		return lose(s, -ECONNRESET);
	s->is_first = false;
	st = judge(s, STAGE_MAIL);
	if (st.exit == EX_OK_)
		return true;
	smtp_client_note(s->c, s->at);
	fail_rest(s, &st);
	s->c->needs_reset = false; /* nothing was begun */
	if (s->c->reply.code == 552)
		return_header_only(s->at->env);
	return false;
}

/* ---- RCPT ---- */

static void add_notify(struct str *line, uint32_t flags)
{
	const char *sep = " NOTIFY=";
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
		{RCPT_NOTIFY_SUCCESS,  "SUCCESS"},
		{ RCPT_NOTIFY_FAILURE, "FAILURE"},
		{ RCPT_NOTIFY_DELAY,   "DELAY"  }
	};

	if (!(flags & RCPT_NOTIFY_GIVEN))
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!(flags & words[i].flag))
			continue;
		str_addf(line, "%s%s", sep, words[i].word);
		sep = ",";
	}
	if (*sep == ' ')
		str_addz(line, " NOTIFY=NEVER");
}

/* ORCPT=type;xtext, as it came; what is no xtext is made one. */
static void add_orcpt(struct send *s, struct str *line, struct view orcpt)
{
	size_t semi = view_find(orcpt, ';');
	struct view text;

	if (semi == orcpt.len)
		return;
	text = view_skip(orcpt, semi + 1);
	if (!xtext_is_valid(text))
		text = xtext_encode(text, s->at->arena);
	str_addf(line, " ORCPT=" VIEW_FMT ";" VIEW_FMT, VIEW_ARG(view_first(orcpt, semi)),
		 VIEW_ARG(text));
}

/* False: the policy (ruleset tls_rcpt) does not allow it; the recipient has its outcome. */
static bool send_rcpt(struct send *s, struct rcpt *r)
{
	own_str struct str line = STR_MAX(4096);
	struct check check;

	rw_check(&s->at->rw, "tls_rcpt", r->triple.user, VIEW_NONE, 0, s->c->host, &check);
	if (check.verdict == CHECK_REJECT) {
		outcome_set(s->at, &r, 1, &check.status);
		return false;
	}
	if (s->c->extensions & SMTP_DSN) {
		add_notify(&line, r->flags);
		add_orcpt(s, &line, r->orcpt);
	}
	smtp_client_command(s->c, s->at, "RCPT To:<" VIEW_FMT ">" VIEW_FMT,
			    VIEW_ARG(r->triple.user), VIEW_ARG(str_view(&line)));
	return true;
}

static void own_reply(struct send *s, struct rcpt *r)
{
	pthread_mutex_lock(&s->at->env->lock);
	r->flags |= RCPT_OWN_REPLY;
	pthread_mutex_unlock(&s->at->env->lock);
}

/* False: the connection is lost. */
static bool hear_rcpt(struct send *s, struct rcpt *r)
{
	int rc = smtp_client_reply(s->c, s->at, STAGE_RCPT,
				   limit(s->at->cf->options.timeout.rcpt_s));
	struct status st;

	if (rc < 0)
		return fail_io(s, STAGE_RCPT, rc), false;
	st = judge(s, STAGE_RCPT);
	if (st.exit == EX_OK_) {
		s->rcpt_ok[s->n_accepted] = st;
		s->accepted[s->n_accepted++] = r;
		return true;
	}
	smtp_client_note(s->c, s->at);
	outcome_set(s->at, &r, 1, &st);
	own_reply(s, r);
	if (!s->c->is_broken)
		return true;
	/* Of the others nothing was said. */
	if (st.exit == EX_TEMPFAIL_)
		memcpy(st.dsn, (uint8_t[3]){ 4, 0, 0 }, sizeof(st.dsn));
	fail_rest(s, &st);
	return false;
}

/* ---- DATA ---- */

/* True: the peer waits for the message. */
static bool hear_data(struct send *s)
{
	int rc = smtp_client_reply(s->c, s->at, STAGE_DATA,
				   limit(s->at->cf->options.timeout.datainit_s));
	struct status st;

	if (rc < 0)
		return fail_io(s, STAGE_DATA, rc), false;
	if (s->c->reply.code == 354)
		return true;
	smtp_client_note(s->c, s->at);
	s->was_refused = s->n_accepted == 0;
	if (s->was_refused)
		return false;
	st = judge(s, STAGE_DATA);
	fail_rest(s, &st);
	s->was_refused = status_outcome(&st) == OUTCOME_NEVER;
	return false;
}

/* A peer that said 354 although no recipient stands is given an empty message. */
static void send_nothing(struct send *s)
{
	smtp_client_command(s->c, s->at, ".");
	if (smtp_client_flush(s->c, limit(s->at->cf->options.timeout.datablock_s)) == 0)
		smtp_client_reply(s->c, s->at, STAGE_DOT,
				  limit(s->at->cf->options.timeout.datafinal_s));
	s->c->needs_reset = false;
}

static int flush_text(void *arg, struct view bytes)
{
	struct send *s = arg;

	return stream_flush_with(s->c->stream, bytes,
				 limit(s->at->cf->options.timeout.datablock_s));
}

static bool send_text(struct send *s)
{
	struct text_out *o = &s->at->job->text;
	struct text_format format = message_format(s->at->mailer, true);
	int rc;

	if (s->bits == MESSAGE_TO_7BIT)
		format.strip_high = false;
	text_out_reset(o, &format);
	o->flush = flush_text;
	o->arg = s;
	rc = message_write(s->at, o, s->bits);
	if (rc == 0) {
		if (s->at->job->verbose)
			s->at->job->verbose(s->at->job->verbose_arg, 1, VIEW("."));
		text_out_raw(o, VIEW(".\r\n"));
		rc = text_out_flush(o);
	}
	if (rc < 0)
		fail_io(s, STAGE_DOT, rc);
	return rc == 0;
}

/* What a recipient's delivery means for its reports. */
static void mark_sent(struct send *s, struct rcpt *r)
{
	pthread_mutex_lock(&s->at->env->lock);
	if (s->c->is_lmtp)
		r->flags |= RCPT_DELIVERED_LOCAL;
	else
		r->flags |= s->c->extensions & SMTP_DSN ? RCPT_DSN_PASSED : RCPT_RELAYED_NO_DSN;
	if (s->c->extensions & SMTP_DELIVERBY)
		r->flags |= RCPT_BY_PASSED;
	pthread_mutex_unlock(&s->at->env->lock);
}

/* A report shows what the peer said of the recipient, not of the message. */
static void keep_rcpt_reply(struct send *s, struct rcpt *r, const struct status *ok)
{
	struct envelope *e = s->at->env;

	pthread_mutex_lock(&e->lock);
	if (ok->dsn[0] == 2)
		memcpy(r->status.dsn, ok->dsn, sizeof(ok->dsn));
	r->status.reply = arena_dup(e->arena, ok->reply);
	pthread_mutex_unlock(&e->lock);
}

static void settle_accepted(struct send *s, struct rcpt **rcpts, size_t n)
{
	struct status st = judge(s, STAGE_DOT);

	if (st.exit == EX_OK_) {
		for (size_t i = 0; i < n; i++)
			mark_sent(s, rcpts[i]);
		s->at->sent = st;
		s->at->has_sent = true;
	} else {
		smtp_client_note(s->c, s->at);
	}
	if (put_off(s, &st))
		return;
	outcome_set(s->at, rcpts, n, &st);
	if (st.exit == EX_OK_ && !s->c->is_lmtp)
		for (size_t i = 0; i < n; i++)
			keep_rcpt_reply(s, rcpts[i], &s->rcpt_ok[rcpts + i - s->accepted]);
}

static void hear_dot(struct send *s)
{
	size_t step = s->c->is_lmtp ? 1 : s->n_accepted;

	for (size_t i = 0; i < s->n_accepted; i += step) {
		int rc = smtp_client_reply(s->c, s->at, STAGE_DOT,
					   limit(s->at->cf->options.timeout.datafinal_s));

		if (rc < 0) {
			fail_io(s, STAGE_DOT, rc);
			return;
		}
		settle_accepted(s, s->accepted + i, step);
		if (s->c->is_broken && i + step < s->n_accepted) {
			fail_io(s, STAGE_DOT, -ECONNRESET);
			return;
		}
	}
	s->c->needs_reset = false;
}

/* ---- the two ways through a transaction ---- */

static int flush_commands(struct send *s)
{
	return smtp_client_flush(s->c, limit(s->at->cf->options.timeout.mail_s));
}

static void offer_rcpts(struct send *s)
{
	for (size_t i = 0; i < s->at->task->n_rcpts; i++) {
		struct rcpt *r = s->at->task->rcpts[i];

		if (r->state == RCPT_TRYING && send_rcpt(s, r))
			s->offered[s->n_offered++] = r;
	}
}

/* Reads what the pipelined commands after a refused MAIL still bring. */
static void drain_pipeline(struct send *s)
{
	int64_t deadline = limit(s->at->cf->options.timeout.rcpt_s);

	for (size_t i = 0; i < s->n_offered && !s->c->is_broken; i++)
		smtp_client_reply(s->c, s->at, STAGE_RCPT, deadline);
	if (!s->c->is_broken && s->n_offered > 0 && hear_data(s))
		send_nothing(s);
}

/* True: the peer waits for the message of at least one recipient. */
static bool open_pipelined(struct send *s)
{
	int rc;

	if (!send_mail(s))
		return false;
	if (s->at->job->verbose) { /* shown in the order of the reference, which waits here */
		rc = flush_commands(s);
		if (rc < 0)
			return lose(s, rc);
		if (!hear_mail(s))
			return false;
	}
	offer_rcpts(s);
	if (s->n_offered > 0)
		smtp_client_command(s->c, s->at, "DATA");
	rc = flush_commands(s);
	if (rc < 0)
		return lose(s, rc);
	if (!s->at->job->verbose && !hear_mail(s)) {
		if (s->has_failed)
			drain_pipeline(s);
		return false;
	}
	for (size_t i = 0; i < s->n_offered; i++)
		if (!hear_rcpt(s, s->offered[i]))
			return false;
	if (s->n_offered == 0 || !hear_data(s))
		return false;
	if (s->n_accepted == 0)
		send_nothing(s);
	return s->n_accepted > 0;
}

static bool open_stepwise(struct send *s)
{
	int rc;

	if (!send_mail(s))
		return false;
	rc = flush_commands(s);
	if (rc < 0)
		return lose(s, rc);
	if (!hear_mail(s))
		return false;
	for (size_t i = 0; i < s->at->task->n_rcpts; i++) {
		struct rcpt *r = s->at->task->rcpts[i];

		if (r->state != RCPT_TRYING || !send_rcpt(s, r))
			continue;
		rc = flush_commands(s);
		if (rc < 0)
			return fail_io(s, STAGE_RCPT, rc), false;
		if (!hear_rcpt(s, r))
			return false;
	}
	s->was_refused = s->n_accepted == 0;
	if (s->was_refused)
		return false;
	smtp_client_command(s->c, s->at, "DATA");
	rc = flush_commands(s);
	if (rc < 0)
		return fail_io(s, STAGE_DATA, rc), false;
	return hear_data(s);
}

/* After a transaction that was begun and given up. */
static bool reset(struct send *s)
{
	int64_t deadline = limit(s->at->cf->options.timeout.rset_s);

	smtp_client_command(s->c, s->at, "RSET");
	if (smtp_client_flush(s->c, deadline) < 0 ||
	    smtp_client_reply(s->c, s->at, STAGE_RSET, deadline) < 0 ||
	    s->c->reply.code / 100 != 2) {
		s->c->is_broken = true;
		return false;
	}
	s->c->needs_reset = false;
	return true;
}

enum send_result smtp_send(struct attempt *at, struct smtp_client *c)
{
	size_t n = at->task->n_rcpts + 1;
	struct send s = { .at = at,
			  .c = c,
			  .accepted = ARENA_ARRAY(at->arena, struct rcpt *, n),
			  .offered = ARENA_ARRAY(at->arena, struct rcpt *, n),
			  .rcpt_ok = ARENA_ARRAY(at->arena, struct status, n),
			  .is_first = c->transactions > 0 };
	bool is_open;

	arena_reset(c->arena);
	if (c->needs_reset && !reset(&s))
		return SEND_AGAIN;
	is_open = c->extensions & SMTP_PIPELINING ? open_pipelined(&s) : open_stepwise(&s);
	if (s.is_dead)
		return SEND_AGAIN;
	if (is_open && send_text(&s))
		hear_dot(&s);
	c->transactions++;
	if (s.was_refused && c->needs_reset && !c->is_broken)
		reset(&s);
	return SEND_DONE;
}
