/* header_complete.c - see header_complete.h. */
#include "envelope/header_complete.h"

#include "base/clock.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/mime_limits.h"

#define EXPANDED_MAX 65536

/* ---- what the header says of the message ---- */

static void scan_priority(struct envelope *e, struct view value)
{
	if (view_eq_nocase(value, VIEW("urgent")))
		e->timeout_class = 'u';
	else if (view_eq_nocase(value, VIEW("non-urgent")))
		e->timeout_class = 'l';
	else if (view_eq_nocase(value, VIEW("normal")))
		e->timeout_class = 'n';
}

static void scan_field(struct envelope *e, const struct header_field *f)
{
	struct view value = view_trim(f->value);

	if (f->flags & HEADER_TRACE)
		e->hop_count++;
	if (f->flags & HEADER_RESENT)
		e->flags |= ENV_RESENT;
	switch (f->name.len) { /* few fields matter here: their lengths keep the comparisons away from the rest */
	case 8:
		if (view_eq_nocase(f->name, VIEW("priority")))
			scan_priority(e, value);
		break;
	case 10:
		if (view_eq_nocase(f->name, VIEW("message-id")))
			e->msgid = value;
		else if (e->snap && view_eq_nocase(f->name, VIEW("precedence")))
			e->class_value = config_precedence(e->snap->cf, value);
		break;
	case 17:
		if (e->msgid.len == 0 && view_eq_nocase(f->name, VIEW("resent-message-id")))
			e->msgid = value;
		break;
	default:
		break;
	}
}

void envelope_scan_header(struct envelope *e)
{
	e->hop_count = e->hop_start;
	e->timeout_class = '\0';
	LIST_EACH (&e->header.fields, it)
		scan_field(e, LIST_OWNER(it, struct header_field, link));
	/* Priority: decides; else the precedence does. Reports are our own only, whatever other mail has no sender. */
	if (e->timeout_class == '\0')
		e->timeout_class = e->class_value > 0 ? 'u' : e->class_value < 0 ? 'l' : 'n';
	if (e->flags & ENV_RESPONSE)
		e->timeout_class = 'd';
}

/* ---- macros of the message ---- */

static void set_if_new(struct envelope *e, int number, struct view value)
{
	if (view_is_none(macros_get(e->macros, number)))
		macros_set(e->macros, number, value);
}

static void set_dates(struct envelope *e)
{
	char text[DATE_TEXT_MAX];
	bool is_resent = e->flags & ENV_RESENT;
	struct view date = header_value(&e->header, is_resent ? VIEW("resent-date") : VIEW("date"));

	if (e->created_s == 0)
		e->created_s = wall_s();
	date_rfc822(e->created_s, text);
	macros_set(e->macros, 'b', view_of(text));
	macros_set(e->macros, 'a', date.len ? date : view_of(text));
	date_ctime(e->created_s, text);
	macros_set(e->macros, 'd', view_of(text));
	date_numeric(e->created_s, text);
	macros_set(e->macros, 't', view_of(text));
}

/* $u is the recipient when there is only one: the "for" of Received. */
static void set_recipient(struct envelope *e)
{
	const struct rcpt *only = NULL;
	size_t n = 0;

	if (e->flags & ENV_RCPTS_FROM_HEADER)
		return;
	LIST_EACH (&e->rcpts, it) {
		only = LIST_OWNER(it, struct rcpt, link);
		n++;
	}
	macros_set(e->macros, 'u',
		   n == 1 && !(e->flags & ENV_RESPONSE) ? only->address : VIEW_NONE);
}

static void set_macros(struct envelope *e)
{
	struct view full = header_value(&e->header, VIEW("full-name"));
	struct view sender = address_bare(e->sender, e->arena);

	set_dates(e);
	set_recipient(e);
	set_if_new(e, 'i', view_of(e->id));
	set_if_new(e, 'f', sender);
	set_if_new(e, 'g', sender);
	macros_setf(e->macros, 'c', "%d", e->hop_count);
	if (full.len)
		macros_set(e->macros, 'x', full);
}

/* The macros as an address field sees them: there the full name is a phrase, quoted where that is needed. */
static struct macros *phrase_macros(const struct envelope *e)
{
	struct macros *m = macros_new(e->macros, e->arena);
	struct view full = macros_get_expanded(e->macros, 'x', e->arena);

	if (full.len && full.p[0] != '"')
		macros_set(m, 'x',
			   address_quote_phrase(full, e->snap->cf->options.must_quote_chars,
						e->arena));
	return m;
}

/* ---- H lines ---- */

/* A field that came with the message takes over the condition of its H line when it is one that mailers ask for. */
static void adopt_condition(struct envelope *e, struct header_field *f, const struct cf_header *h)
{
	if (!(f->flags & HEADER_ACHECK) || !view_is_none(f->raw_condition) ||
	    view_is_none(h->raw_condition) || (f->flags & HEADER_BINDLATE))
		return;
	memcpy(f->mailer_flags, h->mailer_flags, sizeof(f->mailer_flags));
	f->macro = h->macro;
	f->raw_condition = arena_dup(e->arena, h->raw_condition);
}

static bool is_wanted(struct envelope *e, const struct cf_header *h, uint32_t flags)
{
	struct header_field *came;

	if (view_is_none(h->template) || ((flags & HEADER_RESENT) && !(e->flags & ENV_RESENT)))
		return false;
	came = header_find(&e->header, h->name);
	if (came)
		adopt_condition(e, came, h);
	return !came || (flags & HEADER_FORCE);
}

static struct header_field *field_of_line(struct envelope *e, const struct cf_header *h,
					  uint32_t flags, struct header *to)
{
	own_str struct str value = STR_MAX(EXPANDED_MAX);
	struct header_field *f;

	str_addc(&value, ' '); /* the blank behind the colon */
	if (flags & HEADER_BINDLATE)
		str_add(&value, view_trim(h->template));
	else
		macros_expand(flags & HEADER_FROM ? phrase_macros(e) : e->macros,
			      view_trim(h->template), &value);
	if (view_trim(str_view(&value)).len == 0)
		return NULL;
	f = header_add(to, e->arena, h->name, str_view(&value));
	f->flags = flags | HEADER_DEFAULT | (flags & HEADER_BINDLATE ? HEADER_TEMPLATE : 0);
	memcpy(f->mailer_flags, h->mailer_flags, sizeof(f->mailer_flags));
	f->macro = h->macro;
	f->raw_condition = arena_dup(e->arena, h->raw_condition);
	return f;
}

/* Added fields in front, the message's own behind them. */
static void merge_lines(struct envelope *e)
{
	const struct config *cf = e->snap->cf;
	struct header all;
	struct link *it;

	header_init(&all);
	for (int i = 0; i < cf->n_headers; i++) {
		const struct cf_header *h = &cf->headers[i];
		uint32_t flags = header_flags_of(h->name);

		if (is_wanted(e, h, flags))
			field_of_line(e, h, flags, &all);
	}
	while ((it = list_pop(&e->header.fields)))
		list_append(&all.fields, it);
	while ((it = list_pop(&all.fields)))
		list_append(&e->header.fields, it);
	e->header.n += all.n;
	e->header.bytes += all.bytes;
}

/* ---- recipients in the header ---- */

static void add_rcpts_as(struct envelope *e, const char *name)
{
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);
		struct view bare = address_bare(r->address, e->arena);

		if (r->flags & RCPT_PRIMARY)
			header_add(&e->header, e->arena, view_of(name),
				   arena_printf(e->arena, " " VIEW_FMT, VIEW_ARG(bare)));
	}
}

static void no_recipient_action(struct envelope *e)
{
	switch (e->snap->cf->options.no_recipient_action) {
	case NO_RCPT_ADD_TO:
		add_rcpts_as(e, "To");
		break;
	case NO_RCPT_ADD_APPARENTLY_TO:
		add_rcpts_as(e, "Apparently-To");
		break;
	case NO_RCPT_ADD_TO_UNDISCLOSED:
		header_add(&e->header, e->arena, VIEW("To"), VIEW(" undisclosed-recipients:;"));
		break;
	case NO_RCPT_ADD_BCC:
		header_add(&e->header, e->arena, VIEW("Bcc"), VIEW(" "));
		break;
	case NO_RCPT_NONE:
		break;
	}
}

/* Bcc goes entirely where another field names recipients; else an empty one stays, so that there is one. */
static void look_at_rcpt_fields(struct envelope *e)
{
	bool has_any = false;

	LIST_EACH (&e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);

		if (!(f->flags & HEADER_RCPT))
			continue;
		has_any = has_any || !(f->flags & HEADER_RESENT);
		if (!(f->flags & (HEADER_BCC | HEADER_RESENT)) && !(e->flags & ENV_RESPONSE))
			e->flags |= ENV_DELETE_BCC;
	}
	if (!has_any)
		no_recipient_action(e);
}

/* RrtImpliesDsn: a wish for a receipt in the header counts as NOTIFY=SUCCESS. */
static void imply_receipts(struct envelope *e)
{
	bool is_wanted = false;

	if (!e->snap->cf->options.rrt_implies_dsn)
		return;
	LIST_EACH (&e->header.fields, it)
		is_wanted = is_wanted ||
			    (LIST_OWNER(it, struct header_field, link)->flags & HEADER_RECEIPTTO);
	if (!is_wanted)
		return;
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (!(r->flags & RCPT_NOTIFY_GIVEN))
			r->flags |= RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY;
	}
}

/* ---- limits ---- */

static bool is_in_class(const struct config *cf, const char *class_name, struct view name)
{
	int number = macro_number(view_of(class_name), false);

	return number && classes_has(cf->classes, number, name);
}

static void limit_field(struct envelope *e, const struct services *sv, struct header_field *f)
{
	const struct config *cf = e->snap->cf;
	struct mime_limits limits = { (size_t)cf->options.max_mime_header_length,
				      (size_t)cf->options.max_mime_field_length };
	bool is_whole = is_in_class(cf, "checkMIMEHeaders", f->name);
	bool by_field = is_in_class(cf, "checkMIMEFieldHeaders", f->name);
	bool is_text = is_in_class(cf, "checkMIMETextHeaders", f->name);
	char what[160];

	if (!is_whole && !by_field && !is_text)
		return;
	limits.max_header = is_whole || is_text ? limits.max_header : 0;
	limits.max_field = by_field ? limits.max_field : 0;
	limits.is_text = is_text && !is_whole;
	if (mime_limit_field(f->name, &f->value, &limits, e->arena, what) && sv)
		log_event(sv->log, 0, LOG_ALERT, e->id, "%s (possible attack)", what);
}

static void limit_mime_fields(struct envelope *e, const struct services *sv)
{
	LIST_EACH (&e->header.fields, it) {
		struct header_field *f = LIST_OWNER(it, struct header_field, link);

		if (f->name.len > 8 && (f->name.p[0] == 'C' || f->name.p[0] == 'c' ||
					f->name.p[0] == 'M' || f->name.p[0] == 'm'))
			limit_field(e, sv, f);
	}
}

int envelope_check_hops(struct envelope *e, struct status *out)
{
	struct view from = address_bare(e->sender, e->arena);
	struct view via = macros_get_expanded(e->macros, 's', e->arena);
	const struct rcpt *first = list_is_empty(&e->rcpts)
					   ? NULL
					   : LIST_OWNER(e->rcpts.head.next, struct rcpt, link);
	struct view to = first ? address_bare(first->address, e->arena) : VIEW("(nobody)");
	int max = e->snap->cf->options.max_hop_count;

	if (max <= 0 || e->hop_count <= max)
		return 0;
	*out = status_make(554, "5.4.6", EX_UNAVAILABLE_,
			   arena_printf(e->arena,
					"Too many hops %d (%d max): from " VIEW_FMT " via " VIEW_FMT
					", to " VIEW_FMT,
					e->hop_count, max, VIEW_ARG(from),
					VIEW_ARG(via.len ? via : VIEW("localhost")), VIEW_ARG(to)));
	return out->exit;
}

static int too_large(struct envelope *e, struct status *out)
{
	*out = status_make(552, "5.6.0", EX_UNAVAILABLE_,
			   arena_printf(e->arena, "Headers too large (%lld max)",
					(long long)e->snap->cf->options.max_headers_length));
	return out->exit;
}

int envelope_complete_header(struct envelope *e, const struct services *sv,
			     struct status *out_status)
{
	const struct options *o = &e->snap->cf->options;

	envelope_scan_header(e);
	if (o->max_headers_length > 0 && e->header.bytes > (uint64_t)o->max_headers_length)
		return too_large(e, out_status);
	limit_mime_fields(e, sv);
	set_macros(e);
	look_at_rcpt_fields(e);
	merge_lines(e);
	envelope_scan_header(e);
	if (e->class_value < 0)
		e->flags |= ENV_RET_HEADERS;
	macros_set(e->macros, MACRO_MSG_ID, e->msgid);
	imply_receipts(e);
	e->flags |= ENV_HAS_FULL_HEADER;
	return envelope_check_hops(e, out_status);
}
