/*
 * load.c - config_load: a file (or a text) into logical lines, each line to its reader, then the parts that need all.
 *
 * A physical line that starts with a blank continues the one before; the newline and the blank stay in the text. From level 3
 * on a # begins a comment in every physical line, unless \ or $ stands before it.
 */
#include "config/load.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/dollars.h"
#include "os/safefile.h"

#define CONFIG_BYTES_MAX (64 * 1024 * 1024) /* of a file that is read */
#define CONFIG_ARENA_MAX (256 * 1024 * 1024)
#define CONFIG_LEVEL     10
#define PRECEDENCES_MAX  25
#define MESSAGES_MAX     1000

/* ---- messages ---- */

static void add_message(struct loader *ld, bool is_error, bool has_place, int exit, const char *fmt,
			va_list ap) __attribute__((format(printf, 5, 0)));

static void add_message(struct loader *ld, bool is_error, bool has_place, int exit, const char *fmt,
			va_list ap)
{
	struct cf_messages *m = &ld->cf->messages;
	own_str struct str s = STR_MAX(8192);

	if (ld->is_stopped) /* nothing after the mistake that ends the reading was read, or means anything */
		return;
	if (exit && !m->exit)
		m->exit = exit;
	m->n_errors += is_error;
	if (m->n >= MESSAGES_MAX)
		return;
	if (m->n == m->cap) {
		struct cf_message *more = ARENA_ARRAY(ld->cf->arena, struct cf_message,
						      m->cap ? m->cap * 2 : 16);

		if (m->n)
			memcpy(more, m->v, m->n * sizeof(*more));
		m->v = more;
		m->cap = m->cap ? m->cap * 2 : 16;
	}
	str_addv(&s, fmt, ap);
	for (size_t i = 0; i < s.len; i++)
		s.p[i] &= 0x7f; /* messages are seven bits wide */
	m->v[m->n++] = (struct cf_message){ .is_error = is_error,
					    .exit = exit,
					    .file = has_place ? ld->file : VIEW_NONE,
					    .line = has_place ? ld->line : 0,
					    .position = ld->line ? ld->line : INT32_MAX,
					    .text = arena_dup(ld->cf->arena, str_view(&s)) };
}

void load_error(struct loader *ld, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_message(ld, true, true, LOAD_SOFTWARE, fmt, ap);
	va_end(ap);
}

void load_error_exit(struct loader *ld, int exit, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_message(ld, true, true, exit, fmt, ap);
	va_end(ap);
}

void load_notice(struct loader *ld, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_message(ld, false, true, 0, fmt, ap);
	va_end(ap);
}

void load_plain(struct loader *ld, int exit, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_message(ld, exit != 0, false, exit, fmt, ap);
	va_end(ap);
}

/* ---- text ---- */

struct view load_encode(struct loader *ld, struct view cf_text)
{
	own_str struct str s = STR_MAX(MACRO_VALUE_MAX);

	macros_encode(cf_text, &s);
	return arena_dup(ld->cf->arena, str_view(&s));
}

struct view load_expand(struct loader *ld, struct view cf_text)
{
	own_str struct str encoded = STR_MAX(MACRO_VALUE_MAX), s = STR_MAX(MACRO_VALUE_MAX);

	if (view_find(cf_text, '$') == cf_text.len)
		return arena_dup(ld->cf->arena, cf_text);
	macros_encode(cf_text, &encoded);
	macros_expand(ld->cf->macros, str_view(&encoded), &s);
	return arena_dup(ld->cf->arena, str_view(&s));
}

/* Byte 1 for the dollar, one byte for the name. The number of bytes used up behind the dollar. */
static size_t show_dollar(struct loader *ld, struct view after, struct str *out)
{
	size_t at = after.len && strchr("=~&?", after.p[0]) ? 1 : 0, close;
	int number;

	str_addc(out, '\001');
	if (at)
		str_addc(out, after.p[0]);
	if (after.len <= at || after.p[at] != '{')
		return at;
	close = view_find(after, '}');
	if (close == after.len)
		return at;
	number = macro_number(view_skip(view_first(after, close), at + 1), false);
	if (number)
		str_addc(out, (char)(name_byte(ld->cf, number) & 0x7f));
	return close + 1;
}

struct view load_show(struct loader *ld, struct view cf_text)
{
	own_str struct str s = STR_MAX(4096);

	for (size_t i = 0; i < cf_text.len; i++) {
		if (cf_text.p[i] != '$' || i + 1 == cf_text.len)
			str_addc(&s, cf_text.p[i] & 0x7f);
		else if (cf_text.p[i + 1] == '$')
			str_addc(&s, cf_text.p[i++]);
		else
			i += show_dollar(ld, view_skip(cf_text, i + 1), &s);
	}
	return arena_dup(ld->cf->arena, str_view(&s));
}

struct view load_munch(struct loader *ld, struct view text)
{
	static const char letters[] = "bfnr", values[] = "\b\f\n\r";
	char *out = arena_bytes(ld->cf->arena, text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *hit;

		if (text.p[i] == '"')
			continue;
		if (text.p[i] != '\\') {
			out[n++] = text.p[i];
			continue;
		}
		if (i + 1 == text.len)
			break;
		hit = text.p[++i] ? strchr(letters, text.p[i]) : NULL;
		out[n++] = hit ? values[hit - letters] : text.p[i];
	}
	out[n] = '\0';
	return view_from(out, n);
}

static void complain_of_name(void *context, const char *text)
{
	load_error(context, "%s", text);
}

int load_name(struct loader *ld, struct view *rest)
{
	struct name_reader r = { ld->cf, complain_of_name, ld, .is_read = true };

	return name_read(&r, rest);
}

void *load_grow(struct loader *ld, void *array, int n, int *cap, size_t size)
{
	void *bigger;

	if (n < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	bigger = arena_alloc(ld->cf->arena, (size_t)*cap * size);
	if (n)
		memcpy(bigger, array, (size_t)n * size);
	return bigger;
}

/* ---- the small line types ---- */

static void define_line(struct loader *ld, struct view text)
{
	int number = load_name(ld, &text);

	if (!number)
		return;
	macros_define(ld->cf->macros, number, load_encode(ld, load_munch(ld, text)));
	if (number == 'o' && ld->cf->level < 7)
		set_old_operators(ld, text);
	else if (number == 'e' && ld->cf->level < 7)
		ld->cf->options.smtp_greeting_message = load_encode(ld, text);
	else if (number == 'l' && ld->cf->level < 7)
		ld->cf->options.unix_from_line = load_encode(ld, text);
}

static void level_line(struct loader *ld, struct view text)
{
	size_t digits = 0;
	struct view vendor, whole = text;

	text = view_trim(text);
	while (digits < text.len && isdigit((unsigned char)text.p[digits]))
		digits++;
	if (digits == 0) {
		load_error(ld, "invalid argument to V line: \"" VIEW_FMT "\"",
			   VIEW_ARG(load_show(ld, view_first(whole, 20))));
		return;
	}
	ld->cf->level = (int)load_number(view_first(text, digits), 10);
	if (ld->cf->level >= 6)
		ld->cf->options.colon_ok_in_addr = false;
	vendor = view_trim(view_skip(text, digits));
	if (vendor.len == 0 || vendor.p[0] != '/')
		return;
	vendor = view_skip(vendor, 1);
	for (digits = 0; digits < vendor.len && isalnum((unsigned char)vendor.p[digits]);)
		digits++;
	ld->cf->vendor = arena_dup(ld->cf->arena, view_first(vendor, digits));
	if (!view_eq_nocase(ld->cf->vendor, VIEW("Berkeley")) &&
	    !view_eq_nocase(ld->cf->vendor, VIEW("Sun")) &&
	    !view_eq_nocase(ld->cf->vendor, VIEW("HP")) &&
	    !view_eq_nocase(ld->cf->vendor, VIEW("IBM")))
		load_error(ld, "invalid V line vendor code: \"" VIEW_FMT "\"",
			   VIEW_ARG(ld->cf->vendor));
}

static void unknown_line(struct loader *ld, struct view whole)
{
	load_error(ld, "unknown configuration line \"" VIEW_FMT "\"",
		   VIEW_ARG(load_show(ld, whole)));
}

static void precedence_line(struct loader *ld, struct view whole)
{
	struct view text = view_skip(whole, 1);
	size_t equals = view_find(text, '=');
	struct config *cf = ld->cf;

	if (equals == text.len) {
		unknown_line(ld, whole);
		return;
	}
	if (cf->n_precedences == PRECEDENCES_MAX) {
		load_error(ld, "too many P lines, %d max", PRECEDENCES_MAX);
		return;
	}
	cf->precedences[cf->n_precedences++] = (struct precedence){
		.name = arena_dup(cf->arena, view_trim(view_first(text, equals))),
		.value = load_number(view_skip(text, equals + 1), 10)
	};
}

/* "NAME=value" as it will stand in a program's environment. A later line for the same name wins. */
static void environment_add(struct loader *ld, struct view name, struct view value)
{
	struct config *cf = ld->cf;
	char *entry = arena_dupz(cf->arena, arena_printf(cf->arena, VIEW_FMT "=" VIEW_FMT,
							 VIEW_ARG(name), VIEW_ARG(value)));

	for (int i = 0; i < ld->n_environ; i++) {
		if (strncmp(cf->environ[i], entry, name.len + 1) == 0) {
			cf->environ[i] = entry;
			return;
		}
	}
	if (ld->n_environ == ENVIRONMENT_MAX)
		return;
	cf->environ[ld->n_environ++] = entry;
}

static void environment_line(struct loader *ld, struct view text)
{
	size_t equals = view_find(text, '=');
	struct view name = view_first(text, equals);
	const char *own;

	if (name.len == 0)
		return;
	if (equals < text.len) {
		environment_add(ld, name, load_expand(ld, view_skip(text, equals + 1)));
		return;
	}
	own = getenv(arena_dupz(ld->cf->arena, name));
	if (own)
		environment_add(ld, name, view_of(own));
}

void load_line(struct loader *ld, struct view whole)
{
	struct name_reader r = { ld->cf, complain_of_name, ld };
	own_str struct str read = STR_MAX(1 << 20);
	struct view line = whole, text;

	if (view_find(whole, '$') < whole.len) {
		dollars_read(&r, whole, &read);
		line = str_view(&read);
	}
	text = view_skip(line, 1);
	switch (line.p[0]) {
	case 'R':
		rule_line(ld, line);
		break;
	case 'S':
		ruleset_line(ld, text);
		break;
	case 'D':
		define_line(ld, text);
		break;
	case 'C':
		class_line(ld, text);
		break;
	case 'F':
		file_class_line(ld, text);
		break;
	case 'T':
		trusted_line(ld, text);
		break;
	case 'H':
		header_line(ld, text);
		break;
	case 'M':
		mailer_line(ld, text);
		break;
	case 'O':
		option_line(ld, text);
		break;
	case 'K':
		map_line(ld, text);
		break;
	case 'Q':
		queue_group_line(ld, text);
		break;
	case 'X':
		milter_line(ld, text);
		break;
	case 'V':
		level_line(ld, text);
		break;
	case 'P':
		precedence_line(ld, line);
		break;
	case 'E':
		environment_line(ld, text);
		break;
	default:
		unknown_line(ld, line);
	}
}

/* ---- logical lines ---- */

/* Adds a physical line without its comment; \# stands for #. */
static void add_uncommented(const struct config *cf, struct view line, struct str *out)
{
	if (cf->level < 3 || view_find(line, '#') == line.len) {
		str_add(out, line);
		return;
	}
	for (size_t i = 0; i < line.len; i++) {
		bool is_escaped = i > 0 && (line.p[i - 1] == '\\' || line.p[i - 1] == '$');

		if (line.p[i] == '#' && !is_escaped)
			break;
		if (line.p[i] == '#' && line.p[i - 1] == '\\')
			str_truncate(out, out->len - 1);
		str_addc(out, line.p[i]);
	}
	str_truncate(out, view_trim_end(str_view(out)).len);
}

struct view config_uncomment(const struct config *cf, struct view line, struct arena *a)
{
	own_str struct str out = STR_MAX(MACRO_VALUE_MAX);

	add_uncommented(cf, line, &out);
	return arena_dup(a, str_view(&out));
}

static bool is_blank_first(struct view v)
{
	return v.len && (v.p[0] == ' ' || v.p[0] == '\t');
}

/* Cuts the next logical line off *rest, ready for its reader. False at the end of the text. */
static bool next_logical(struct loader *ld, struct view *rest, struct str *out)
{
	struct view line;
	bool is_comment;

	str_clear(out);
	if (rest->len == 0 || !view_cut(rest, '\n', &line))
		return false;
	is_comment = line.len && line.p[0] == '#';
	ld->line++;
	add_uncommented(ld->cf, view_trim_end(line), out);
	while (is_blank_first(*rest)) {
		view_cut(rest, '\n', &line);
		ld->line++;
		str_addc(out, '\n');
		add_uncommented(ld->cf, view_trim_end(line), out);
	}
	str_truncate(out, is_comment ? 0 : view_trim_end(str_view(out)).len);
	return true;
}

static bool is_comment(struct view line)
{
	return line.len == 0 || line.p[0] == '#' || line.p[0] == ' ' || line.p[0] == '\t';
}

static void read_text(struct loader *ld, struct view text)
{
	own_str struct str line = STR_MAX(1 << 20);
	struct view nul;

	view_cut(&text, '\0', &nul); /* a NUL ends a configuration: nothing can be meant after it */
	text = nul;
	while (!ld->is_stopped && next_logical(ld, &text, &line)) {
		if (is_comment(str_view(&line)))
			continue;
		if (arena_is_over(ld->cf->arena)) {
			load_error(ld, "configuration too large");
			return;
		}
		load_line(ld, str_view(&line));
	}
}

/* The file is opened by its permission bits even by root; 0, or -errno with the reason. */
static int read_file(const char *path, struct str *out, struct safe_file *f)
{
	gid_t groups[128];
	int n = getgroups(128, groups);
	struct safe_request r = { .path = path,
				  .open_flags = O_RDONLY,
				  .uid = geteuid(),
				  .gid = getegid(),
				  .groups = groups,
				  .n_groups = n > 0 ? (size_t)n : 0 };
	int err = safe_open(&r, f);

	if (err)
		return err;
	str_reserve(out, (size_t)f->st.st_size);
	err = load_read_all(f->fd, out);
	close(f->fd);
	if (err)
		snprintf(f->reason, sizeof(f->reason), "read error");
	return err;
}

/* Not in the middle of a longer path; behind Fw, the letter is no part of it. */
static bool can_path_begin(struct view text, size_t at)
{
	char before = at > 0 ? text.p[at - 1] : ' ';
	bool is_class_letter = at >= 2 && text.p[at - 2] == 'F' &&
			       (at == 2 || text.p[at - 3] == '\n');

	return is_class_letter || !(isalnum((unsigned char)before) || strchr("._-/", before));
}

/* Paths below the prefix that the tree was built for become paths below the one where it is. */
static void move_paths(const struct config_params *p, struct view text, struct str *out)
{
	struct view from = view_of(p->built_prefix);
	size_t at = 0;

	while (at < text.len) {
		struct view rest = view_skip(text, at);
		bool is_path = view_starts(rest, from) && from.len < rest.len &&
			       rest.p[from.len] == '/' && can_path_begin(text, at);

		if (is_path)
			str_addz(out, p->prefix);
		else
			str_addc(out, *rest.p);
		at += is_path ? from.len : 1;
	}
}

static void read_configuration(struct loader *ld)
{
	const struct config_params *p = ld->params;
	own_str struct str text = STR_MAX(CONFIG_BYTES_MAX);
	struct safe_file f;

	if (!p->path) {
		ld->file = view_of(p->path_label ? p->path_label : "(built-in)");
		read_text(ld, p->text);
		return;
	}
	ld->file = ld->cf->path;
	if (read_file(p->path, &text, &f) != 0) {
		bool is_odd = strcmp(f.reason, "Regular files only") == 0;

		load_plain(ld, LOAD_OSFILE, "%s: line 0: %s%s", p->path,
			   is_odd ? "not a plain file" : "cannot open: ", is_odd ? "" : f.reason);
		ld->is_stopped = true;
		return;
	}
	ld->cf->is_dangerously_writable = f.st.st_mode & (S_IWGRP | S_IWOTH);
	if (ld->cf->is_dangerously_writable && p->is_daemon)
		load_plain(ld, 0, "%s: WARNING: dangerous write permissions", p->path);
	if (p->built_prefix) {
		own_str struct str moved = STR_MAX(CONFIG_BYTES_MAX);

		move_paths(p, str_view(&text), &moved);
		read_text(ld, str_view(&moved));
	} else {
		read_text(ld, str_view(&text));
	}
}

/* ---- the whole ---- */

/* Is it run by someone who looks after the configuration, not by someone who sends mail? */
static bool is_for_operator(const struct config_params *p)
{
	return p->is_test_mode || p->is_check || p->is_daemon || p->op_mode == 'i';
}

static void check_level(struct loader *ld)
{
	if (ld->cf->level > CONFIG_LEVEL)
		load_plain(
			ld, LOAD_SOFTWARE,
			"Warning: .cf version level (%d) exceeds sendmail version %s functionality (%d)",
			ld->cf->level, CONFIG_VERSION, CONFIG_LEVEL);
	else if (ld->cf->level < CONFIG_LEVEL && is_for_operator(ld->params))
		load_plain(
			ld, 0,
			"Warning: .cf file is out of date: sendmail %s supports version %d, .cf file is version %d",
			CONFIG_VERSION, CONFIG_LEVEL, ld->cf->level);
}

static void command_line(struct loader *ld)
{
	const struct config_params *p = ld->params;

	ld->file = VIEW_NONE;
	ld->line = 0;
	ld->is_safe_only = p->is_safe_only;
	for (size_t i = 0; p->set_options && p->set_options[i]; i++) {
		const char *o = p->set_options[i];

		option_set_command_line(ld, view_of(o[0] == '-' ? o + 1 : o), o[0] == '-');
	}
	for (size_t i = 0; p->set_macros && p->set_macros[i]; i++) {
		struct view rest = view_of(p->set_macros[i]);
		int number = load_name(ld, &rest);

		if (number)
			macros_set(ld->cf->macros, number, rest);
	}
}

/* TimeZoneSpec unset: programs get no TZ; empty: the user's; else its value. */
static void add_zone(struct loader *ld)
{
	const struct options *o = &ld->cf->options;
	const char *own = getenv("TZ");

	if (o->has_time_zone && o->time_zone_spec.len)
		environment_add(ld, VIEW("TZ"), o->time_zone_spec);
	else if (o->has_time_zone && own)
		environment_add(ld, VIEW("TZ"), view_of(own));
}

/* A name without a domain is no name that others can answer to. */
static void check_own_name(struct loader *ld)
{
	struct view name = macros_get_expanded(ld->cf->macros, 'j', ld->cf->arena);

	if (is_for_operator(ld->params) && !ld->params->is_daemon &&
	    view_find(name, '.') == name.len)
		load_plain(ld, 0,
			   "WARNING: local host name (" VIEW_FMT
			   ") is not qualified; see cf/README: WHO AM I?",
			   VIEW_ARG(name));
}

static void finish(struct loader *ld)
{
	ld->line = 0;
	ld->file = VIEW_NONE;
	check_level(ld);
	options_finish(ld);
	milters_finish(ld);
	mailers_finish(ld);
	queue_groups_finish(ld);
	startup_finish(ld);
	check_own_name(ld);
	environment_add(ld, VIEW("AGENT"), VIEW("sendmail"));
	add_zone(ld);
	ld->cf->environ[ld->n_environ] = NULL;
	ld->cf->messages.is_fatal = ld->is_stopped;
}

struct config *config_load(const struct config_params *p)
{
	struct config *cf = MEM_NEW(struct config);
	struct loader ld = { .cf = cf, .params = p, .next_named = RULESETS_MAX - 1 };

	cf->arena = arena_new(CONFIG_ARENA_MAX);
	cf->path = arena_dup(cf->arena, view_of(p->path ? p->path : p->path_label));
	cf->macros = macros_new(NULL, cf->arena);
	cf->classes = classes_new();
	if (p->is_test_mode)
		classes_keep_spellings(cf->classes);
	cf->environ = ARENA_ARRAY(cf->arena, const char *, ENVIRONMENT_MAX + 1);
	ruleset_start(&ld);
	startup_macros(&ld);
	options_defaults(&ld);
	mailers_start(&ld);
	queue_groups_start(&ld);
	command_line(&ld);
	ld.is_safe_only = false;
	read_configuration(&ld);
	finish(&ld);
	return cf;
}

void config_free(struct config *cf)
{
	if (!cf)
		return;
	classes_free(cf->classes);
	table_free(cf->ruleset_names);
	arena_free(cf->arena);
	free(cf);
}
