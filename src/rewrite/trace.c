/* trace.c - see trace.h. */
#include "rewrite/trace.h"

#include "base/log.h"
#include "base/table.h"
#include "config/dollars.h"
#include "rewrite/observe.h"

static bool is_in_hex(const struct rw_trace *trace)
{
	return trace->levels[84] >= 1;
}

static void show_byte(const struct rw_trace *trace, unsigned char c)
{
	if (c >= 0x80 && is_in_hex(trace)) {
		fprintf(trace->out, " 0x%02x ", c);
		return;
	}
	if (operator_of_byte(c)) {
		fprintf(trace->out, "$%c", operator_of_byte(c));
		return;
	}
	if (c == (unsigned char)MACRO_REF || c == operator_byte('1')) {
		putc('$', trace->out);
		return;
	}
	if (c >= 0x80) {
		fputs("M-", trace->out);
		c &= 0x7f;
	}
	if (c == '\n')
		fputs("\\n", trace->out);
	else if (c == '\r')
		fputs("\\r", trace->out);
	else if (c == '\t')
		fputs("\\t", trace->out);
	else if (c >= 0x20 && c != 0x7f)
		putc(c, trace->out);
	else if (is_in_hex(trace))
		fprintf(trace->out, " 0x%x ", c);
}

static size_t plain_length(struct view text)
{
	size_t n = 0;

	while (n < text.len && text.p[n] >= 0x20 && text.p[n] < 0x7f)
		n++;
	return n;
}

/* A trace's stream is one thread's: the unlocked calls do. */
void trace_text(const struct rw_trace *trace, struct view text)
{
	while (text.len) {
		size_t n = plain_length(text);

		if (n)
			fwrite_unlocked(text.p, 1, n, trace->out);
		text = view_skip(text, n);
		if (text.len == 0)
			break;
		show_byte(trace, (unsigned char)text.p[0]);
		text = view_skip(text, 1);
	}
}

static void show_operator_in_hex(const struct rw_trace *trace, const struct token *t)
{
	fprintf(trace->out, " 0x%02x ", operator_byte(t->symbol));
	if (t->symbol >= '0' && t->symbol <= '9')
		putc((char)t->symbol, trace->out);
	if (t->arg >= MACRO_LONG_FIRST)
		fprintf(trace->out, " 0x%02x ", trace->cf ? name_byte(trace->cf, t->arg) : 0);
	else if (t->arg)
		putc(t->arg, trace->out);
}

static bool is_quoted(struct view v)
{
	return v.len >= 2 && v.p[0] == '"' && v.p[v.len - 1] == '"';
}

/* The place of the token's text in memory: what a rule holds stays where it is. */
static struct view place_of(const struct token *t)
{
	return view_from((const char *)&t->text.p, sizeof(t->text.p));
}

void trace_note_call(struct rw *rw, const struct token *t)
{
	if (!rw->trace->is_test_mode || !is_quoted(t->text))
		return;
	if (!rw->trace->called)
		rw->trace->called = table_new(TABLE_EXACT);
	table_set(rw->trace->called, place_of(t), rw->trace);
}

void trace_token(const struct rw_trace *trace, const struct token *t)
{
	struct view text = t->text;

	if (t->symbol && t->symbol < SYMBOL_FIRST && is_in_hex(trace)) {
		show_operator_in_hex(trace, t);
		return;
	}
	if (trace->called && is_quoted(text) && table_has(trace->called, place_of(t)))
		text = view_from(text.p + 1, text.len - 2);
	trace_text(trace, text);
}

void trace_tokens(const struct rw_trace *trace, const struct token *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		putc_unlocked(' ', trace->out);
		trace_token(trace, &v[i]);
	}
	putc_unlocked('\n', trace->out);
}

void trace_complaint(const struct rw_trace *trace, struct view text)
{
	for (size_t i = 0; i < text.len; i++)
		putc(text.p[i] & 0x7f, trace->out);
	putc('\n', trace->out);
}

#define NAME_COLUMNS 16
#define LINE_BYTES   1024

/* A line that is put together before it goes to the stream: in test mode nothing is printed more often. */
struct line {
	size_t n;
	char text[LINE_BYTES + 8];
};

static inline bool line_add(struct line *l, struct view text)
{
	char *to = l->text + l->n;

	if (text.len > LINE_BYTES - l->n)
		return false;
	for (size_t i = 0; i < text.len; i++)
		to[i] = text.p[i];
	l->n += text.len;
	return true;
}

/* Are all bytes of the line printable ASCII? Looks at eight at a time; the room after the line is blank. */
static bool line_is_plain(struct line *l)
{
	const uint64_t high = 0x8080808080808080u, ones = 0x0101010101010101u;
	uint64_t bad = 0;

	memset(l->text + l->n, ' ', 8);
	for (size_t i = 0; i < l->n; i += 8) {
		uint64_t w;

		memcpy(&w, l->text + i, 8);
		bad |= w | ((w & ~high) + ones) | ~((w | high) - ones * 0x20);
	}
	return (bad & high) == 0;
}

/* The tokens of a workspace each after a blank; false when they are too long or not to be shown as they are. */
static bool line_tokens(struct line *l, const struct tokens *ws)
{
	for (size_t i = 0; i < ws->n; i++) {
		if (!line_add(l, VIEW(" ")) || !line_add(l, ws->v[i].text))
			return false;
	}
	return line_add(l, VIEW("")) && line_is_plain(l);
}

static void show_workspace(struct rw *rw, struct view ruleset, const char *what,
			   const struct tokens *ws)
{
	FILE *out = rw->trace->out;
	struct line line;
	size_t len = ruleset.len > NAME_COLUMNS ? NAME_COLUMNS : ruleset.len, n_head;

	line.n = 0;
	if (!rw->trace->is_test_mode)
		line_add(&line, VIEW("rewrite: ruleset "));
	line_add(&line, view_first(ruleset, len));
	line_add(&line, view_first(VIEW("                "), NAME_COLUMNS - len));
	line_add(&line, view_of(what));
	n_head = line.n;
	if (!is_in_hex(rw->trace) && line_tokens(&line, ws)) {
		line.text[line.n++] = '\n';
		fwrite_unlocked(line.text, 1, line.n, out);
		return;
	}
	fwrite_unlocked(line.text, 1, n_head, out);
	trace_tokens(rw->trace, ws->v, ws->n);
}

void trace_enter(struct rw *rw, struct view ruleset, const struct tokens *ws)
{
	if (rw->trace && (rw->trace->is_test_mode || trace_wants(rw, 21, 1)))
		show_workspace(rw, ruleset, "   input:", ws);
}

void trace_leave(struct rw *rw, struct view ruleset, const struct tokens *ws)
{
	if (rw->trace && (rw->trace->is_test_mode || trace_wants(rw, 21, 1)))
		show_workspace(rw, ruleset, " returns:", ws);
}

void trace_rule(struct rw *rw, const struct rule *rule)
{
	if (!trace_wants(rw, 21, 12))
		return;
	if (trace_wants(rw, 21, 15))
		fprintf(rw->trace->out, "-----trying rule (line %d):", rule->line);
	else
		fputs("-----trying rule:", rw->trace->out);
	trace_tokens(rw->trace, rule->lhs_text.v, rule->lhs_text.n);
}

void trace_fails(struct rw *rw)
{
	if (trace_wants(rw, 21, 10))
		fputs("----- rule fails\n", rw->trace->out);
}

void trace_matches(struct rw *rw, const struct rule *rule)
{
	if (!trace_wants(rw, 21, 12))
		return;
	fputs("-----rule matches:", rw->trace->out);
	trace_tokens(rw->trace, rule->rhs.v, rule->rhs.n);
}

void trace_rewritten(struct rw *rw, const struct tokens *ws)
{
	if (!trace_wants(rw, 21, 4))
		return;
	fputs("rewritten as:", rw->trace->out);
	trace_tokens(rw->trace, ws->v, ws->n);
}

void trace_workspace(struct rw *rw, const struct tokens *ws)
{
	if (!trace_wants(rw, 21, 1))
		return;
	fputs("workspace: ", rw->trace->out);
	trace_tokens(rw->trace, ws->v, ws->n);
}

void trace_line(struct rw *rw, int category, int level, const char *fmt, ...)
{
	va_list ap;

	if (!trace_wants(rw, category, level))
		return;
	va_start(ap, fmt);
	vfprintf(rw->trace->out, fmt, ap);
	va_end(ap);
	putc('\n', rw->trace->out);
}

static void show_one(struct rw *rw, const char *label, const struct token *t)
{
	fputs(label, rw->trace->out);
	if (t)
		trace_token(rw->trace, t);
	else
		fputs("<null>", rw->trace->out);
}

void trace_step(struct rw *rw, const char *what, const struct token *pattern,
		const struct token *token)
{
	fputs(what, rw->trace->out);
	show_one(rw, " rp=", pattern);
	show_one(rw, ", ap=", token);
	putc('\n', rw->trace->out);
}

void trace_skip(struct rw *rw, struct view name, int number)
{
	if (!trace_wants(rw, 21, 3))
		return;
	if (name.len == 0) /* a ruleset that no line mentions has only its number */
		name = arena_printf(rw->arena, "%d", number);
	fprintf(rw->trace->out, "-----skip subr " VIEW_FMT " (%d)\n", VIEW_ARG(name), number);
}

void trace_class_match(struct rw *rw)
{
	fputs("CLMATCH\n", rw->trace->out);
}

void trace_replacement(struct rw *rw, char digit, const struct token *v, size_t n)
{
	if (!trace_wants(rw, 21, 15))
		return;
	fprintf(rw->trace->out, "$%c:", digit);
	for (size_t i = 0; i < n; i++) {
		struct view text = tokens_join_range(&v[i], 1, &rw->snap->rules->charset, ' ',
						     rw->arena);

		fprintf(rw->trace->out, " %p=\"", (const void *)v[i].text.p);
		fwrite(text.p, 1, text.len, rw->trace->out);
		putc('"', rw->trace->out);
	}
	putc('\n', rw->trace->out);
}

void trace_macro_tokens(struct rw *rw, const struct tokens *t)
{
	if (!trace_wants(rw, 21, 25))
		return;
	for (size_t i = 0; i < t->n; i++) {
		fprintf(rw->trace->out, " ... " VIEW_FMT "\n", VIEW_ARG(t->v[i].text));
	}
	fputs(" ... DONE\n", rw->trace->out);
}

/* The map's own value, its arguments, and what became of them. */
static void show_map_rewrite(struct rw *rw, const struct lookup_trace *l)
{
	FILE *out = rw->trace->out;

	if (!trace_wants(rw, 39, 1) || l->found != FOUND || view_is_none(l->raw))
		return;
	fprintf(out, "map_rewrite(" VIEW_FMT "), av =", VIEW_ARG(l->raw));
	if (view_eq(l->class, VIEW("dequote"))) {
		fputs(" (nullv)\n", out);
	} else {
		fprintf(out, "\n\t" VIEW_FMT "\n", VIEW_ARG(l->key));
		for (size_t i = 0; i < l->n_args; i++)
			fprintf(out, "\t" VIEW_FMT "\n", VIEW_ARG(l->args[i]));
	}
	fprintf(out, "map_rewrite => " VIEW_FMT "\n", VIEW_ARG(l->value));
}

void trace_map_value(struct rw *rw, const struct lookup_trace *l)
{
	show_map_rewrite(rw, l);
}

#define SYSTEM_ERRORS 134
#define HOST_FOUND    ((void *)"found")
#define HOST_FAILED   ((void *)"failed")

void trace_note_host(struct rw *rw, struct view key, bool is_found)
{
	if (!rw->trace->hosts)
		rw->trace->hosts = table_new(TABLE_EXACT);
	table_set(rw->trace->hosts, key, is_found ? HOST_FOUND : HOST_FAILED);
}

/* The host map says whether it knew the name from before. */
static void show_host_lookup(struct rw *rw, const struct lookup_trace *l)
{
	FILE *out = rw->trace->out;
	bool wants = trace_wants(rw, 9, 1), is_known;

	is_known = rw->trace->hosts && table_has(rw->trace->hosts, l->key);
	trace_note_host(rw, l->key, l->found == FOUND);
	if (wants)
		fprintf(out, "host_map_lookup(" VIEW_FMT ") => ", VIEW_ARG(l->key));
	if (wants && l->found != FOUND)
		fputs(is_known                    ? "CACHE NULL\n"
		      : l->status == EX_TEMPFAIL_ ? "FAIL (2)\n"
						  : "FAIL (1)\n",
		      out);
	if (wants && is_known && l->found == FOUND)
		fprintf(out, "CACHE " VIEW_FMT "\n", VIEW_ARG(l->raw));
	show_map_rewrite(rw, l);
	if (wants && !is_known && l->found == FOUND)
		fprintf(out, "FOUND " VIEW_FMT "\n", VIEW_ARG(l->raw));
}

static void show_call(struct rw *rw, const struct lookup_trace *l)
{
	FILE *out = rw->trace->out;

	fprintf(out, "map_lookup(" VIEW_FMT ", ", VIEW_ARG(l->map));
	trace_text(rw->trace, l->key);
	if (trace_wants(rw, 60, 5)) {
		fprintf(out, ", %%0=" VIEW_FMT, VIEW_ARG(l->key));
		for (size_t i = 0; i < l->n_args; i++)
			fprintf(out, ", %%%zu=" VIEW_FMT, i + 1, VIEW_ARG(l->args[i]));
	}
	fputs(") => ", out);
}

void trace_lookup(struct rw *rw, const struct lookup_trace *l)
{
	FILE *out;

	if (!rw->trace)
		return;
	out = rw->trace->out;
	if (trace_wants(rw, 60, 1))
		show_call(rw, l);
	if (view_eq(l->class, VIEW("host")))
		show_host_lookup(rw, l);
	else
		show_map_rewrite(rw, l);
	trace_messages(rw, l->messages);
	if (!trace_wants(rw, 60, 1))
		return;
	if (l->found == FOUND)
		fputs(arena_dupz(rw->arena, l->value), out);
	else
		fputs("NOT FOUND", out);
	fprintf(out, " (%d), ad=0\n", l->status);
	if (l->status == EX_TEMPFAIL_)
		fprintf(out, "map_lookup(" VIEW_FMT ", " VIEW_FMT ") tempfail: errno=0\n",
			VIEW_ARG(l->map), VIEW_ARG(l->key));
}

void trace_messages(struct rw *rw, struct view lines)
{
	struct view line;

	lines = view_trim_end(lines);
	if (!rw->trace->is_test_mode || lines.len == 0)
		return;
	while (view_cut(&lines, '\n', &line))
		trace_complaint(rw->trace, line);
}

/* Does the complaint end with what the system said? */
static bool has_system_reason(struct view lines)
{
	for (int error = 1; error < SYSTEM_ERRORS; error++) {
		struct view reason = view_of(strerrordesc_np(error));

		if (reason.len && view_ends_nocase(lines, reason))
			return true;
	}
	return false;
}

void trace_open_status(struct rw *rw, struct view lines)
{
	lines = view_trim(lines);
	if (lines.len)
		trace_set_exit(rw->trace, has_system_reason(lines) ? EX_OSERR_ : EX_SOFTWARE_);
}

void trace_open_failed(struct rw *rw, struct view lines)
{
	trace_messages(rw, lines);
	trace_open_status(rw, lines);
}

void trace_scan(struct rw *rw, struct view text)
{
	if (!trace_wants(rw, 22, 11))
		return;
	fputs("prescan: ", rw->trace->out);
	trace_text(rw->trace, text);
	putc('\n', rw->trace->out);
}

void trace_scan_token(void *context, const struct token *t)
{
	struct rw *rw = context;

	if (!trace_wants(rw, 22, 36))
		return;
	fputs("tok=", rw->trace->out);
	trace_token(rw->trace, t);
	putc('\n', rw->trace->out);
}

void trace_scanned(struct rw *rw, const struct tokens *t)
{
	if (trace_wants(rw, 22, 12)) {
		fputs("prescan==>", rw->trace->out);
		trace_tokens(rw->trace, t->v, t->n);
	}
	if (t->n == 0)
		trace_line(rw, 22, 1, "prescan: null leading token");
}

/* A value byte for byte, the names of macros in it as their bytes. */
static void show_raw(struct rw *rw, struct view value)
{
	for (size_t i = 0; i < value.len; i++) {
		struct view rest = view_skip(value, i);
		size_t at, close = view_find(rest, '}');

		putc(rest.p[0], rw->trace->out);
		if (rest.p[0] != MACRO_REF || close == rest.len)
			continue;
		at = rest.len > 1 && strchr("&?", rest.p[1]) ? 2 : 1;
		if (at >= rest.len || rest.p[at] != '{')
			continue;
		if (at == 2)
			putc(rest.p[1], rw->trace->out);
		putc(name_byte(rw->snap->cf,
			       macro_number(view_skip(view_first(rest, close), at + 1), false)),
		     rw->trace->out);
		i += close;
	}
}

static void show_macro(struct rw *rw, const char *side, int number, struct view value)
{
	struct view name = macro_name(number);
	FILE *out = rw->trace->out;

	fprintf(out, "rewrite: %s $&{" VIEW_FMT "} => ", side, VIEW_ARG(name));
	putc('"', out);
	if (view_is_none(value))
		fputs("(NULL)", out);
	else
		show_raw(rw, value);
	fputs("\"\n", out);
}

void trace_lhs_macro(struct rw *rw, int number, struct view value)
{
	if (trace_wants(rw, 21, 2))
		show_macro(rw, "LHS", number, value);
}

void trace_rhs_macro(struct rw *rw, int number, struct view value)
{
	if (trace_wants(rw, 21, 2))
		show_macro(rw, "RHS", number, value);
}

static void show_value(struct rw *rw, struct view value)
{
	if (view_is_none(value))
		fputs("<null>", rw->trace->out);
	else
		trace_text(rw->trace, value);
	fputs(")\n", rw->trace->out);
}

void trace_define(struct rw *rw, int number, struct view value)
{
	if (!trace_wants(rw, 35, 9))
		return;
	fprintf(rw->trace->out, "%sdefine(" VIEW_FMT " as ",
		view_is_none(macros_get(rw->macros, number)) ? "" : "re",
		VIEW_ARG(macro_name(number)));
	show_value(rw, value);
}

void rw_set_macro(struct rw *rw, int number, struct view value)
{
	trace_define(rw, number, value);
	macros_set(rw->macros, number, value);
}

void trace_fill_in(struct rw *rw, struct view address)
{
	if (!trace_wants(rw, 35, 9))
		return;
	fputs("macset(g as ", rw->trace->out);
	show_value(rw, address);
	fputs("macset(g as <null>)\n", rw->trace->out);
}

void trace_set_exit(struct rw_trace *trace, int exit)
{
	if (!trace->exit)
		trace->exit = exit;
}

void trace_set_status(struct rw_trace *trace, int exit)
{
	if (exit && (!trace->exit || trace->exit == EX_TEMPFAIL_))
		trace->exit = exit;
}

void trace_remote_address(struct rw *rw, struct view address)
{
	if (!trace_wants(rw, 12, 1))
		return;
	fputs("remotename(", rw->trace->out);
	trace_text(rw->trace, address);
	fputs(")\n", rw->trace->out);
}

void trace_remote_name(struct rw *rw, struct view name, int exit)
{
	if (!trace_wants(rw, 12, 1))
		return;
	fputs("remotename => `", rw->trace->out);
	trace_text(rw->trace, name);
	fprintf(rw->trace->out, "', stat=%d\n", exit);
}

void trace_cracked(struct rw *rw, struct view address, struct view template)
{
	if (!trace_wants(rw, 33, 1))
		return;
	fprintf(rw->trace->out, "crackaddr(" VIEW_FMT ")\ncrackaddr=>`", VIEW_ARG(address));
	trace_text(rw->trace, template);
	fputs("'\n", rw->trace->out);
}

void rw_config_error(struct rw *rw, const char *dsn, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(2048);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	OBSERVE(rw, complained, str_view(&text));
	if (rw->trace && rw->trace->is_test_mode) {
		trace_complaint(rw->trace, str_view(&text));
		trace_set_exit(rw->trace, EX_SOFTWARE_);
		rw->trace->n_errors++;
	}
	if (rw->mistake && rw->mistake->smtp == 0)
		*rw->mistake = status_make(554, dsn, EX_SOFTWARE_,
					   arena_dup(rw->arena, str_view(&text)));
	if (!rw->trace && rw->snap->services && rw->snap->services->log)
		log_event(rw->snap->services->log, 0, LOG_CRIT, rw->id ? rw->id : "",
			  "SYSERR(root): %s", str_z(&text));
}

#define SHOWN_MAX  203 /* bytes of an address in a complaint */
#define SHOWN_PART 100

static void add_shortened(struct str *out, struct view v)
{
	if (v.len <= SHOWN_MAX) {
		str_add(out, v);
		return;
	}
	str_add(out, view_first(v, SHOWN_PART));
	str_addz(out, "...");
	str_add(out, view_skip(v, v.len - SHOWN_PART));
}

void rw_user_error(struct rw *rw, int smtp, const char *dsn, struct view text)
{
	own_str struct str line = STR_MAX(8192);

	(void)dsn;
	OBSERVE(rw, complained, text);
	if (!rw->trace || !rw->trace->is_test_mode)
		return;
	if (rw->trace->to.len && rw_reply_names_address(smtp)) {
		add_shortened(&line, rw->trace->to);
		str_addz(&line, "... ");
	}
	str_add(&line, text);
	trace_complaint(rw->trace, str_view(&line));
	rw->trace->n_errors++;
}
