/* trace.c - see trace.h. */
#include "rewrite/trace.h"

#include "base/log.h"

void trace_text(FILE *out, struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

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

static void show_macro(struct rw *rw, const char *side, int number, struct view value)
{
	struct view name = macro_name(number);
	FILE *out = rw->trace->out;

	fprintf(out, "rewrite: %s $&{" VIEW_FMT "} => ", side, VIEW_ARG(name));
	if (view_is_none(value)) {
		fputs("(NULL)\n", out);
		return;
	}
	putc('"', out);
	trace_text(out, value);
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
