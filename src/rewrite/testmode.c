/*
 * testmode.c - the loop of test mode: a prompt, a line, an answer; and the commonest command, rulesets with an address.
 */
#include "rewrite/testmode.h"

#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/table.h"
#include "mail/date.h"
#include "os/load_average.h"
#include "rewrite/testmode_part.h"

#define LINE_MAX_BYTES  2048
#define ARENA_MAX       ((size_t)64 << 20)
#define DEADLINE_FAR    INT64_MAX
#define NAMED_SETS_FROM 100
#define NAME_SHOWN_MAX  20

static void report_scan_error(void *context, int smtp, const char *dsn, const char *text)
{
	rw_user_error(context, smtp, dsn, view_of(text));
}

/* The name at the front of text: what follows it does not matter. None when there is none. */
static struct view name_in(struct view text)
{
	size_t n = 0;

	while (n < text.len && (isalnum((unsigned char)text.p[n]) || text.p[n] == '_'))
		n++;
	return n && text.p[0] != '_' ? view_first(text, n) : VIEW_NONE;
}

int testmode_ruleset(struct testmode *t, struct view text)
{
	size_t len = 0, digits = 0;
	int64_t number;

	while (len < text.len && text.p[len] != ',' && !isspace((unsigned char)text.p[len]))
		len++;
	while (digits < len && isdigit((unsigned char)text.p[digits]))
		digits++;
	if (digits > 0) { /* a name that begins with a digit is its number */
		if (!number_parse(view_first(text, digits), 0, INT64_MAX, &number))
			number = INT64_MAX;
		number = (int32_t)number; /* as the messages have always shown long ones */
		if (number >= 0 && number < NAMED_SETS_FROM)
			return (int)number;
		rw_config_error(&t->rw, "5.3.5", "bad ruleset %d (%d max)", (int)number,
				NAMED_SETS_FROM);
		return -1;
	}
	if (name_in(view_first(text, len)).len == 0) {
		rw_config_error(&t->rw, "5.3.5", "invalid ruleset name: \"" VIEW_FMT "\"",
				VIEW_ARG(view_first(text, NAME_SHOWN_MAX)));
		return -1;
	}
	return config_ruleset_number(t->snap->cf, name_in(view_first(text, len)));
}

/* The rulesets of "3,0" one after the other on the workspace. */
static void run_rulesets(struct testmode *t, struct view names, struct tokens *ws)
{
	while (names.len) {
		int number = testmode_ruleset(t, names), status;
		size_t comma = view_find(names, ',');

		if (number < 0) {
			fprintf(t->out, "Undefined ruleset " VIEW_FMT "\n", VIEW_ARG(names));
			break;
		}
		status = rw_apply(&t->rw, number, ws);
		if (status)
			fprintf(t->out, "== Ruleset " VIEW_FMT " (%d) status %d\n", VIEW_ARG(names),
				number, status);
		names = view_skip(names, comma + 1);
	}
}

/* One address of the list; returns what follows it. */
static struct view run_address(struct testmode *t, struct view names, struct view text)
{
	struct scan s = { .rules = t->snap->rules,
			  .arena = t->rw.arena,
			  .kind = t->snap->cf->level >= 9 ? SCAN_TEST : SCAN_ADDRESS,
			  .delim = ',',
			  .on_error = report_scan_error,
			  .on_token = trace_scan_token,
			  .context = &t->rw };
	struct status bad;

	if (!rw_address_is_valid(&t->rw, text, false, &bad)) {
		rw_user_error(&t->rw, 554, NULL, bad.text);
		return VIEW("");
	}
	t->trace.to = text;
	trace_scan(&t->rw, text);
	scan_run(&s, text);
	trace_scanned(&t->rw, &s.tokens);
	if (s.tokens.n)
		run_rulesets(t, names, &s.tokens);
	t->trace.to = VIEW_NONE;
	return s.rest;
}

/* "names address[, address ...]" */
static void run_rule_line(struct testmode *t, struct view line)
{
	struct view names, rest = line;

	/* A blank after the names is enough: the empty address gives no output. */
	if (!view_word(&rest, &names)) {
		fputs("No address!\n", t->out);
		return;
	}
	if (rest.len == 0) {
		fputs("No address!\n", t->out);
		return;
	}
	rest = view_skip(rest, 1);
	for (;;) {
		rest = run_address(t, names, rest);
		if (rest.len == 0)
			break;
		rest = view_skip(rest, 1);
	}
}

static void run_debug(struct testmode *t, struct view line)
{
	if (line.len < 2) {
		fputs("Usage: -d{debug arguments}\n", t->out);
	} else if (line.p[1] != 'd') {
		fprintf(t->out, "Unknown \"-\" command " VIEW_FMT "\n", VIEW_ARG(line));
	} else {
		char *z = arena_dupz(t->rw.arena, view_skip(line, 2));

		debug_parse(z, t->trace.levels, TRACE_CATEGORIES);
	}
}

static void run_line(struct testmode *t, struct view line)
{
	while (line.len && line.p[0] == ' ')
		line = view_skip(line, 1);
	if (line.len == 0)
		return;
	if (line.p[0] == '/' || view_starts(line, VIEW("-d")))
		line = view_trim_end(line);
	switch (line.p[0]) {
	case '#':
		break;
	case '?':
		testmode_help(t);
		break;
	case '.':
		testmode_dot(t, line);
		break;
	case '=':
		testmode_equals(t, line);
		break;
	case '-':
		run_debug(t, line);
		break;
	case '$':
		testmode_dollar(t, line);
		break;
	case '/':
		testmode_slash(t, line);
		break;
	default:
		run_rule_line(t, line);
		break;
	}
}

/* Input by the block: what was answered is written out only before waiting for more of it. */
struct input {
	int fd; /* -1: no descriptor behind the stream */
	char block[16384];
	size_t at, len;
};

/* The caller pressed the interrupt key: what he was typing is forgotten. */
static bool was_interrupted(struct testmode *t)
{
	if (!t->params->interrupted || !*t->params->interrupted)
		return false;
	*t->params->interrupted = 0;
	fputs("\ninterrupt\n> ", t->out);
	fflush(t->out);
	return true;
}

static int next_byte(struct testmode *t, struct input *in, struct str *line)
{
	ssize_t got;

	if (in->fd < 0)
		return getc(t->in);
	if (in->at == in->len) {
		fflush(t->out);
		do {
			if (was_interrupted(t))
				str_clear(line);
			got = read(in->fd, in->block, sizeof(in->block));
		} while (got < 0 && errno == EINTR);
		if (got <= 0)
			return EOF;
		in->at = 0;
		in->len = (size_t)got;
	}
	return (unsigned char)in->block[in->at++];
}

/* Reads a line, or as much of it as one takes: the rest is the next one. False at the end of input. */
static bool read_line(struct testmode *t, struct input *in, struct str *out)
{
	int c;

	str_clear(out);
	do {
		c = next_byte(t, in, out);
		if (c != EOF && c != '\n')
			str_addc(out, (char)c);
	} while (c != EOF && c != '\n' && out->len < LINE_MAX_BYTES - 1);
	return c != EOF || out->len > 0;
}

/* What is known when nothing has been sent yet. */
static void set_start_macros(struct testmode *t)
{
	struct macros *m = t->rw.macros;
	char date[DATE_TEXT_MAX];

	date_rfc822(wall_s(), date);
	macros_set(m, 'b', view_of(date));
	if (t->params->id)
		macros_set(m, 'i', view_of(t->params->id));
	macros_set(m, MACRO_DELIVERY_MODE, VIEW("i"));
	macros_set(m, MACRO_ADDR_TYPE, VIEW("e r"));
	macros_setf(m, MACRO_LOAD_AVG, "%d", load_average());
	macros_setf(m, '_', "%s@localhost", t->params->user ? t->params->user : "root");
	if (t->params->protocol) {
		struct view rest = view_of(t->params->protocol), r = VIEW("");

		view_cut(&rest, ':', &r);
		macros_set(m, 'r', r);
		if (rest.len)
			macros_set(m, 's', rest);
	}
}

/* A temporary failure is no failure when test mode ends. */
static int exit_status(const struct rw_trace *trace)
{
	return trace->exit == EX_TEMPFAIL_ ? 0 : trace->exit;
}

int testmode_run(struct snapshot *snap, const struct services *sv, FILE *in, FILE *out,
		 const struct testmode_params *params)
{
	own_arena struct arena *arena = arena_new(ARENA_MAX);
	own_str struct str line = STR_MAX(LINE_MAX_BYTES);
	own_mem struct input *input = mem_zero(sizeof(*input));
	struct testmode t = {
		.snap = snap, .services = sv, .params = params, .in = in, .out = out
	};

	t.trace.out = out;
	t.trace.cf = snap->cf;
	input->fd = fileno(in);
	t.trace.is_test_mode = true;
	t.trace.exit = snap->cf->messages.exit;
	if (params->debug)
		debug_parse(params->debug, t.trace.levels, TRACE_CATEGORIES);
	t.rw = (struct rw){ .snap = snap,
			    .services = sv,
			    .macros = snap->cf->macros,
			    .arena = arena,
			    .trace = &t.trace,
			    .id = "",
			    .deadline = DEADLINE_FAR };
	set_start_macros(&t);
	fputs("ADDRESS TEST MODE (ruleset 3 NOT automatically invoked)\n"
	      "Enter <ruleset> <address>\n",
	      out);
	while (!t.is_over) {
		fputs("> ", out);
		if (!read_line(&t, input, &line))
			break;
		if (params->is_verbose || snap->cf->options.verbose)
			fprintf(out, "%s\n", str_z(&line));
		run_line(&t, str_view(&line));
		arena_reset(arena);
	}
	fflush(out);
	table_free(t.trace.hosts);
	table_free(t.trace.called);
	return exit_status(&t.trace);
}
