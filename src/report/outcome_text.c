/* outcome_text.c - see outcome_text.h. */
#include "report/outcome_text.h"

#include "envelope/qf.h"
#include "mail/address.h"

/* A program's exit status says less than an SMTP reply: the status code that stands for it in a report. */
static const struct {
	int exit;
	const char *dsn;
} program_dsn[] = {
	{EX_USAGE_,        "5.5.4"},
        { EX_DATAERR_,     "5.5.2"},
        { EX_NOINPUT_,     "5.3.0"},
	{ EX_NOUSER_,      "5.1.1"},
        { EX_NOHOST_,      "5.1.2"},
        { EX_UNAVAILABLE_, "5.5.0"},
	{ EX_SOFTWARE_,    "5.5.0"},
        { EX_OSERR_,       "4.3.0"},
        { EX_OSFILE_,      "5.5.0"},
	{ EX_CANTCREAT_,   "5.3.0"},
        { EX_IOERR_,       "4.3.0"},
        { EX_TEMPFAIL_,    "4.2.0"},
	{ EX_PROTOCOL_,    "5.5.0"},
        { EX_NOPERM_,      "5.3.0"},
        { EX_CONFIG_,      "5.5.0"},
};

static bool is_program(const struct mailer *m)
{
	return m && !view_eq_nocase(m->path, VIEW("[IPC]"));
}

static bool is_time_out(const struct status *st)
{
	return st->dsn[1] == 4 && st->dsn[2] == 7;
}

/* Words of a peer; of a program there may be its exit status as a number, which says nothing more. */
static bool has_reply(const struct status *st)
{
	return st->reply.len > 3 && (st->reply.p[3] == ' ' || st->reply.p[3] == '-');
}

static struct view first_line(struct view v)
{
	return view_trim_end(view_first(v, view_find(v, '\n')));
}

static void set_reason(const struct rcpt *r, struct arena *a, struct outcome_text *out)
{
	const struct status *st = &r->status;
	const struct mailer *m = r->triple.mailer;

	if (!m)
		return; /* the rules said no: their words are in the transcript */
	if (st->reply.len) {
		out->reason = out->diagnostic = first_line(st->reply);
	} else if (is_program(m) && r->attempted_at_s && st->exit) {
		out->diagnostic = arena_printf(a, "%d", st->exit);
		out->reason = status_exit_name(st->exit) ? status_from_exit(st->exit).text
							 : out->diagnostic;
	} else if (m && !r->attempted_at_s && st->smtp >= 400) {
		char dsn[16];

		status_format_dsn(st, dsn);
		out->reason = arena_printf(a, "%d %s%s" VIEW_FMT, st->smtp, dsn, *dsn ? " " : "",
					   VIEW_ARG(first_line(st->text)));
		out->diagnostic = out->reason;
	}
}

/* Before anybody was called: what the DNS has to say of the way there has no status code, only a meaning. */
static bool is_of_the_way(const struct rcpt *r)
{
	const struct status *st = &r->status;

	return r->triple.mailer && r->attempted_at_s && !(r->flags & RCPT_BY_RULES) &&
	       !has_reply(st) && st->remote.len > 0 &&
	       (st->exit == EX_CONFIG_ ||
		(st->exit == EX_TEMPFAIL_ && st->dsn[1] + st->dsn[2] == 0));
}

static void set_dsn(const struct rcpt *r, struct outcome_text *out)
{
	const struct status *st = &r->status;
	const char *fallback = r->state == RCPT_DEFERRED                            ? "4.0.0"
			       : r->state == RCPT_SENT || r->state == RCPT_EXPANDED ? "2.0.0"
										    : "5.0.0";

	if (is_of_the_way(r) || (is_program(r->triple.mailer) && r->attempted_at_s && st->exit &&
				 !has_reply(st) && !is_time_out(st))) {
		for (size_t i = 0; i < sizeof(program_dsn) / sizeof(program_dsn[0]); i++) {
			if (program_dsn[i].exit == st->exit)
				fallback = program_dsn[i].dsn;
		}
		snprintf(out->dsn, sizeof(out->dsn), "%s", fallback);
		return;
	}
	status_format_dsn(st, out->dsn);
	if (r->state == RCPT_SENT && !has_reply(st) && is_program(r->triple.mailer) &&
	    (r->env->deliver_by_s == 0 ||
	     (r->env->deliver_by_mode == 'R' && !r->env->deliver_by_trace)))
		snprintf(out->dsn, sizeof(out->dsn), "2.1.5");
	if (out->dsn[0] == '\0')
		snprintf(out->dsn, sizeof(out->dsn), "%s", fallback);
}

/* Where the message really went: "rfc822; user@host", or what a program or file is called. */
static struct view actual_of(const struct rcpt *r, struct arena *a)
{
	const struct mailer *m = r->triple.mailer;
	struct view given = address_bare(r->address, a);
	bool is_verbatim = given.len > 1 && given.p[0] == '\\';
	struct view address = r->triple.user.len && !is_verbatim ? r->triple.user : given;
	struct view type = m && m->type_addr.len ? m->type_addr : VIEW("rfc822");

	if (view_eq_nocase(type, VIEW("rfc822")))
		type = VIEW("rfc822");
	if (address.len > 1 && address.p[0] == '"' && (address.p[1] == '|' || address.p[1] == '/'))
		address = view_from(address.p + 1, address.len - 2);
	if (m && m == r->env->snap->cf->prog_mailer)
		return arena_printf(a, VIEW_FMT "; %s" VIEW_FMT, VIEW_ARG(type),
				    address.len && address.p[0] == '|' ? "" : "|",
				    VIEW_ARG(address));
	if (address.len && (address.p[0] == '|' || address.p[0] == '/'))
		return arena_printf(a, VIEW_FMT "; " VIEW_FMT, VIEW_ARG(type), VIEW_ARG(address));
	if (view_find(address, '@') < address.len)
		return arena_printf(a, VIEW_FMT "; " VIEW_FMT, VIEW_ARG(type), VIEW_ARG(address));
	return arena_printf(a, VIEW_FMT "; " VIEW_FMT "@" VIEW_FMT, VIEW_ARG(type),
			    VIEW_ARG(address),
			    VIEW_ARG(macros_get_expanded(r->env->macros, 'j', a)));
}

static struct view expanded_from(const struct rcpt *r)
{
	const struct rcpt *list = r->parent;

	/* Before a delivery was tried it is the file that is told, then what led to it. */
	while (!(r->flags & RCPT_BY_RULES) && list && list->parent &&
	       list->triple.mailer == r->env->snap->cf->include_mailer)
		list = list->parent;
	return list ? list->address : r->user.alias;
}

void outcome_text_of(const struct rcpt *r, struct arena *a, struct outcome_text *out)
{
	const struct mailer *m = r->triple.mailer;
	struct view orcpt = qf_orcpt(r);

	*out = (struct outcome_text){ .reason = VIEW_NONE };
	set_reason(r, a, out);
	set_dsn(r, out);
	out->expanded_from = expanded_from(r);
	out->original = orcpt.len ? xtext_printable(orcpt, a) : VIEW_NONE;
	out->final_ = qf_final_rcpt(r, a);
	out->actual = actual_of(r, a);
	out->remote = r->status.remote;
	out->type_mta = m && m->type_mta.len ? m->type_mta : VIEW("DNS");
	out->type_diag = m && m->type_diag.len ? m->type_diag : VIEW("SMTP");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct view xtext_printable(struct view v, struct arena *a)
{
	char *out = arena_bytes(a, v.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		int high = i + 2 < v.len && v.p[i] == '+' ? hex_digit(v.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(v.p[i + 2]) : -1;
		int c = low >= 0 ? high * 16 + low : (unsigned char)v.p[i];

		if (low >= 0)
			i += 2;
		out[n++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	return view_from(out, n);
}
