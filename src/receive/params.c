/* params.c - see params.h. */
#include "receive/params.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"

struct param_context {
	struct session *s;
	const struct smtp_param *param;
	struct mail_params *mail;
	struct rcpt_params *rcpt;
	struct status *error;
};

static bool fail(struct param_context *c, int code, const char *dsn, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static bool fail(struct param_context *c, int code, const char *dsn, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(1024);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	*c->error = status_make(code, dsn, -1, arena_dup(session_work(c->s), str_view(&text)));
	return false;
}

static bool needs_value(struct param_context *c, const char *shown)
{
	return c->param->has_value || fail(c, 501, "5.5.2", "%s requires a value", shown);
}

static bool needs_dsn(struct param_context *c, const char *shown)
{
	return (c->s->features & FEATURE_DSN) ||
	       fail(c, 504, "5.7.0", "Sorry, %s not supported, we do not allow DSN", shown);
}

/* As much of the text as is a decimal number; *out_end is where it stops, errno ERANGE when it does not fit. */
static long long number_at_front(struct session *s, struct view v, size_t *out_end)
{
	char *z = arena_dupz(session_work(s), v), *end;
	long long n;

	errno = 0;
	n = strtoll(z, &end, 10);
	*out_end = (size_t)(end - z);
	return n;
}

static bool take_size(struct param_context *c)
{
	size_t end;
	long long n;

	if (!needs_value(c, "SIZE"))
		return false;
	n = number_at_front(c->s, c->param->value, &end);
	c->mail->size = n;
	if (n == LLONG_MAX && errno == ERANGE)
		return fail(c, 552, "5.2.3", "Message size exceeds maximum value");
	if (n < 0) {
		c->mail->size = LLONG_MAX;
		return fail(c, 552, "5.2.3", "Message size invalid");
	}
	return true;
}

static bool take_body(struct param_context *c)
{
	struct envelope *e = c->s->env;

	if (!needs_value(c, "BODY"))
		return false;
	if (!view_eq_nocase(c->param->value, VIEW("8BITMIME")) &&
	    !view_eq_nocase(c->param->value, VIEW("7BIT")))
		return fail(c, 501, "5.5.4", "Unknown BODY type " VIEW_FMT,
			    VIEW_ARG(session_shown(c->s, c->param->value)));
	e->body_type = arena_dup(e->arena, c->param->value);
	return true;
}

static bool take_envid(struct param_context *c)
{
	struct envelope *e = c->s->env;

	if (!needs_dsn(c, "ENVID") || !needs_value(c, "ENVID"))
		return false;
	if (!xtext_is_valid(c->param->value))
		return fail(c, 501, "5.5.4", "Syntax error in ENVID parameter value");
	if (c->mail->has_envid)
		return fail(c, 501, "5.5.0", "Duplicate ENVID parameter");
	c->mail->has_envid = true;
	e->envid = arena_dup(e->arena, c->param->value);
	macros_set(e->macros, MACRO_DSN_ENVID, e->envid);
	return true;
}

static bool take_ret(struct param_context *c)
{
	struct envelope *e = c->s->env;

	if (!needs_dsn(c, "RET") || !needs_value(c, "RET"))
		return false;
	if (c->mail->has_ret)
		return fail(c, 501, "5.5.0", "Duplicate RET parameter");
	c->mail->has_ret = true;
	if (view_eq_nocase(c->param->value, VIEW("hdrs")))
		e->flags |= ENV_RET_HEADERS;
	else if (!view_eq_nocase(c->param->value, VIEW("full")))
		return fail(c, 501, "5.5.2", "Bad argument \"" VIEW_FMT "\" to RET",
			    VIEW_ARG(session_shown(c->s, c->param->value)));
	e->flags |= ENV_RET_GIVEN;
	macros_set(e->macros, MACRO_DSN_RET, arena_dup(e->arena, c->param->value));
	return true;
}

static bool take_auth(struct param_context *c)
{
	if (!needs_value(c, "AUTH="))
		return false;
	if (c->mail->has_auth)
		return fail(c, 501, "5.5.0", "Duplicate AUTH parameter");
	c->mail->has_auth = true;
	if (!view_eq(c->param->value, VIEW("<>")) && !xtext_is_valid(c->param->value))
		return fail(c, 501, "5.5.4", "Syntax error in AUTH parameter value");
	c->mail->auth = c->param->value;
	return true;
}

static bool take_by(struct param_context *c)
{
	struct envelope *e = c->s->env;
	int64_t min = session_options(c->s)->deliver_by_min_s;
	struct view v = c->param->value;
	size_t end;
	long long by;
	char mode;

	if (min < 0)
		return fail(c, 555, "5.5.4", VIEW_FMT " parameter unrecognized",
			    VIEW_ARG(c->param->name));
	if (!needs_value(c, "BY="))
		return false;
	by = number_at_front(c->s, v, &end);
	if (end >= v.len || v.p[end] != ';')
		return fail(c, 501, "5.5.2", "BY= missing ';'");
	if (errno == ERANGE || by > 999999999 || by < -999999999)
		return fail(c, 501, "5.5.2", "BY=" VIEW_FMT " out of range",
			    VIEW_ARG(session_shown(c->s, v)));
	v = view_skip(v, end + 1);
	mode = v.len > 0 ? (char)toupper((unsigned char)v.p[0]) : '?';
	if (mode != 'R' && mode != 'N')
		return fail(c, 501, "5.5.2", "illegal by-mode '%c'", v.len > 0 ? v.p[0] : '?');
	if (mode == 'R' && by <= 0)
		return fail(c, 501, "5.5.4", "mode R requires BY time > 0");
	if (mode == 'R' && min > 0 && by < min)
		return fail(c, 555, "5.5.2", "time %lld less than %lld", by, (long long)min);
	if (v.len > 1 && toupper((unsigned char)v.p[1]) != 'T')
		return fail(c, 501, "5.5.2", "illegal by-trace '%c'", v.p[1]);
	e->deliver_by_mode = mode;
	e->deliver_by_trace = v.len > 1;
	e->deliver_by_s = by;
	return true;
}

static bool take_utf8(struct param_context *c)
{
	struct envelope *e = c->s->env;

	if (!(c->s->features & FEATURE_UTF8) || !session_options(c->s)->smtp_utf8)
		return fail(c, 555, "5.5.4", VIEW_FMT " parameter unrecognized",
			    VIEW_ARG(c->param->name));
	e->flags |= ENV_UTF8;
	return true;
}

static bool take_notify(struct param_context *c)
{
	struct view rest = c->param->value, word;
	uint32_t flags = RCPT_NOTIFY_GIVEN;
	bool is_last;

	if (!needs_dsn(c, "NOTIFY") || !needs_value(c, "NOTIFY"))
		return false;
	c->rcpt->has_notify = true;
	c->rcpt->notify = c->param->value;
	if (view_eq_nocase(rest, VIEW("NEVER"))) {
		c->rcpt->flags = flags;
		return true;
	}
	do {
		size_t end = view_find(rest, ',');

		word = view_first(rest, end);
		is_last = end == rest.len;
		rest = view_skip(rest, is_last ? end : end + 1);
		if (view_eq_nocase(word, VIEW("SUCCESS")))
			flags |= RCPT_NOTIFY_SUCCESS;
		else if (view_eq_nocase(word, VIEW("FAILURE")))
			flags |= RCPT_NOTIFY_FAILURE;
		else if (view_eq_nocase(word, VIEW("DELAY")))
			flags |= RCPT_NOTIFY_DELAY;
		else
			return fail(c, 501, "5.5.4", "Bad argument \"" VIEW_FMT "\"  to NOTIFY",
				    VIEW_ARG(session_shown(c->s, word)));
	} while (!is_last);
	c->rcpt->flags = c->rcpt->flags | flags;
	return true;
}

static bool take_orcpt(struct param_context *c)
{
	struct view v = c->param->value;

	if (!needs_dsn(c, "ORCPT") || !needs_value(c, "ORCPT"))
		return false;
	if (view_find(v, ';') == v.len || v.p[0] == ';' || !xtext_is_valid(v))
		return fail(c, 501, "5.5.4", "Syntax error in ORCPT parameter value");
	if (c->rcpt->has_orcpt)
		return fail(c, 501, "5.5.0", "Duplicate ORCPT parameter");
	c->rcpt->has_orcpt = true;
	c->rcpt->orcpt = v;
	return true;
}

struct param_row {
	const char *name;
	bool (*take)(struct param_context *c);
};

static const struct param_row mail_rows[] = {
	{"SIZE",      take_size },
        { "BODY",     take_body },
        { "ENVID",    take_envid},
	{ "RET",      take_ret  },
        { "AUTH",     take_auth },
        { "BY",       take_by   },
	{ "SMTPUTF8", take_utf8 },
};
static const struct param_row rcpt_rows[] = {
	{"NOTIFY", take_notify},
        { "ORCPT", take_orcpt }
};

static bool take_all(struct param_context *c, const struct smtp_path *path,
		     const struct param_row *rows, size_t n)
{
	for (size_t i = 0; i < path->n_params; i++) {
		size_t k = 0;

		c->param = &path->params[i];
		while (k < n && !view_eq_nocase(c->param->name, view_of(rows[k].name)))
			k++;
		if (k == n)
			return fail(c, 555, "5.5.4", VIEW_FMT " parameter unrecognized",
				    VIEW_ARG(session_shown(c->s, c->param->name)));
		if (!rows[k].take(c))
			return false;
	}
	return true;
}

bool params_mail(struct session *s, const struct smtp_path *path, struct mail_params *out,
		 struct status *out_error)
{
	struct param_context c = { .s = s, .mail = out, .error = out_error };

	return take_all(&c, path, mail_rows, sizeof(mail_rows) / sizeof(mail_rows[0]));
}

bool params_rcpt(struct session *s, const struct smtp_path *path, struct rcpt_params *out,
		 struct status *out_error)
{
	struct param_context c = { .s = s, .rcpt = out, .error = out_error };

	return take_all(&c, path, rcpt_rows, sizeof(rcpt_rows) / sizeof(rcpt_rows[0]));
}
