/* alias_names.c - see alias_names.h. */
#include "resolve/alias_names.h"

#include "base/clock.h"
#include "mail/address.h"
#include "mail/status.h"

#define ARENA_BYTES (1 << 20)
#define WAIT_S      60

static void begin(const struct alias_names *n, struct arena *a, struct rw *rw)
{
	*rw = (struct rw){ .snap = n->snap,
			   .services = n->services,
			   .macros = macros_new(n->snap->cf->macros, a),
			   .arena = a,
			   .deadline = deadline_in_s(WAIT_S) };
}

static bool key_of(void *arg, struct view name, struct arena *a, struct view *out_key)
{
	struct triple t;
	struct rw rw;

	begin(arg, a, &rw);
	*out_key = VIEW_NONE;
	if (rw_parse_address(&rw, name, PARSE_RCPT, &t, NULL) != EX_OK_ || !t.mailer)
		return false;
	*out_key = t.user;
	return flag_has(&t.mailer->flags, 'A');
}

/* Programs, files and includes are not addresses of the rules; everything else has to be one. */
static bool is_special(struct view item)
{
	if (item.len && item.p[0] == '"')
		item = view_skip(item, 1);
	return item.len && (item.p[0] == '|' || item.p[0] == '/' || item.p[0] == '\\' ||
			    view_starts_nocase(item, VIEW(":include:")));
}

static bool check_value(void *arg, struct view value, struct view *out_bad)
{
	struct view rest = value, item;

	while (address_list_next(&rest, false, false, &item)) {
		own_arena struct arena *a = arena_new(ARENA_BYTES);
		struct triple t;
		struct rw rw;
		int rc;

		item = view_trim(item);
		if (item.len == 0 || is_special(item))
			continue;
		begin(arg, a, &rw);
		rc = rw_parse_address(&rw, item, PARSE_RCPT, &t, NULL);
		if (rc != EX_OK_ && rc != EX_TEMPFAIL_) {
			*out_bad = item;
			return false;
		}
	}
	return true;
}

struct map_alias_names alias_names_hooks(struct alias_names *a)
{
	return (struct map_alias_names){ a, key_of, check_value };
}
