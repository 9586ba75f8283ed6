/* macro_map.c - sets a macro from within a rule: $(m {X} $@ value $); without an argument it is cleared. */
#include "map/classes.h"

/* The name without the characters that no macro name has; each is complained about. */
static struct view clean_name(struct map_query *q, struct view name)
{
	char *p = arena_bytes(q->ctx->arena, name.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (isalnum((unsigned char)name.p[i]) || name.p[i] == '_')
			p[n++] = name.p[i];
		else if (q->ctx->messages)
			str_addf(q->ctx->messages, "Invalid macro/class character %c\n", name.p[i]);
	}
	p[n] = '\0';
	return view_from(p, n);
}

static enum found macro_find(struct map *m __attribute__((unused)), struct map_query *q,
			     struct view *out)
{
	struct view name = q->key;
	int number;

	if (name.len >= 2 && name.p[0] == '{') {
		if (name.p[name.len - 1] != '}')
			return map_none(q, EX_CONFIG_);
		name = clean_name(q, view_from(name.p + 1, name.len - 2));
	} else {
		name = view_first(name, 1);
	}
	number = macro_number(name, true);
	if (q->ctx->macros && number)
		macros_set(q->ctx->macros, number, q->n_args > 0 ? q->args[0] : VIEW_NONE);
	*out = VIEW("");
	return FOUND;
}

const struct map_class map_class_macro = {
	.name = "macro",
	.can = MAP_NO_SUFFIX | MAP_IS_PROMPT | MAP_ANY_FLAG,
	.find = macro_find,
};
