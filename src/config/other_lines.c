/* other_lines.c - K (maps), Q (queue groups) and X (mail filters) lines. */
#include <netdb.h>

#include "config/load.h"

/* ---- maps ---- */

/* Every class the language knows; which of them work is for map/ to say when it opens them. */
static const char *const map_classes[] = {
	"hash",  "btree",  "cdb",    "implicit", "text",     "nis",      "nisplus",
	"ldap",  "user",   "host",   "dns",      "arpa",     "bestmx",   "dequote",
	"regex", "macro",  "arith",  "program",  "sequence", "switch",   "stab",
	"null",  "syslog", "socket", "userdb",   "dprintf",  "setdebug", "setopt",
	"lmdb",  "pcre",   "sqlite", "pgsql",    "redis",
};

bool config_has_map_class(struct view name)
{
	for (size_t i = 0; i < sizeof(map_classes) / sizeof(map_classes[0]); i++) {
		if (view_eq_nocase(name, view_of(map_classes[i])))
			return true;
	}
	return false;
}

/* The letters, digits, _ and dots at the front. */
static struct view next_name(struct view *rest)
{
	struct view name;
	size_t n = 0;

	while (n < rest->len &&
	       (isalnum((unsigned char)rest->p[n]) || rest->p[n] == '_' || rest->p[n] == '.'))
		n++;
	name = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return name;
}

static struct cf_map *map_of(struct loader *ld, struct view name)
{
	struct config *cf = ld->cf;

	for (int i = 0; i < cf->n_maps; i++) {
		if (view_eq(cf->maps[i].name, name))
			return &cf->maps[i];
	}
	LOAD_GROW(ld, cf->maps, cf->n_maps, cf->cap_maps);
	return &cf->maps[cf->n_maps++];
}

void map_line(struct loader *ld, struct view text)
{
	struct view rest = view_trim(load_expand(ld, text)), name, class_name;

	if (rest.len == 0 || !isalnum((unsigned char)rest.p[0])) {
		load_error(ld, "readcf: config K line: no map name");
		return;
	}
	name = next_name(&rest);
	rest = view_trim(view_skip(rest, 1)); /* any one byte ends a name */
	class_name = next_name(&rest);
	rest = view_skip(rest, 1);
	if (class_name.len == 0) {
		load_error(ld, "readcf: config K line, map " VIEW_FMT ": no map class",
			   VIEW_ARG(name));
		return;
	}
	if (!config_has_map_class(class_name)) {
		load_error(ld, "readcf: map " VIEW_FMT ": class " VIEW_FMT " not available",
			   VIEW_ARG(name), VIEW_ARG(class_name));
		return;
	}
	*map_of(ld, name) = (struct cf_map){ .name = arena_dup(ld->cf->arena, name),
					     .class_name = arena_dup(ld->cf->arena, class_name),
					     .args = arena_dup(ld->cf->arena, view_trim(rest)),
					     .blank = ld->cf->options.blank_sub,
					     .line = ld->line };
}

/* ---- queue groups ---- */

const struct queue_group *config_group(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_groups; i++) {
		if (view_eq_nocase(cf->groups[i].name, name))
			return &cf->groups[i];
	}
	return NULL;
}

static struct queue_group *group_add(struct config *cf, struct view name)
{
	struct queue_group *g = &cf->groups[cf->n_groups++];

	*g = (struct queue_group){ .name = name, .runners = -1, .interval_s = -1 };
	return g;
}

void queue_groups_start(struct loader *ld)
{
	group_add(ld->cf, VIEW("mqueue"));
}

static bool group_equate(struct loader *ld, struct queue_group *g, const struct equate *e)
{
	struct view v = load_munch(ld, view_trim_end(e->value));

	switch (e->letter) {
	case 'P':
		if (v.len == 0) {
			load_error(ld, "queue " VIEW_FMT ": empty path name", VIEW_ARG(g->name));
			return false;
		}
		g->path = load_expand(ld, v);
		break;
	case 'F':
		for (size_t i = 0; i < v.len; i++)
			flag_add(&g->flags, v.p[i]);
		break;
	case 'N':
		g->nice = (int)load_number(v, 10);
		break;
	case 'I':
		g->interval_s = load_time(ld, v, 'm');
		break;
	case 'R':
		g->runners = (int)load_number(v, 10);
		break;
	case 'J':
		g->jobs = (int)load_number(v, 10);
		break;
	case 'r':
		g->max_rcpts = (int)load_number(v, 10);
		break;
	case 'S':
		g->sort = v.len ? (char)tolower((unsigned char)v.p[0]) : '\0';
		if (!g->sort || !strchr("phftrmns", g->sort)) {
			load_error(ld, "Invalid queue sort order \"" VIEW_FMT "\"", VIEW_ARG(v));
			g->sort = '\0';
		}
		break;
	default:
		load_error(ld, "Q" VIEW_FMT ": unknown queue equate %c=", VIEW_ARG(g->name),
			   load_shown_letter(e->letter));
	}
	return true;
}

static size_t name_length(struct view text)
{
	size_t n = 0;

	while (n < text.len && text.p[n] != ',' && !isspace((unsigned char)text.p[n]))
		n++;
	return n;
}

void queue_group_line(struct loader *ld, struct view text)
{
	struct config *cf = ld->cf;
	struct view rest = equates_of(view_skip(text, name_length(text)));
	struct view name = load_show(ld, view_first(text, name_length(text)));
	struct queue_group *g;
	struct equate e;

	if (text.len == 0) {
		load_error(ld, "name required for queue");
		return;
	}
	g = (struct queue_group *)config_group(cf, name);
	if (!g && cf->n_groups == QUEUE_GROUPS_MAX) {
		load_error(ld, "too many queue groups defined (%d max)", QUEUE_GROUPS_MAX);
		return;
	}
	if (!g)
		g = group_add(cf, arena_dup(cf->arena, name));
	while (equate_next(&rest, &e)) {
		if (!e.has_value) {
			load_error(ld, "queue " VIEW_FMT ": `=' expected", VIEW_ARG(g->name));
			return;
		}
		if (!group_equate(ld, g, &e))
			return;
	}
}

static void give_up(struct loader *ld, const char *text)
{
	if (ld->is_stopped)
		return;
	load_plain(ld, LOAD_CONFIG, "%s", text);
	ld->cf->messages.exit = LOAD_CONFIG;
}

/* What a group does not say is as the options say. */
void queue_groups_finish(struct loader *ld)
{
	struct config *cf = ld->cf;
	const struct options *o = &cf->options;

	for (int i = 0; i < cf->n_groups; i++) {
		struct queue_group *g = &cf->groups[i];

		if (g->path.len == 0)
			g->path = o->queue_directory;
		if (g->runners > 1 && !flag_has(&g->flags, 'f'))
			load_plain(ld, 0,
				   "Warning: Q=" VIEW_FMT
				   ": R=%d: multiple queue runners specified\n"
				   "\tbut flag 'f' is not set",
				   VIEW_ARG(g->name), g->runners);
		g->has_runners = g->runners >= 0 || o->max_runners_per_queue > 1;
		if (g->runners < 0)
			g->runners = o->max_runners_per_queue > 0 ? o->max_runners_per_queue : 1;
	}
	if (ld->params->is_test_mode)
		return;
	if (o->queue_directory.len == 0)
		give_up(ld, "QueueDirectory (Q) option must be set");
	else if (o->use_msp && o->run_as_uid == 0)
		give_up(ld, "Mail submission program must have RunAsUser set to non root user");
}

/* ---- filters ---- */

static void filter_timeouts(struct loader *ld, struct milter *m, struct view value)
{
	struct view time;

	for (;;) {
		char letter;
		size_t colon;

		while (value.len && (value.p[0] == ';' || isspace((unsigned char)value.p[0])))
			value = view_skip(value, 1);
		if (value.len == 0)
			return;
		letter = value.p[0];
		colon = view_find(value, ':');
		if (colon == value.len) {
			load_error(ld, "X" VIEW_FMT ", T=: `:' expected", VIEW_ARG(m->name));
			return;
		}
		value = view_skip(value, colon + 1);
		view_cut(&value, ';', &time);
		switch (letter) {
		case 'C':
			m->connect_s = load_time(ld, time, 's');
			break;
		case 'S':
			m->send_s = load_time(ld, time, 's');
			break;
		case 'R':
			m->reply_s = load_time(ld, time, 's');
			break;
		case 'E':
			m->eom_s = load_time(ld, time, 's');
			break;
		default:
			load_error(ld, "X" VIEW_FMT ": unknown filter timeout %c",
				   VIEW_ARG(m->name), letter);
		}
	}
}

static void filter_equate(struct loader *ld, struct milter *m, const struct equate *e)
{
	struct view v = load_munch(ld, view_trim_end(e->value));

	switch (e->letter) {
	case 'S':
		m->socket = load_expand(ld, v);
		break;
	case 'F':
		for (size_t i = 0; i < v.len; i++) {
			if (strchr("RT4", v.p[i]))
				m->on_failure = v.p[i];
		}
		break;
	case 'T':
		filter_timeouts(ld, m, v);
		break;
	default:
		load_error(ld, "X" VIEW_FMT ": unknown filter equate %c=", VIEW_ARG(m->name),
			   load_shown_letter(e->letter));
	}
}

static bool is_port(struct loader *ld, struct view port)
{
	char buffer[4096];
	struct servent entry, *found = NULL;

	if (port.len && isdigit((unsigned char)port.p[0]))
		return true;
	return getservbyname_r(arena_dupz(ld->cf->arena, port), "tcp", &entry, buffer,
			       sizeof(buffer), &found) == 0 &&
	       found;
}

/* "type:address"; names of hosts are looked up when the filter is asked. */
static void check_socket(struct loader *ld, const struct milter *m)
{
	size_t colon = view_find(m->socket, ':'), at;
	struct view type = view_first(m->socket, colon);
	struct view address = view_skip(m->socket, colon + 1);

	if (m->socket.len == 0) {
		load_error(ld, "X" VIEW_FMT ": empty or missing socket information",
			   VIEW_ARG(m->name));
		return;
	}
	if (colon == m->socket.len || view_eq_nocase(type, VIEW("local")) ||
	    view_eq_nocase(type, VIEW("unix")))
		return;
	if (!view_eq_nocase(type, VIEW("inet")) && !view_eq_nocase(type, VIEW("inet6"))) {
		load_error_exit(ld, LOAD_OSERR,
				"X" VIEW_FMT ": unknown socket type " VIEW_FMT
				": Protocol not supported",
				VIEW_ARG(m->name), VIEW_ARG(type));
		return;
	}
	at = view_find(address, '@');
	if (at == address.len)
		load_error(ld, "X" VIEW_FMT ": bad address " VIEW_FMT " (expected port@host)",
			   VIEW_ARG(m->name), VIEW_ARG(address));
	else if (!is_port(ld, view_first(address, at)))
		load_error(ld, "X" VIEW_FMT ": unknown port name " VIEW_FMT, VIEW_ARG(m->name),
			   VIEW_ARG(view_first(address, at)));
}

/* A local socket was looked for, and what became of that is told, too. */
static void told_twice(struct loader *ld, const struct milter *m)
{
	if (view_starts_nocase(m->socket, VIEW("inet")))
		load_error(ld, "X" VIEW_FMT ": duplicate filter definition", VIEW_ARG(m->name));
	else
		load_error_exit(ld, LOAD_OSERR,
				"X" VIEW_FMT
				": duplicate filter definition: No such file or directory",
				VIEW_ARG(m->name));
}

void milter_line(struct loader *ld, struct view text)
{
	struct config *cf = ld->cf;
	struct milter m = { .connect_s = 300, .send_s = 10, .reply_s = 10, .eom_s = 300 };
	struct view rest = equates_of(view_skip(text, name_length(text)));
	struct equate e;

	m.name = load_show(ld, view_first(text, name_length(text)));
	if (m.name.len == 0) {
		load_error(ld, "name required for mail filter");
		return;
	}
	while (equate_next(&rest, &e)) {
		if (!e.has_value) {
			load_error(ld, "X" VIEW_FMT ": `=' expected", VIEW_ARG(m.name));
			return;
		}
		filter_equate(ld, &m, &e);
	}
	check_socket(ld, &m);
	for (int i = 0; i < cf->n_milters; i++) {
		if (view_eq_nocase(cf->milters[i].name, m.name)) {
			told_twice(ld, &m);
			return;
		}
	}
	if (cf->n_milters == FILTERS_MAX)
		load_error(ld, "too many filters defined, %d max", FILTERS_MAX);
	else
		cf->milters[cf->n_milters++] = m;
}

int64_t config_precedence(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_precedences; i++) {
		if (view_eq_nocase(cf->precedences[i].name, name))
			return cf->precedences[i].value;
	}
	return 0;
}
