/* sender.c - see sender.h. */
#include "receive/sender.h"

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

void sender_settle_body_type(struct envelope *e)
{
	if (!(e->flags & ENV_HAS_8BIT) && view_eq_nocase(e->body_type, VIEW("8BITMIME")))
		e->body_type = VIEW("7BIT");
}
