/*
 * expand.c - every recipient to a mailer, a list of others, or an outcome.
 *
 *      NEW -- rules --> triple -+- error mailer -----------------------------> FAILED, DEFERRED
 *                               +- seen before ------------------------------> DROPPED (or the list it came from delivers)
 *                               +- prog, file, include: allowed? include ----> EXPANDED
 *                               +- flag A: alias ----------------------------> EXPANDED
 *                               +- flag 5: ruleset 5 -> another triple, from the top
 *                               +- flag w: account? .forward ----------------> EXPANDED
 *                               +-------------------------------------------> ROUTED
 *
 * Members are added at the end of the recipients, and have their turn before what stood there.
 */
#include "resolve/expand.h"

#include "base/mem.h"
#include "mail/address.h"
#include "resolve/parts.h"
#include "resolve/walk.h"

#define KEY_MAX      SEEN_KEY_MAX
#define SCRATCH_KEEP (256 * 1024) /* bytes of scratch memory that are not worth giving back */

/* ---- rules ---- */

/* Programs, files and lists have their names bare: no quotes, and a program no pipe sign. */
static void clean_special(struct walk *w, struct rcpt *r)
{
	struct triple *t = &r->triple;

	if (t->mailer != w->cf->prog_mailer && t->mailer != w->cf->file_mailer &&
	    t->mailer != w->cf->include_mailer)
		return;
	t->user = address_unquoted(t->user, w->env->arena);
	if (t->mailer == w->cf->prog_mailer && t->user.len > 0 && t->user.p[0] == '|')
		t->user = view_trim(view_skip(t->user, 1));
}

/* Reports call a recipient that goes elsewhere what the rules made of it; a local one what the sender called it. */
static void name_final(struct walk *w, struct rcpt *r, const struct triple *t)
{
	struct view user = t->user;

	if (r->parent || r->final_rcpt.len || view_find(user, '@') == user.len)
		return;
	while (user.len && user.p[user.len - 1] == '.')
		user.len--;
	r->final_rcpt = arena_printf(w->env->arena, "RFC822; " VIEW_FMT, VIEW_ARG(user));
}

/* The triple goes into the envelope; a local name loses quotes and the backslash that says "no aliases". */
static void keep_triple(struct walk *w, struct rcpt *r, const struct triple *t)
{
	struct arena *a = w->env->arena;

	r->triple = *t;
	r->triple.host = arena_dup(a, t->host);
	r->triple.user = arena_dup(a, t->user);
	r->triple.host_text = arena_dup(a, t->host_text);
	r->triple.status.text = arena_dup(a, t->status.text);
	clean_special(w, r);
	name_final(w, r, t);
	if (!t->mailer || !flag_has(&t->mailer->flags, 'l'))
		return;
	if (r->triple.user.len > 1 && r->triple.user.p[0] == '\\') {
		r->flags |= RCPT_VERBATIM;
		r->triple.user = view_skip(r->triple.user, 1);
	}
	if (flag_has(&t->mailer->flags, 's') &&
	    (view_find(r->triple.user, '"') < r->triple.user.len ||
	     view_find(r->triple.user, '\\') < r->triple.user.len))
		r->triple.user = address_unquoted(r->triple.user, a);
	if (t->is_verbatim_local)
		r->flags |= RCPT_VERBATIM;
}

/* False: the recipient has its outcome. */
static bool accept_triple(struct walk *w, struct rcpt *r, int rc, const struct triple *t)
{
	struct status st = t->status;
	bool is_unasked = rc == EX_TEMPFAIL_ && st.smtp == 0; /* a map could not be */

	walk_heed_told(w, r);
	if (is_unasked)
		st = status_make(451, "4.3.0", EX_TEMPFAIL_,
				 VIEW("Temporary system failure. Please try again later."));
	else if (!t->mailer && st.smtp == 0)
		st = status_make(554, "5.3.5", EX_CONFIG_, VIEW("Local configuration error"));
	if (rc == EX_TEMPFAIL_ || !t->mailer || st.smtp >= 400) {
		if (!t->mailer)
			r->triple.user = arena_dup(w->env->arena, t->user);
		if (rc == EX_TEMPFAIL_ && t->mailer && w->rw.told)
			keep_triple(w, r, t); /* where it would go decides its place */
		if (is_unasked)
			walk_defer(w, r, &st);
		else
			walk_fail(w, r, &st);
		return false;
	}
	keep_triple(w, r, t);
	return true;
}

static bool parse(struct walk *w, struct rcpt *r)
{
	struct triple t = { 0 };
	int rc;

	/* What RCPT found out is still good when delivery follows at once; a mailer without a user only tells the place in the
	 * queue. */
	if (r->triple.mailer && r->triple.user.len > 0)
		return true;
	WALK_OBSERVE(w, began, r);
	rc = rw_parse_address(&w->rw, r->address, PARSE_RCPT, &t, NULL);
	if (!accept_triple(w, r, rc, &t))
		return false;
	WALK_OBSERVE(w, routed, r, false);
	return true;
}

/* Ruleset 5 on the user part. EXPANSION_DONE: there is another triple now. */
static enum expansion apply_rule5(struct walk *w, struct rcpt *r)
{
	struct tokens ws = { 0 };
	struct status bad;
	struct triple t = { 0 };
	struct triple old = r->triple;
	struct view final_rcpt = r->final_rcpt; /* reports name what was addressed */
	bool is_accepted;
	int rc;

	macros_set(w->scope, 'h', old.host);
	macros_set(w->scope, 'u', old.user);
	if (tokens_scan(w->env->snap->rules, w->cf, old.user, '\0', SCAN_ADDRESS, w->arena, &ws,
			NULL, &bad) < 0 ||
	    ws.n == 0)
		return EXPANSION_NONE;
	rc = rw_apply(&w->rw, 5, &ws);
	if (rc != EX_TEMPFAIL_ && (ws.n == 0 || ws.v[0].symbol != '#'))
		return EXPANSION_NONE;
	if (rc != EX_TEMPFAIL_)
		rc = rw_build_triple(&w->rw, &ws, PARSE_RCPT, &t);
	is_accepted = accept_triple(w, r, rc, &t);
	r->final_rcpt = final_rcpt;
	if (!is_accepted)
		return EXPANSION_FAILED;
	if (r->triple.mailer == old.mailer && view_eq(r->triple.user, old.user) &&
	    view_eq(r->triple.host, old.host))
		return EXPANSION_NONE;
	r->user.alias = r->address; /* it acts for whom it acted for, under its own name */
	r->flags &= ~(uint32_t)RCPT_FROM_ALIAS;
	WALK_OBSERVE(w, routed, r, true);
	return EXPANSION_DONE;
}

/* ---- what may not be addressed ---- */

static const char *special_kind(const struct walk *w, const struct rcpt *r)
{
	const struct mailer *m = r->triple.mailer;

	return m == w->cf->prog_mailer      ? "programs"
	       : m == w->cf->file_mailer    ? "files"
	       : m == w->cf->include_mailer ? ":include:s"
					    : NULL;
}

/* True when it may go on. */
static bool check_special(struct walk *w, struct rcpt *r)
{
	const char *kind = special_kind(w, r);
	struct view text;
	struct status st;

	if (!kind || (r->flags & RCPT_SAFE_PROGRAMS))
		return true;
	if (!r->parent && (r->user.alias.len > 0 || (r->flags & RCPT_FROM_ALIAS)))
		return true; /* it was allowed when its list was expanded; now it comes out of the queue */
	if (r->parent && r->triple.mailer == w->cf->include_mailer)
		return true;
	if (!r->parent)
		text = arena_printf(w->arena, "Cannot mail directly to %s", kind);
	else if (r->flags & RCPT_NO_SHELL)
		text = arena_printf(w->arena,
				    "User " VIEW_FMT "@" VIEW_FMT
				    " doesn't have a valid shell for mailing to %s",
				    VIEW_ARG(r->user.name),
				    VIEW_ARG(macros_get_expanded(w->scope, 'j', w->arena)), kind);
	else
		text = arena_printf(w->arena, "Address " VIEW_FMT " is unsafe for mailing to %s",
				    VIEW_ARG(r->parent->address), kind);
	st = status_make(550, "5.7.1", r->parent ? EX_DATAERR_ : EX_USAGE_, text);
	walk_fail(w, r, &st);
	return false;
}

static bool check_depth(struct walk *w, struct rcpt *r)
{
	int depth = 0, max = w->cf->options.max_alias_recursion;
	struct view text;
	struct status st;

	for (const struct rcpt *p = r->parent; p; p = p->parent)
		depth++;
	if (depth <= max)
		return true;
	text = arena_printf(w->arena, "aliasing/forwarding loop broken (%d aliases deep; %d max)",
			    depth, max);
	st = status_make(554, "5.4.6", EX_UNAVAILABLE_, text);
	walk_fail(w, r, &st);
	return false;
}

/* ---- seen before ---- */

static uint64_t add_to_sum(uint64_t sum, struct view v, bool folds)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.p[i];

		sum = (sum ^ (uint64_t)(folds ? tolower(c) : c)) * 0x100000001b3u;
	}
	return sum;
}

static uint64_t long_sum(struct view host, struct view user, bool folds)
{
	return add_to_sum(add_to_sum(0xcbf29ce484222325u, host, folds), user, folds);
}

static struct view identity_key(const struct walk *w, const struct rcpt *r, char buf[KEY_MAX])
{
	const struct mailer *m = r->triple.mailer;
	bool runs_as = m == w->cf->prog_mailer || m == w->cf->file_mailer;
	int n = snprintf(buf, KEY_MAX, "%d\t" VIEW_FMT "\t%ld\t" VIEW_FMT, m->number,
			 VIEW_ARG(view_first(r->triple.host, 300)),
			 runs_as ? (long)r->user.uid : -1L,
			 VIEW_ARG(view_first(r->triple.user, 800)));

	/* What does not fit stands in the key as its length and a sum: no two recipients are one because their beginnings are. */
	if (r->triple.host.len > 300 || r->triple.user.len > 800)
		n += snprintf(buf + n, KEY_MAX - (size_t)n, "\t%zu\t%zu\t%016llx",
			      r->triple.host.len, r->triple.user.len,
			      (unsigned long long)long_sum(r->triple.host, r->triple.user,
							   !flag_has(&m->flags, 'u')));
	if (!flag_has(&m->flags, 'u'))
		for (int i = 0; i < n; i++)
			buf[i] = (char)tolower((unsigned char)buf[i]);
	return view_from(buf, (size_t)n);
}

static bool is_ancestor(const struct rcpt *p, const struct rcpt *r)
{
	for (r = r->parent; r; r = r->parent)
		if (r == p)
			return true;
	return false;
}

static void settle_user(struct walk *w, struct rcpt *r, bool may_forward);

/* Who stands beside a user's own mailbox in the alias of that name acts for the user. */
static void act_for(const struct rcpt *keep)
{
	LIST_EACH (&keep->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->parent != keep || !(r->flags & RCPT_FROM_ALIAS) || !keep->user.uid ||
		    !r->user.is_set || !view_eq(r->user.name, keep->user.name))
			continue;
		r->user.uid = keep->user.uid;
		r->user.gid = keep->user.gid;
	}
}

/* A list that leads back to itself: the one on the way that has an account gets the message, once. */
static void deliver_self(struct walk *w, struct rcpt *r, struct rcpt *ancestor)
{
	struct rcpt *keep = r->parent == ancestor ? ancestor : NULL;
	struct envelope *env = w->env;
	struct local_user lu;
	bool by_forward = (r->flags & RCPT_FROM_FORWARD) != 0;

	for (struct rcpt *p = r->parent; p; p = p->parent) {
		if (flag_has(&p->triple.mailer->flags, 'w') &&
		    local_user_find(p->triple.user, w->arena, &lu) == FOUND) {
			keep = p;
			break;
		}
		if (p == ancestor)
			break;
	}
	r->state = RCPT_DROPPED;
	if (!keep || keep->state != RCPT_EXPANDED) {
		r->flags |= RCPT_LOOPS;
		w->saw_loop = true;
		return;
	}
	keep->flags |= RCPT_VERBATIM;
	w->env = keep->env; /* not this one when the list is read in parts */
	settle_user(w, keep, !by_forward);
	act_for(keep);
	w->env = env;
}

/* True: it is new. */
static bool check_seen(struct walk *w, struct rcpt *r)
{
	char buf[KEY_MAX];
	struct view key = identity_key(w, r, buf);
	bool is_gone;
	struct rcpt *first = seen_get(w->seen, key, &is_gone);

	if (!first && !is_gone) {
		seen_set(w->seen, key, r);
		return true;
	}
	if (first == r)
		return true;
	if (first && is_ancestor(first, r)) {
		if (r->flags & RCPT_VERBATIM) {
			/* "\\user" in the user's own list means the mailbox. */
			seen_set(w->seen, key, r);
			return true;
		}
		deliver_self(w, r, first);
		return false;
	}
	walk_say(w, VIEW_FMT "... duplicate suppressed", VIEW_ARG(r->address));
	if (first)
		first->flags |= r->flags &
				(RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY);
	r->state = RCPT_DROPPED;
	if (first && first->env == w->root && r->env == w->root) {
		MEM_GROW(w->duplicates, w->n_duplicates, w->cap_duplicates);
		w->duplicates[w->n_duplicates++] = (struct duplicate){ first, r };
	}
	return false;
}

/* ---- accounts ---- */

static void set_user(struct walk *w, struct rcpt *r, const struct local_user *lu)
{
	struct view alias = r->user.alias;

	r->user = (struct rcpt_user){ .name = arena_dup(w->env->arena, lu->name),
				      .uid = lu->uid,
				      .gid = lu->gid,
				      .alias = alias,
				      .is_set = alias.len > 0 && lu->uid != 0 };
}

/* False: the recipient has its outcome. */
static bool find_account(struct walk *w, struct rcpt *r, struct local_user *out)
{
	enum found f = local_user_find(r->triple.user, w->arena, out);

	if (f == NOT_FOUND && w->cf->options.match_gecos)
		f = local_user_find_by_full_name(r->triple.user, w->arena, out);
	WALK_OBSERVE(w, account, r, f, out);
	if (f == FOUND) {
		if (!view_eq(out->name, r->triple.user))
			r->triple.user = arena_dup(w->env->arena, out->name);
		return true;
	}
	if (f == LOOKUP_FAILED)
		walk_failz(w, r, 451, "4.3.0", EX_TEMPFAIL_,
			   "user database temporarily unavailable");
	else
		walk_failz(w, r, 550, "5.1.1", EX_NOUSER_, "User unknown");
	return false;
}

/* The account of a recipient whose mailer wants one, and where its mail is forwarded to. */
static void settle_user(struct walk *w, struct rcpt *r, bool may_forward)
{
	struct local_user lu;

	if (flag_has(&r->triple.mailer->flags, 'w')) {
		if (!find_account(w, r, &lu))
			return;
		set_user(w, r, &lu);
		if (may_forward && !(w->flags & (RESOLVE_NO_ALIASES | RESOLVE_ONE_LEVEL)) &&
		    forward_expand(w, r, &lu) != EXPANSION_NONE)
			return;
	}
	r->state = RCPT_ROUTED;
}

/* ---- one recipient ---- */

static bool may_alias(const struct walk *w, const struct rcpt *r)
{
	return flag_has(&r->triple.mailer->flags, 'A') && !(r->flags & RCPT_VERBATIM) &&
	       !(w->flags & RESOLVE_NO_ALIASES) && !((w->flags & RESOLVE_ONE_LEVEL) && r->parent);
}

static bool may_rule5(const struct rcpt *r)
{
	return flag_has(&r->triple.mailer->flags, '5') && !(r->flags & RCPT_VERBATIM);
}

/* From a triple to what becomes of it. Ruleset 5 may send it round again, as often as aliases may be nested. */
static void settle_triple(struct walk *w, struct rcpt *r)
{
	int rounds = w->cf->options.max_alias_recursion;

	do {
		enum expansion x;

		if (!check_special(w, r) || !check_seen(w, r))
			return;
		if (r->triple.mailer == w->cf->include_mailer) {
			include_expand(w, r);
			return;
		}
		if (may_alias(w, r) && alias_expand(w, r) != EXPANSION_NONE)
			return;
		x = may_rule5(r) ? apply_rule5(w, r) : EXPANSION_NONE;
		if (x == EXPANSION_FAILED)
			return;
		if (x == EXPANSION_NONE)
			break;
	} while (rounds-- > 0);
	/* "@user" of ruleset 5 is no alias; "\\user" is the mailbox itself. */
	settle_user(w, r, !(r->flags & RCPT_VERBATIM) || r->triple.is_verbatim_local);
}

static struct rcpt *addressed(struct rcpt *r)
{
	while (r->parent)
		r = r->parent;
	return r;
}

void walk_mark_loops(struct envelope *e)
{
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_DROPPED && (r->flags & RCPT_LOOPS))
			addressed(r)->flags |= RCPT_LOOPS;
		else if (r->state != RCPT_EXPANDED)
			addressed(r)->flags |= RCPT_LEADS_ON;
	}
}

/* A list of which nothing is left but ways back into itself fails as it was addressed: else nobody would hear of it. */
static void fail_loops(struct walk *w)
{
	walk_mark_loops(w->env);
	LIST_EACH (&w->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (!r->parent && r->state == RCPT_EXPANDED &&
		    (r->flags & (RCPT_LOOPS | RCPT_LEADS_ON)) == RCPT_LOOPS)
			walk_failz(w, r, 554, "5.4.6", EX_UNAVAILABLE_,
				   "aliasing/forwarding loop broken");
		r->flags &= (uint32_t) ~(RCPT_LOOPS | RCPT_LEADS_ON);
	}
}

/* A list of several is nobody's own address: only a single member stands for the one who was addressed. Members of a list stand
 * side by side. */
static void settle_primary(struct envelope *e)
{
	struct link *it = e->rcpts.head.next;

	while (it != &e->rcpts.head) {
		struct rcpt *first = LIST_OWNER(it, struct rcpt, link);
		struct link *run = it;
		size_t n = 0;

		for (; run != &e->rcpts.head; run = run->next) {
			const struct rcpt *r = LIST_OWNER(run, struct rcpt, link);

			if (r->parent != first->parent)
				break;
			n += r->state != RCPT_FAILED && !(r->flags & RCPT_LEADS_ON);
		}
		for (; it != run; it = it->next) {
			struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

			if (r->parent && (n > 1 || !(r->parent->flags & RCPT_PRIMARY)))
				r->flags &= ~(uint32_t)RCPT_PRIMARY;
		}
	}
}

static void settle_one(struct walk *w, struct rcpt *r)
{
	if (arena_used(w->arena) > SCRATCH_KEEP)
		walk_next(w);
	if (check_depth(w, r) && parse(w, r))
		settle_triple(w, r);
}

/* Recipients that wait for their turn, the next one last. */
struct turns {
	struct rcpt **v;
	size_t n, cap;
};

/* What stands behind this link has come since: of a list the last member is the next, of a file the first. */
static void add_turns(struct walk *w, struct turns *t, struct link *behind, const struct rcpt *list)
{
	bool is_file = list->triple.mailer == w->cf->include_mailer;
	size_t first = t->n;

	if (behind->next != &w->env->rcpts.head)
		is_file = is_file ||
			  (LIST_OWNER(behind->next, struct rcpt, link)->flags & RCPT_FROM_FORWARD);

	for (struct link *it = behind->next; it != &w->env->rcpts.head; it = it->next) {
		MEM_GROW(t->v, t->n, t->cap);
		t->v[t->n++] = LIST_OWNER(it, struct rcpt, link);
	}
	for (size_t i = first, k = t->n; is_file && i + 1 < k; i++) {
		struct rcpt *r = t->v[i];

		k--;
		t->v[i] = t->v[k];
		t->v[k] = r;
	}
}

/* One recipient and all that it leads to, a list inside a list before what stands beside it: who is in several lists belongs to
 * the one that comes first on this way. */
static void settle_deep(struct walk *w, struct turns *t, struct rcpt *r)
{
	MEM_GROW(t->v, t->n, t->cap);
	t->v[t->n++] = r;
	while (t->n > 0) {
		struct link *last = w->env->rcpts.head.prev;

		r = t->v[--t->n];
		if (r->state != RCPT_NEW)
			continue;
		settle_one(w, r);
		add_turns(w, t, last, r);
	}
}

static void settle_new(struct walk *w)
{
	struct turns t = { .n = 0 };

	LIST_EACH (&w->env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_NEW)
			settle_deep(w, &t, r);
	}
	free(t.v);
}

/* A part may lead back to a list in front of it, and so bring up new ones there. */
void walk_settle(struct walk *w)
{
	do
		settle_new(w);
	while (parts_read(w));
}

/* A list that was followed before counts for nobody. */
static void mark_lists_again(struct walk *w, uint32_t mark)
{
	for (size_t i = 0; i < w->n_duplicates; i++) {
		struct rcpt *again = w->duplicates[i].again;

		again->flags &= (uint32_t)~RCPT_LEADS_ON;
		if (w->duplicates[i].first->state == RCPT_EXPANDED)
			again->flags |= mark;
	}
}

void resolve_envelope(struct envelope *e, const struct resolve_ctx *ctx, unsigned flags)
{
	struct walk w;

	walk_init(&w, e, ctx, flags);
	walk_settle(&w);
	if (w.saw_loop)
		fail_loops(&w);
	mark_lists_again(&w, RCPT_LEADS_ON);
	settle_primary(e);
	mark_lists_again(&w, 0);
	/* Whoever is the sender's own word on one way is that on all. */
	for (size_t i = 0; i < w.n_duplicates; i++) {
		const struct rcpt *again = w.duplicates[i].again;

		if (!again->parent || again->parent->n_members == 1)
			w.duplicates[i].first->flags |= again->flags & RCPT_PRIMARY;
	}
	walk_done(&w);
}

/* ---- the RCPT command ---- */

static enum found has_alias(struct walk *w, const struct rcpt *r)
{
	struct view value;

	return may_alias(w, r) ? alias_find(w, r, r->triple.user, &value) : NOT_FOUND;
}

/* Like settle_triple, but nothing is expanded: an alias, or an account, is enough. */
static void verify_triple(struct walk *w, struct rcpt *r)
{
	int rounds = w->cf->options.max_alias_recursion;
	struct local_user lu;

	while (rounds-- >= 0) {
		enum found f;
		enum expansion x;

		if (!check_special(w, r))
			return;
		f = has_alias(w, r);
		if (f == LOOKUP_FAILED)
			walk_failz(w, r, 451, "4.3.0", EX_TEMPFAIL_, "alias database unavailable");
		if (f != NOT_FOUND)
			return;
		x = may_rule5(r) ? apply_rule5(w, r) : EXPANSION_NONE;
		if (x == EXPANSION_FAILED)
			return;
		if (x == EXPANSION_NONE)
			break;
	}
	if (flag_has(&r->triple.mailer->flags, 'w') && find_account(w, r, &lu))
		set_user(w, r, &lu);
}

int resolve_parse(struct envelope *e, struct rcpt *r, const struct resolve_ctx *ctx)
{
	struct triple t = { 0 };
	struct walk w;
	int rc;

	walk_init(&w, e, ctx, RESOLVE_VERIFY_ONLY);
	w.rw.told = &w.told; /* its message tells what keeps it */
	rc = rw_parse_address(&w.rw, r->address, PARSE_RCPT, &t, NULL);
	if (accept_triple(&w, r, rc, &t))
		rc = EX_OK_;
	else if (rc == EX_OK_ || (rc == EX_TEMPFAIL_ && t.status.smtp != 0))
		rc = r->status.exit && r->status.exit != EX_TEMPFAIL_ ? r->status.exit
								      : EX_UNAVAILABLE_;
	walk_done(&w);
	return rc;
}

int resolve_rcpt(struct envelope *e, struct rcpt *r, const struct resolve_ctx *ctx, unsigned flags)
{
	struct walk w;

	walk_init(&w, e, ctx, flags | RESOLVE_VERIFY_ONLY);
	if (parse(&w, r))
		verify_triple(&w, r);
	walk_done(&w);
	return r->state == RCPT_FAILED || r->state == RCPT_DEFERRED ? r->status.exit : EX_OK_;
}
