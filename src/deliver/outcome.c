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

/* What a code says by itself, whatever it answers (contract/smtp.md 7.10). */
static const struct {
	int code;
	const char *dsn;
} code_dsn[] = {
	{450,  "4.2.0"},
        { 451, "4.3.0"},
        { 452, "4.3.1"},
        { 500, "5.5.2"},
	{ 501, "5.5.4"},
        { 502, "5.5.1"},
        { 503, "5.5.1"},
        { 504, "5.5.4"},
	{ 550, "5.2.0"},
        { 551, "5.1.6"},
        { 552, "5.2.2"},
        { 553, "5.1.0"},
};

/* Permanent replies that mean more at one stage than elsewhere. */
static const struct {
	enum smtp_stage stage;
	int code, exit;
	const char *dsn;
} meanings[] = {
	{STAGE_MAIL,  501, EX_DATAERR_,     "5.5.2"},
        { STAGE_MAIL, 553, EX_DATAERR_,     "5.1.3"},
	{ STAGE_MAIL, 552, EX_UNAVAILABLE_, "5.3.4"},
        { STAGE_RCPT, 550, EX_NOUSER_,      "5.1.1"},
	{ STAGE_RCPT, 551, EX_NOUSER_,      "5.1.6"},
        { STAGE_RCPT, 553, EX_NOUSER_,      "5.1.3"},
};

static const char *dsn_of_code(int code)
{
	for (size_t i = 0; i < sizeof(code_dsn) / sizeof(*code_dsn); i++)
		if (code_dsn[i].code == code)
			return code_dsn[i].dsn;
	return code / 100 == 4 ? "4.0.0" : "5.0.0";
}

/* Of a message's text a peer says 55z; another refusal there is out of place. */
static int exit_of_refusal(enum smtp_stage stage, int code)
{
	return stage == STAGE_DOT && code / 10 != 55 ? EX_PROTOCOL_ : EX_UNAVAILABLE_;
}

static const char *default_dsn(enum smtp_stage stage, int code, int *out_exit)
{
	bool speaks_of_itself = stage == STAGE_RCPT || stage == STAGE_DOT;

	if (code / 100 == 2)
		return *out_exit = EX_OK_, "2.0.0";
	*out_exit = code / 100 == 4 ? EX_TEMPFAIL_ : exit_of_refusal(stage, code);
	if (stage <= STAGE_HELO)
		return code / 100 == 4 ? "4.5.0" : "5.5.0";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].stage == stage && meanings[i].code == code)
			return *out_exit = meanings[i].exit, meanings[i].dsn;
	if (speaks_of_itself || (stage == STAGE_MAIL && code / 100 == 4))
		return dsn_of_code(code);
	return code / 100 == 4 ? "4.0.0" : "5.0.0";
}

/*
 * A peer's own enhanced code counts when it announced such codes, for what it said of an address or of the message; a
 * connection that it closes says nothing of either.
 */
static bool heeds_dsn(enum smtp_stage stage, const struct reply *reply)
{
	return stage == STAGE_RCPT || stage == STAGE_DOT ||
	       (stage == STAGE_MAIL && reply->code != 421);
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

/* How logs and reports quote a reply: its first line. */
static struct view quoted(const struct reply *reply, struct arena *a)
{
	return arena_dup(a, view_trim_end(view_first(reply->text, view_find(reply->text, '\n'))));
}

struct status outcome_of_reply(struct arena *a, enum smtp_stage stage, const struct reply *reply,
			       bool has_enhanced, struct view host)
{
	struct view said = quoted(reply, a);
	struct status st;
	int exit;
	const char *dsn = default_dsn(stage, reply->code, &exit);

	/* Before a recipient was named, nothing was said of one: then a report names no peer. */
	if (stage <= STAGE_MAIL)
		host = VIEW_NONE;
	if (!reply_is_for(stage, reply->code) && stage == STAGE_HELO) {
		return status_make(451, "4.5.0", EX_TEMPFAIL_, VIEW(""));
	} else if (!reply_is_for(stage, reply->code) && stage != STAGE_GREETING) {
		st = status_make(554, stage == STAGE_RCPT || stage == STAGE_DOT ? "5.0.0" : "5.5.1",
				 EX_PROTOCOL_, VIEW("Remote protocol error"));
		st.reply = said;
		st.remote = host;
		return st;
	}
	st = status_make(reply->code, dsn, exit, VIEW_NONE);
	if (has_enhanced && heeds_dsn(stage, reply) && reply->dsn[0] == reply->code / 100)
		memcpy(st.dsn, reply->dsn, sizeof(st.dsn));
	st.remote = host;
	st.reply = said;
	if (exit == EX_TEMPFAIL_)
		st.text = said;
	else if (exit == EX_OK_)
		st.text = arena_printf(a, "Sent (" VIEW_FMT ")", VIEW_ARG(view_skip(said, 4)));
	else
		st.text = status_from_exit(exit).text;
	return st;
}

struct status outcome_of_lost(struct arena *a, enum smtp_stage stage, int error, struct view host)
{
	/* The end of the connection tells no more than that; after MAIL and the dot not even what was expected. */
	if (error == -EPIPE && stage != STAGE_MAIL && stage != STAGE_DOT)
		error = -ECONNRESET;
	return outcome_of_io(a, error, host, true);
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
	if (status_outcome(&st) == OUTCOME_LATER && !outcome_speaks_for_itself(&st))
		st.text = arena_printf(a, VIEW_FMT " mailer (" VIEW_FMT ") exited with %s",
				       VIEW_ARG(m->name), VIEW_ARG(m->path),
				       name ? name : "an error");
	else if (!name)
		st.reply = arena_printf(a, "%d", code);
	return st;
}

bool outcome_speaks_for_itself(const struct status *st)
{
	return (st->exit == EX_OSERR_ || st->exit == EX_IOERR_) && st->text.len > 0;
}

struct view outcome_stat(const struct status *st, struct arena *a)
{
	if (status_outcome(st) != OUTCOME_LATER || outcome_speaks_for_itself(st))
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
		rcpts[i]->flags &= (uint32_t) ~(RCPT_OWN_REPLY | RCPT_BY_RULES);
		rcpts[i]->state = state_of(status_outcome(st));
	}
	pthread_mutex_unlock(&at->env->lock);
}

/* What a report's transcript tells about recipients that did not get the message together: the words of their exit status;
 * some of them are about the session and name nobody. */
static void note_trouble(struct attempt *at, struct rcpt *const *rcpts, size_t n,
			 const struct status *st, struct view stat)
{
	struct status base = status_from_exit(st->exit);
	struct view list = attempt_rcpt_list(at, rcpts, n);
	char dsn[16];

	status_format_dsn(&base, dsn);
	if (status_outcome(st) == OUTCOME_LATER)
		envelope_note(at->env, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(list), VIEW_ARG(stat));
	else if (rw_reply_names_address(base.smtp))
		envelope_note(at->env, "%d %s " VIEW_FMT "... " VIEW_FMT, base.smtp, dsn,
			      VIEW_ARG(list), VIEW_ARG(stat));
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

/* What fails of a message that is just being given is told by the report, or in dead.letter. */
static void say_outcome(const struct attempt *at, struct rcpt *const *rcpts, size_t n,
			const struct status *st, struct view stat)
{
	const struct job *j = at->job;
	bool is_failure = status_outcome(st) == OUTCOME_NEVER;
	void (*say)(void *arg, int is_out, struct view line) = j->verbose   ? j->verbose
							       : is_failure ? j->complain
									    : NULL;

	if (!say || (is_failure && queue_is_new(at->env)))
		return;
	say(j->verbose_arg, -1,
	    arena_printf(at->arena, VIEW_FMT "... " VIEW_FMT,
			 VIEW_ARG(attempt_rcpt_list(at, rcpts, n)), VIEW_ARG(stat)));
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
		note_trouble(at, rcpts, n, &st, stat);
	else
		note_success(at, rcpts, n);
	logged = st;
	if (!at->has_spoken || st.exit == EX_CONFIG_)
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
	say_outcome(at, rcpts, n, &st, stat);
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
