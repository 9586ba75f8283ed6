/*
 * alias.c - aliases: the maps of AliasFile in order, details after a plus sign, owners of lists.
 */
#include "resolve/walk.h"

#define OWNER "owner-"

static enum found ask_maps(struct walk *w, const struct rcpt *r, struct view key,
			   struct view *out_value)
{
	struct map_ctx ctx = { .cf = w->cf,
			       .services = w->ctx->services,
			       .macros = w->scope,
			       .arena = w->arena,
			       .deadline = w->rw.deadline,
			       .is_deferred_mode = w->rw.is_deferred_mode };
	enum found result = NOT_FOUND;
	struct map *m;

	/* One that cannot be asked is passed over; but then a name that no other has is not known to be no alias. */
	for (size_t i = 0; (m = map_set_aliases(w->env->snap->maps, i)); i++) {
		enum found f = map_lookup_raw(m, &ctx, key, out_value);

		WALK_OBSERVE(w, asked, r, m, key, f, f == FOUND ? *out_value : VIEW_NONE);
		if (f == FOUND)
			return f;
		if (f == LOOKUP_FAILED)
			result = f;
	}
	return result;
}

/* The name as it is: "user+*" and "user" for "user+detail" are asked for by ruleset 5, where the site wants them. */
enum found alias_find(struct walk *w, const struct rcpt *r, struct view user,
		      struct view *out_value)
{
	return ask_maps(w, r, user, out_value);
}

/* The owner of a list: what owner-LIST stands for when that is one plain address, else owner-LIST itself. */
static enum found find_owner(struct walk *w, const struct rcpt *r, struct view *out_owner)
{
	struct view list = r->triple.user, name, value;
	enum found f;

	if (view_starts_nocase(list, VIEW(OWNER)))
		name = VIEW("owner-owner");
	else
		name = arena_printf(w->arena, OWNER VIEW_FMT, VIEW_ARG(list));
	f = alias_find(w, r, name, &value);
	if (f != FOUND)
		return f;
	value = view_trim(value);
	for (size_t i = 0; i < value.len; i++) {
		if (memchr(",:/|\"", value.p[i], 5)) {
			value = name;
			break;
		}
	}
	*out_owner = arena_dup(w->env->arena, value);
	return FOUND;
}

/* The members of a list act for it, by its name, with the default user's number. */
static struct rcpt_user member_user(const struct walk *w, const struct rcpt *r)
{
	return (struct rcpt_user){ .name = r->triple.user,
				   .uid = w->cf->options.default_uid,
				   .alias = r->address,
				   .is_set = true };
}

static enum expansion defer(struct walk *w, struct rcpt *r)
{
	walk_failz(w, r, 451, "4.3.0", EX_TEMPFAIL_, "alias database unavailable");
	return EXPANSION_FAILED;
}

enum expansion alias_expand(struct walk *w, struct rcpt *r)
{
	struct membership m = { .parent = r, .flags = RCPT_FROM_ALIAS | RCPT_SAFE_PROGRAMS };
	struct view value;
	size_t n;
	enum found f = alias_find(w, r, r->triple.user, &value);

	if (f == NOT_FOUND)
		return EXPANSION_NONE;
	if (f == LOOKUP_FAILED)
		return defer(w, r);
	walk_say(w, VIEW_FMT "... aliased to " VIEW_FMT, VIEW_ARG(r->address), VIEW_ARG(value));
	if (find_owner(w, r, &m.owner) == LOOKUP_FAILED)
		return defer(w, r);
	m.user = member_user(w, r);
	r->state = RCPT_EXPANDED;
	if (m.owner.len > 0) {
		r->flags |= RCPT_TO_LIST;
		if (!(w->flags & RESOLVE_VERIFY_ONLY))
			envelope_note(w->env, "Message delivered to mailing list " VIEW_FMT,
				      VIEW_ARG(r->address));
	}
	if (m.owner.len == 0)
		m.flags |= r->flags & RCPT_PRIMARY;
	if (member_add_list(w, &m, value, &n) < 0) {
		walk_failz(w, r, 452, "4.5.3", EX_TEMPFAIL_, "list too long");
		return EXPANSION_FAILED;
	}
	return EXPANSION_DONE;
}
