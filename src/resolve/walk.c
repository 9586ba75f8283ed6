/*
 * walk.c - the context of resolving, and outcomes found on the way.
 */
#include "resolve/walk.h"

#include "base/clock.h"
#include "resolve/parts.h"

#define SCRATCH_BYTES (16u << 20) /* an alias may be 64 MB long */
#define MAPS_WAIT_S   300

static void open_scope(struct walk *w)
{
	w->scope = macros_new(w->env->macros, w->arena);
	envelope_rw(w->env, w->ctx->services, w->arena, w->scope, &w->rw);
	w->rw.trace = w->ctx->trace;
	w->rw.observer = w->ctx->rules_observer;
	w->rw.deadline = deadline_in_s(MAPS_WAIT_S);
	w->told = (struct rw_told){ .text = VIEW_NONE };
	if (!(w->flags & RESOLVE_VERIFY_ONLY))
		w->rw.told = &w->told;
}

void walk_init(struct walk *w, struct envelope *e, const struct resolve_ctx *ctx, unsigned flags)
{
	*w = (struct walk){ .root = e,
			    .env = e,
			    .ctx = ctx,
			    .flags = flags,
			    .cf = e->snap->cf,
			    .arena = arena_new(SCRATCH_BYTES),
			    .seen = seen_new() };
	open_scope(w);
}

void walk_done(struct walk *w)
{
	parts_drop(w);
	seen_free(w->seen);
	free(w->duplicates);
	arena_free(w->arena);
}

void walk_next(struct walk *w)
{
	arena_reset(w->arena);
	open_scope(w);
}

void walk_say(const struct walk *w, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(4096);
	va_list ap;

	if (!w->ctx->verbose)
		return;
	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	w->ctx->verbose(w->ctx->verbose_arg, str_z(&s));
}

static void set_status(struct walk *w, struct rcpt *r, const struct status *st, char dsn[16])
{
	r->status = *st;
	r->status.text = arena_dup(w->env->arena, st->text);
	r->status.remote = arena_dup(w->env->arena, st->remote);
	status_format_dsn(st, dsn);
	if (!*dsn)
		snprintf(dsn, 16, "%d.0.0", st->smtp / 100);
	if (st->reply.len > 0)
		r->status.reply = arena_dup(w->env->arena, st->reply);
	else
		r->status.reply = arena_printf(w->env->arena, "%d %s " VIEW_FMT, st->smtp, dsn,
					       VIEW_ARG(st->text));
	r->state = status_outcome(st) == OUTCOME_LATER ? RCPT_DEFERRED : RCPT_FAILED;
	r->flags |= RCPT_BY_RULES;
}

/* What the rules themselves say is about the address; everything else speaks for itself. */
static void tell_status(struct walk *w, const struct rcpt *r, const struct status *st)
{
	bool is_named = !r->triple.mailer && rw_reply_names_address(st->smtp);

	envelope_tell_status(w->env,
			     is_named ? arena_printf(w->arena, VIEW_FMT "... " VIEW_FMT,
						     VIEW_ARG(r->address), VIEW_ARG(st->text))
				      : st->text,
			     r->state == RCPT_FAILED);
}

static void each_line(struct view lines, void (*take)(struct walk *w, struct view line),
		      struct walk *w)
{
	struct view line;

	while (view_cut(&lines, '\n', &line))
		if (line.len > 0)
			take(w, line);
}

static void note_line(struct walk *w, struct view line)
{
	envelope_note(w->env, VIEW_FMT, VIEW_ARG(line));
}

static void say_line(struct walk *w, struct view line)
{
	walk_say(w, VIEW_FMT, VIEW_ARG(line));
}

static void tell_mistake(struct walk *w, struct view line)
{
	if (w->ctx->mistaken)
		w->ctx->mistaken(w->ctx->mistaken_arg, line);
}

void walk_heed_told(struct walk *w, const struct rcpt *r)
{
	struct rw_told told = w->told;

	w->told = (struct rw_told){ .text = VIEW_NONE };
	if (told.text.len)
		envelope_tell_status(w->env, told.text, told.is_mistake);
	if (w->flags & RESOLVE_VERIFY_ONLY)
		return;
	each_line(told.notes, note_line, w);
	each_line(told.lines, say_line, w);
	each_line(told.mistakes, tell_mistake, w);
	if (told.failure.len && !w->ctx->is_again && !view_eq(told.failure, w->failure)) {
		walk_say(w, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(r->address), VIEW_ARG(told.failure));
		w->failure = arena_dup(w->env->arena, told.failure);
	}
}

void walk_defer(struct walk *w, struct rcpt *r, const struct status *st)
{
	char dsn[16];

	set_status(w, r, st, dsn);
	if (w->flags & RESOLVE_VERIFY_ONLY)
		return;
	/* To a client of ours it is our trouble; who waits for the message hears of the look-up. */
	status_parse_dsn(VIEW("4.4.3"), r->status.dsn);
	r->status.reply = VIEW_NONE;
	walk_say(w, VIEW_FMT "... Transient parse error -- message queued for future delivery",
		 VIEW_ARG(r->address));
}

void walk_fail(struct walk *w, struct rcpt *r, const struct status *st)
{
	bool is_named = rw_reply_names_address(st->smtp);
	char dsn[16];

	set_status(w, r, st, dsn);
	if (w->flags & RESOLVE_VERIFY_ONLY)
		return;
	tell_status(w, r, st);
	if (w->env->error_mode == ERRORS_PRINT)
		walk_say(w, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(r->address), VIEW_ARG(st->text));
	envelope_note(w->env, "%d %s " VIEW_FMT "%s" VIEW_FMT "%s" VIEW_FMT, st->smtp, dsn,
		      VIEW_ARG(r->place), r->place.len ? ": " : "",
		      VIEW_ARG(is_named ? r->address : VIEW_NONE), is_named ? "... " : "",
		      VIEW_ARG(st->text));
}

void walk_failz(struct walk *w, struct rcpt *r, int smtp, const char *dsn, int exit,
		const char *text)
{
	struct status st = status_make(smtp, dsn, exit, view_of(text));

	walk_fail(w, r, &st);
}
