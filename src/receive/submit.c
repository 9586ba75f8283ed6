/* submit.c - see submit.h. */
#include "receive/submit.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "envelope/header_complete.h"
#include "mail/address.h"
#include "mail/date.h"
#include "envelope/rcpt_order.h"
#include "queue/busy.h"
#include "receive/sender.h"
#include "receive/submit_text.h"
#include "receive/verify.h"
#include "report/mail_log.h"
#include "resolve/localuser.h"
#include "resolve/owner.h"
#include "smtp/grammar.h"

#define NAME_SPECIALS ",;:()<>@[]\".'"    /* in a name given with -F */
#define VERIFY_BYTES  ((size_t)480 << 20) /* of a list shown by -bv: some 700,000 members */

struct submission {
	const struct submit_params *p;
	const struct config *cf;
	struct envelope *e;
	struct arena *arena; /* the envelope's */
	struct view user;    /* login name of the caller */
	uint32_t rcpt_flags;
	struct view header_from; /* of the message; none */
	int exit;                /* the worst so far */
};

static void complain(struct submission *u, int exit, struct view about, struct view text)
{
	bool shown = about.len > 0;

	if (u->e->error_mode == ERRORS_PRINT && !u->p->verbose)
		printf(VIEW_FMT "%s" VIEW_FMT "\n", VIEW_ARG(about), shown ? "... " : "",
		       VIEW_ARG(text));
	log_event(u->p->services->log, 4, LOG_NOTICE, u->e->id, VIEW_FMT "%s" VIEW_FMT,
		  VIEW_ARG(about), shown ? "... " : "", VIEW_ARG(text));
	if (exit > u->exit || u->exit == 0)
		u->exit = exit;
}

/* ---- who ---- */

static void find_caller(struct submission *u)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(u->p->real_uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		u->user = arena_dup(u->arena, view_of(entry.pw_name));
	else
		u->user = arena_printf(u->arena, "%ld", (long)u->p->real_uid);
}

static void add_warning(struct submission *u, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void add_warning(struct submission *u, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(1024);
	struct view j = macros_get_expanded(u->e->macros, 'j', u->arena);
	va_list ap;

	if (!(u->cf->options.privacy_options & PRIVACY_AUTHWARNINGS))
		return;
	str_addf(&text, " " VIEW_FMT ": ", VIEW_ARG(j));
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	header_add(&u->e->header, u->arena, VIEW("X-Authentication-Warning"),
		   arena_dup(u->arena, str_view(&text)));
	log_event(u->p->services->log, 4, LOG_INFO, u->e->id, "Authentication-Warning:%s",
		  str_z(&text));
}

static bool is_trusted(const struct submission *u)
{
	return u->p->real_uid == 0 || u->p->real_uid == u->cf->options.trusted_uid ||
	       classes_has(u->cf->classes, 't', u->user);
}

static struct view sender_text(struct submission *u)
{
	struct view given = view_of(u->p->sender);

	if (view_is_none(given))
		return u->user;
	given = view_trim(given);
	if (given.len == 0 || view_eq(given, VIEW("<>")))
		return VIEW("<>");
	return given;
}

/* -F: a name with characters that a phrase may not have is a quoted one. */
static struct view option_full_name(const struct submission *u)
{
	struct view name = view_of(u->p->full_name);

	own_str struct str out = STR_MAX(2048);
	bool is_plain = true;

	for (size_t i = 0; i < name.len; i++)
		is_plain = is_plain && !strchr(NAME_SPECIALS, name.p[i]);
	if (is_plain || name.p[0] == '"')
		return arena_dup(u->arena, name);
	str_addc(&out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			str_addc(&out, '\\');
		str_addc(&out, name.p[i]);
	}
	str_addc(&out, '"');
	return arena_dup(u->arena, str_view(&out));
}

/* Is the sender who called? Then what fails comes back to him without a message. */
static void note_caller(struct submission *u, const struct triple *sender)
{
	struct local_user lu;

	if (sender->mailer && flag_has(&sender->mailer->flags, 'w') &&
	    local_user_find(sender->user, u->arena, &lu) == FOUND && lu.uid == u->p->real_uid)
		u->e->flags |= ENV_SENDER_IS_CALLER;
}

/* Has somebody who is not trusted named another sender than himself? */
static bool is_foreign_sender(const struct submission *u)
{
	return !view_is_none(view_of(u->p->sender)) && !is_trusted(u) &&
	       !(u->e->flags & ENV_SENDER_IS_CALLER);
}

static void warn_of_sender(struct submission *u, struct view sender)
{
	if (is_foreign_sender(u) && !view_eq(sender, VIEW("<>")))
		add_warning(u, VIEW_FMT " set sender to " VIEW_FMT " using -f", VIEW_ARG(u->user),
			    VIEW_ARG(sender));
}

/* Whoever gives mail to the program itself has authenticated to this host. */
static void set_auth(struct submission *u, struct view sender)
{
	struct view bare = address_bare(sender, u->arena);
	struct view j = macros_get_expanded(u->e->macros, 'j', u->arena);

	if (is_foreign_sender(u))
		return;
	if (view_find(bare, '@') == bare.len)
		bare = arena_printf(u->arena, VIEW_FMT "@" VIEW_FMT, VIEW_ARG(bare), VIEW_ARG(j));
	u->e->auth_param = arena_dup(u->arena, xtext_encode(bare, u->arena));
}

/* The sender through the rules: its mailer, $f, and whether it is of this host. */
static void set_sender(struct submission *u)
{
	struct envelope *e = u->e;
	struct view text = sender_text(u);
	struct triple t = { 0 };
	struct rw rw;
	int exit;

	envelope_rw(e, u->p->services, u->arena, e->macros, &rw);
	exit = rw_parse_address(&rw, text, 0, &t, NULL);
	if (exit != EX_OK_ && exit != EX_TEMPFAIL_) {
		complain(u, exit, text, t.status.text);
		text = VIEW("MAILER-DAEMON");
	}
	e->sender = e->sender_logged = arena_dup(u->arena, text);
	e->sender_mailer = t.mailer;
	if (view_eq(text, VIEW("<>"))) {
		macros_set(e->macros, 'f', VIEW(""));
		return;
	}
	macros_set(e->macros, 'f', sender_canonical(&rw, text));
	sender_set_full_name(e, &t, u->arena);
	note_caller(u, &t);
	warn_of_sender(u, text);
	if (u->p->full_name && *u->p->full_name && t.mailer && flag_has(&t.mailer->flags, 'w'))
		macros_set(e->macros, 'x', option_full_name(u));
	set_auth(u, text);
}

/* ---- how ---- */

static enum error_mode error_mode_of(char letter)
{
	switch (letter) {
	case 'q':
		return ERRORS_QUIET;
	case 'm':
		return ERRORS_MAIL;
	case 'w':
		return ERRORS_WRITE;
	case 'e':
		return ERRORS_MAIL_ZERO;
	default:
		return ERRORS_PRINT;
	}
}

static bool set_notify(struct submission *u)
{
	struct view rest = view_of(u->p->notify), word;

	if (view_is_none(rest))
		return true;
	u->rcpt_flags |= RCPT_NOTIFY_GIVEN;
	if (view_eq_nocase(rest, VIEW("never")))
		return true;
	while (view_cut(&rest, ',', &word)) {
		if (view_eq_nocase(word, VIEW("success")))
			u->rcpt_flags |= RCPT_NOTIFY_SUCCESS;
		else if (view_eq_nocase(word, VIEW("failure")))
			u->rcpt_flags |= RCPT_NOTIFY_FAILURE;
		else if (view_eq_nocase(word, VIEW("delay")))
			u->rcpt_flags |= RCPT_NOTIFY_DELAY;
		else
			return false;
	}
	return true;
}

static void set_protocol(struct submission *u)
{
	struct view rest = view_of(u->p->protocol), name;
	struct macros *m = u->e->macros;

	macros_setf(m, '_', VIEW_FMT "@localhost", VIEW_ARG(u->user));
	u->e->relay = arena_dup(u->arena, macros_get(m, '_'));
	macros_set(m, MACRO_DAEMON_FLAGS,
		   u->cf->options.direct_submission_modifiers.len
			   ? u->cf->options.direct_submission_modifiers
		   : u->p->is_gateway ? VIEW("CC f")
				      : VIEW("c u"));
	if (view_is_none(rest))
		return;
	if (view_cut(&rest, ':', &name))
		macros_set(m, 'r', name);
	if (rest.len > 0)
		macros_set(m, 's', rest);
	u->e->protocol = arena_dup(u->arena, name);
}

static void set_dates(struct submission *u)
{
	struct envelope *e = u->e;
	char date[DATE_TEXT_MAX];

	e->created_s = wall_s();
	date_rfc822(e->created_s, date);
	macros_setf(e->macros, 'b', "%s", date);
	macros_setf(e->macros, 'a', "%s", date);
	date_ctime(e->created_s, date);
	macros_setf(e->macros, 'd', "%s", date);
	date_numeric(e->created_s, date);
	macros_setf(e->macros, 't', "%s", date);
}

/* Everything the command line says. An exit status. */
static int set_manner(struct submission *u)
{
	const struct submit_params *p = u->p;
	struct envelope *e = u->e;

	e->flags |= ENV_FROM_COMMAND_LINE;
	e->error_mode = error_mode_of(u->cf->options.error_mode);
	e->delivery_mode = p->delivery_mode ? p->delivery_mode : u->cf->options.delivery_mode;
	if (e->delivery_mode == 'q' || e->delivery_mode == 'd')
		e->flags |= ENV_HOLD;
	e->hop_count = e->hop_start = p->hop_count;
	e->submitter = (struct rcpt_user){
		.name = u->user, .uid = p->real_uid, .gid = getgid(), .is_set = true
	};
	if (!set_notify(u)) {
		fprintf(stderr, "Invalid -N argument\n");
		return EX_USAGE_;
	}
	if (p->ret) {
		struct view ret = view_of(p->ret);

		if (view_eq_nocase(ret, VIEW("hdrs")))
			e->flags |= ENV_RET_HEADERS;
		else if (!view_eq_nocase(ret, VIEW("full"))) {
			fprintf(stderr, "Invalid -R value\n");
			return EX_USAGE_;
		}
		e->flags |= ENV_RET_GIVEN;
		macros_set(e->macros, MACRO_DSN_RET, ret);
	}
	if (p->envid && !xtext_is_valid(view_of(p->envid))) {
		fprintf(stderr, "Invalid syntax in -V flag\n");
		return EX_USAGE_;
	}
	if (p->body_type && !view_eq_nocase(view_of(p->body_type), VIEW("7bit")) &&
	    !view_eq_nocase(view_of(p->body_type), VIEW("8bitmime"))) {
		fprintf(stderr, "Illegal body type %s\n", p->body_type);
	} else if (p->body_type) {
		e->body_type = arena_dup(u->arena, view_of(p->body_type));
		macros_set(e->macros, MACRO_BODYTYPE, e->body_type);
	}
	if (p->envid) {
		e->envid = arena_dup(u->arena, view_of(p->envid));
		macros_set(e->macros, MACRO_DSN_ENVID, e->envid);
	}
	if (p->is_utf8)
		e->flags |= ENV_UTF8;
	return 0;
}

/* ---- to whom ---- */

/* One recipient: resolved with all the others when they are known. */
static void add_rcpt(struct submission *u, struct view address)
{
	envelope_add_rcpt(u->e, address, NULL)->flags |= u->rcpt_flags;
}

/* The recipients of one list, the last one first, as sendmail takes them. */
static void add_list(struct submission *u, struct view list, bool by_blanks)
{
	struct view *addresses = NULL;
	size_t n = 0, cap = 0;
	struct view address;

	while (address_list_next(&list, by_blanks, false, &address)) {
		MEM_GROW(addresses, n, cap);
		addresses[n++] = address;
	}
	while (n > 0)
		add_rcpt(u, addresses[--n]);
	free(addresses);
}

/* MH puts in a From: that says no more than we would, with no blank before it; ours, with the full name, is better. */
static bool keep_field(void *arg, struct view name, struct view value)
{
	struct submission *u = arg;
	const struct mailer *m = u->e->sender_mailer;

	if (view_eq_nocase(name, VIEW("From")) && !(m && flag_has(&m->flags, '!')) &&
	    view_eq(value, u->e->sender))
		return false;
	return true;
}

/* -t: the recipients that the header names. */
static void add_header_rcpts(struct submission *u)
{
	bool resent = false;

	LIST_EACH (&u->e->header.fields, it) {
		resent |= (LIST_OWNER(it, struct header_field, link)->flags & HEADER_RESENT) != 0;
	}
	LIST_EACH (&u->e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);

		if ((f->flags & HEADER_RCPT) && ((f->flags & HEADER_RESENT) != 0) == resent)
			add_list(u, f->value, u->cf->options.old_style_headers);
	}
}

/* What the rules and the aliases made of the recipients: refusals are told and logged. */
static void tell_refused(struct submission *u, struct rcpt *r)
{
	bool by_rules = !r->triple.mailer;
	bool is_named = !by_rules || rw_reply_names_address(r->status.smtp);
	struct view about = is_named ? r->address : VIEW_NONE;

	if (r->place.len > 0)
		about = arena_printf(u->arena, VIEW_FMT "%s" VIEW_FMT, VIEW_ARG(r->place),
				     is_named ? ": " : "", VIEW_ARG(about));
	complain(u, r->status.exit, about, r->status.text);
	r->attempted_at_s = u->e->created_s;
	if (by_rules)
		return; /* the complaint stands in the log */
	mail_log_to(u->p->services->log, &(struct mail_log_delivery){ .env = u->e,
								      .rcpts = &r,
								      .n = 1,
								      .mailer = r->triple.mailer,
								      .status = &r->status,
								      .stat = r->status.text });
}

static void say_line(void *arg, const char *line)
{
	(void)arg;
	printf("%s\n", line);
	fflush(stdout);
}

/* What the rules put off is told too; a map that could not be asked is not. */
static void tell_put_off(struct submission *u, const struct rcpt *r)
{
	int exit = u->exit;

	if (!r->triple.mailer && r->status.exit == EX_TEMPFAIL_)
		complain(u, exit, rw_reply_names_address(r->status.smtp) ? r->address : VIEW_NONE,
			 r->status.text);
}

static void tell_mistake(void *arg, struct view text)
{
	struct submission *u = arg;

	if (u->e->error_mode == ERRORS_PRINT && !u->p->verbose)
		printf(VIEW_FMT "\n", VIEW_ARG(text));
	if (u->exit < EX_OSERR_)
		u->exit = EX_OSERR_;
}

static void resolve(struct submission *u)
{
	struct resolve_ctx ctx = { .services = u->p->services,
				   .verbose = u->p->verbose ? say_line : NULL,
				   .mistaken = tell_mistake,
				   .mistaken_arg = u,
				   .leaves_long = true };

	resolve_envelope(u->e, &ctx, u->p->no_aliases ? RESOLVE_NO_ALIASES : 0);
	LIST_EACH (&u->e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED) {
			tell_refused(u, r);
		} else if (r->state == RCPT_DEFERRED) { /* a queue run tries it again */
			tell_put_off(u, r);
			r->state = RCPT_ROUTED;
			r->flags |= RCPT_LATER;
		}
	}
}

/* ---- all of it ---- */

static int text_trouble(struct submission *u, int error)
{
	char text[128];

	if (error == -EMSGSIZE) {
		snprintf(text, sizeof(text), "Headers too large (%lld max)",
			 (long long)u->cf->options.max_headers_length);
		complain(u, EX_DATAERR_, VIEW_NONE, view_of(text));
		return EX_DATAERR_;
	}
	snprintf(text, sizeof(text), "cannot store the message: %s", strerror(-error));
	complain(u, EX_TEMPFAIL_, VIEW_NONE, view_of(text));
	return EX_TEMPFAIL_;
}

static int read_message(struct submission *u)
{
	const struct submit_params *p = u->p;
	struct envelope *e = u->e;
	int64_t max = u->cf->options.max_message_size;
	int error = submit_text_read(p->fd_in, p->dot_is_text || u->cf->options.ignore_dots, e,
				     keep_field, u, &e->size);

	if (error < 0)
		return text_trouble(u, error);
	macros_setf(e->macros, MACRO_MSG_SIZE, "%lld", (long long)e->size);
	if (max > 0 && e->size > max) {
		complain(u, EX_UNAVAILABLE_, VIEW_NONE,
			 arena_printf(u->arena, "Message exceeds maximum fixed size (%lld)",
				      (long long)max));
		return EX_UNAVAILABLE_;
	}
	if (body_has_8bit(e->body))
		e->flags |= ENV_HAS_8BIT;
	return 0;
}

static int check_rcpts(const struct submission *u)
{
	if (u->e->n_rcpts > 0)
		return 0;
	printf("%s\n", u->p->from_header ? "No recipient addresses found in header"
					 : "Recipient names must be specified");
	return u->p->from_header ? -1 : EX_USAGE_;
}

static void take_header_rcpts(struct submission *u)
{
	u->e->flags |= ENV_RCPTS_FROM_HEADER;
	if (u->e->n_rcpts == 1)
		macros_set(u->e->macros, 'u',
			   LIST_OWNER(u->e->rcpts.head.next, struct rcpt, link)->address);
	add_header_rcpts(u);
}

/* A message that goes in circles: its recipients fail with it, which a report tells. */
static int fail_all(struct submission *u, const struct status *why)
{
	log_event(u->p->services->log, 0, LOG_CRIT, u->e->id, "SYSERR(" VIEW_FMT "): " VIEW_FMT,
		  VIEW_ARG(u->user), VIEW_ARG(why->text));
	envelope_note(u->e, "554 5.4.6 " VIEW_FMT, VIEW_ARG(why->text));
	LIST_EACH (&u->e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		r->state = RCPT_FAILED;
		r->status = *why;
	}
	u->exit = why->exit;
	return 0;
}

/* An exit status when there will be no message; else 0. */
static int build(struct submission *u)
{
	const struct submit_params *p = u->p;
	struct status bad = status_ok();
	int exit = set_manner(u);

	if (exit)
		return exit;
	set_protocol(u);
	set_dates(u);
	queue_assign_id(p->queue, u->e);
	set_sender(u);
	for (size_t i = 0; i < p->n_rcpts; i++)
		add_list(u, view_of(p->rcpts[i]), false);
	exit = read_message(u);
	if (exit)
		return exit;
	if (p->from_header)
		take_header_rcpts(u);
	exit = check_rcpts(u);
	if (exit)
		return exit;
	exit = envelope_complete_header(u->e, p->services, &bad);
	if (exit && bad.dsn[1] == 4 && bad.dsn[2] == 6)
		exit = fail_all(u, &bad);
	else if (exit)
		complain(u, exit, VIEW_NONE, bad.text);
	return exit;
}

/* Copies for the owners of lists: each with its id, its line in the log, and the weight of the whole. */
static void split(struct submission *u, struct submitted *out)
{
	struct envelope *e = u->e;

	out->n_copies = owner_split(e, &out->copies);
	for (size_t i = 0; i < out->n_copies; i++) {
		struct envelope *c = out->copies[i];

		queue_assign_id(u->p->queue, c);
		log_event(u->p->services->log, 4, LOG_INFO, e->id, "%s: clone: owner=" VIEW_FMT,
			  c->id, VIEW_ARG(c->sender));
	}
	owner_split_done(e, RCPT_DROPPED);
}

/* Copies for the queue groups, of the message and of the owners' copies. */
static void split_by_group(struct submission *u, struct submitted *out)
{
	size_t n_before = out->n_copies;

	for (size_t i = 0; i <= n_before; i++) {
		struct envelope *e = i < n_before ? out->copies[i] : u->e, **more = NULL;
		size_t n = queue_split(u->p->queue, e, &more);

		if (n > 0) {
			out->copies = mem_resize(out->copies, out->n_copies + n,
						 sizeof(struct envelope *));
			memcpy(out->copies + out->n_copies, more, n * sizeof(struct envelope *));
			out->n_copies += n;
		}
		free(more);
	}
}

static void log_queued(struct submission *u, const struct envelope *e, struct rcpt *r)
{
	struct status put_off = { .exit = EX_TEMPFAIL_ };
	bool is_later = r->flags & RCPT_LATER;

	memcpy(put_off.dsn, r->status.dsn, sizeof(put_off.dsn));
	mail_log_to(u->p->services->log,
		    &(struct mail_log_delivery){ .env = e,
						 .rcpts = &r,
						 .n = 1,
						 .mailer = r->triple.mailer,
						 .status = is_later ? &put_off : NULL,
						 .stat = VIEW("queued") });
}

static void log_held_one(struct submission *u, const struct envelope *e)
{
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_NEW || r->state == RCPT_ROUTED)
			log_queued(u, e, r);
	}
}

/* What waits for a queue run is logged as such. */
static void log_held(struct submission *u, const struct submitted *m)
{
	if (!(u->e->flags & ENV_HOLD))
		return;
	for (size_t i = 0; i < m->n_copies; i++)
		log_held_one(u, m->copies[i]);
	log_held_one(u, u->e);
}

/* From QueueLA on what weighs too much waits for a run. */
static void hold_if_busy(struct submission *u)
{
	const struct options *o = &u->cf->options;
	struct envelope *e = u->e;

	if ((e->flags & ENV_HOLD) || !busy_holds(o, o->queue_la, e->priority))
		return;
	e->flags |= ENV_HOLD;
	e->delivery_mode = 'q';
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (u->p->verbose && r->state == RCPT_ROUTED)
			printf(VIEW_FMT "... queued\n", VIEW_ARG(r->address));
	}
}

int submit_read(const struct submit_params *p, struct submitted *out)
{
	struct submission u = { .p = p, .cf = p->snap->cf };
	int exit;

	*out = (struct submitted){ .env = NULL };
	u.e = envelope_new(p->snap);
	u.arena = u.e->arena;
	find_caller(&u);
	exit = build(&u);
	if (exit != 0) {
		if (u.e->id[0])
			mail_log_sender(p->services->log, u.e);
		envelope_free(u.e);
		return exit > 0 ? exit : 0;
	}
	if (u.exit == 0)
		resolve(&u);
	mail_log_sender(p->services->log, u.e);
	queue_set_priority(u.e);
	hold_if_busy(&u);
	sender_settle_body_type(u.e);
	rcpt_order_members(u.e);
	split(&u, out);
	split_by_group(&u, out);
	log_held(&u, out);
	out->env = u.e;
	return u.exit;
}

void submitted_done(struct submitted *s)
{
	envelope_free(s->env);
	for (size_t i = 0; i < s->n_copies; i++)
		envelope_free(s->copies[i]);
	free(s->copies);
	*s = (struct submitted){ .env = NULL };
}

/* ---- -bv ---- */

static void print_deliverable(const struct config *cf, const struct rcpt *r)
{
	const struct triple *t = &r->triple;
	bool is_program = t->mailer == cf->prog_mailer; /* shown with its quotes and pipe sign */

	printf(VIEW_FMT "... deliverable: mailer " VIEW_FMT, VIEW_ARG(r->address),
	       VIEW_ARG(t->mailer->name));
	if (t->host.len > 0)
		printf(", host " VIEW_FMT, VIEW_ARG(t->host));
	printf(", user " VIEW_FMT "\n", VIEW_ARG(is_program ? r->address : t->user));
}

/* Members that would leave with a copy for their list's owner stand behind the others. */
static void print_all(const struct submission *u, bool with_owner)
{
	LIST_EACH (&u->e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->triple.mailer && (r->owner.len > 0) == with_owner && r->state == RCPT_ROUTED)
			print_deliverable(u->cf, r);
	}
}

int submit_verify(const struct submit_params *p)
{
	struct submission u = { .p = p, .cf = p->snap->cf };
	struct resolve_ctx ctx = { .services = p->services,
				   .list_bytes = VERIFY_BYTES,
				   .verbose = p->verbose ? say_line : NULL };

	if (p->n_rcpts == 0) {
		printf("Recipient names must be specified\n");
		return EX_USAGE_;
	}
	u.e = envelope_new(p->snap);
	u.arena = u.e->arena;
	find_caller(&u);
	set_protocol(&u);
	set_dates(&u);
	for (size_t i = 0; i < p->n_rcpts; i++)
		verify_add(u.e, view_of(p->rcpts[i]));
	resolve_envelope(u.e, &ctx, p->no_aliases ? RESOLVE_NO_ALIASES : 0);
	rcpt_order_members(u.e);
	LIST_EACH (&u.e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		/* Deferred here means that something it depends on could not be asked. */
		if (r->state == RCPT_FAILED || r->state == RCPT_DEFERRED)
			complain(&u, r->status.exit, r->address, r->status.text);
	}
	print_all(&u, false);
	print_all(&u, true);
	envelope_free(u.e);
	return u.exit;
}
