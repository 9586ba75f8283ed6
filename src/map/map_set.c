/* map_set.c - all maps of one configuration: K lines, the built-in host map, the alias databases of AliasFile. */
#include "map/class.h"

#include <ctype.h>

#include "map/switch_file.h"

static void add_message(struct map_set *s, int line, const char *text)
{
	struct cf_messages *ms = &s->messages;

	MEM_GROW(ms->v, ms->n, ms->cap);
	ms->v[ms->n++] = (struct cf_message){ .is_error = true,
					      .file = s->cf->path,
					      .line = line,
					      .position = line,
					      .text = arena_dup(s->arena, view_of(text)) };
	ms->n_errors++;
}

void map_declare_error(struct map *m, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(1000);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	add_message(m->set, m->line, str_z(&s));
}

struct map *map_make(struct map_set *s, struct view name, const struct map_class *class, int line)
{
	struct map *m = MEM_NEW(struct map);

	m->name = mem_dup(name.p, name.len);
	m->class = class;
	m->set = s;
	m->line = line;
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void map_drop(struct map *m)
{
	if (m->class->close)
		m->class->close(m);
	pthread_mutex_destroy(&m->lock);
	free(m->mistake);
	free(m->name);
	free(m);
}

static void keep(struct map_set *s, struct map *m)
{
	MEM_GROW(s->maps, s->n, s->cap);
	s->maps[s->n++] = m;
}

/* The classes that do not read the common flags take BlankSub as it is in the end; others as it was when they were declared. */
static bool has_late_blank(const struct map_class *class)
{
	static const char *const names[] = { "dequote", "regex",  "dns",   "sequence",
					     "host",    "syslog", "macro", "arith" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(class->name, names[i]) == 0)
			return true;
	return false;
}

static void declare(struct map_set *s, struct view name, struct view class_name, struct view args,
		    char blank, int line)
{
	const struct map_class *class = map_class_find(class_name);
	struct map *m;

	if (!class) {
		own_str struct str text = STR_MAX(1000);

		str_addf(&text, "readcf: map " VIEW_FMT ": class " VIEW_FMT " not available",
			 VIEW_ARG(name), VIEW_ARG(class_name));
		add_message(s, line, str_z(&text));
		return;
	}
	m = map_make(s, name, class, line);
	m->blank = has_late_blank(class) ? 0 : blank;
	keep(s, m);
	if (!map_flags_parse(m, arena_dup(s->arena, args)))
		m->flags |= MAP_INVALID;
	table_set(s->by_name, name, m);
}

static void add_alias_map(struct map_set *s, struct map *m)
{
	m->flags |= MAP_IS_ALIAS;
	MEM_GROW(s->aliases, s->n_aliases, s->cap_aliases);
	s->aliases[s->n_aliases++] = m;
}

/* One element of AliasFile: "class:spec" or a file name, which is of class implicit. */
static void declare_alias(struct map_set *s, struct view spec)
{
	const struct map_class *class = NULL;
	own_str struct str name = STR_MAX(40);
	size_t colon = view_find(spec, ':');
	struct map *m;

	if (colon < spec.len)
		class = map_class_find(view_trim(view_first(spec, colon)));
	if (class)
		spec = view_skip(spec, colon + 1);
	else
		class = map_class_find(VIEW("implicit"));
	str_addf(&name, "Alias%zu", s->n_alias_files++);
	m = map_make(s, str_view(&name), class, s->cf->options.alias_file_line);
	keep(s, m);
	m->flags |= MAP_IS_ALIAS;
	if (!(class->can & MAP_CAN_ALIAS)) {
		map_declare_error(m, "setalias: map class %s can't handle aliases", class->name);
		m->flags |= MAP_INVALID;
	} else if (!map_flags_parse(m, arena_dup(s->arena, view_trim(spec)))) {
		m->flags |= MAP_INVALID;
	}
	add_alias_map(s, m);
	if (!table_has(s->by_name, str_view(&name)))
		table_set(s->by_name, str_view(&name), m);
}

/* A map of no line, unless the configuration has one of that name. */
static void declare_hidden(struct map_set *s, const char *name, const char *class, struct view args)
{
	if (table_has(s->by_name, view_of(name)))
		return;
	declare(s, view_of(name), view_of(class), args, 0, s->cf->options.alias_file_line);
	map_set_find(s, view_of(name))->flags |= MAP_IS_ALIAS;
}

/* The elements of AliasFile, and all of them in order under the name aliases.files. */
static void declare_alias_files(struct map_set *s)
{
	const struct view_list *files = &s->cf->options.alias_file;
	own_str struct str names = STR_MAX(65536);

	for (int i = 0; i < files->n; i++) {
		str_addf(&names, " Alias%zu", s->n_alias_files);
		declare_alias(s, files->v[i]);
	}
	declare_hidden(s, "aliases.files", "sequence", str_view(&names));
}

/*
 * The service switch orders the sources of aliases: "files" are the AliasFile entries, any other method is the map that a K
 * line declares as aliases.METHOD.
 */
static void declare_aliases(struct map_set *s)
{
	struct view methods[SWITCH_METHODS_MAX];
	own_arena struct arena *a = arena_new(200000);
	size_t n = switch_methods(s->cf->options.service_switch_file, VIEW("aliases"), a, methods);

	for (size_t i = 0; i < n; i++) {
		struct map *m;

		if (view_eq_nocase(methods[i], VIEW("files"))) {
			declare_alias_files(s);
			continue;
		}
		m = map_set_find(s, arena_printf(a, "aliases." VIEW_FMT, VIEW_ARG(methods[i])));
		if (!m)
			continue;
		add_alias_map(s, m);
	}
	declare_hidden(s, "aliases", "switch", VIEW("aliases"));
}

struct map_set *map_set_open(const struct config *cf, const struct services *sv, bool with_aliases)
{
	struct map_set *s = MEM_NEW(struct map_set);

	s->cf = cf;
	s->services = sv;
	s->arena = arena_new(16u << 20);
	s->by_name = table_new(TABLE_NOCASE);
	s->n_host_methods = switch_methods(cf->options.service_switch_file, VIEW("hosts"), s->arena,
					   s->host_methods);
	declare(s, VIEW("host"), VIEW("host"), cf->level >= 2 ? VIEW("-a. -D") : VIEW("-D"), 0, 0);
	for (int i = 0; i < cf->n_maps; i++)
		declare(s, cf->maps[i].name, cf->maps[i].class_name, cf->maps[i].args,
			cf->maps[i].blank, cf->maps[i].line);
	if (with_aliases)
		declare_aliases(s);
	return s;
}

void map_set_free(struct map_set *s)
{
	if (!s)
		return;
	for (size_t i = s->n; i > 0; i--)
		map_drop(s->maps[i - 1]);
	free(s->maps);
	free(s->aliases);
	free(s->messages.v);
	table_free(s->by_name);
	arena_free(s->arena);
	free(s);
}

struct map *map_set_find(const struct map_set *s, struct view name)
{
	return table_get(s->by_name, name);
}

struct map *map_set_aliases(const struct map_set *s, size_t i)
{
	return i < s->n_aliases ? s->aliases[i] : NULL;
}

const struct cf_messages *map_set_messages(const struct map_set *s)
{
	return &s->messages;
}
