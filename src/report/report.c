/*
 * report.c - see report.h.
 *
 *     recipients of the attempt      who hears of it                         kind
 *     failed, wants FAILURE          the sender (or owner, or Errors-To)     DSN_FAILURE
 *     delivered, wants SUCCESS       the same, in the same report            ... or DSN_RECEIPT alone
 *     late, wants DELAY, old enough  the same                                DSN_WARNING
 *     failed, and there is no sender DoubleBounceAddress                     DSN_POSTMASTER
 *     ... or none that could get it
 *     failed                         PostmasterCopy, header only             DSN_POSTMASTER
 */
#include "report/report.h"

#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "envelope/header_complete.h"
#include "envelope/qf.h"
#include "envelope/rcpt_order.h"
#include "mail/address.h"
#include "report/dead_letter.h"
#include "report/dsn.h"
#include "report/receivers.h"
#include "report/times.h"

#define LEVEL_REPORT  6
#define RETURNED_HEAD 1024 /* what a report itself is taken to weigh, for its priority */
#define OUT_MAX       64 /* reports on one message: one per owner of a list, and the postmaster's */
#define TO_MAX        100

struct reporting {
	const struct report_ctx *ctx;
	struct envelope *env;
	struct arena *arena;
	struct time_decision time;
	struct rcpt **rcpts; /* those a report tells about */
	size_t n_rcpts;
	bool has_failed, has_late, has_done;
	bool is_warning;               /* the postmaster gets it, for there is nobody else */
	bool notes_time;               /* that it was given up is still to be noted */
	struct view why;               /* for the log */
	struct envelope *out[OUT_MAX]; /* made, not yet accepted */
	size_t n_out;
};

/* ---- who is told about ---- */

/* A list that stands for several recipients does not hand its wish for a receipt on to them. */
static bool is_one_of_many(const struct rcpt *r)
{
	for (; r->parent; r = r->parent)
		if (r->parent->n_members > 1)
			return true;
	return false;
}

/* Delivered, and the deliver-by mode wants it told: in trace mode always, with N when the peer will tell nothing more. */
static bool tells_of_time(const struct envelope *e, const struct rcpt *r)
{
	uint32_t notify = qf_notify_flags(r);

	if (!e->deliver_by_s ||
	    !(notify & (RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY)))
		return false;
	return e->deliver_by_trace || (e->deliver_by_mode == 'N' && !(r->flags & RCPT_BY_PASSED));
}

bool report_wants_receipt(const struct envelope *e, const struct rcpt *r)
{
	const struct options *o = &e->snap->cf->options;
	bool asked = qf_notify_flags(r) & RCPT_NOTIFY_SUCCESS;

	if (!o->send_mime_errors || (o->privacy_options & PRIVACY_NORECEIPTS))
		return false;
	if (r->state == RCPT_SENT && tells_of_time(e, r))
		return !is_one_of_many(r);
	if (r->flags & RCPT_DSN_PASSED)
		return false;
	if (r->state == RCPT_EXPANDED) /* only where the list keeps the success for itself */
		return asked && (r->flags & RCPT_DELIVERED_LIST);
	return asked && !is_one_of_many(r);
}

static bool is_told_about(struct reporting *p, struct rcpt *r)
{
	uint32_t notify = qf_notify_flags(r);

	switch (r->state) {
	case RCPT_FAILED:
		if (r->flags & RCPT_REPORTED || !(notify & RCPT_NOTIFY_FAILURE))
			return false;
		p->has_failed = true;
		return true;
	case RCPT_SENT:
	case RCPT_EXPANDED:
		if (r->flags & RCPT_REPORTED || !report_wants_receipt(p->env, r))
			return false;
		p->has_done = true;
		return true;
	case RCPT_NEW:
	case RCPT_ROUTED:
	case RCPT_DEFERRED:
		if ((p->time.verdict != TIME_WARN && p->time.verdict != TIME_BY_WARN) ||
		    !(notify & RCPT_NOTIFY_DELAY))
			return false;
		p->has_late = true;
		return true;
	default:
		return false;
	}
}

static bool is_open(const struct rcpt *r)
{
	return r->state == RCPT_NEW || r->state == RCPT_ROUTED || r->state == RCPT_DEFERRED;
}

/* Who was addressed, is not told about otherwise, and stands for several that still wait, or for a list with an owner: a report on
 * failures tells that too. */
static void mark_lists(const struct envelope *e)
{
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);
		bool is_waiting = is_open(r) && (r->attempted_at_s || e->flags & ENV_HOLD);

		while (r->parent)
			r = r->parent;
		if (is_waiting)
			r->flags |= r->flags & RCPT_LEADS_ON ? RCPT_TOLD_ASIDE : RCPT_LEADS_ON;
	}
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->flags & RCPT_TO_LIST && !r->parent)
			r->flags |= RCPT_TOLD_ASIDE;
		if (r->state != RCPT_EXPANDED || r->flags & RCPT_REPORTED)
			r->flags &= (uint32_t)~RCPT_TOLD_ASIDE;
		r->flags &= (uint32_t)~RCPT_LEADS_ON;
	}
}

static void collect(struct reporting *p)
{
	size_t n = 0;

	if (envelope_count(p->env, RCPT_FAILED) > 0) {
		rcpt_order_members(p->env);
		mark_lists(p->env);
	}
	p->rcpts = ARENA_ARRAY(p->arena, struct rcpt *, p->env->n_rcpts + 1);
	LIST_EACH (&p->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (is_told_about(p, r))
			r->flags &= (uint32_t)~RCPT_TOLD_ASIDE;
		else if (!(r->flags & RCPT_TOLD_ASIDE))
			continue;
		p->rcpts[n++] = r;
	}
	for (size_t i = 0; i < n; i++)
		if (p->has_failed || !(p->rcpts[i]->flags & RCPT_TOLD_ASIDE))
			p->rcpts[p->n_rcpts++] = p->rcpts[i];
}

/* ---- time ---- */

static void expire(struct reporting *p)
{
	bool by_sender = p->time.verdict == TIME_BY_GIVE_UP;

	LIST_EACH (&p->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (!is_open(r))
			continue;
		r->state = RCPT_FAILED;
		memcpy(r->status.dsn, by_sender ? (uint8_t[3]){ 5, 4, 7 } : (uint8_t[3]){ 4, 4, 7 },
		       3);
	}
}

static bool has_open_rcpts(const struct envelope *e)
{
	return !envelope_is_done(e);
}

static void look_at_time(struct reporting *p)
{
	struct envelope *e = p->env;

	p->time = (struct time_decision){ .verdict = TIME_GOES_ON };
	if (!has_open_rcpts(e))
		return;
	times_decide(e, wall_s(), p->arena, &p->time);
	if (p->time.verdict == TIME_GOES_ON)
		return;
	if (p->time.verdict == TIME_GIVE_UP || p->time.verdict == TIME_BY_GIVE_UP)
		expire(p);
}

/* What the time brought, once: in the transcript, where the report will show it, and on the M line. */
static void note_time(struct reporting *p)
{
	struct envelope *e = p->env;

	p->notes_time = false;
	for (int i = 0; i < 2; i++)
		envelope_note(e, VIEW_FMT, VIEW_ARG(p->time.notes[i]));
	pthread_mutex_lock(&e->lock);
	e->status_text = arena_dup(e->arena, p->time.subject);
	pthread_mutex_unlock(&e->lock);
	p->why = p->time.log_text;
	if (p->ctx->say)
		p->ctx->say(NULL, p->why);
}

/* ---- the new envelope ---- */

static bool is_null(struct view address)
{
	return address.len == 0 || view_eq(address, VIEW("<>"));
}

static bool is_from_nobody(const struct envelope *e)
{
	return (e->flags & ENV_RESPONSE) || is_null(e->sender);
}

static struct envelope *response_new(struct reporting *p)
{
	struct envelope *r = envelope_new(p->env->snap);
	struct view name = macros_get_expanded(r->macros, 'n', r->arena);

	if (name.len == 0)
		name = VIEW("MAILER-DAEMON");
	r->flags |= ENV_RESPONSE | ENV_SPLIT | (p->env->flags & ENV_UTF8);
	if (p->env->flags & ENV_RESPONSE)
		r->flags |= ENV_ABOUT_REPORT;
	r->sender = name;
	r->created_s = wall_s();
	r->timeout_class = 'd';
	r->relay = VIEW("[RESPONSE]");
	r->sender_mailer = r->snap->cf->local_mailer;
	macros_set(r->macros, 'f', name);
	macros_set(r->macros, 'g', name);
	macros_set(r->macros, 'x', VIEW("Mail Delivery Subsystem"));
	macros_set(r->macros, 's', VIEW("localhost"));
	macros_set(r->macros, '_', VIEW("localhost"));
	macros_set(r->macros, 'r', VIEW(""));
	macros_set(r->macros, MACRO_DAEMON_FLAGS,
		   macros_get_expanded(p->env->macros, MACRO_DAEMON_FLAGS, r->arena));
	if (p->ctx->queue)
		queue_assign_id(p->ctx->queue, r);
	return r;
}

static void add_receiver(struct envelope *r, struct view address)
{
	struct rcpt *rcpt = envelope_add_rcpt(r, address, NULL);

	rcpt->flags |= RCPT_NOTIFY_FAILURE;
}

static void log_report(struct reporting *p, const struct envelope *r, enum dsn_kind kind)
{
	const char *what = kind == DSN_WARNING || p->is_warning ? "sender notify"
			   : p->env->flags & ENV_RESPONSE       ? "return to sender"
			   : kind == DSN_POSTMASTER             ? "postmaster notify"
								: "DSN";
	struct view why = p->why.len      ? p->why
			  : p->has_failed ? VIEW("Unable to deliver mail")
					  : VIEW("Return receipt");

	log_event(p->ctx->services->log, LEVEL_REPORT, LOG_INFO, p->env->id, "%s: %s: " VIEW_FMT,
		  r->id, what, VIEW_ARG(view_first(why, 400)));
}

static void weigh(struct envelope *r, const struct envelope *about, bool with_body, size_t n)
{
	const struct options *o = &r->snap->cf->options;

	r->size = with_body ? about->size + RETURNED_HEAD : 0;
	r->priority = r->size - r->class_value * o->class_factor + (int64_t)n * o->recipient_factor;
	if (r->body && body_has_8bit(r->body)) {
		r->flags |= ENV_HAS_8BIT;
		r->body_type = VIEW("8BITMIME");
	}
}

/* The header names those whose address could be made something of. How many. */
static size_t leave_out_failed(const struct envelope *r, const struct view *to, size_t n_to,
			       struct view *out)
{
	size_t n = 0, i = 0;

	LIST_EACH (&r->rcpts, it) {
		const struct rcpt *rcpt = LIST_OWNER(it, struct rcpt, link);

		if (rcpt->parent || i == n_to)
			continue;
		if (rcpt->state != RCPT_FAILED)
			out[n++] = to[i];
		i++;
	}
	return n;
}

#define NOBODY 1 /* there is nobody who could have it */

/* Makes one report on some recipients, for the addresses in to, all of which its header shows. 0, -errno, or NOBODY: then it is
 * only made for the postmaster, to whom nobody comes next. */
static int make_report(struct reporting *p, struct rcpt *const *rcpts, size_t n_rcpts,
		       enum dsn_kind kind, bool with_body, const struct view *to, size_t n_to)
{
	struct envelope *r;
	struct status status = status_ok();
	struct view shown[TO_MAX];
	struct dsn d = { .kind = kind,
			 .spool_dir_fd = queue_spool_dir(p->ctx->queue),
			 .env = p->env,
			 .rcpts = rcpts,
			 .n_rcpts = n_rcpts,
			 .with_body = with_body,
			 .lists_delayed = p->time.verdict == TIME_BY_WARN,
			 .retry_until_s = p->time.retry_until_s };
	size_t n_found;
	int error;

	if (p->n_out == OUT_MAX)
		return -E2BIG;
	r = p->out[p->n_out++] = response_new(p);
	if (kind == DSN_WARNING)
		d.subject = p->time.subject;
	for (size_t i = 0; i < n_to; i++)
		add_receiver(r, to[i].len && to[i].p[0] == '<' ? to[i]
							       : address_bare(to[i], r->arena));
	n_found = receivers_find(p->ctx->services, p->env, r);
	if (p->notes_time)
		note_time(p);
	if (n_found == 0 && p->why.len == 0)
		p->why = p->env->status_text;
	if (n_found == 0 && (kind == DSN_FAILURE || kind == DSN_WARNING)) {
		envelope_free(p->out[--p->n_out]);
		return NOBODY;
	}
	d.n_to = leave_out_failed(r, to, n_to, shown);
	d.to = shown;
	if (!with_body)
		r->flags |= ENV_RET_HEADERS;
	error = dsn_write(&d, p->ctx->services, r);
	if (error < 0)
		return error;
	envelope_complete_header(r, p->ctx->services, &status);
	weigh(r, p->env, with_body, n_found);
	log_report(p, r, kind);
	return n_found == 0 ? NOBODY : 0;
}

/* ---- who gets it ---- */

static bool returns_body(const struct reporting *p)
{
	const struct options *o = &p->env->snap->cf->options;

	return !(p->env->flags & ENV_RET_HEADERS) && !(o->privacy_options & PRIVACY_NOBODYRETURN);
}

/* Some failures are ours: the postmaster hears of them too. */
static bool concerns_postmaster(const struct reporting *p)
{
	for (size_t i = 0; i < p->n_rcpts; i++) {
		const struct rcpt *r = p->rcpts[i];

		if (r->state == RCPT_FAILED &&
		    (r->status.exit == EX_CONFIG_ ||
		     (r->status.exit == EX_SOFTWARE_ && !r->status.reply.len)))
			return true;
	}
	return false;
}

/* A report's header names its receivers in the order of their addresses. */
static void add_in_order(struct view *to, size_t *n, struct view address, struct arena *a)
{
	size_t i = (*n)++;

	for (; i > 0 && view_cmp(address_bare(to[i - 1], a), address_bare(address, a)) > 0; i--)
		to[i] = to[i - 1];
	to[i] = address;
}

/* Errors-To, where UseErrorsTo asks for it, and the sender. */
static size_t receivers(struct reporting *p, struct view sender, struct view to[TO_MAX])
{
	const struct envelope *e = p->env;
	struct view rest = VIEW_NONE, one;
	size_t n = 0;

	if (e->snap->cf->options.use_errors_to)
		rest = header_value(&e->header, VIEW("Errors-To"));
	while (rest.len && n < TO_MAX - 2 && address_list_next(&rest, false, true, &one))
		add_in_order(to, &n, one, p->arena);
	add_in_order(to, &n, sender, p->arena);
	return n;
}

static int report_to_postmaster(struct reporting *p, struct rcpt *const *rcpts, size_t n_rcpts);

static int report_to(struct reporting *p, struct view sender, struct rcpt **rcpts, size_t n_rcpts)
{
	int result;
	bool has_failed = false, has_late = false, is_aside = true;
	enum dsn_kind kind;
	struct view to[TO_MAX];
	size_t n = receivers(p, sender, to);

	for (size_t i = 0; i < n_rcpts; i++) {
		has_failed = has_failed || rcpts[i]->state == RCPT_FAILED;
		is_aside = is_aside && (rcpts[i]->flags & RCPT_TOLD_ASIDE);
		has_late = has_late ||
			   (rcpts[i]->state != RCPT_FAILED && rcpts[i]->state != RCPT_SENT &&
			    rcpts[i]->state != RCPT_EXPANDED);
	}
	if (is_aside)
		return 0; /* what these were told aside of is the report of somebody else, such as the list's owner */
	kind = has_failed ? DSN_FAILURE : has_late ? DSN_WARNING : DSN_RECEIPT;
	if (has_failed && concerns_postmaster(p))
		add_in_order(to, &n, VIEW("postmaster"), p->arena);
	result = make_report(p, rcpts, n_rcpts, kind, kind != DSN_RECEIPT && returns_body(p), to,
			     n);
	if (result != NOBODY || kind == DSN_RECEIPT)
		return result == NOBODY ? 0 : result;
	if (kind == DSN_WARNING)
		p->why = p->env->status_text;
	p->is_warning = kind == DSN_WARNING;
	result = report_to_postmaster(p, rcpts, n_rcpts);
	p->is_warning = false;
	return result;
}

/* The recipients of a list with an owner are the owner's to hear of. */
static int report_to_senders(struct reporting *p)
{
	struct rcpt **rest = ARENA_ARRAY(p->arena, struct rcpt *, p->n_rcpts);
	struct rcpt **some = ARENA_ARRAY(p->arena, struct rcpt *, p->n_rcpts);
	size_t n_rest = p->n_rcpts;

	memcpy(rest, p->rcpts, n_rest * sizeof(struct rcpt *));
	while (n_rest) {
		struct view owner = rest[0]->owner;
		size_t n = 0, kept = 0;
		int error;

		for (size_t i = 0; i < n_rest; i++) {
			if (view_eq(rest[i]->owner, owner))
				some[n++] = rest[i];
			else
				rest[kept++] = rest[i];
		}
		n_rest = kept;
		error = report_to(p, owner.len ? owner : p->env->sender, some, n);
		if (error < 0)
			return error;
	}
	return 0;
}

/* Nobody can be told: the message itself is kept where the operator finds it. */
static int give_up(struct reporting *p)
{
	struct log *l = p->ctx->services->log;
	int r = dead_letter_save(p->env, p->ctx->services);

	if (r == 0) {
		log_event(l, LEVEL_REPORT, LOG_NOTICE, p->env->id, "message saved in " VIEW_FMT,
			  VIEW_ARG(p->env->snap->cf->options.dead_letter_drop));
		return 0;
	}
	if (r != -ENOENT)
		return r;
	log_event(l, 1, LOG_CRIT, p->env->id,
		  "SYSERR(root): savemail: cannot save rejected email anywhere");
	p->env->flags |= ENV_LOST;
	return 0;
}

/*
 * What cannot be returned is the postmaster's. A report on a report that fails as soon as it is made has shown that
 * nobody reads these: it ends there. One that waited first gets another chance, for the address may have been mended.
 */
static int report_to_postmaster(struct reporting *p, struct rcpt *const *rcpts, size_t n_rcpts)
{
	const struct options *o = &p->env->snap->cf->options;
	own_str struct str to = STR_MAX(1024);
	struct view address;
	int result;

	if ((p->env->flags & ENV_ABOUT_REPORT) && p->env->tries <= 1)
		return give_up(p);
	macros_expand(p->env->macros, o->double_bounce_address, &to);
	address = view_trim(str_view(&to));
	if (address.len == 0)
		return 0;
	result = make_report(p, rcpts, n_rcpts, DSN_POSTMASTER, returns_body(p), &address, 1);
	if (result != NOBODY || !(p->env->flags & ENV_RESPONSE))
		return result == NOBODY ? 0 : result;
	envelope_free(p->out[--p->n_out]);
	return give_up(p);
}

static int copy_to_postmaster(struct reporting *p)
{
	own_str struct str to = STR_MAX(1024);
	struct view address;
	int result;

	macros_expand(p->env->macros, p->env->snap->cf->options.postmaster_copy, &to);
	address = view_trim(str_view(&to));
	if (address.len == 0)
		return 0;
	result = make_report(p, p->rcpts, p->n_rcpts, DSN_POSTMASTER, false, &address, 1);
	return result == NOBODY ? 0 : result;
}

/* ---- all of it ---- */

/* What the log calls the trouble: the first failure's own words. */
static struct view trouble(struct reporting *p)
{
	for (size_t i = 0; i < p->n_rcpts; i++) {
		const struct status *st = &p->rcpts[i]->status;

		if (p->rcpts[i]->state != RCPT_FAILED || p->rcpts[i]->flags & RCPT_TOLD_BEFORE)
			continue;
		if (st->dsn[1] == 4 && st->dsn[2] == 7 && p->env->status_text.len)
			return p->env->status_text; /* the queue gave it up */
		if (!p->rcpts[i]->triple.mailer && p->env->status_text.len)
			return p->env->status_text; /* the rules did, of this address */
		return st->text.len ? st->text : status_from_exit(st->exit).text;
	}
	return VIEW_NONE;
}

static void note_what_happened(struct reporting *p)
{
	bool gave_up = p->time.verdict == TIME_GIVE_UP || p->time.verdict == TIME_BY_GIVE_UP;

	p->why = trouble(p);
	/* Who cannot be told stands in front of it. */
	p->notes_time = gave_up && !is_from_nobody(p->env);
	if (p->has_late || (gave_up && !p->notes_time))
		note_time(p);
	for (size_t i = 0; i < p->n_rcpts; i++) {
		const struct rcpt *r = p->rcpts[i];

		/* Delivered ones were noted when that happened. */
		if (r->state == RCPT_EXPANDED && !(r->flags & RCPT_TOLD_ASIDE))
			envelope_note(p->env, VIEW_FMT, VIEW_ARG(dsn_success_note(r, p->arena)));
	}
}

static int make_reports(struct reporting *p)
{
	int error = 0;

	if (p->n_rcpts == 0 || (p->env->flags & ENV_NO_RETURN) ||
	    p->env->error_mode == ERRORS_QUIET)
		return 0;
	note_what_happened(p);
	if (!is_from_nobody(p->env))
		error = report_to_senders(p);
	else if (p->has_failed)
		error = report_to_postmaster(p, p->rcpts, p->n_rcpts);
	if (error == 0 && p->has_failed)
		error = copy_to_postmaster(p);
	return error;
}

static int accept_reports(struct reporting *p)
{
	int error = p->n_out ? queue_accept_many(p->ctx->queue, p->out, p->n_out) : 0;

	if (error == 0)
		p->n_out = 0; /* they are the queue's now */
	return error;
}

static void mark_reported(struct reporting *p)
{
	LIST_EACH (&p->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED || r->state == RCPT_SENT || r->state == RCPT_EXPANDED)
			r->flags |= RCPT_REPORTED;
		else if (p->has_late && (qf_notify_flags(r) & RCPT_NOTIFY_DELAY))
			r->flags |= RCPT_DELAY_SENT;
	}
	if (p->time.verdict == TIME_WARN || p->time.verdict == TIME_BY_WARN)
		p->env->flags |= ENV_WARNED;
}

/* Each message once by the mailer that it came from, each delivered recipient once by its own. */
static void count(const struct report_ctx *ctx, struct envelope *e)
{
	if (!ctx->statistics)
		return;
	if (!(e->flags & ENV_COUNTED) && e->sender_mailer && !(e->flags & ENV_RESPONSE))
		statistics_count(ctx->statistics, STATISTICS_FROM, e->sender_mailer->number,
				 e->size);
	e->flags |= ENV_COUNTED;
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_SENT && r->triple.mailer && !(r->flags & RCPT_COUNTED)) {
			r->flags |= RCPT_COUNTED;
			statistics_count(ctx->statistics, STATISTICS_TO, r->triple.mailer->number,
					 e->size);
		}
	}
	statistics_flush_sometimes(ctx->statistics, e->snap->cf->options.status_file);
}

int report_attempt_over(const struct report_ctx *ctx, struct envelope *e)
{
	own_arena struct arena *a = arena_new(32 << 20);
	struct reporting p = { .ctx = ctx, .env = e, .arena = a };
	int error;

	count(ctx, e);
	look_at_time(&p);
	collect(&p);
	error = make_reports(&p);
	if (error == 0)
		error = accept_reports(&p);
	for (size_t i = 0; i < p.n_out; i++)
		envelope_free(p.out[i]);
	if (error < 0) {
		log_event(ctx->services->log, 1, LOG_ERR, e->id, "report: cannot make it safe: %s",
			  strerror(-error));
		return error;
	}
	mark_reported(&p);
	return 0;
}

void report_close(struct report_ctx *ctx, struct snapshot_slot *slot)
{
	struct snapshot *snap = snapshot_current(slot);
	own_str struct str path = STR_MAX(4096);

	if (ctx->statistics) {
		str_add(&path, snap->cf->options.status_file);
		statistics_flush(ctx->statistics, str_z(&path));
	}
	statistics_free(ctx->statistics);
	ctx->statistics = NULL;
	snapshot_put(snap);
}
