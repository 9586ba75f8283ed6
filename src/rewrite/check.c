/* check.c - rulesets that decide: check_mail and its kin, and those that only give data. */
#include "rewrite/trace.h"

#include "base/log.h"
#include "mail/header.h"

#define HEADER_SHOWN_MAX 255 /* {currHeader} is cut there */

bool rw_reply_names_address(int smtp)
{
	return smtp < 400 || smtp == 450 || smtp == 550 || smtp == 553;
}

/* "p1 $| p2" as tokens. The separator is an operator, so nothing in p1 or p2 can pass for it. */
static void scan_parts(struct rw *rw, struct view p1, struct view p2, unsigned flags,
		       struct tokens *out, struct status *bad)
{
	enum scan_kind kind = flags & CHECK_KEEP_COMMENTS ? SCAN_TEST : SCAN_ADDRESS;
	struct token bar = { .text = VIEW("$|"), .symbol = '|' };
	struct tokens second;
	struct status bad2 = status_ok();

	trace_scan(rw, p1);
	tokens_scan(rw->snap->rules, rw->snap->cf, p1, '\0', kind, rw->arena, out, NULL, bad);
	trace_scanned(rw, out);
	if (view_is_none(p2))
		return;
	tokens_scan(rw->snap->rules, rw->snap->cf, p2, '\0', kind, rw->arena, &second, NULL, &bad2);
	tokens_add(out, bar, rw->arena);
	for (size_t i = 0; i < second.n; i++)
		tokens_add(out, second.v[i], rw->arena);
	if (bad->smtp == 0)
		*bad = bad2;
}

/* The reply as the log shows it: "550 5.7.1 <a>... text". */
static struct view reply_text(struct rw *rw, const char *ruleset, struct view p1,
			      const struct status *st)
{
	char dsn[16];
	bool is_soft;
	bool is_trust = strcmp(ruleset, "trust_auth") ==
			0; /* of the sender, whatever it looks at */
	bool about_address = is_trust || strcmp(ruleset, "check_mail") == 0 ||
			     strcmp(ruleset, "check_rcpt") == 0;

	if (is_trust && rw->macros)
		p1 = macros_get(rw->macros, MACRO_MAIL_FROM);
	about_address = about_address && rw_reply_names_address(st->smtp) && p1.len;
	status_format_dsn(st, dsn);
	if (st->dsn[0] == 0)
		snprintf(dsn, sizeof(dsn), "%d.0.0", st->smtp / 100);
	is_soft = rw->snap->cf->options.soft_bounce && st->smtp >= 500;
	if (is_soft && dsn[0] == '5')
		dsn[0] = '4';
	return arena_printf(rw->arena, "%d%s%s " VIEW_FMT "%s" VIEW_FMT,
			    is_soft ? st->smtp - 100 : st->smtp, dsn[0] ? " " : "", dsn,
			    about_address ? (int)p1.len : 0, p1.p ? p1.p : "",
			    about_address ? "... " : "", VIEW_ARG(st->text));
}

static int log_level_of(const char *ruleset)
{
	if (strcmp(ruleset, "tls_client") == 0 || strcmp(ruleset, "tls_server") == 0 ||
	    strcmp(ruleset, "tls_rcpt") == 0)
		return 5;
	if (strcmp(ruleset, "try_tls") == 0)
		return 7;
	return strcmp(ruleset, "trust_auth") == 0 ? 9 : 3;
}

static void log_check(struct rw *rw, const char *ruleset, struct view p1, struct view p2,
		      const char *relay, const struct check *c)
{
	own_str struct str line = STR_MAX(2048);
	struct view reply;

	if (!rw->services || !rw->services->log)
		return;
	str_addf(&line, "ruleset=%s, arg1=" VIEW_FMT, ruleset, VIEW_ARG(p1));
	if (!view_is_none(p2))
		str_addf(&line, ", arg2=" VIEW_FMT, VIEW_ARG(p2));
	if (relay && *relay)
		str_addf(&line, ", relay=%s", relay);
	if (c->verdict == CHECK_DISCARD) {
		str_addz(&line, ", discard");
	} else if (c->verdict == CHECK_QUARANTINE) {
		str_addf(&line, ", quarantine=" VIEW_FMT, VIEW_ARG(c->reason));
	} else {
		reply = reply_text(rw, ruleset, p1, &c->status);
		str_addf(&line, ", reject=" VIEW_FMT, VIEW_ARG(reply));
	}
	log_event(rw->services->log, log_level_of(ruleset) + 1, LOG_NOTICE, rw->id, "%s",
		  str_z(&line));
}

/* The parts of "$# first $@ host $: user"; first is the mailer name or the datum. */
static void take_result(struct rw *rw, const struct tokens *ws, struct check *out)
{
	const struct rules *r = rw->snap->rules;
	size_t i = 2, from;

	out->has_result = true;
	out->host = VIEW("");
	out->user = VIEW_NONE;
	if (i < ws->n && ws->v[i].symbol == '@') {
		from = ++i;
		while (i < ws->n && ws->v[i].symbol != ':')
			i++;
		if (i > from)
			out->host = tokens_join_range(ws->v + from, i - from, &r->charset,
						      r->blank_sub, rw->arena);
	}
	while (i < ws->n && ws->v[i].symbol != ':')
		i++;
	if (i + 1 < ws->n)
		out->user = tokens_join_range(ws->v + i + 1, ws->n - i - 1, &r->charset, ' ',
					      rw->arena);
	else if (i < ws->n)
		out->user = VIEW("");
}

static void decide(struct rw *rw, const char *ruleset, struct view mailer, struct check *out)
{
	if (view_eq_nocase(mailer, VIEW("error")) && view_is_none(out->user)) {
		rw_config_error(rw, "5.3.5", "buildaddr: no user");
		out->verdict = CHECK_REJECT;
		out->status = status_make(554, "5.3.5", EX_CONFIG_, VIEW("buildaddr: no user"));
	} else if (view_eq_nocase(mailer, VIEW("discard"))) {
		out->verdict = CHECK_DISCARD;
	} else if (view_eq_nocase(mailer, VIEW("error"))) {
		if (view_eq_nocase(out->host, VIEW("quarantine"))) {
			struct status reason = rw_error_status(VIEW(""), out->user, rw->arena);

			out->verdict = CHECK_QUARANTINE;
			out->reason = reason.text.len ? reason.text
						      : arena_dup(rw->arena, view_of(ruleset));
		} else {
			out->verdict = CHECK_REJECT;
			out->status = rw_error_status(out->host, out->user, rw->arena);
			rw_user_error(rw, 0, NULL, out->status.text);
			if (rw->trace)
				trace_set_status(rw->trace, out->status.exit);
		}
	}
}

/* The reply about a text that cannot be scanned names it; callers of the two with a mailbox do so for every refusal. */
static struct view scan_complaint(struct rw *rw, const char *ruleset, struct view p1,
				  struct view text)
{
	if (strcmp(ruleset, "check_mail") == 0 || strcmp(ruleset, "check_rcpt") == 0)
		return arena_dup(rw->arena, text);
	return arena_printf(rw->arena, VIEW_FMT "... " VIEW_FMT, VIEW_ARG(p1), VIEW_ARG(text));
}

void rw_check(struct rw *rw, const char *ruleset, struct view p1, struct view p2, unsigned flags,
	      const char *relay, struct check *out)
{
	int number = config_ruleset_number(rw->snap->cf, view_of(ruleset));
	struct status bad = status_ok(), mistake = status_ok();
	struct tokens ws;

	*out = (struct check){ .verdict = CHECK_OK, .host = VIEW(""), .user = VIEW("") };
	if (number < 0 || !rw->snap->rules->sets[number].is_defined)
		return;
	scan_parts(rw, p1, p2, flags, &ws, &bad);
	if (bad.smtp && flags & CHECK_RAW && ws.n == 0)
		return; /* no ruleset can look at it */
	if (bad.smtp && !(flags & CHECK_RAW)) {
		out->verdict = CHECK_REJECT;
		out->status = bad;
		out->status.text = scan_complaint(rw, ruleset, p1, bad.text);
		return;
	} else {
		rw->mistake = &mistake;
		rw_apply(rw, number, &ws);
		rw->mistake = NULL;
		if (mistake.smtp) { /* a ruleset that cannot be run lets nobody pass */
			out->verdict = CHECK_REJECT;
			out->status = mistake;
			return;
		}
		if (ws.n < 2 || ws.v[0].symbol != '#')
			return;
		take_result(rw, &ws, out);
		decide(rw, ruleset, ws.v[1].text, out);
		if (view_is_none(out->user))
			out->user = VIEW("");
	}
	if (out->verdict != CHECK_OK && !(flags & CHECK_NO_LOG))
		log_check(rw, ruleset, p1, p2, relay, out);
}

/* ---- header fields ---- */

const struct cf_header *rw_header_rule(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_headers; i++)
		if (cf->headers[i].check_ruleset >= 0 && view_eq_nocase(cf->headers[i].name, name))
			return &cf->headers[i];
	return cf->default_check && cf->default_check->check_ruleset >= 0 ? cf->default_check
									  : NULL;
}

/* The value as a quoted string for {currHeader}. */
static struct view quoted(struct arena *a, struct view value)
{
	own_str struct str q = STR_MAX(HEADER_SHOWN_MAX + 2);

	str_addc(&q, '"');
	for (size_t i = 0; i < value.len && q.len + 3 < HEADER_SHOWN_MAX; i++) {
		char c = value.p[i];

		if (c == '"' || c == '\\')
			str_addc(&q, '\\');
		str_addc(&q, c == '\n' || c == '\t' ? ' ' : c);
	}
	str_addc(&q, '"');
	return arena_dup(a, str_view(&q));
}

static struct view ruleset_name(const struct config *cf, int number, struct arena *a)
{
	const struct cf_ruleset *set = cf->by_number[number];

	return set && set->name.len ? set->name : arena_printf(a, "%d", number);
}

void rw_check_header(struct rw *rw, const struct cf_header *rule, struct view name,
		     struct view value, const char *relay, struct check *out)
{
	uint32_t kind = header_flags_of(name);
	struct view set = ruleset_name(rw->snap->cf, rule->check_ruleset, rw->arena);

	rw_set_macro(rw, MACRO_CURRHEADER, quoted(rw->arena, value));
	rw_set_macro(rw, MACRO_HDR_NAME, name);
	rw_set_macro(rw, MACRO_HDRLEN, arena_printf(rw->arena, "%zu", value.len));
	rw_set_macro(rw, MACRO_ADDR_TYPE,
		     kind & HEADER_FROM   ? VIEW("h s")
		     : kind & HEADER_RCPT ? VIEW("h r")
					  : VIEW("h"));
	rw_check(rw, arena_dupz(rw->arena, set), value, VIEW_NONE,
		 CHECK_RAW | (rule->check_keeps_comments ? CHECK_KEEP_COMMENTS : 0), relay, out);
}

int rw_capture(struct rw *rw, const char *ruleset, struct view p1, struct view p2,
	       struct tokens *out)
{
	int number = config_ruleset_number(rw->snap->cf, view_of(ruleset));
	struct status bad = status_ok();

	*out = (struct tokens){ 0 };
	if (number < 0 || !rw->snap->rules->sets[number].is_defined)
		return EX_UNAVAILABLE_;
	scan_parts(rw, p1, p2, 0, out, &bad);
	return rw_apply(rw, number, out);
}
