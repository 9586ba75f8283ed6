/* class_fill.c - classes whose words come from a map: F{x}key@class:spec, and F{x}@LDAP. */
#include "map/class.h"

/* Each word of a value becomes a word of the class; commas part words as blanks do. */
static void add_words(struct classes *classes, int number, struct view value)
{
	size_t start = 0;

	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && !isspace((unsigned char)value.p[i]) && value.p[i] != ',')
			continue;
		if (i > start)
			classes_add(classes, number, view_from(value.p + start, i - start));
		start = i + 1;
	}
}

/* "@LDAP" alone means sendmail's own schema: the class is then named by its macro name. */
static struct view spec_of(struct map_set *s, const struct cf_map_class_fill *fill)
{
	if (fill->spec.len == 0 && view_eq_nocase(fill->map_class, VIEW("ldap")))
		return arena_dup(s->arena, macro_name(fill->class_number));
	return arena_dup(s->arena, fill->spec);
}

static void fill_one(struct map_set *s, struct config *cf, const struct cf_map_class_fill *fill)
{
	const struct map_class *class = map_class_find(fill->map_class);
	own_arena struct arena *a = arena_new(16u << 20);
	struct map_ctx ctx = {
		.cf = cf, .services = s->services, .macros = cf->macros, .arena = a
	};
	struct map *m = map_make(s, VIEW("fill"), class ? class : map_class_find(VIEW("null")),
				 fill->line);
	struct view value;

	ctx.deadline = deadline_in(MAP_DEADLINE_MS);
	if (!class)
		map_declare_error(
			m, "fileclass: F{" VIEW_FMT "}: map class " VIEW_FMT " not available",
			VIEW_ARG(macro_name(fill->class_number)), VIEW_ARG(fill->map_class));
	if (fill->optional)
		m->flags |= MAP_OPTIONAL;
	if (class && map_flags_parse(m, spec_of(s, fill))) {
		enum found found = map_ask(m, &ctx, fill->key, NULL, 0, true, &value);

		if (found == FOUND)
			add_words(cf->classes, fill->class_number, value);
		else if (found == LOOKUP_FAILED && !fill->optional)
			map_declare_error(m,
					  "fileclass: cannot fill class " VIEW_FMT " from " VIEW_FMT
					  ":" VIEW_FMT,
					  VIEW_ARG(macro_name(fill->class_number)),
					  VIEW_ARG(fill->map_class), VIEW_ARG(fill->spec));
	}
	map_drop(m);
}

void map_set_fill_classes(struct map_set *s, struct config *cf)
{
	for (int i = 0; i < cf->n_class_fills; i++)
		fill_one(s, cf, &cf->class_fills[i]);
}
