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

/* Of nothing at all there is nothing to say; what is left of it is judged by who asked. */
static struct alias_blame blame_of(const struct triple *t)
{
	bool is_nothing = t->is_unparsed && view_eq(t->status.text, VIEW("User address required"));

	return (struct alias_blame){ is_nothing ? VIEW_NONE : t->status.text,
				     t->mailer || t->is_unparsed ? 0 : t->status.exit,
				     t->is_unparsed };
}

/* False when there is something against the address. *out_why: what, or what was mended. */
static bool parse(struct rw *rw, struct view text, struct triple *out, struct alias_blame *out_why)
{
	int rc = rw_parse_address(rw, text, PARSE_RCPT | PARSE_MEND, out, NULL);

	if (rc == EX_TEMPFAIL_)
		return true;
	if (out->status.smtp != 0)
		*out_why = blame_of(out);
	return rc == EX_OK_ && out->mailer;
}

static bool key_of(void *arg, struct view name, struct arena *a, struct view *out_key,
		   struct alias_blame *out_why)
{
	struct triple t;
	struct rw rw;

	begin(arg, a, &rw);
	*out_key = VIEW_NONE;
	if (!parse(&rw, name, &t, out_why)) {
		*out_key = t.is_unparsed ? VIEW_NONE : name;
		return false;
	}
	if (!t.mailer)
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

static bool is_good(const struct alias_names *n, struct view item, struct arena *out_arena,
		    struct alias_blame *out_why)
{
	own_arena struct arena *a = arena_new(ARENA_BYTES);
	struct triple t;
	struct rw rw;
	bool is_address;

	begin(n, a, &rw);
	is_address = parse(&rw, item, &t, out_why);
	if (!view_is_none(out_why->text))
		out_why->text = arena_dup(out_arena, out_why->text);
	return is_address && view_is_none(out_why->text);
}

/* The item begins where it stands in the value, so that all behind it is shown too. */
static bool next_bad(void *arg, struct view *rest, struct arena *a, struct view *out_item,
		     struct alias_blame *out_why)
{
	struct view item, bare;

	while (address_list_next(rest, false, false, &item)) {
		bare = view_trim(item);
		if (bare.len == 0 || is_special(bare) || view_eq(bare, VIEW("<>")) ||
		    is_good(arg, bare, a, out_why))
			continue;
		*out_item = view_from(bare.p, (size_t)(rest->p + rest->len - bare.p));
		return true;
	}
	return false;
}

struct map_alias_names alias_names_hooks(struct alias_names *a)
{
	return (struct map_alias_names){ a, key_of, next_bad };
}
