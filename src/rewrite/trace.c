/* trace.c - see trace.h. */
#include "rewrite/trace.h"

#include "base/log.h"

void trace_text(FILE *out, struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c >= 0x80) {
			fputs("M-", out);
			c &= 0x7f;
		}
		if (c == '\n')
			fputs("\\n", out);
		else if (c == '\r')
			fputs("\\r", out);
		else if (c == '\t')
			fputs("\\t", out);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "^%c", c ^ 0x40);
		else
			putc(c, out);
	}
}

void trace_tokens(FILE *out, const struct token *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		putc(' ', out);
		trace_text(out, v[i].text);
	}
	putc('\n', out);
}

static void show_workspace(struct rw *rw, struct view ruleset, const char *what,
			   const struct tokens *ws)
{
	FILE *out = rw->trace->out;
	int len = ruleset.len > 16 ? 16 : (int)ruleset.len;

	if (!rw->trace->is_test_mode)
		fputs("rewrite: ruleset ", out);
	fprintf(out, "%-16.*s %s:", len, ruleset.p, what);
	trace_tokens(out, ws->v, ws->n);
}

void trace_enter(struct rw *rw, struct view ruleset, const struct tokens *ws)
{
	if (rw->trace && (rw->trace->is_test_mode || trace_wants(rw, 21, 1)))
		show_workspace(rw, ruleset, "  input", ws);
}

void trace_leave(struct rw *rw, struct view ruleset, const struct tokens *ws)
{
	if (rw->trace && (rw->trace->is_test_mode || trace_wants(rw, 21, 1)))
		show_workspace(rw, ruleset, "returns", ws);
}

void trace_rule(struct rw *rw, const struct rule *rule)
{
	if (!trace_wants(rw, 21, 12))
		return;
	if (trace_wants(rw, 21, 15))
		fprintf(rw->trace->out, "-----trying rule (line %d):", rule->line);
	else
		fputs("-----trying rule:", rw->trace->out);
	trace_tokens(rw->trace->out, rule->lhs_text.v, rule->lhs_text.n);
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
	trace_tokens(rw->trace->out, rule->rhs.v, rule->rhs.n);
}

void trace_rewritten(struct rw *rw, const struct tokens *ws)
{
	if (!trace_wants(rw, 21, 4))
		return;
	fputs("rewritten as:", rw->trace->out);
	trace_tokens(rw->trace->out, ws->v, ws->n);
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

void trace_step(struct rw *rw, const char *what, struct view pattern, struct view token)
{
	fprintf(rw->trace->out, "%s rp=", what);
	trace_text(rw->trace->out, pattern);
	fputs(", ap=", rw->trace->out);
	trace_text(rw->trace->out, token);
	putc('\n', rw->trace->out);
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
		fprintf(rw->trace->out, " %p=\"", (const void *)v[i].text.p);
		trace_text(rw->trace->out, v[i].text);
		putc('"', rw->trace->out);
	}
	putc('\n', rw->trace->out);
}

void trace_macro_tokens(struct rw *rw, const struct tokens *t)
{
	if (!trace_wants(rw, 21, 25))
		return;
	for (size_t i = 0; i < t->n; i++) {
		fputs(" ... ", rw->trace->out);
		trace_text(rw->trace->out, t->v[i].text);
		putc('\n', rw->trace->out);
	}
	fputs(" ... DONE\n", rw->trace->out);
}

void trace_lookup(struct rw *rw, struct view map, struct view key, const struct view *args,
		  size_t n_args, enum found found, struct view value, int status)
{
	FILE *out;

	if (!trace_wants(rw, 60, 1))
		return;
	out = rw->trace->out;
	fprintf(out, "map_lookup(" VIEW_FMT ", ", VIEW_ARG(map));
	trace_text(out, key);
	if (trace_wants(rw, 60, 5)) {
		fputs(", %0=", out);
		trace_text(out, key);
		for (size_t i = 0; i < n_args; i++) {
			fprintf(out, ", %%%zu=", i + 1);
			trace_text(out, args[i]);
		}
	}
	fputs(") => ", out);
	if (found == FOUND)
		trace_text(out, value);
	else
		fputs("NOT FOUND", out);
	fprintf(out, " (%d), ad=0\n", status);
}

void trace_messages(struct rw *rw, struct view lines)
{
	struct view line;

	if (!rw->trace->is_test_mode)
		return;
	while (view_cut(&lines, '\n', &line)) {
		trace_text(rw->trace->out, line);
		putc('\n', rw->trace->out);
	}
}

void trace_scan(struct rw *rw, struct view text)
{
	if (!trace_wants(rw, 22, 11))
		return;
	fputs("prescan: ", rw->trace->out);
	trace_text(rw->trace->out, text);
	putc('\n', rw->trace->out);
}

void trace_scanned(struct rw *rw, const struct tokens *t)
{
	if (!trace_wants(rw, 22, 12))
		return;
	fputs("prescan==>", rw->trace->out);
	trace_tokens(rw->trace->out, t->v, t->n);
}

static void show_macro(struct rw *rw, const char *side, int number, struct view value)
{
	struct view name = macro_name(number);
	FILE *out = rw->trace->out;

	fprintf(out, "rewrite: %s $&{" VIEW_FMT "} => ", side, VIEW_ARG(name));
	putc('"', out);
	trace_text(out, view_is_none(value) ? VIEW("(NULL)") : value);
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

void rw_config_error(struct rw *rw, int exit, const char *dsn, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(2048);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	if (rw->trace && rw->trace->is_test_mode) {
		trace_text(rw->trace->out, str_view(&text));
		putc('\n', rw->trace->out);
		rw->trace->exit = exit;
		rw->trace->n_errors++;
	}
	if (rw->snap->services && rw->snap->services->log)
		log_event(rw->snap->services->log, 0, LOG_CRIT, rw->id ? rw->id : "",
			  "SYSERR(root): 554 %s %s", dsn, str_z(&text));
}

/* These codes speak of something else than the recipient. */
static bool stands_alone(int smtp)
{
	return smtp == 551 || smtp == 552 || smtp == 554 || smtp == 570 || smtp == 571;
}

void rw_user_error(struct rw *rw, int smtp, const char *dsn, struct view text)
{
	(void)dsn;
	if (!rw->trace || !rw->trace->is_test_mode)
		return;
	if (rw->trace->to.len && !stands_alone(smtp)) {
		trace_text(rw->trace->out, rw->trace->to);
		fputs("... ", rw->trace->out);
	}
	trace_text(rw->trace->out, text);
	putc('\n', rw->trace->out);
	rw->trace->n_errors++;
}
