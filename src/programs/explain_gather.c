/* explain_gather.c - resolving, watched: for each address given a tree of recipients, their rules and steps. */
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "programs/explain.h"
#include "receive/sender.h"
#include "resolve/localuser.h"

/* ---- what resolving tells ---- */

struct watch {
	struct explanation *x;
	struct table *by_rcpt; /* bytes of the pointer -> struct ex_rcpt */
};

static struct view pointer_key(const struct rcpt *const *r)
{
	return view_from((const char *)r, sizeof(*r));
}

/* The record of a recipient, made when it is new. */
static struct ex_rcpt *record_of(struct watch *w, const struct rcpt *r)
{
	struct ex_rcpt *found = table_get(w->by_rcpt, pointer_key(&r));

	if (found)
		return found;
	found = ARENA_NEW(w->x->arena, struct ex_rcpt);
	found->rcpt = r;
	table_set(w->by_rcpt, pointer_key(&r), found);
	return found;
}

static struct ex_step *add_step(struct watch *w, const struct rcpt *r, enum ex_step_kind kind)
{
	struct ex_rcpt *x = record_of(w, r);
	struct ex_step *s = ARENA_NEW(w->x->arena, struct ex_step);

	s->kind = kind;
	if (x->last_step)
		x->last_step->next = s;
	else
		x->steps = s;
	x->last_step = s;
	return s;
}

static void began(void *arg, const struct rcpt *r)
{
	struct watch *w = arg;

	record_of(w, r)->rules = ex_record(&w->x->recorder);
}

static void routed(void *arg, const struct rcpt *r, bool is_by_rule5)
{
	struct watch *w = arg;
	struct ex_step *s = add_step(w, r, EX_STEP_TRIPLE);

	s->mailer = r->triple.mailer;
	s->host = arena_dup(w->x->arena, r->triple.host);
	s->user = arena_dup(w->x->arena, r->triple.user);
	s->is_by_rule5 = is_by_rule5;
}

static void asked(void *arg, const struct rcpt *r, const struct map *m, struct view key,
		  enum found found, struct view value)
{
	struct watch *w = arg;
	struct ex_step *s = add_step(w, r, EX_STEP_ALIAS);
	struct map_file file;
	struct stat st;

	if (map_look_at_file(m, w->x->arena, &file) &&
	    stat(arena_dupz(w->x->arena, file.path), &st) == 0) {
		s->path = arena_dup(w->x->arena, file.path);
		s->owner = st.st_uid;
	}
	s->what = arena_dup(w->x->arena, view_of(map_name(m)));
	s->class_or_reason = arena_dup(w->x->arena, view_of(map_class_name(m)));
	s->key = arena_dup(w->x->arena, key);
	s->value = arena_dup(w->x->arena, value);
	s->found = found;
}

static void opened(void *arg, const struct rcpt *r, enum resolve_file kind, struct view path,
		   int error, const char *reason, uid_t owner)
{
	struct watch *w = arg;
	struct ex_step *s = add_step(w, r, EX_STEP_FILE);

	s->what = arena_dup(w->x->arena, path);
	s->class_or_reason = arena_dup(w->x->arena, view_of(reason));
	s->file_kind = kind;
	s->error = error;
	s->owner = owner;
}

static void account(void *arg, const struct rcpt *r, enum found found,
		    const struct local_user *user)
{
	struct watch *w = arg;
	struct ex_step *s = add_step(w, r, EX_STEP_ACCOUNT);

	s->key = arena_dup(w->x->arena, r->triple.user);
	s->found = found;
	if (found != FOUND)
		return;
	s->what = arena_dup(w->x->arena, user->name);
	s->value = arena_dup(w->x->arena, user->home);
	s->owner = user->uid;
}

/* ---- the sender ---- */

/* The sender goes through the rules once; each envelope sees what came of it. */
static void parse_sender(struct explanation *x)
{
	struct macros *scope = macros_new(x->snap->cf->macros, x->arena);
	struct rw rw = { .snap = x->snap,
			 .services = x->services,
			 .macros = scope,
			 .arena = x->arena,
			 .observer = &x->recorder.observer,
			 .id = "",
			 .deadline = INT64_MAX };

	x->sender_rules = ex_record(&x->recorder);
	macros_set(scope, MACRO_ADDR_TYPE, VIEW("e s"));
	rw_parse_address(&rw, x->sender.len ? x->sender : VIEW("<>"), 0, &x->sender_triple, NULL);
}

static void set_sender(struct explanation *x, struct envelope *e)
{
	const struct triple *t = &x->sender_triple;
	struct rw rw;

	e->sender = x->sender.len ? x->sender : VIEW("<>");
	e->sender_mailer = t->mailer;
	macros_set(e->macros, MACRO_MAIL_MAILER, t->mailer ? t->mailer->name : VIEW(""));
	macros_set(e->macros, MACRO_MAIL_HOST, t->host);
	macros_set(e->macros, MACRO_MAIL_ADDR, x->sender.len ? t->user : VIEW(""));
	macros_set(e->macros, MACRO_DELIVERY_MODE, VIEW("b"));
	envelope_rw(e, x->services, x->arena, NULL, &rw);
	macros_set(e->macros, 'f', sender_canonical(&rw, e->sender));
}

/* ---- an address ---- */

/* The recipients as resolving left them, in their order, each below the one it came from. */
static struct ex_rcpt *build_tree(struct watch *w, struct envelope *e)
{
	struct ex_rcpt *first = NULL, *last = NULL;

	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);
		struct ex_rcpt *n = record_of(w, r);

		if (last)
			last->next = n;
		else
			first = n;
		last = n;
		n->parent = r->parent ? record_of(w, r->parent) : NULL;
		if (!n->parent)
			continue;
		if (n->parent->last)
			n->parent->last->sibling = n;
		else
			n->parent->first = n;
		n->parent->last = n;
	}
	return first;
}

void ex_note_exit(struct explanation *x, const struct status *st)
{
	int exit = EX_UNAVAILABLE_;

	if (status_outcome(st) == OUTCOME_LATER)
		exit = EX_TEMPFAIL_;
	else if (st->exit == EX_NOUSER_)
		exit = EX_NOUSER_;
	if (x->exit == EX_OK_ || x->exit == EX_TEMPFAIL_)
		x->exit = exit;
}

static void explain_address(struct explanation *x, size_t i)
{
	struct watch w = { .x = x, .by_rcpt = table_new(TABLE_EXACT) };
	const struct resolve_observer observer = { .arg = &w,
						   .began = began,
						   .routed = routed,
						   .asked = asked,
						   .opened = opened,
						   .account = account };
	const struct resolve_ctx ctx = { .services = x->services,
					 .rules_observer = &x->recorder.observer,
					 .observer = &observer };
	struct envelope *e = x->envelopes[i] = envelope_new(x->snap);
	struct rcpt *r;

	e->created_s = wall_s();
	e->delivery_mode = 'b';
	set_sender(x, e);
	r = envelope_add_rcpt(e, view_of(x->addresses[i]), NULL);
	r->flags |= RCPT_PRIMARY;
	resolve_envelope(e, &ctx, RESOLVE_VERIFY_ONLY);
	x->rcpts[i] = build_tree(&w, e);
	table_free(w.by_rcpt);
	for (struct ex_rcpt *n = x->rcpts[i]; n; n = n->next) {
		if (n->rcpt->state == RCPT_FAILED || n->rcpt->state == RCPT_DEFERRED)
			ex_note_exit(x, &n->rcpt->status);
		if (n->rcpt->state == RCPT_ROUTED && x->n_routes++ < EX_ROUTES_MAX)
			ex_route_find(x, e, n);
	}
}

void ex_gather(struct explanation *x)
{
	x->envelopes = ARENA_ARRAY(x->arena, struct envelope *, x->n_addresses);
	x->rcpts = ARENA_ARRAY(x->arena, struct ex_rcpt *, x->n_addresses);
	ex_recorder_init(&x->recorder, x->arena, x->snap->rules);
	parse_sender(x);
	for (size_t i = 0; i < x->n_addresses; i++)
		explain_address(x, i);
}
