/* sequence_map.c - several maps asked in order: named in the declaration (sequence), or by the service switch (switch). */
#include "map/classes.h"

#include <errno.h>

#include "map/switch_file.h"

#define MEMBERS_MAX 64

struct sequence {
	struct map *v[MEMBERS_MAX];
	size_t n;
};

static struct sequence *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct sequence);
	return m->inside;
}

/* Names of letters, digits, _ and dots, whatever stands between them. */
static bool next_member(struct view *rest, struct view *out)
{
	size_t n = 0;

	while (rest->len && !isalnum((unsigned char)rest->p[0]))
		*rest = view_skip(*rest, 1);
	while (n < rest->len &&
	       (isalnum((unsigned char)rest->p[n]) || rest->p[n] == '_' || rest->p[n] == '.'))
		n++;
	*out = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return n > 0;
}

static bool sequence_spec(struct map *m, struct view rest)
{
	struct sequence *s = inside(m);
	struct view word;

	while (next_member(&rest, &word)) {
		struct map *member;

		member = map_set_find(m->set, word);
		if (!member)
			map_declare_error(m, "Sequence map %s: unknown member map " VIEW_FMT,
					  m->name, VIEW_ARG(word));
		else if (s->n == MEMBERS_MAX)
			map_declare_error(m, "Sequence map %s: too many member maps (%d max)",
					  m->name, MEMBERS_MAX);
		else
			s->v[s->n++] = member;
	}
	return true;
}

/* Words that look like flags are members too, so no flag is read. */
static bool sequence_option(struct map *m, char letter, struct view *rest)
{
	struct view word = map_flag_attached(rest);

	return sequence_spec(m, view_from(word.p - 1, word.len + (letter ? 1 : 0)));
}

static void sequence_close(struct map *m)
{
	free(m->inside);
	m->inside = NULL;
}

/* The members of "Kname switch service" are the maps name.METHOD, in the order of the service switch. */
static int switch_open(struct map *m, struct map_ctx *ctx)
{
	struct sequence *s = inside(m);
	struct view methods[SWITCH_METHODS_MAX];
	own_arena struct arena *a = arena_new(200000);
	size_t n = switch_methods(m->set->cf->options.service_switch_file, m->file, a, methods);

	s->n = 0;
	if (n == 0)
		return -ENOENT;
	for (size_t i = 0; i < n; i++) {
		struct view name = arena_printf(a, "%s." VIEW_FMT, m->name, VIEW_ARG(methods[i]));
		struct map *member = map_set_find(m->set, name);

		if (!member)
			map_say(m, ctx, "Switch map %s: unknown member map " VIEW_FMT, m->name,
				VIEW_ARG(name));
		else
			s->v[s->n++] = member;
	}
	return 0;
}

/*
 * A member that fails for now is passed over, but keeps a later "not there" from being believed. Else the last one says how it is
 * not there.
 */
static enum found sequence_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct sequence *s = m->inside;
	bool had_failure = false;
	int status = EX_NOHOST_;

	for (size_t i = 0; s && i < s->n; i++) {
		enum found found;

		q->ctx->status = 0;
		found = map_ask(s->v[i], q->ctx, q->key, q->args, q->n_args,
				m->flags & MAP_IS_ALIAS, out);
		if (found == FOUND)
			return FOUND;
		if (found == NOT_FOUND && !had_failure)
			status = q->ctx->status ? q->ctx->status : EX_NOHOST_;
		if (found == LOOKUP_FAILED) {
			had_failure = true;
			status = q->ctx->status;
		}
	}
	return had_failure ? map_fail(q, status) : map_none(q, status);
}

const struct map_class map_class_sequence = {
	.name = "sequence",
	.can = MAP_CAN_ALIAS | MAP_CAN_REBUILD | MAP_NO_SUFFIX,
	.option = sequence_option,
	.spec = sequence_spec,
	.close = sequence_close,
	.find = sequence_find,
};

const struct map_class map_class_switch = {
	.name = "switch",
	.can = MAP_CAN_ALIAS | MAP_CAN_REBUILD | MAP_NO_SUFFIX | MAP_NEEDS_FILE,
	.open = switch_open,
	.close = sequence_close,
	.find = sequence_find,
};
