/* dsn.c - see dsn.h. */
#include "report/dsn.h"

#include <errno.h>
#include <fcntl.h>

#include "base/own.h"
#include "config/trusted_file.h"
#include "envelope/header_out.h"
#include "mail/address.h"
#include "mail/date.h"
#include "report/outcome_text.h"

#define BODY_IN_MEMORY (256 << 10)
#define HEADER_MAX     (4 << 20)
#define ERROR_FILE_MAX (64 << 10)
#define PIECE          65536

struct writing {
	const struct dsn *d;
	const struct options *options;
	struct envelope *report;
	struct arena *arena;
	struct str out;
	struct view boundary; /* none: not MIME */
	struct view hostname;
};

struct kind_text {
	const char *subject, *auto_submitted;
};

static const struct kind_text kinds[] = {
	[DSN_FAILURE] = {"Returned mail: see transcript for details",      "failure"        },
	[DSN_WARNING] = { "Warning: could not send message",               "warning-timeout"},
	[DSN_RECEIPT] = { "Return receipt",                                "return-receipt" },
	[DSN_POSTMASTER] = { "Postmaster notify: see transcript for details",
                         "postmaster-notification"                                          },
};

/* ---- what is said of a delivered recipient ---- */

struct success_text {
	const char *listed, *action, *note;
};

static struct success_text success_of(const struct rcpt *r)
{
	const struct envelope *e = r->env;
	const struct mailer *m = r->triple.mailer;

	if (r->state == RCPT_EXPANDED && (r->flags & (RCPT_TO_LIST | RCPT_DELIVERED_LIST)))
		return (struct success_text){ "successfully delivered to mailing list",
					      "delivered (to mailing list)",
					      "Successfully delivered to mailing list" };
	if (r->state == RCPT_EXPANDED)
		return (struct success_text){ "expanded by alias",
					      "expanded (to multi-recipient alias)",
					      "expanded to multiple addresses" };
	if (e->deliver_by_s && e->deliver_by_mode == 'N' && !(r->flags & RCPT_BY_PASSED))
		return (struct success_text){ "Deliver-By notify: relayed",
					      "relayed (Deliver-By notify mode)",
					      "Deliver-by notify: relayed" };
	if (e->deliver_by_s && e->deliver_by_trace)
		return (struct success_text){ "Deliver-By trace: relayed",
					      "relayed (Deliver-By trace mode)",
					      "Deliver-By trace: relayed" };
	if ((r->flags & RCPT_DELIVERED_LOCAL) ||
	    (!(r->flags & RCPT_RELAYED_NO_DSN) && m && flag_has(&m->flags, 'l')))
		return (struct success_text){ "successfully delivered to mailbox",
					      "delivered (to mailbox)", "Successfully delivered" };
	return (struct success_text){ "relayed to non-DSN-aware mailer",
				      "relayed (to non-DSN-aware mailer)",
				      "relayed; expect no further notifications" };
}

struct view dsn_success_note(const struct rcpt *r, struct arena *a)
{
	return arena_printf(a, VIEW_FMT "... %s", VIEW_ARG(r->address), success_of(r).note);
}

/* ---- header ---- */

static void add_field(struct writing *w, const char *name, struct view value)
{
	struct view v = arena_printf(w->arena, " " VIEW_FMT, VIEW_ARG(value));

	header_add(&w->report->header, w->report->arena, view_of(name), v);
}

static bool has_8bit(const struct dsn *d)
{
	return (d->env->flags & ENV_HAS_8BIT) || (d->env->body && body_has_8bit(d->env->body));
}

static void write_fields(struct writing *w)
{
	const struct dsn *d = w->d;
	const struct kind_text *k = &kinds[d->kind];

	for (size_t i = 0; i < d->n_to; i++)
		add_field(w, "To", d->to[i]);
	if (w->boundary.len) {
		add_field(w, "MIME-Version", VIEW("1.0"));
		add_field(w, "Content-Type",
			  arena_printf(w->arena,
				       "multipart/report; report-type=delivery-status;\n"
				       "\tboundary=\"" VIEW_FMT "\"",
				       VIEW_ARG(w->boundary)));
		if (has_8bit(d))
			add_field(w, "Content-Transfer-Encoding", VIEW("8bit"));
	}
	add_field(w, "Subject", d->subject.len ? d->subject : view_of(k->subject));
	add_field(w, "Auto-Submitted",
		  arena_printf(w->arena, "auto-generated (%s)", k->auto_submitted));
}

/* ---- part 1: for people ---- */

static void add_date(struct str *out, int64_t when_s)
{
	char text[DATE_TEXT_MAX];

	date_rfc822(when_s, text);
	str_addz(out, text);
}

/* Text of option ErrorHeader: itself, or the file that it names. Macros are expanded. */
static void add_error_header(struct writing *w)
{
	struct view text = w->options->error_header;
	own_mem char *bytes = NULL;
	own_str struct str template = STR_MAX(ERROR_FILE_MAX), expanded = STR_MAX(ERROR_FILE_MAX);

	if (text.len == 0)
		return;
	if (text.p[0] == '/') {
		struct safe_file opened = { .fd = -1 };
		own_fd int fd = -1;
		ssize_t n;

		if (trusted_open(w->options, TRUSTED_ERROR_HEADER, arena_dupz(w->arena, text),
				 &opened) < 0)
			return;
		fd = opened.fd;
		bytes = malloc(ERROR_FILE_MAX);
		n = bytes ? read(fd, bytes, ERROR_FILE_MAX) : 0;
		text = view_from(bytes, n > 0 ? (size_t)n : 0);
		macros_encode(text, &template);
		text = str_view(&template);
	}
	macros_expand(w->report->macros, text, &expanded);
	str_addc(&w->out, '\n');
	str_add(&w->out, view_trim_end(str_view(&expanded)));
	str_addc(&w->out, '\n');
}

static void add_beginning(struct writing *w)
{
	struct envelope *e = w->d->env;
	bool is_own = e->flags & ENV_RESPONSE; /* whose relay is a word for the log */
	struct view from = e->relay.len && !is_own ? e->relay
						   : macros_get_expanded(e->macros, '_', w->arena);

	if (w->d->kind == DSN_WARNING)
		str_addz(&w->out, "    **********************************************\n"
				  "    **      THIS IS A WARNING MESSAGE ONLY      **\n"
				  "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n"
				  "    **********************************************\n\n");
	str_addz(&w->out, "The original message was received at ");
	add_date(&w->out, e->created_s);
	str_addf(&w->out, "\nfrom " VIEW_FMT "\n", VIEW_ARG(from));
	if (w->d->kind == DSN_POSTMASTER)
		str_addf(&w->out, "with id %s\n", e->id);
	add_error_header(w);
}

static bool is_success(enum rcpt_state s)
{
	return s == RCPT_SENT || s == RCPT_EXPANDED;
}

static bool is_failure(enum rcpt_state s)
{
	return s == RCPT_FAILED;
}

static bool is_delay(enum rcpt_state s)
{
	return !is_success(s) && !is_failure(s);
}

static void add_recipient(struct writing *w, const struct rcpt *r)
{
	struct outcome_text t;

	outcome_text_of(r, w->arena, &t);
	str_add(&w->out, r->address);
	if (r->state == RCPT_SENT || r->state == RCPT_EXPANDED)
		str_addf(&w->out, "  (%s)", success_of(r).listed);
	str_addc(&w->out, '\n');
	if (t.reason.len && r->state != RCPT_SENT && !(w->d->lists_delayed && is_delay(r->state)))
		str_addf(&w->out, "    (reason: " VIEW_FMT ")\n", VIEW_ARG(t.reason));
	if (t.expanded_from.len)
		str_addf(&w->out, "    (expanded from: " VIEW_FMT ")\n", VIEW_ARG(t.expanded_from));
}

static void add_block(struct writing *w, bool (*belongs)(enum rcpt_state), const char *title)
{
	bool has_title = false;

	for (size_t i = 0; i < w->d->n_rcpts; i++) {
		const struct rcpt *r = w->d->rcpts[i];

		if (!belongs(r->state) || r->flags & RCPT_TOLD_ASIDE)
			continue;
		if (!has_title)
			str_addf(&w->out, "\n   ----- The following addresses had %s -----\n",
				 title);
		has_title = true;
		add_recipient(w, r);
	}
}

static void add_transcript(struct writing *w)
{
	struct envelope *e = w->d->env;

	pthread_mutex_lock(&e->lock);
	if (e->transcript.len) {
		str_addz(&w->out, "\n   ----- Transcript of session follows -----\n");
		str_add(&w->out, e->transcript);
	} else if (e->flags & ENV_RESPONSE && e->tries <= 1) {
		str_addc(&w->out, '\n'); /* it has none, rather than that it is gone */
	} else {
		str_addz(&w->out, "\n   ----- Transcript of session is unavailable -----\n");
	}
	pthread_mutex_unlock(&e->lock);
}

/* ---- part 2: for programs ---- */

static void add_about_message(struct writing *w)
{
	const struct envelope *e = w->d->env;
	struct view client = macros_get_expanded(e->macros, MACRO_CLIENT_NAME, w->arena);

	if (e->envid.len) {
		struct view id = xtext_printable(e->envid, w->arena);

		str_addf(&w->out, "Original-Envelope-Id: " VIEW_FMT "\n", VIEW_ARG(id));
	}
	str_addf(&w->out, "Reporting-MTA: dns; " VIEW_FMT "\n", VIEW_ARG(w->hostname));
	if (client.len && e->protocol.len)
		str_addf(&w->out, "Received-From-MTA: DNS; " VIEW_FMT "\n", VIEW_ARG(client));
	str_addz(&w->out, "Arrival-Date: ");
	add_date(&w->out, e->created_s);
	str_addc(&w->out, '\n');
	if (e->deliver_by_s) {
		str_addz(&w->out, "Deliver-By-Date: ");
		add_date(&w->out, e->created_s + e->deliver_by_s);
		str_addc(&w->out, '\n');
	}
}

static void add_line(struct writing *w, const char *name, struct view value)
{
	if (value.len)
		str_addf(&w->out, "%s: " VIEW_FMT "\n", name, VIEW_ARG(value));
}

static void add_typed(struct writing *w, const char *name, struct view type, struct view value)
{
	if (value.len)
		str_addf(&w->out, "%s: " VIEW_FMT "; " VIEW_FMT "\n", name, VIEW_ARG(type),
			 VIEW_ARG(value));
}

static void add_about_recipient(struct writing *w, const struct rcpt *r)
{
	const char *action = is_success(r->state)   ? success_of(r).action
			     : is_failure(r->state) ? "failed"
						    : "delayed";
	struct outcome_text t;

	outcome_text_of(r, w->arena, &t);
	str_addc(&w->out, '\n');
	add_line(w, "Original-Recipient", t.original);
	add_line(w, "Final-Recipient", t.final_);
	if (!(w->options->privacy_options & PRIVACY_NOACTUALRECIPIENT))
		add_line(w, "X-Actual-Recipient", t.actual);
	str_addf(&w->out, "Action: %s\nStatus: %s\n", action, t.dsn);
	add_typed(w, "Remote-MTA", t.type_mta, t.remote);
	add_typed(w, "Diagnostic-Code", t.type_diag, t.diagnostic);
	str_addz(&w->out, "Last-Attempt-Date: ");
	add_date(&w->out, r->attempted_at_s ? r->attempted_at_s : w->report->created_s);
	str_addc(&w->out, '\n');
	/* A peer that asks for patience with this one recipient makes no promise of ours. */
	if (is_delay(r->state) && !(r->flags & RCPT_OWN_REPLY)) {
		str_addz(&w->out, "Will-Retry-Until: ");
		add_date(&w->out, w->d->retry_until_s);
		str_addc(&w->out, '\n');
	}
}

static void add_machine_part(struct writing *w)
{
	bool is_utf8 = w->d->env->flags & ENV_UTF8;

	str_addf(&w->out, "\n--" VIEW_FMT "\nContent-Type: message/%s\n\n", VIEW_ARG(w->boundary),
		 is_utf8 ? "global-delivery-status" : "delivery-status");
	add_about_message(w);
	for (size_t i = 0; i < w->d->n_rcpts; i++)
		add_about_recipient(w, w->d->rcpts[i]);
}

/* ---- part 3: the message ---- */

static void begin_message_part(struct writing *w)
{
	bool is_utf8 = w->d->env->flags & ENV_UTF8;
	const char *type = w->d->with_body ? (is_utf8 ? "message/global" : "message/rfc822")
			   : is_utf8       ? "message/global-headers"
					   : "text/rfc822-headers";

	if (w->boundary.len == 0) {
		str_addf(&w->out, "\n   ----- %s follows -----\n\n",
			 w->d->with_body ? "Original message" : "Message header");
		return;
	}
	str_addf(&w->out, "\n--" VIEW_FMT "\nContent-Type: %s\n", VIEW_ARG(w->boundary), type);
	if (has_8bit(w->d))
		str_addz(&w->out, "Content-Transfer-Encoding: 8bit\n");
	str_addc(&w->out, '\n');
}

/* The returned header has the fields that a file gets, and addresses as they came: no mailer's rules rewrite them. */
static void add_message_header(struct writing *w, const struct services *sv)
{
	struct envelope *e = w->d->env;
	struct macros *scope = macros_new(e->macros, w->arena);
	own_str struct str header = STR_MAX(HEADER_MAX);
	struct rw rw;

	envelope_rw(e, sv, w->arena, scope, &rw);
	macros_set(scope, 'g', address_bare(e->sender, w->arena));
	header_render(e, &rw, e->snap->cf->file_mailer, &header);
	str_add(&w->out, str_view(&header));
}

static int flush(struct writing *w)
{
	int r = body_append(w->report->body, str_view(&w->out));

	str_clear(&w->out);
	return r;
}

static int copy_body(struct writing *w)
{
	struct body_reader r;
	struct view piece;
	ssize_t n;
	bool ends_line = true;

	if (!w->d->env->body) {
		str_addz(&w->out, "\n<<< No Message Collected >>>\n");
		return flush(w);
	}
	str_addc(&w->out, '\n');
	if (flush(w) < 0)
		return -EIO;
	body_reader_init(&r, w->d->env->body);
	while ((n = body_read(&r, PIECE, &piece)) > 0) {
		int error = body_append(w->report->body, piece);

		ends_line = piece.p[piece.len - 1] == '\n';
		if (error < 0) {
			n = error;
			break;
		}
	}
	body_reader_done(&r);
	if (n == 0 && !ends_line)
		str_addc(&w->out, '\n');
	return (int)n;
}

static int write_message_part(struct writing *w, const struct services *sv)
{
	int r = 0;

	begin_message_part(w);
	add_message_header(w, sv);
	if (w->d->with_body)
		r = copy_body(w);
	else if (w->boundary.len == 0)
		str_addz(&w->out, "\n   ----- Message body suppressed -----\n");
	if (w->boundary.len)
		str_addf(&w->out, "\n--" VIEW_FMT "--\n\n", VIEW_ARG(w->boundary));
	return r < 0 ? r : flush(w);
}

int dsn_write(const struct dsn *d, const struct services *sv, struct envelope *report)
{
	own_arena struct arena *a = arena_new(16 << 20);
	struct writing w = { .d = d,
			     .options = &d->env->snap->cf->options,
			     .report = report,
			     .arena = a,
			     .out = STR_MAX(HEADER_MAX * 2) };
	int r;

	report->body = body_new(BODY_IN_MEMORY, d->spool_dir_fd);
	w.hostname = macros_get_expanded(report->macros, 'j', a);
	if (w.options->send_mime_errors)
		w.boundary = arena_printf(a, "%s.%lld/" VIEW_FMT, report->id,
					  (long long)report->created_s, VIEW_ARG(w.hostname));
	write_fields(&w);
	if (w.boundary.len)
		str_addf(&w.out, "This is a MIME-encapsulated message\n\n--" VIEW_FMT "\n\n",
			 VIEW_ARG(w.boundary));
	add_beginning(&w);
	add_block(&w, is_failure, "permanent fatal errors");
	if (d->lists_delayed)
		add_block(&w, is_delay, "transient non-fatal errors");
	add_block(&w, is_success, "successful delivery notifications");
	add_transcript(&w);
	if (w.boundary.len)
		add_machine_part(&w);
	r = write_message_part(&w, sv);
	str_done(&w.out);
	return r;
}
