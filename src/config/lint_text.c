/*
 * lint_text.c - config_lint_text: what only the lines of the file show, because reading has already made something else of it.
 */
#include "config/lint_part.h"
#include "config/option_table.h"

struct text {
	struct view path;
	struct lint *out;
	struct table *defined; /* names in braces that something gives a value to */
	struct table *seen_rulesets, *seen_mailers, *seen_maps;
	struct table *told;
	bool has_computed_names; /* the macro map is given a name made at run time: any may be set */
};

/* ---- characters, line ends: for .mc files too ---- */

static const struct {
	const char *bytes, *what;
} odd[] = {
	{"\xc2\xa0",      "a non-breaking space"},
        { "\xe2\x80\x98", "a typographic quote" },
	{ "\xe2\x80\x99", "a typographic quote" },
        { "\xe2\x80\x9c", "a typographic quote" },
	{ "\xe2\x80\x9d", "a typographic quote" },
        { "\xef\xbb\xbf", "a byte order mark"   },
};

void lint_characters(struct lint *l, struct view path, struct view line, int number,
		     bool is_comment)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]) && !is_comment; i++) {
		if (view_search(line, view_of(odd[i].bytes)) == line.len)
			continue;
		lint_add(l, LINT_ODD_CHARACTER, path, number, "%s", odd[i].what);
		return;
	}
}

void lint_line_ends(struct lint *l, struct view path, struct view text)
{
	int lines = 0, with_cr = 0, first = 0;
	struct view rest = text, line;

	while (rest.len && view_cut(&rest, '\n', &line)) {
		lines++;
		if (line.len && line.p[line.len - 1] == '\r' && with_cr++ == 0)
			first = lines;
	}
	if (with_cr)
		lint_add(l, LINT_CRLF, path, first, "%d line%s in CR LF", with_cr,
			 with_cr == 1 ? " ends" : "s end");
	if (text.len && text.p[text.len - 1] != '\n')
		lint_add(l, LINT_NO_LINE_END, path, lines, "the last line has no line end");
}

/* ---- commands ---- */

/* An indented line that would be a command if it stood at the margin. Rules are often continued with tabs, but only by something that
 * begins like a right side or a comment. */
static bool looks_like_command(struct view line)
{
	struct view v = line, left;
	bool has_tab;

	while (v.len && (v.p[0] == ' ' || v.p[0] == '\t'))
		v = view_skip(v, 1);
	if (v.len < 3 || v.len == line.len)
		return false;
	left = view_first(v, view_find(v, '\t'));
	has_tab = left.len < v.len;
	switch (v.p[0]) {
	case 'R':
		return has_tab &&
		       (view_find(left, '$') < left.len || view_find(left, '<') < left.len);
	case 'O':
		return v.p[1] == ' ' && isupper((unsigned char)v.p[2]) && view_find(v, '=') < v.len;
	case 'K':
		return isalpha((unsigned char)v.p[1]) && view_find(v, ' ') < v.len && !has_tab &&
		       view_search(v, VIEW(" hash ")) + view_search(v, VIEW(" btree ")) < 2 * v.len;
	case 'D':
	case 'C':
	case 'F':
		return v.p[1] == '{' && view_find(v, '}') < v.len;
	case 'S':
		return view_starts(v, VIEW("Scheck_")) || view_starts(v, VIEW("SLocal_"));
	default:
		return false;
	}
}

struct view lint_name_at(struct view v)
{
	size_t n = 0;

	while (n < v.len && (isalnum((unsigned char)v.p[n]) || v.p[n] == '_'))
		n++;
	return view_first(v, n);
}

/* ---- macros in braces ---- */

/* The name at "{name}", none when it is no name. */
static struct view braced(struct view v)
{
	struct view name = lint_name_at(view_skip(v, 1));

	return name.len && name.len + 1 < v.len && v.p[name.len + 1] == '}' ? name : VIEW_NONE;
}

/* "$", "$&", "$?" and so on before the brace make it a reference; a D, C or F at the margin, or nothing, defines it: the macro map does
 * that by name. */
static bool is_reference(struct view line, size_t brace)
{
	if (brace == 0)
		return false;
	if (line.p[brace - 1] == '$')
		return brace < 2 || line.p[brace - 2] != '$';
	return brace >= 2 && strchr("&?", line.p[brace - 1]) && line.p[brace - 2] == '$';
}

static bool is_class(struct view line, size_t brace)
{
	return brace >= 2 && strchr("=~", line.p[brace - 1]) && line.p[brace - 2] == '$';
}

static void note_definitions(struct text *t, struct view line)
{
	for (size_t i = 0; i < line.len; i++) {
		struct view name = line.p[i] == '{' ? braced(view_skip(line, i)) : VIEW_NONE;

		if (name.len && !is_reference(line, i) && !is_class(line, i))
			table_set(t->defined, name, NULL);
		if (line.p[i] == '{' && i + 1 < line.len && line.p[i + 1] == '$')
			t->has_computed_names = true;
	}
}

static bool is_builtin(struct view name)
{
	int number = macro_number(name, false);

	return number >= MACRO_LONG_FIRST && number < MACRO_BUILTIN_END;
}

static struct view nearest_builtin(struct view name)
{
	for (int i = MACRO_LONG_FIRST; i < MACRO_BUILTIN_END; i++)
		if (lint_is_near(name, macro_name(i)))
			return macro_name(i);
	return VIEW_NONE;
}

static void lint_references(struct text *t, struct view line, int number)
{
	for (size_t i = 0; i < line.len; i++) {
		struct view name = line.p[i] == '{' ? braced(view_skip(line, i)) : VIEW_NONE, meant;

		if (name.len == 0 || !is_reference(line, i) || table_has(t->defined, name) ||
		    is_builtin(name) || table_has(t->told, name))
			continue;
		table_set(t->told, name, NULL);
		meant = nearest_builtin(name);
		if (meant.len || !t->has_computed_names)
			lint_add(t->out, LINT_UNDEFINED_MACRO, t->path, number,
				 "macro {" VIEW_FMT "} is never given a value%s" VIEW_FMT "%s",
				 VIEW_ARG(name), meant.len ? "; did you mean " : "",
				 VIEW_ARG(meant), meant.len ? "?" : "");
	}
}

/* ---- values of options ---- */

static bool is_plain_number(struct view v)
{
	if (v.len && (v.p[0] == '-' || v.p[0] == '+'))
		v = view_skip(v, 1);
	for (size_t i = 0; i < v.len; i++)
		if (!isdigit((unsigned char)v.p[i]))
			return false;
	return true;
}

/* Options that set() reads may be numbers too. */
static bool is_number(const struct option_row *row)
{
	return row->kind == OPTION_INT || row->kind == OPTION_INT64 ||
	       strcmp(row->name, "LogLevel") == 0 || strcmp(row->name, "MaxHeadersLength") == 0;
}

/* "O Name=value" whose value is only half read. */
static void lint_option_value(struct text *t, struct view line, int number)
{
	struct view name = lint_name_at(view_skip(line, 2)), value;
	size_t equals = view_find(line, '=');
	const struct option_row *row, *two[2];
	bool is_short;

	if (line.len < 4 || line.p[1] != ' ' || equals == line.len)
		return;
	value = view_trim(view_skip(line, equals + 1));
	row = option_by_name(name, two, &is_short);
	if (!row || value.len == 0 || view_find(value, '$') < value.len)
		return;
	if (is_number(row) && !is_plain_number(value))
		lint_add(t->out, LINT_OPTION_VALUE, t->path, number,
			 "option %s: \"" VIEW_FMT "\" is no plain number", row->name,
			 VIEW_ARG(value));
	if (row->kind == OPTION_BOOL && !strchr("tTfFyYnN10", value.p[0]))
		lint_add(t->out, LINT_OPTION_VALUE, t->path, number,
			 "option %s: \"" VIEW_FMT "\" is neither True nor False", row->name,
			 VIEW_ARG(value));
}

/* ---- twice ---- */

/* Hooks of a site's own are begun by generated files and again in local sections. */
static bool may_be_twice(struct view name)
{
	return view_starts(name, VIEW("Local_")) || name.len == 0 ||
	       isdigit((unsigned char)name.p[0]);
}

struct begun {
	int line, n_rules;
};

static void lint_mailer_twice(struct text *t, struct view line, int number)
{
	struct view name = view_trim(view_first(view_skip(line, 1), view_find(line, ',') - 1));
	void *before = table_get(t->seen_mailers, name);

	if (before)
		lint_add(t->out, LINT_MAILER_TWICE, t->path, number,
			 "mailer " VIEW_FMT " is defined in line %d already", VIEW_ARG(name),
			 (int)(intptr_t)before);
	table_set(t->seen_mailers, name, (void *)(intptr_t)number);
}

struct declared {
	int line;
	struct view what;
};

static void lint_map_twice(struct text *t, struct view line, int number)
{
	size_t blank = view_find(line, ' ');
	struct view name = view_first(view_skip(line, 1), blank ? blank - 1 : 0);
	struct view what = view_trim(view_skip(line, blank));
	struct declared *before = table_get(t->seen_maps, name);

	if (before && !view_eq(before->what, what))
		lint_add(t->out, LINT_MAP_TWICE, t->path, number,
			 "map " VIEW_FMT " is declared in line %d with other arguments",
			 VIEW_ARG(name), before->line);
	if (before)
		return;
	before = ARENA_NEW(t->out->arena, struct declared);
	*before = (struct declared){ number, what };
	table_set(t->seen_maps, name, before);
}

/* Begun before, with rules, and some other ruleset in between. */
static struct begun *begin_ruleset(struct text *t, struct view line, int number)
{
	struct view name = lint_name_at(view_skip(line, 1));
	struct begun *b = table_get(t->seen_rulesets, name);

	if (!b) {
		b = ARENA_NEW(t->out->arena, struct begun);
		b->line = number;
		table_set(t->seen_rulesets, name, b);
	} else if (b->n_rules > 0 && !may_be_twice(name)) {
		lint_add(t->out, LINT_RULESET_TWICE, t->path, number,
			 "ruleset " VIEW_FMT " began in line %d already", VIEW_ARG(name), b->line);
	}
	return b;
}

static void lint_lines(struct text *t, struct view text)
{
	struct begun *ruleset = NULL;
	struct view line;
	int number = 0;

	while (text.len && view_cut(&text, '\n', &line)) {
		bool is_comment = line.len > 0 && line.p[0] == '#';

		number++;
		lint_characters(t->out, t->path, line, number, is_comment);
		if (line.len == 0 || is_comment)
			continue;
		lint_references(t, line, number);
		if (looks_like_command(line))
			lint_add(t->out, LINT_SWALLOWED_LINE, t->path, number,
				 "this line belongs to the one before it: it begins with a blank");
		if (line.p[0] == 'O')
			lint_option_value(t, line, number);
		if (line.p[0] == 'S')
			ruleset = begin_ruleset(t, line, number);
		else if (line.p[0] == 'R' && ruleset)
			ruleset->n_rules++;
		else if (line.p[0] == 'K')
			lint_map_twice(t, line, number);
		else if (line.p[0] == 'M')
			lint_mailer_twice(t, line, number);
	}
}

void config_lint_text(struct view path, struct view text, struct lint *l)
{
	struct text t = { .path = path,
			  .out = l,
			  .defined = table_new(TABLE_EXACT),
			  .seen_rulesets = table_new(TABLE_EXACT),
			  .seen_mailers = table_new(TABLE_EXACT),
			  .seen_maps = table_new(TABLE_EXACT),
			  .told = table_new(TABLE_EXACT) };
	struct view rest = text, line;

	lint_line_ends(l, path, text);
	while (rest.len && view_cut(&rest, '\n', &line))
		if (line.len && line.p[0] != '#')
			note_definitions(&t, line);
	lint_lines(&t, text);
	table_free(t.defined);
	table_free(t.seen_rulesets);
	table_free(t.seen_mailers);
	table_free(t.seen_maps);
	table_free(t.told);
}
