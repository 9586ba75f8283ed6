/*
 * lint_mc.c - config_lint_mc: an .mc file as m4 would read it, as far as that can be told without expanding it.
 *
 * The text is walked once. At the outer level stand words, some of which are macros with arguments in parentheses; quotes are ` and ' and nest; a
 * # begins a comment, dnl discards its line. The arguments of ifdef and ifelse are walked as text of their own. Between LOCAL_CONFIG and its like
 * and the next FEATURE or MAILER stands text that goes into the .cf as it is.
 */
#include "config/lint_part.h"

#define CALLS_MAX  10000 /* what is behind so many is not looked at */
#define NESTED_MAX 50

struct mc {
	struct view path;
	struct lint *out;
	struct table *known; /* macros: those of the language and those that the file defines */
	struct mc_call *calls;
	size_t n_calls, cap_calls;
	int *local; /* lines that begin a command of the .cf */
	size_t n_local, cap_local;
	bool in_section;   /* text for the .cf */
	bool is_discarded; /* divert(-1) */
	bool is_over;      /* something makes the rest unreadable */
};

struct walk {
	struct view text;
	size_t at;
	int line;
	int depth; /* of ifdef and ifelse around it */
	bool is_conditional;
	bool is_line_start;
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends(const struct walk *w)
{
	return w->at >= w->text.len;
}

static char here(const struct walk *w)
{
	return w->text.p[w->at];
}

static void step(struct walk *w)
{
	w->is_line_start = here(w) == '\n' || (w->is_line_start && is_blank(here(w)));
	w->line += here(w) == '\n';
	w->at++;
}

static void skip_line(struct walk *w)
{
	while (!ends(w) && here(w) != '\n')
		step(w);
}

static bool is_in(const char *const *list, struct view name)
{
	for (; *list; list++)
		if (view_eq(name, view_of(*list)))
			return true;
	return false;
}

/* ---- quotes and arguments ---- */

/* From an opening quote to behind its partner; false: there is none. */
static bool skip_quoted(struct mc *m, struct walk *w)
{
	int depth = 0, line = w->line;

	for (; !ends(w); step(w)) {
		if (here(w) == '`')
			depth++;
		else if (here(w) == '\'' && --depth == 0) {
			step(w);
			return true;
		}
	}
	lint_add(m->out, LINT_MC_QUOTE, m->path, line, "the quote that opens here is never closed");
	m->is_over = true;
	return false;
}

/* Without the quotes around it when it is one quoted text. */
static struct view unquoted(struct view v)
{
	v = view_trim(v);
	if (v.len >= 2 && v.p[0] == '`' && v.p[v.len - 1] == '\'')
		v = view_from(v.p + 1, v.len - 2);
	return v;
}

static void end_argument(struct mc_call *c, const struct walk *w, size_t from)
{
	if (c->n_args < MC_ARGS_MAX)
		c->args[c->n_args++] = unquoted(view_first(view_skip(w->text, from), w->at - from));
}

/* The first byte of an argument: other quotes than m4's. */
static void check_argument_start(struct mc *m, const struct walk *w, const struct mc_call *c)
{
	size_t at = w->at;

	while (at < w->text.len && is_blank(w->text.p[at]))
		at++;
	if (at < w->text.len && (w->text.p[at] == '"' || w->text.p[at] == '\''))
		lint_add(m->out, LINT_MC_QUOTE, m->path, w->line,
			 "an argument of " VIEW_FMT " begins with %c instead of `",
			 VIEW_ARG(c->name), w->text.p[at]);
}

/* Walks over "(...)"; false when it does not end. */
static bool read_arguments(struct mc *m, struct walk *w, struct mc_call *c)
{
	size_t from = w->at + 1;
	int depth = 0, long_quote = 0;
	bool is_told = false;

	for (; !ends(w);) {
		char ch = here(w);

		if (ch == '`') {
			int line = w->line;

			if (!skip_quoted(m, w))
				return false;
			if (w->line > line && long_quote == 0)
				long_quote = line;
			continue;
		}
		if (ch == '\'' && !is_told) {
			lint_add(m->out, LINT_MC_QUOTE, m->path, w->line,
				 "a quote closes in " VIEW_FMT "(...) that was not opened",
				 VIEW_ARG(c->name));
			is_told = true;
		}
		if (ch == '#') {
			skip_line(w);
			continue;
		}
		if (ch == ')' && --depth == 0) {
			end_argument(c, w, from);
			step(w);
			return true;
		}
		if (ch == '(')
			depth++;
		if (ch == ',' && depth == 1) {
			end_argument(c, w, from);
			from = w->at + 1;
		}
		step(w);
		if ((ch == ',' || ch == '(') && depth == 1)
			check_argument_start(m, w, c);
	}
	/* An apostrophe somewhere below has closed a quote that was left open here. */
	if (long_quote)
		lint_add(m->out, LINT_MC_QUOTE, m->path, long_quote,
			 "the quote that opens here in " VIEW_FMT "( runs on over the lines below",
			 VIEW_ARG(c->name));
	else
		lint_add(m->out, LINT_MC_PARENTHESIS, m->path, c->line,
			 "the parenthesis of " VIEW_FMT "( is never closed", VIEW_ARG(c->name));
	m->is_over = true;
	return false;
}

/* ---- calls ---- */

static const char *const sections[] = { "LOCAL_CONFIG",
					"LOCAL_RULE_0",
					"LOCAL_RULE_1",
					"LOCAL_RULE_2",
					"LOCAL_RULE_3",
					"LOCAL_RULESETS",
					"LOCAL_NET_CONFIG",
					"LOCAL_UUCP",
					"LOCAL_DNSBL",
					"MAILER_DEFINITIONS",
					"LOCAL_TRY_TLS",
					"LOCAL_TLS_RCPT",
					"LOCAL_SRV_FEATURES",
					"LOCAL_CLT_FEATURES",
					"LOCAL_TLS_CLIENT",
					"LOCAL_TLS_SERVER",
					NULL };

static const char *const section_ends[] = { "FEATURE", "MAILER", "OSTYPE", "DOMAIN", "HACK", NULL };

static void walk_text(struct mc *m, struct walk *w);

static void note_call(struct mc *m, const struct mc_call *c)
{
	struct mc_call *v;

	if (m->n_calls == m->cap_calls) {
		m->cap_calls = m->cap_calls ? m->cap_calls * 2 : 64;
		v = ARENA_ARRAY(m->out->arena, struct mc_call, m->cap_calls);
		if (m->n_calls)
			memcpy(v, m->calls, m->n_calls * sizeof(*v));
		m->calls = v;
	}
	m->calls[m->n_calls++] = *c;
	m->is_over |= m->n_calls >= CALLS_MAX;
}

static int lines_between(const char *from, const char *to)
{
	int n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* The branches of ifdef and ifelse are text that may be used. */
static void walk_branches(struct mc *m, const struct walk *w, const struct mc_call *c)
{
	for (int i = 1; i < c->n_args && !m->is_over && w->depth < NESTED_MAX; i++) {
		struct walk inner = { .text = c->args[i],
				      .line = c->line + lines_between(c->name.p, c->args[i].p),
				      .depth = w->depth + 1,
				      .is_conditional = true };
		struct view v = c->args[i];

		/* Only what calls macros: the words that ifelse compares are no text. */
		if (view_find(v, '(') < v.len)
			walk_text(m, &inner);
	}
}

/* Names stand on one line: where one does not, its quote was closed by an apostrophe further down. */
static void check_name_line(struct mc *m, const struct mc_call *c, struct view first)
{
	static const char *const named[] = {
		"define", "FEATURE", "MAILER", "OSTYPE", "DOMAIN", NULL
	};

	if (is_in(named, c->name) && view_find(first, '\n') < first.len)
		lint_add(m->out, LINT_MC_QUOTE, m->path, c->line,
			 "the quote that opens here in " VIEW_FMT "( runs on over the lines below",
			 VIEW_ARG(c->name));
}

static void apply_call(struct mc *m, const struct mc_call *c)
{
	struct view first = c->n_args ? c->args[0] : VIEW("");

	check_name_line(m, c, first);
	if (is_in(sections, c->name))
		m->in_section = true;
	else if (is_in(section_ends, c->name))
		m->in_section = false;
	if (view_eq(c->name, VIEW("define")) && first.len)
		table_set(m->known, first, NULL);
	if (view_eq(c->name, VIEW("divert"))) {
		m->is_discarded = first.len && first.p[0] == '-';
		m->in_section = false;
	}
	if (view_eq(c->name, VIEW("changequote")) || view_eq(c->name, VIEW("changecom")))
		m->is_over = true;
}

/* A blank between a macro and its parenthesis takes its arguments away. */
static void check_blank(struct mc *m, const struct walk *w, struct view name)
{
	size_t at = w->at;

	while (at < w->text.len && is_blank(w->text.p[at]))
		at++;
	if (at == w->at || at >= w->text.len || w->text.p[at] != '(')
		return;
	if (at + 1 < w->text.len && w->text.p[at + 1] == '`')
		lint_add(m->out, LINT_MC_BLANK, m->path, w->line,
			 "a blank between " VIEW_FMT " and its parenthesis", VIEW_ARG(name));
}

static void walk_call(struct mc *m, struct walk *w, struct view name)
{
	struct mc_call c = { .name = name, .line = w->line, .is_conditional = w->is_conditional };

	if (ends(w) || here(w) != '(')
		check_blank(m, w, name);
	else if (!read_arguments(m, w, &c))
		return;
	note_call(m, &c);
	apply_call(m, &c);
	if (view_eq(name, VIEW("ifdef")) || view_eq(name, VIEW("ifelse")))
		walk_branches(m, w, &c);
}

/* ---- words that are no macros ---- */

static bool is_almost_dnl(struct view word)
{
	static const char *const spellings[] = { "dn",  "ndl", "dln",  "ldn", "dnI", "dn1", "dnll",
						 "DNL", "Dnl", "dnnl", "dl",  "nl",  NULL };

	return is_in(spellings, word);
}

static bool is_glued_dnl(const struct mc *m, struct view word)
{
	struct view rest = view_skip(word, 3);

	return view_starts(word, VIEW("dnl")) && rest.len && table_has(m->known, rest);
}

static void check_word(struct mc *m, const struct walk *w, struct view word, bool begins_line,
		       bool follows_call)
{
	bool has_args = !ends(w) && here(w) == '(';
	const char *meant;

	if (is_glued_dnl(m, word)) {
		lint_add(m->out, LINT_MC_DNL, m->path, w->line,
			 "\"" VIEW_FMT "\": dnl is not a word of its own", VIEW_ARG(word));
		return;
	}
	if (m->is_discarded || m->in_section)
		return;
	if ((begins_line || follows_call) && is_almost_dnl(word)) {
		lint_add(m->out, LINT_MC_MACRO, m->path, w->line,
			 "\"" VIEW_FMT "\" is no macro; did you mean dnl?", VIEW_ARG(word));
		return;
	}
	meant = lint_nearest(word, mc_macros);
	if ((has_args && begins_line) || (meant && (has_args || begins_line)))
		lint_add(m->out, LINT_MC_MACRO, m->path, w->line,
			 "\"" VIEW_FMT "\" is no macro%s%s%s", VIEW_ARG(word),
			 meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static void walk_word(struct mc *m, struct walk *w)
{
	size_t from = w->at;
	bool begins_line = w->is_line_start;
	bool follows_call = from > 0 && w->text.p[from - 1] == ')';
	struct view word;

	while (!ends(w) && is_word_char(here(w)))
		step(w);
	word = view_first(view_skip(w->text, from), w->at - from);
	if (view_eq(word, VIEW("dnl")))
		skip_line(w);
	else if (table_has(m->known, word))
		walk_call(m, w, word);
	else
		check_word(m, w, word, begins_line, follows_call);
}

/* ---- the text ---- */

/* The line that begins here, with those that continue it. */
static struct view whole_line(const struct walk *w)
{
	struct view rest = view_skip(w->text, w->at);
	size_t end = view_find(rest, '\n');

	while (end + 1 < rest.len && is_blank(rest.p[end + 1]))
		end += 1 + view_find(view_skip(rest, end + 1), '\n');
	return view_first(rest, end);
}

/* A rule in a local section. */
static void check_rule(struct mc *m, const struct walk *w)
{
	struct view line = whole_line(w);

	if (line.len < 2 || line.p[0] != 'R' || view_find(line, '\t') < line.len)
		return;
	if (view_find(line, ' ') < line.len && (line.p[1] == '$' || line.p[1] == '<'))
		lint_add(m->out, LINT_LOST_TAB, m->path, w->line,
			 "a rule without a tab between its two sides");
}

/* Whether a comment may stand before the line that begins here: what discards the end of the line before glues the two together. */
static bool is_own_line(const struct walk *w)
{
	size_t from = w->at;
	struct view before;

	if (w->at == 0 || w->text.p[w->at - 1] != '\n')
		return false;
	for (from--; from > 0 && w->text.p[from - 1] != '\n'; from--)
		;
	before = view_first(view_skip(w->text, from), w->at - from);
	/* A macro of the language leaves nothing on its line. */
	return view_starts(before, VIEW("dnl")) || view_search(before, VIEW("dnl")) == before.len ||
	       (view_search(before, VIEW(")dnl")) < before.len &&
		is_in(mc_macros, lint_name_at(before)));
}

static void note_local_line(struct mc *m, const struct walk *w)
{
	int *v;

	if (m->is_discarded || !is_own_line(w) ||
	    table_has(m->known, lint_name_at(view_skip(w->text, w->at))))
		return;
	if (m->n_local == m->cap_local) {
		m->cap_local = m->cap_local ? m->cap_local * 2 : 64;
		v = ARENA_ARRAY(m->out->arena, int, m->cap_local);
		if (m->n_local)
			memcpy(v, m->local, m->n_local * sizeof(*v));
		m->local = v;
	}
	m->local[m->n_local++] = w->line;
}

static void walk_text(struct mc *m, struct walk *w)
{
	int quote_told = 0;

	w->is_line_start = true;
	while (!ends(w) && !m->is_over) {
		char c = here(w);

		if (m->in_section && w->is_line_start && isupper((unsigned char)c))
			note_local_line(m, w);
		if (m->in_section && w->is_line_start && c == 'R')
			check_rule(m, w);
		if (c == '#') {
			skip_line(w);
		} else if (c == '`') {
			if (!skip_quoted(m, w))
				return;
		} else if (isalpha((unsigned char)c) || c == '_') {
			walk_word(m, w);
		} else {
			if (c == '\'' && !m->in_section && !m->is_discarded &&
			    quote_told != w->line) {
				quote_told = w->line;
				lint_add(m->out, LINT_MC_QUOTE, m->path, w->line,
					 "a quote closes here that was not opened");
			}
			step(w);
		}
	}
}

static void lint_lines(struct mc *m, struct view text)
{
	struct view line;
	int number = 0;

	while (text.len && view_cut(&text, '\n', &line)) {
		struct view start = view_trim(line);
		bool is_comment = start.len &&
				  (start.p[0] == '#' || view_starts(start, VIEW("dnl ")));

		lint_characters(m->out, m->path, line, ++number, is_comment);
	}
}

static void walk_whole(struct mc *m, struct view text)
{
	struct walk w = { .text = text, .line = 1 };

	for (const char *const *name = mc_macros; *name; name++)
		table_set(m->known, view_of(*name), NULL);
	walk_text(m, &w);
}

void config_lint_mc(struct view path, struct view text, struct lint *l)
{
	struct mc m = { .path = path, .out = l, .known = table_new(TABLE_EXACT) };

	lint_line_ends(l, path, text);
	lint_lines(&m, text);
	walk_whole(&m, text);
	lint_mc_calls(l, path, m.calls, m.n_calls);
	table_free(m.known);
}

size_t lint_mc_local_lines(struct view text, struct arena *a, const int **out)
{
	struct lint untold = LINT_INIT(a);
	struct mc m = { .out = &untold, .known = table_new(TABLE_EXACT) };

	walk_whole(&m, text);
	table_free(m.known);
	*out = m.local;
	return m.n_local;
}
