/* cmd_helo.c - HELO and EHLO: the client's name for itself, and what it is offered. */
#include "receive/auth.h"

#define HELO_NAME_MAX 256

/*
 * Letters of a host name or address literal, as sendmail allows them: blanks only at the end. *out_bad is what the log shows of
 * a name that is none: a blank within it ends it there.
 */
static bool is_domain(struct view name, struct view *out_bad)
{
	struct view rest;

	*out_bad = VIEW("too long");
	if (name.len > HELO_NAME_MAX)
		return false;
	*out_bad = name;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (isspace(c)) {
			rest = view_trim_end(view_skip(name, i));
			*out_bad = view_first(name, i);
			return rest.len == 0;
		}
		if (c >= 0x80 || (!isalnum(c) && !strchr("[].-_#:", c)))
			return false;
	}
	return true;
}

static void add_line(struct str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add_line(struct str *out, const char *fmt, ...)
{
	va_list ap;

	str_addc(out, '\n');
	va_start(ap, fmt);
	str_addv(out, fmt, ap);
	va_end(ap);
}

/* The extensions in sendmail's order. */
static void add_offers(struct session *s, struct str *out)
{
	const struct options *o = session_options(s);

	add_line(out, "ENHANCEDSTATUSCODES");
	if (s->refusal.smtp)
		return;
	if (s->features & FEATURE_PIPELINING)
		add_line(out, "PIPELINING");
	if (s->features & FEATURE_EXPN) {
		add_line(out, "EXPN");
		if (s->features & FEATURE_VERB)
			add_line(out, "VERB");
	}
	if (s->features & FEATURE_8BITMIME)
		add_line(out, "8BITMIME");
	if (o->max_message_size > 0)
		add_line(out, "SIZE %lld", (long long)o->max_message_size);
	else
		add_line(out, "SIZE");
	if (s->features & FEATURE_DSN)
		add_line(out, "DSN");
	if (s->features & FEATURE_ETRN)
		add_line(out, "ETRN");
	if (auth_offered(s).len > 0)
		add_line(out, "AUTH " VIEW_FMT, VIEW_ARG(auth_offered(s)));
	if (o->deliver_by_min_s > 0)
		add_line(out, "DELIVERBY %lld", (long long)o->deliver_by_min_s);
	else if (o->deliver_by_min_s == 0)
		add_line(out, "DELIVERBY");
	add_line(out, "HELP");
}

static void hello(struct session *s, struct view args, bool is_ehlo)
{
	const struct options *o = session_options(s);
	const char *verb = is_ehlo ? "EHLO" : "HELO";
	struct view name = arena_dup(session_work(s), args);
	const char *remark = "pleased to meet you";
	struct view bad;
	own_str struct str out = STR_MAX(4096);

	if (session_spoke_early(s, verb)) {
		session_reply(s, 554, "5.5.0", VIEW("SMTP protocol error"));
		s->refusal = status_make(550, "5.0.0", -1, VIEW("Command rejected"));
		return;
	}
	if (name.len == 0 && !o->allow_bogus_helo) {
		session_replyf(s, 501, "5.0.0", "%s requires domain address", verb);
		return;
	}
	if (!is_domain(name, &bad)) {
		if (!o->allow_bogus_helo) {
			session_reply(s, 501, "5.0.0", VIEW("Invalid domain name"));
			log_event(session_log(s), 10, LOG_INFO, session_id(s),
				  "invalid domain name (" VIEW_FMT ") from " VIEW_FMT,
				  VIEW_ARG(session_shown(s, bad)), VIEW_ARG(s->relay));
			return;
		}
		remark = "accepting invalid domain name";
	}
	session_reset(s, verb);
	name = view_trim_end(name);
	s->helo = arena_dup(s->arena, name);
	macros_set(s->macros, 's', s->helo);
	s->protocol = !is_ehlo              ? VIEW("SMTP")
		      : s->is_authenticated ? VIEW("ESMTPA")
					    : VIEW("ESMTP");
	macros_set(s->macros, 'r', s->protocol);
	str_addf(&out, VIEW_FMT " Hello " VIEW_FMT ", %s", VIEW_ARG(session_macro(s, 'j')),
		 VIEW_ARG(s->relay), remark);
	if (is_ehlo)
		add_offers(s, &out);
	session_reply(s, 250, NULL, str_view(&out));
}

void cmd_helo(struct session *s, struct view args, struct view line)
{
	(void)line;
	hello(s, args, false);
}

void cmd_ehlo(struct session *s, struct view args, struct view line)
{
	(void)line;
	hello(s, args, true);
}
