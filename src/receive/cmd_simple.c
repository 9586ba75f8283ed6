/* cmd_simple.c - the commands that change nothing, or everything back: RSET NOOP QUIT HELP VERB, and those that are not there. */
#include "receive/help.h"
#include "receive/session.h"

/* check_other: the site's word on a command that does nothing else. False: it is refused and has been answered. */
static bool other_is_ok(struct session *s, struct view line, char digit)
{
	if (config_ruleset_number(s->snap->cf, VIEW("check_other")) < 0)
		return true;
	if (session_check(s, "check_other", line, view_from(&digit, 1), CHECK_RAW, VIEW_NONE))
		return true;
	if (s->last_check_code == 421)
		s->must_close = true;
	return false;
}

void cmd_rset(struct session *s, struct view args, struct view line)
{
	(void)args;
	(void)line;
	session_reply(s, 250, "2.0.0", VIEW("Reset state"));
	session_reset(s, "RSET");
}

void cmd_noop(struct session *s, struct view args, struct view line)
{
	(void)args;
	if (other_is_ok(s, line, '2'))
		session_reply(s, 250, "2.0.0", VIEW("OK"));
}

void cmd_quit(struct session *s, struct view args, struct view line)
{
	(void)args;
	(void)line;
	session_replyf(s, 221, "2.0.0", VIEW_FMT " closing connection",
		       VIEW_ARG(session_macro(s, 'j')));
	s->phase = PHASE_OVER;
}

static struct view lower(struct arena *a, struct view v)
{
	char *out = arena_bytes(a, v.len + 1);

	for (size_t i = 0; i < v.len; i++)
		out[i] = (char)tolower((unsigned char)v.p[i]);
	return view_from(out, v.len);
}

void cmd_help(struct session *s, struct view args, struct view line)
{
	own_str struct str out = STR_MAX(64 * 1024);
	struct view topic = lower(session_work(s), view_trim_end(args));
	bool is_old = false;
	enum found found = help_topic(s->snap->cf, session_scope(s), topic, &out, &is_old);

	(void)line;
	if (is_old && !s->has_told_help)
		log_event(session_log(s), 2, LOG_WARNING, session_id(s),
			  VIEW_FMT " too old (require version 2)",
			  VIEW_ARG(session_options(s)->help_file));
	s->has_told_help = s->has_told_help || is_old;
	switch (found) {
	case FOUND:
		session_reply(s, 214, "2.0.0", str_view(&out));
		break;
	case NOT_FOUND:
		session_replyf(s, 504, "5.3.0", "HELP topic \"%.*s\" unknown",
			       (int)(topic.len < 10 ? topic.len : 10), topic.len ? topic.p : "");
		break;
	case LOOKUP_FAILED:
		session_replyf(s, 502, "5.3.0", "Sendmail " VIEW_FMT " -- HELP not implemented",
			       VIEW_ARG(session_macro(s, 'v')));
		break;
	}
}

void cmd_verb(struct session *s, struct view args, struct view line)
{
	(void)args;
	if (!(s->features & FEATURE_VERB) || !(s->features & FEATURE_EXPN)) {
		session_reply(s, 502, "5.7.0", VIEW("Verbose unavailable"));
		return;
	}
	if (!other_is_ok(s, line, '2'))
		return;
	s->is_verbose = true;
	s->delivery_mode = 'i';
	session_reply(s, 250, "2.0.0", VIEW("Verbose mode"));
}

static void bad_command(struct session *s, struct view line)
{
	if (++s->misuse.n_bad > BAD_COMMANDS_MAX) {
		session_close(s, 421, "4.7.0",
			      VIEW_FMT " Too many bad commands; closing connection",
			      VIEW_ARG(session_macro(s, 'j')));
		return;
	}
	if (other_is_ok(s, line, '5'))
		session_replyf(s, 500, "5.5.1", "Command unrecognized: \"" VIEW_FMT "\"",
			       VIEW_ARG(session_shown(s, line)));
}

void cmd_not_implemented(struct session *s, struct view args, struct view line)
{
	(void)args;
	if (other_is_ok(s, line, '5'))
		session_replyf(s, 502, "5.5.1", "Command not implemented: \"" VIEW_FMT "\"",
			       VIEW_ARG(session_shown(s, line)));
}

void cmd_unknown(struct session *s, struct view args, struct view line)
{
	(void)args;
	bad_command(s, line);
}

/* DEBUG, WIZ, SHOWQ: back doors of the past; whoever asks for them is worth a line to the operator. */
void cmd_probe(struct session *s, struct view args, struct view line)
{
	struct view rest = line, word;
	char verb[16];
	size_t n = 0;

	(void)args;
	if (view_word(&rest, &word))
		for (; n < word.len && n < sizeof(verb) - 1; n++)
			verb[n] = (char)tolower((unsigned char)word.p[n]);
	verb[n] = '\0';
	log_event(session_log(s), 1, LOG_CRIT, session_id(s),
		  "\"%s\" command from " VIEW_FMT " (" VIEW_FMT ")", verb, VIEW_ARG(s->relay),
		  VIEW_ARG(macros_get(s->macros, MACRO_CLIENT_ADDR)));
	bad_command(s, line);
}

void cmd_starttls(struct session *s, struct view args, struct view line)
{
	(void)line;
	if (args.len > 0)
		session_reply(s, 501, "5.5.2", VIEW("Syntax error (no parameters allowed)"));
	else
		session_reply(s, 454, "4.3.3", VIEW("TLS not available after start"));
}
