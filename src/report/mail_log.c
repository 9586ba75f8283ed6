/* mail_log.c - see mail_log.h. */
#include "report/mail_log.h"

#include <limits.h>

#include "base/clock.h"
#include "base/str.h"
#include "mail/date.h"

#define FROM_MAX    200
#define MSGID_MAX   100
#define CTLADDR_MAX 83
#define RELAY_MAX   100
#define STAT_MAX    203
#define REPLY_MAX   203
#define LINE_MAX_   1024 /* what syslog carries everywhere */
#define LINE_HEAD   100  /* of it, for time, tag and queue id */
#define LIST_LEAST  200

#define LEVEL_SENDER  5
#define LEVEL_FAILED  7
#define LEVEL_SENT    8
#define LEVEL_DELAYED 9

/* A text that is too long loses its middle. */
static void add_short(struct str *out, struct view v, size_t max)
{
	size_t half = (max - 3) / 2;

	if (v.len <= max) {
		str_add(out, v);
		return;
	}
	str_add(out, view_first(v, half));
	str_addz(out, "...");
	str_add(out, view_skip(v, v.len - half));
}

static struct view first_line(struct view v)
{
	v = view_first(v, view_find(v, '\n'));
	return view_trim_end(v);
}

int64_t mail_log_priority(const struct envelope *e)
{
	return e->priority < 0 ? LONG_MAX : e->priority;
}

void mail_log_sender(struct log *l, struct envelope *e)
{
	own_str struct str s = STR_MAX(LINE_MAX_ * 2);
	struct view from = e->sender_logged.len ? e->sender_logged : e->sender;

	if (e->flags & ENV_LOGGED_SENDER)
		return;
	e->flags |= ENV_LOGGED_SENDER;
	if (!log_wants(l, LEVEL_SENDER))
		return;
	str_addz(&s, "from=");
	str_add(&s, view_is_none(from) ? VIEW("<NONE>")
		    : from.len         ? view_first(from, FROM_MAX)
				       : VIEW("<>"));
	str_addf(&s, ", size=%lld, class=%lld, nrcpts=%zu", (long long)e->size,
		 (long long)e->class_value, envelope_count_wanted(e));
	if (e->msgid.len)
		str_addf(&s, ", msgid=" VIEW_FMT, VIEW_ARG(view_first(e->msgid, MSGID_MAX)));
	if (e->body_type.len)
		str_addf(&s, ", bodytype=" VIEW_FMT, VIEW_ARG(view_first(e->body_type, 20)));
	if (e->protocol.len)
		str_addf(&s, ", proto=" VIEW_FMT, VIEW_ARG(view_first(e->protocol, 20)));
	if (e->daemon_name.len)
		str_addf(&s, ", daemon=" VIEW_FMT, VIEW_ARG(view_first(e->daemon_name, 50)));
	if (e->relay.len)
		str_addf(&s, ", relay=" VIEW_FMT, VIEW_ARG(view_first(e->relay, RELAY_MAX)));
	log_event(l, LEVEL_SENDER, LOG_INFO, e->id, "%s", str_z(&s));
}

static bool is_of_file(const struct rcpt *r)
{
	return r->parent && r->parent->triple.mailer == r->env->snap->cf->include_mailer;
}

/* A member of a file that another names, or a .forward, is told by the first of them. */
static const struct rcpt *first_of_files(const struct rcpt *r)
{
	while (is_of_file(r) && ((r->parent->flags & RCPT_FROM_FORWARD) || is_of_file(r->parent)))
		r = r->parent;
	return r;
}

/* The user on whose behalf the delivery is made: of the list or program, else who submitted the message. */
static void add_ctladdr(struct str *out, const struct mail_log_delivery *d)
{
	const struct rcpt_user *u = &d->env->submitter;
	struct view name = d->env->sender;
	/* An attempt by a mailer without flag o is made for the sender; without an attempt the list is named. */
	bool for_list = !d->mailer || !d->started_s || flag_has(&d->mailer->flags, 'o');

	if (!d->status)
		return; /* nothing was done yet */
	for (const struct rcpt *r = d->n && for_list ? first_of_files(d->rcpts[0]) : NULL; r;
	     r = r->parent) {
		if (!r->user.is_set && is_of_file(r)) { /* root's */
			str_addz(out, ", ctladdr=");
			add_short(out, r->user.alias, CTLADDR_MAX);
			str_addz(out, " (0/0)");
			return;
		}
		if (r->user.is_set) {
			u = &r->user;
			name = u->alias.len ? u->alias : u->name;
			break;
		}
	}
	if (!u->is_set || (u == &d->env->submitter &&
			   (!d->started_s || name.len == 0 || view_eq(name, VIEW("<>")))))
		return; /* nothing was done in the submitter's name */
	str_addz(out, ", ctladdr=");
	add_short(out, name, CTLADDR_MAX);
	str_addf(out, " (%ld/%ld)", (long)u->uid, (long)u->gid);
}

static void add_delays(struct str *out, const struct mail_log_delivery *d)
{
	int64_t now = wall_s();
	char text[DATE_TEXT_MAX];

	date_delay(now - d->env->created_s, text);
	str_addf(out, ", delay=%s", text);
	if (d->started_s) {
		date_delay(now - d->started_s, text);
		str_addf(out, ", xdelay=%s", text);
	}
}

/* The peer's words; where there was no peer, those of the refusal itself. */
static void add_reply(struct str *out, const struct mail_log_delivery *d, const char *dsn)
{
	const struct status *st = d->status;
	enum outcome o = status_outcome(st);

	if (o == OUTCOME_SENT || o == OUTCOME_NONE)
		return;
	if (st->reply.len && (st->reply.p[0] == '4' || st->reply.p[0] == '5')) {
		str_addz(out, ", reply=");
		add_short(out, first_line(st->reply), REPLY_MAX);
	} else if (o == OUTCOME_NEVER && !d->started_s && st->smtp) {
		str_addf(out, ", reply=%d %s%s", st->smtp, dsn, *dsn ? " " : "");
		add_short(out, first_line(st->text), REPLY_MAX);
	}
}

static void add_tail(struct str *out, const struct mail_log_delivery *d)
{
	char dsn[16] = "";

	add_ctladdr(out, d);
	add_delays(out, d);
	if (d->mailer)
		str_addf(out, ", mailer=" VIEW_FMT, VIEW_ARG(d->mailer->name));
	str_addf(out, ", pri=%lld", (long long)mail_log_priority(d->env));
	if (d->env->quarantine_reason.len)
		str_addf(out, ", quarantine=" VIEW_FMT,
			 VIEW_ARG(view_first(d->env->quarantine_reason, 40)));
	else if (d->relay.len)
		str_addf(out, ", relay=" VIEW_FMT, VIEW_ARG(view_first(d->relay, RELAY_MAX)));
	if (d->status) {
		status_format_dsn(d->status, dsn);
		if (*dsn)
			str_addf(out, ", dsn=%s", dsn);
		add_reply(out, d, dsn);
	}
	str_addz(out, ", stat=");
	add_short(out, first_line(d->stat), STAT_MAX);
}

static int level_of(const struct status *st)
{
	switch (st ? status_outcome(st) : OUTCOME_LATER) {
	case OUTCOME_SENT:
		return LEVEL_SENT;
	case OUTCOME_NEVER:
		return LEVEL_FAILED;
	default:
		return LEVEL_DELAYED;
	}
}

void mail_log_to(struct log *l, const struct mail_log_delivery *d)
{
	own_str struct str tail = STR_MAX(LINE_MAX_ * 2), list = STR_MAX(LINE_MAX_ * 2);
	int level = level_of(d->status);
	size_t room;

	if (!log_wants(l, level))
		return;
	add_tail(&tail, d);
	room = tail.len + LINE_HEAD + LIST_LEAST < LINE_MAX_ ? LINE_MAX_ - LINE_HEAD - tail.len
							     : LIST_LEAST;
	for (size_t i = 0; i < d->n; i++) {
		struct view address = d->rcpts[i]->address;

		if (list.len && list.len + address.len + 1 > room) {
			log_event(l, level, LOG_INFO, d->env->id, "to=%s, [more]%s", str_z(&list),
				  str_z(&tail));
			str_clear(&list);
		}
		if (list.len)
			str_addc(&list, ',');
		str_add(&list, view_first(address, LINE_MAX_));
	}
	log_event(l, level, LOG_INFO, d->env->id, "to=%s%s", str_z(&list), str_z(&tail));
}
