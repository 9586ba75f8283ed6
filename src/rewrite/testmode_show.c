/* testmode_show.c - test mode's looks into the configuration: =S =M $m $=c, and its changes: .D .C */
#include "base/list.h"
#include "config/dollars.h"
#include "config/macros.h"
#include "rewrite/testmode_part.h"

/* ---- names of macros and classes ---- */

static void complain(void *context, const char *text)
{
	rw_config_error(context, "5.3.5", "%s", text);
}

/* Reads a macro or class name at the front of *text as it is typed after "$" or ".D"; 0 after a complaint. */
static int cut_name(struct testmode *t, struct view *text)
{
	struct name_reader r = { t->snap->cf, complain, &t->rw };

	return name_read(&r, text);
}

static void show_class(struct testmode *t, int number)
{
	const struct table *words = classes_words(t->snap->cf->classes, number);
	struct view word;
	void *none;
	size_t at = 0;

	while (words && table_next(words, &at, &word, &none))
		fprintf(t->out, VIEW_FMT "\n", VIEW_ARG(word));
}

static void show_macro(struct testmode *t, int number)
{
	struct view value = macros_get(t->rw.macros, number);
	own_str struct str text = STR_MAX(8192);

	if (view_is_none(value)) {
		fputs("Undefined\n", t->out);
		return;
	}
	if (macros_is_template(t->rw.macros, number))
		macros_show(value, &text);
	else
		str_add(&text, value);
	trace_text(&t->trace, t->trace.levels[84]
				      ? macros_get_unread(t->rw.macros, number, t->rw.arena)
				      : str_view(&text));
	putc('\n', t->out);
}

/* An operator of rules, which is no macro unless somebody made one of that name. */
static void show_operator(struct testmode *t, char op)
{
	char byte = (char)operator_byte((unsigned char)op);

	if (op >= '0' && op <= '9')
		fprintf(t->out, "$%c", op);
	else
		trace_text(&t->trace, view_from(&byte, 1));
	putc('\n', t->out);
}

void testmode_dollar(struct testmode *t, struct view line)
{
	struct view rest = view_skip(line, 1);
	bool is_class = rest.len && rest.p[0] == '=';
	int number;

	if (rest.len && strchr("*+-#@:>|.[]()?&~0123456789", rest.p[0]) &&
	    view_is_none(macros_get(t->rw.macros, (unsigned char)rest.p[0]))) {
		show_operator(t, rest.p[0]);
		return;
	}
	if (is_class)
		rest = view_skip(rest, 1);
	number = cut_name(t, &rest);
	if (!number)
		return;
	if (is_class)
		show_class(t, number);
	else
		show_macro(t, number);
}

/* ---- .D and .C ---- */

/* Adds the words, taking over those of class c for a word "$=c". */
static void add_words(struct testmode *t, int number, struct view text)
{
	own_str struct str encoded = STR_MAX(8192), expanded = STR_MAX(8192);
	struct classes *classes = t->snap->cf->classes;
	struct view word;
	void *none;

	macros_encode(text, &encoded);
	macros_expand(t->rw.macros, str_view(&encoded), &expanded);
	text = str_view(&expanded);
	while (view_word(&text, &word)) {
		struct view rest = view_skip(word, 2);
		const struct table *other;
		size_t at = 0;
		int from;

		if (!view_starts(word, VIEW("$=")) || word.len < 3) {
			classes_add(classes, number, word);
			continue;
		}
		from = cut_name(t, &rest);
		other = from && from != number ? classes_words(classes, from) : NULL;
		while (other && table_next(other, &at, &word, &none))
			classes_add(classes, number, word);
	}
	rules_refresh_classes(t->snap->rules);
}

/* Without its comment; but the first character is never the beginning of one. */
static struct view value_of(struct testmode *t, struct view rest)
{
	struct view behind;

	if (rest.len == 0 || (rest.p[0] != '#' && !isspace((unsigned char)rest.p[0])))
		return view_trim_end(config_uncomment(t->snap->cf, rest, t->rw.arena));
	behind = config_uncomment(t->snap->cf, view_skip(rest, 1), t->rw.arena);
	return arena_printf(t->rw.arena, "%c" VIEW_FMT, rest.p[0], VIEW_ARG(view_trim_end(behind)));
}

void testmode_dot(struct testmode *t, struct view line)
{
	struct view rest = view_skip(line, 2);
	own_str struct str template = STR_MAX(8192), read = STR_MAX(8192);
	own_str struct str shown = STR_MAX(8192);
	struct name_reader r = { t->snap->cf, complain, &t->rw };
	int number;

	if (line.len < 2) {
		fputs("Usage: .[DC]macro value(s)\n", t->out);
		return;
	}
	if (line.p[1] != 'D' && line.p[1] != 'C') {
		fprintf(t->out, "Unknown \".\" command " VIEW_FMT "\n", VIEW_ARG(line));
		return;
	}
	if (line.p[1] == 'C' && rest.len == 0)
		return;
	number = cut_name(t, &rest);
	if (!number)
		return;
	dollars_read(&r, value_of(t, rest), &read);
	rest = str_view(&read);
	if (line.p[1] == 'C') {
		add_words(t, number, rest);
		return;
	}
	macros_encode(rest, &template);
	macros_decode(str_view(&template), &shown);
	trace_define(&t->rw, number, str_view(&shown));
	macros_define(t->rw.macros, number, str_view(&template));
}

/* ---- =S and =M ---- */

static void show_side(const struct rw_trace *trace, const struct tokens *side)
{
	for (size_t i = 0; i < side->n; i++) {
		trace_token(trace, &side->v[i]);
		putc(' ', trace->out);
	}
}

static void show_rules(struct testmode *t, struct view name, struct view shown)
{
	int number = testmode_ruleset(t, name);
	const struct ruleset *set;

	if (number < 0) {
		fprintf(t->out, "Undefined ruleset " VIEW_FMT "\n", VIEW_ARG(shown));
		return;
	}
	set = &t->snap->rules->sets[number];
	for (size_t i = 0; i < set->n; i++) {
		putc('R', t->out);
		show_side(&t->trace, &set->rules[i].lhs_text);
		fputs("\t\t", t->out);
		show_side(&t->trace, &set->rules[i].rhs);
		putc('\n', t->out);
	}
}

static struct view set_name(const struct snapshot *snap, int number, char *room, size_t size)
{
	const struct ruleset *set = &snap->rules->sets[number < 0 ? 0 : number];

	if (set->name.len)
		return set->name;
	snprintf(room, size, "%d", number < 0 ? 0 : number);
	return view_of(room);
}

static void show_set_pair(const struct snapshot *snap, char letter, int env, int hdr, FILE *out)
{
	char a[16], b[16];
	struct view env_name = set_name(snap, env, a, sizeof(a));
	struct view hdr_name = set_name(snap, hdr, b, sizeof(b));

	fprintf(out, " %c=" VIEW_FMT "/" VIEW_FMT, letter, VIEW_ARG(env_name), VIEW_ARG(hdr_name));
}

static void show_eol(struct view eol, FILE *out)
{
	for (size_t i = 0; i < eol.len; i++) {
		if (eol.p[i] == '\n')
			fputs("\\n", out);
		else if (eol.p[i] == '\r')
			fputs("\\r", out);
		else
			putc(eol.p[i], out);
	}
}

static void show_type(struct view type, const char *before, FILE *out)
{
	fprintf(out, "%s" VIEW_FMT, before, VIEW_ARG(type.len ? type : VIEW("<undefined>")));
}

static void show_mailer(const struct snapshot *snap, const struct mailer *m, FILE *out)
{
	own_str struct str text = STR_MAX(4096);

	fprintf(out, "mailer %d (" VIEW_FMT "): P=" VIEW_FMT, m->number, VIEW_ARG(m->name),
		VIEW_ARG(m->path));
	show_set_pair(snap, 'S', m->sender_env_set, m->sender_hdr_set, out);
	show_set_pair(snap, 'R', m->rcpt_env_set, m->rcpt_hdr_set, out);
	fprintf(out, " M=%lld U=%ld:%ld F=", (long long)m->max_size,
		m->has_user ? (long)m->uid : -1, m->has_gid ? (long)m->gid : -1);
	for (int c = 1; c < 128; c++)
		if (flag_has(&m->flags, (char)c))
			putc(c, out);
	fprintf(out, " L=%d E=", m->line_limit);
	show_eol(m->eol, out);
	if (m->charset.len)
		fprintf(out, " C=" VIEW_FMT, VIEW_ARG(m->charset));
	show_type(m->type_mta, " T=", out);
	show_type(m->type_addr, "/", out);
	show_type(m->type_diag, "/", out);
	fprintf(out, " r=%d", m->max_rcpts);
	if (m->argc > 0) {
		fputs(" A=", out);
		for (int i = 0; i < m->argc; i++) {
			str_clear(&text);
			macros_decode(m->argv[i], &text);
			if (i)
				putc(' ', out);
			fputs(str_z(&text), out);
		}
	}
	putc('\n', out);
}

void testmode_mailers(const struct snapshot *snap, FILE *out)
{
	for (int i = 0; i < snap->cf->n_mailers; i++)
		show_mailer(snap, snap->cf->mailers[i], out);
}

/* Up to the end of the first word. */
static size_t shown_length(struct view v)
{
	size_t n = 0;

	while (n < v.len && isspace((unsigned char)v.p[n]))
		n++;
	while (n < v.len && !isspace((unsigned char)v.p[n]))
		n++;
	return n;
}

void testmode_equals(struct testmode *t, struct view line)
{
	struct view rest = view_skip(line, 2), name = VIEW("");

	if (line.len < 2) {
		fputs("Usage: =Sruleset or =M\n", t->out);
	} else if (line.p[1] == 'S') {
		while (rest.len && isspace((unsigned char)rest.p[0]))
			rest = view_skip(rest, 1);
		view_word(&rest, &name);
		show_rules(t, name,
			   view_first(view_skip(line, 2), shown_length(view_skip(line, 2))));
	} else if (line.p[1] == 'M') {
		testmode_mailers(t->snap, t->out);
	} else {
		fprintf(t->out, "Unknown \"=\" command " VIEW_FMT "\n", VIEW_ARG(line));
	}
}
