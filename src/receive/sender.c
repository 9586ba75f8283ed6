/* sender.c - see sender.h. */
#include "receive/sender.h"

#include "resolve/localuser.h"

struct view sender_canonical(struct rw *rw, struct view address)
{
	static const int chain[] = { 3, 1, 4 };
	struct status bad;
	struct tokens t;

	if (view_eq(address, VIEW("<>")))
		return VIEW("");
	if (tokens_scan(rw->snap->rules, rw->snap->cf, address, '\0', SCAN_ADDRESS, rw->arena, &t,
			NULL, &bad) < 0)
		return address;
	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++)
		rw_apply(rw, chain[i], &t);
	return tokens_join(&t, rw->snap->cf, 0, rw->arena);
}

void sender_set_full_name(struct envelope *e, const struct triple *sender, struct arena *a)
{
	struct local_user user = { 0 };
	struct view name = sender->user;
	size_t detail = view_find(name, '+');
	enum found found;

	if (!sender->mailer || !flag_has(&sender->mailer->flags, 'w'))
		return;
	found = local_user_find(name, a, &user);
	if (found == NOT_FOUND && detail > 0 && detail < name.len)
		found = local_user_find(view_first(name, detail), a, &user);
	if (found == FOUND && user.full_name.len > 0)
		macros_set(e->macros, 'x', user.full_name);
}

void sender_settle_body_type(struct envelope *e)
{
	if (!(e->flags & ENV_HAS_8BIT) && view_eq_nocase(e->body_type, VIEW("8BITMIME")))
		e->body_type = VIEW("7BIT");
}
