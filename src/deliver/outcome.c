/*
 * outcome.c - one outcome for each recipient, and what it says.
 *
 * Judging goes by tables: a reply by its stage and code, an exit status by mail/status.c. A status whose exit code is
 * EX_TEMPFAIL_ is "Deferred"; its text follows the colon. A text that stands for a failure is the exit code's own
 * ("User unknown"), the peer's words are kept as the reply.
 */
#include "deliver/outcome.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/bug.h"
#include "base/clock.h"
#include "report/dsn.h"
#include "report/mail_log.h"
#include "report/report.h"

const char *outcome_stage_name(enum smtp_stage stage)
{
	static const char *const names[SMTP_STAGES] = {
		[STAGE_GREETING] = "client greeting", [STAGE_HELO] = "client EHLO",
		[STAGE_MAIL] = "client MAIL",         [STAGE_RCPT] = "client RCPT",
		[STAGE_DATA] = "client DATA 354",     [STAGE_DOT] = "client DATA status",
		[STAGE_RSET] = "client RSET",         [STAGE_QUIT] = "client QUIT",
	};

	return names[stage];
}

/* Permanent replies that mean more than "failed" (contract/smtp.md 7.10). */
static const struct {
	enum smtp_stage stage;
	int code, exit;
	const char *dsn;
} meanings[] = {
	{STAGE_MAIL,  501, EX_DATAERR_,     "5.5.2"},
        { STAGE_MAIL, 553, EX_DATAERR_,     "5.1.3"},
	{ STAGE_MAIL, 552, EX_UNAVAILABLE_, "5.2.0"},
        { STAGE_RCPT, 550, EX_NOUSER_,      "5.1.1"},
	{ STAGE_RCPT, 551, EX_NOUSER_,      "5.1.6"},
        { STAGE_RCPT, 553, EX_NOUSER_,      "5.1.3"},
};

static const char *default_dsn(enum smtp_stage stage, int code, int *out_exit)
{
	*out_exit = EX_UNAVAILABLE_;
	if (code / 100 == 2)
		return *out_exit = EX_OK_, "2.0.0";
	if (code / 100 == 4)
		return *out_exit = EX_TEMPFAIL_, stage <= STAGE_HELO ? "4.5.0" : "4.0.0";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].stage == stage && meanings[i].code == code)
			return *out_exit = meanings[i].exit, meanings[i].dsn;
	return stage <= STAGE_HELO ? "5.5.0" : "5.0.0";
}

static bool reply_is_for(enum smtp_stage stage, int code)
{
	switch (code / 100) {
	case 2:
		return stage != STAGE_DATA;
	case 3:
		return stage == STAGE_DATA && code == 354;
	case 4:
	case 5:
		return true;
	default:
		return false;
	}
}

struct status outcome_of_reply(struct arena *a, enum smtp_stage stage, const struct reply *reply,
			       struct view host)
{
	struct view last = arena_dup(a, reply->last);
	struct status st;
	int exit;
	const char *dsn = default_dsn(stage, reply->code, &exit);

	if (!reply_is_for(stage, reply->code)) {
		st = status_make(554, "5.5.0", EX_PROTOCOL_, VIEW("Remote protocol error"));
		st.reply = last;
		st.remote = host;
		return st;
	}
	st = status_make(reply->code, dsn, exit, VIEW_NONE);
	if (reply->dsn[0] == reply->code / 100)
		for (int i = 0; i < 3; i++)
			st.dsn[i] = reply->dsn[i];
	st.remote = host;
	st.reply = last;
	if (exit == EX_TEMPFAIL_ && stage == STAGE_GREETING)
		st.reply = VIEW_NONE; /* said of no recipient */
	if (exit == EX_TEMPFAIL_)
		st.text = last;
	else if (exit == EX_OK_)
		st.text = arena_printf(a, "Sent (" VIEW_FMT ")", VIEW_ARG(view_skip(last, 4)));
	else
		st.text = status_from_exit(exit).text;
	return st;
}

struct status outcome_of_io(struct arena *a, int error, struct view host, bool is_connected)
{
	const char *dsn = is_connected ? "4.4.2" : "4.4.1";
	struct view text;
	struct status st;

	switch (-error) {
	case ECONNREFUSED:
		text = arena_printf(a, "Connection refused by " VIEW_FMT, VIEW_ARG(host));
		break;
	case ETIMEDOUT:
		text = arena_printf(a, "Connection timed out with " VIEW_FMT, VIEW_ARG(host));
		break;
	case 0:
	case EPIPE: /* the peer closed in the middle: nothing more can be said */
		text = VIEW("");
		break;
	case ECONNRESET:
		text = arena_printf(a, "Connection reset by " VIEW_FMT, VIEW_ARG(host));
		break;
	case EHOSTDOWN:
		text = arena_printf(a, "Host " VIEW_FMT " is down", VIEW_ARG(host));
		break;
	case EPROTO:
	case EMSGSIZE:
		st = status_make(554, "5.5.0", EX_PROTOCOL_, VIEW("Remote protocol error"));
		st.remote = host;
		return st;
	default: {
		char words[128];

		text = arena_printf(a, "%s: " VIEW_FMT, strerror_r(-error, words, sizeof(words)),
				    VIEW_ARG(host));
	}
	}
	st = status_make(451, dsn, EX_TEMPFAIL_, text);
	st.remote = host;
	return st;
}

static struct status outcome_of_signal(struct arena *a, const struct mailer *m, int wait_status)
{
	const char *how = WCOREDUMP(wait_status)    ? " (core dumped)"
			  : WIFSTOPPED(wait_status) ? " (stopped)"
						    : "";
	int number = WIFSTOPPED(wait_status) ? WSTOPSIG(wait_status) : WTERMSIG(wait_status);

	return status_make(451, "4.3.0", EX_TEMPFAIL_,
			   arena_printf(a, "mailer " VIEW_FMT " died with signal %d%s",
					VIEW_ARG(m->name), number, how));
}

struct status outcome_of_exit(struct arena *a, const struct mailer *m, int wait_status)
{
	struct status st;
	const char *name;
	int code;

	if (!WIFEXITED(wait_status))
		return outcome_of_signal(a, m, wait_status);
	code = WEXITSTATUS(wait_status);
	st = status_from_exit(code);
	if (code == EX_OK_) {
		st.text = VIEW("Sent");
		return st;
	}
	name = status_exit_name(code);
	if (!name)
		st.text = arena_printf(a, "unknown mailer error %d", code);
	if (status_outcome(&st) == OUTCOME_LATER)
		st.text = arena_printf(a, VIEW_FMT " mailer (" VIEW_FMT ") exited with %s",
				       VIEW_ARG(m->name), VIEW_ARG(m->path),
				       name ? name : "an error");
	else if (!name)
		st.reply = arena_printf(a, "%d", code);
	return st;
}

struct view outcome_stat(const struct status *st, struct arena *a)
{
	if (status_outcome(st) != OUTCOME_LATER)
		return st->text;
	if (st->text.len == 0)
		return VIEW("Deferred");
	return arena_printf(a, "Deferred: " VIEW_FMT, VIEW_ARG(st->text));
}

/* A copy whose texts live as long as the envelope; its lock is held. */
static struct status status_keep(struct envelope *e, const struct status *st)
{
	struct status kept = *st;

	kept.text = arena_dup(e->arena, st->text);
	kept.remote = arena_dup(e->arena, st->remote);
	if (kept.remote.len > 1 && kept.remote.p[kept.remote.len - 1] == '.')
		kept.remote.len--;
	kept.reply = arena_dup(e->arena, st->reply);
	return kept;
}

static enum rcpt_state state_of(enum outcome o)
{
	return o == OUTCOME_SENT ? RCPT_SENT : o == OUTCOME_LATER ? RCPT_DEFERRED : RCPT_FAILED;
}

static void set_states(struct attempt *at, struct rcpt *const *rcpts, size_t n,
		       const struct status *st)
{
	struct status kept;
	int64_t now = wall_s();

	pthread_mutex_lock(&at->env->lock);
	kept = status_keep(at->env, st);
	for (size_t i = 0; i < n; i++) {
		rcpts[i]->status = kept;
		rcpts[i]->attempted_at_s = now;
		rcpts[i]->state = state_of(status_outcome(st));
	}
	pthread_mutex_unlock(&at->env->lock);
}

/* What a report's transcript tells about a recipient that did not get the message: the words of its exit status; some
 * of them are about the session and name nobody. */
static void note_trouble(struct attempt *at, const struct rcpt *r, const struct status *st,
			 struct view stat)
{
	struct status base = status_from_exit(st->exit);
	char dsn[16];

	if (status_outcome(st) == OUTCOME_LATER) {
		envelope_note(at->env, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(r->address),
			      VIEW_ARG(stat));
		return;
	}
	status_format_dsn(&base, dsn);
	if (rw_reply_names_address(base.smtp))
		envelope_note(at->env, "%d %s " VIEW_FMT "... " VIEW_FMT, base.smtp, dsn,
			      VIEW_ARG(r->address), VIEW_ARG(stat));
	else
		envelope_note(at->env, "%d %s " VIEW_FMT, base.smtp, dsn, VIEW_ARG(stat));
}

static void note_success(struct attempt *at, struct rcpt *const *rcpts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (report_wants_receipt(at->env, rcpts[i]))
			envelope_note(at->env, VIEW_FMT,
				      VIEW_ARG(dsn_success_note(rcpts[i], at->arena)));
}

/* SoftBounce: what would be returned is tried again. */
static struct status softened(const struct attempt *at, const struct status *st)
{
	struct status s = *st;

	if (!at->cf->options.soft_bounce || status_outcome(st) != OUTCOME_NEVER)
		return s;
	s.exit = EX_TEMPFAIL_;
	s.smtp = 400 + st->smtp % 100;
	s.dsn[0] = 4;
	return s;
}

void outcome_set(struct attempt *at, struct rcpt *const *rcpts, size_t n,
		 const struct status *status)
{
	struct status st = softened(at, status), logged;
	struct view stat = outcome_stat(&st, at->arena);

	if (n == 0)
		return;
	set_states(at, rcpts, n, &st);
	if (status_outcome(&st) != OUTCOME_SENT)
		for (size_t i = 0; i < n; i++)
			note_trouble(at, rcpts[i], &st, stat);
	else
		note_success(at, rcpts, n);
	logged = st;
	if (!at->has_spoken)
		logged.reply = VIEW_NONE; /* words for reports that no peer said */
	mail_log_to(at->job->services->log,
		    &(struct mail_log_delivery){ .env = at->env,
						 .rcpts = rcpts,
						 .n = n,
						 .mailer = at->mailer,
						 .relay = at->relay,
						 .status = &logged,
						 .stat = stat,
						 .started_s = at->started_s });
	/* What fails is told by the report, or in dead.letter. */
	if (at->job->verbose && status_outcome(&st) != OUTCOME_NEVER) {
		struct view list = attempt_rcpt_list(at, rcpts, n);

		attempt_say(at, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(list), VIEW_ARG(stat));
	}
}

void outcome_set_rest(struct attempt *at, const struct status *st)
{
	struct rcpt **rest = ARENA_ARRAY(at->arena, struct rcpt *, at->task->n_rcpts + 1);
	size_t n = 0;

	for (size_t i = 0; i < at->task->n_rcpts; i++)
		if (at->task->rcpts[i]->state == RCPT_TRYING ||
		    at->task->rcpts[i]->state == RCPT_ROUTED)
			rest[n++] = at->task->rcpts[i];
	outcome_set(at, rest, n, st);
}

void outcome_log_unrouted(const struct services *sv, struct envelope *e, struct rcpt *r)
{
	own_arena struct arena *a = arena_new(4096);

	mail_log_to(sv->log, &(struct mail_log_delivery){ .env = e,
							  .rcpts = &r,
							  .n = 1,
							  .mailer = r->triple.mailer,
							  .relay = VIEW_NONE,
							  .status = &r->status,
							  .stat = outcome_stat(&r->status, a) });
}
