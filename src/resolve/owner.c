/* owner.c - see owner.h. */
#include "resolve/owner.h"

#include "base/mem.h"

static bool is_sender(const struct envelope *e, struct view owner)
{
	struct view s = e->sender;

	if (s.len >= 2 && s.p[0] == '<')
		s = view_from(s.p + 1, s.len - 2);
	return view_eq_nocase(s, owner);
}

static bool leaves(const struct envelope *e, const struct rcpt *r)
{
	return (r->state == RCPT_ROUTED || r->state == RCPT_NEW) && r->owner.len > 0 &&
	       !is_sender(e, r->owner);
}

void owner_settle_copy(const struct envelope *e, struct envelope *copy)
{
	copy->delivery_mode = e->delivery_mode == 'i' ? 'b' : e->delivery_mode;
	copy->tries = 0;
	copy->status_text = VIEW_NONE;
	copy->group = NULL;
}

static struct envelope *copy_for(const struct envelope *e, struct view owner,
				 struct envelope ***copies, size_t *n, size_t *cap)
{
	struct envelope *c;

	for (size_t i = 0; i < *n; i++)
		if (view_eq_nocase((*copies)[i]->sender, owner))
			return (*copies)[i];
	MEM_GROW(*copies, *n, *cap);
	c = (*copies)[(*n)++] = envelope_clone(e, owner);
	owner_settle_copy(e, c);
	return c;
}

size_t owner_split(struct envelope *e, struct envelope ***out_copies)
{
	size_t n = 0, cap = 0;

	*out_copies = NULL;
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (leaves(e, r))
			envelope_copy_rcpt(copy_for(e, r->owner, out_copies, &n, &cap), r);
	}
	return n;
}

size_t owner_split_all(const struct envelope *e, struct envelope ***out_copies)
{
	size_t n = 0, cap = 0;

	*out_copies = NULL;
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		bool has_owner = r->owner.len > 0 && !is_sender(e, r->owner);

		if (r->state != RCPT_EXPANDED && r->state != RCPT_DROPPED)
			envelope_copy_rcpt(
				copy_for(e, has_owner ? r->owner : e->sender, out_copies, &n, &cap),
				r);
	}
	return n;
}

void owner_split_done(struct envelope *e, enum rcpt_state state)
{
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (leaves(e, r))
			r->state = state;
	}
}
