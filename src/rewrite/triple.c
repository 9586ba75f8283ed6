/*
 * triple.c - what ruleset 0 says, taken apart: mailer, host, user, or the error it stands for.
 *
 * The workspace reads "$# mailer $@ host $: user". Mailer names "error" (any case) is no mailer: host is then a status in one of several
 * spellings and user the text of the reply.
 */
#include "base/number.h"
#include "mail/address.h"
#include "rewrite/trace.h"

static const struct {
	const char *word;
	int exit;
} error_words[] = {
	{"usage",        EX_USAGE_      },
        { "nouser",      EX_NOUSER_     },
	{ "nohost",      EX_NOHOST_     },
        { "unavailable", EX_UNAVAILABLE_},
	{ "software",    EX_SOFTWARE_   },
        { "tempfail",    EX_TEMPFAIL_   },
	{ "protocol",    EX_PROTOCOL_   },
        { "config",      EX_CONFIG_     },
};

static int exit_of_word(struct view host)
{
	int64_t number;

	for (size_t i = 0; i < sizeof(error_words) / sizeof(error_words[0]); i++)
		if (view_eq_nocase(host, view_of(error_words[i].word)))
			return error_words[i].exit;
	if (number_parse(host, 0, 255, &number))
		return (int)number;
	return EX_UNAVAILABLE_;
}

static bool has_reply_code(struct view v)
{
	return v.len >= 4 && isdigit((unsigned char)v.p[0]) && isdigit((unsigned char)v.p[1]) &&
	       isdigit((unsigned char)v.p[2]) && v.p[3] == ' ';
}

static int reply_code(struct view v)
{
	return (v.p[0] - '0') * 100 + (v.p[1] - '0') * 10 + (v.p[2] - '0');
}

/* Cuts "D.S.N " off the front of the text. */
static void take_dsn(struct status *st)
{
	size_t end = view_find(st->text, ' ');
	uint8_t dsn[3];

	if (end == st->text.len || !status_parse_dsn(view_first(st->text, end), dsn))
		return;
	memcpy(st->dsn, dsn, sizeof(dsn));
	st->text = view_skip(st->text, end + 1);
}

struct status rw_error_status(struct view host, struct view user, struct arena *a)
{
	struct status st = { .smtp = 553, .exit = EX_UNAVAILABLE_ };
	bool has_dsn = false;

	st.text = address_unquoted(user, a);
	if (view_find(host, '.') < host.len) {
		has_dsn = status_parse_dsn(host, st.dsn);
		st.exit = has_dsn ? status_exit_of_dsn(st.dsn) : EX_CONFIG_;
	} else if (host.len) {
		st.exit = exit_of_word(host);
	}
	if (has_reply_code(st.text)) {
		st.smtp = reply_code(st.text);
		st.text = view_skip(st.text, 4);
		take_dsn(&st);
	} else if (!has_dsn) {
		status_parse_dsn(VIEW("5.3.0"), st.dsn);
	}
	if (st.smtp / 100 == 4)
		st.exit = EX_TEMPFAIL_;
	return st;
}

/* ---- the parts of the workspace ---- */

struct parts {
	struct view mailer, host;
	bool has_host, has_user;
	struct tokens user; /* a range of the workspace */
};

static struct view join(struct rw *rw, const struct token *v, size_t n)
{
	const struct rules *r = rw->snap->rules;

	return n ? tokens_join_range(v, n, &r->charset, r->blank_sub, rw->arena) : VIEW("");
}

static void take_apart(struct rw *rw, const struct tokens *ws, struct parts *out)
{
	size_t i = 1, from;

	*out = (struct parts){ .mailer = VIEW("") };
	if (i < ws->n && ws->v[i].symbol != '@' && ws->v[i].symbol != ':')
		out->mailer = ws->v[i++].text;
	if (i < ws->n && ws->v[i].symbol == '@') {
		from = ++i;
		while (i < ws->n && ws->v[i].symbol != ':')
			i++;
		out->has_host = true;
		out->host = join(rw, ws->v + from, i - from);
	}
	while (i < ws->n && ws->v[i].symbol != ':')
		i++;
	if (i >= ws->n)
		return;
	out->has_user = true;
	out->user = (struct tokens){ ws->v + i + 1, ws->n - i - 1, 0 };
}

static int config_trouble(struct rw *rw, struct triple *out, const char *text)
{
	rw_config_error(rw, "5.3.5", "%s", text);
	out->mailer = NULL;
	out->host = out->user = VIEW("");
	out->status = status_make(554, "5.3.5", EX_CONFIG_, arena_dup(rw->arena, view_of(text)));
	return EX_CONFIG_;
}

static int resolve_error(struct rw *rw, const struct parts *p, struct triple *out)
{
	out->host = out->host_text = p->host;
	/* The text of a reply has blanks where the rule had them. */
	out->user = p->user.n ? tokens_join_range(p->user.v, p->user.n, &rw->snap->rules->charset,
						  ' ', rw->arena)
			      : VIEW("");
	if (view_eq_nocase(p->host, VIEW("quarantine")))
		out->is_quarantine = true;
	out->status = rw_error_status(out->host, out->user, rw->arena);
	rw_user_error(rw, out->status.smtp, NULL, out->status.text);
	if (rw->trace)
		trace_set_status(rw->trace, out->status.exit);
	return out->status.exit ? out->status.exit : EX_UNAVAILABLE_;
}

#define INCLUDE ":include:"

/* A mailer leaves programs, files and lists to their own mailers, when its flags say so. */
static struct mailer *special_mailer(const struct config *cf, struct mailer *m, struct tokens *user)
{
	struct view first;

	if (user->n == 0)
		return m;
	first = user->v[0].text;
	if (first.len && first.p[0] == '"')
		first = view_skip(first, 1);
	if (first.len && first.p[0] == '|' && flag_has(&m->flags, '|') && cf->prog_mailer)
		return cf->prog_mailer;
	if (first.len && first.p[0] == '/' && flag_has(&m->flags, '/') && cf->file_mailer)
		return cf->file_mailer;
	if (!flag_has(&m->flags, ':') || !cf->include_mailer)
		return m;
	if (user->n >= 3 && view_eq(first, VIEW(":")) &&
	    view_eq_nocase(user->v[1].text, VIEW("include")) &&
	    view_eq(user->v[2].text, VIEW(":"))) {
		user->v += 3;
		user->n -= 3;
		return cf->include_mailer;
	}
	if (view_starts_nocase(first, VIEW(INCLUDE)) && first.len < user->v[0].text.len) {
		user->v[0].text = view_skip(first, strlen(INCLUDE)); /* quoted as a whole */
		return cf->include_mailer;
	}
	return m;
}

static struct view lower(struct view v, struct arena *a)
{
	char *p = arena_bytes(a, v.len + 1);

	for (size_t i = 0; i < v.len; i++)
		p[i] = (char)tolower((unsigned char)v.p[i]);
	p[v.len] = '\0';
	return view_from(p, v.len);
}

/* Rulesets 2, R= and 4 on the user part. */
static int rewrite_user(struct rw *rw, const struct mailer *m, struct tokens *user)
{
	int sets[3] = { 2, m->rcpt_env_set, 4 };
	struct tokens ws = { 0 };
	int status = 0;

	for (size_t i = 0; i < user->n; i++)
		tokens_add(&ws, user->v[i], rw->arena);
	for (size_t i = 0; i < 3; i++) {
		int found = i == 1 && sets[i] <= 0 ? 0 : rw_apply(rw, sets[i], &ws);

		if (found == EX_TEMPFAIL_)
			status = found;
	}
	*user = ws;
	return status;
}

/* Control characters have no place in a mailbox, nor has byte 0xff outside quotes. They are shown, and in test mode kept, as question
 * marks. */
static int check_printable(struct rw *rw, unsigned flags, struct triple *out)
{
	const char *dsn = flags & PARSE_RCPT ? "5.1.3" : "5.1.7";
	bool is_8bit = false; /* an operator that nobody ran */
	bool in_quotes = false;
	char *p = NULL;

	for (size_t i = 0; i < out->user.len; i++) {
		unsigned char c = (unsigned char)out->user.p[i];

		if (c == '"' && (i == 0 || out->user.p[i - 1] != '\\'))
			in_quotes = !in_quotes;
		if ((c >= 0x20 && c < 0x7f) || (c > 0x9f && (c < 0xff || in_quotes)) || c == '\t')
			continue;
		if (!p)
			is_8bit = c >= 0x80 && c < 0xff;
		if (!p)
			p = arena_dupz(rw->arena, out->user);
		p[i] = '?';
	}
	if (!p)
		return 0;
	out->user = view_from(p, out->user.len);
	out->status = status_make(
		501, dsn, EX_USAGE_,
		arena_printf(rw->arena,
			     "Syntax error in mailbox address \"" VIEW_FMT "\" (%s character)",
			     VIEW_ARG(out->user), is_8bit ? "8-bit" : "non-printable"));
	if (rw->trace)
		trace_set_status(rw->trace, EX_USAGE_);
	rw_user_error(rw, 501, dsn, out->status.text);
	if (!rw->trace || !rw->trace->is_test_mode)
		out->mailer = NULL;
	return EX_USAGE_;
}

/* While the user part is rewritten macro h is the host as the rules gave it. */
static void set_host_macro(struct rw *rw, const struct mailer *m, struct view host)
{
	if (rw->macros && m != rw->snap->cf->include_mailer)
		rw_set_macro(rw, 'h', host.len ? host : VIEW_NONE);
}

int rw_build_triple(struct rw *rw, const struct tokens *ws, unsigned flags, struct triple *out)
{
	const struct config *cf = rw->snap->cf;
	struct parts p;
	struct mailer *m;
	int status;

	*out = (struct triple){ .host = VIEW(""), .user = VIEW("") };
	if (ws->n == 0 || ws->v[0].symbol != '#')
		return config_trouble(rw, out, "buildaddr: no mailer in parsed address");
	take_apart(rw, ws, &p);
	if (!p.has_user)
		return config_trouble(rw, out, "buildaddr: no user");
	if (view_eq_nocase(p.mailer, VIEW("error")))
		return resolve_error(rw, &p, out);
	m = config_mailer(cf, p.mailer);
	if (!m) {
		struct view text = arena_printf(rw->arena, "buildaddr: unknown mailer " VIEW_FMT,
						VIEW_ARG(p.mailer));
		return config_trouble(rw, out, text.p);
	}
	if (p.host.len == 0 && !flag_has(&m->flags, 'l'))
		return config_trouble(rw, out, "buildaddr: no host");
	out->host = out->host_text = p.host;
	m = special_mailer(cf, m, &p.user);
	if (flag_has(&m->flags, '@') && p.user.n && view_eq(p.user.v[0].text, VIEW("@"))) {
		p.user.v++;
		p.user.n--;
		out->is_verbatim_local = true;
	}
	out->mailer = m;
	set_host_macro(rw, m, out->host);
	/* A list's file name is no address. */
	status = m == cf->include_mailer ? 0 : rewrite_user(rw, m, &p.user);
	out->user = join(rw, p.user.v, p.user.n);
	if (!flag_has(&m->flags, 'h')) {
		out->host = lower(out->host, rw->arena);
		if (rw->macros && out->host.len && m != cf->include_mailer)
			macros_set(rw->macros, 'h', out->host);
	}
	if (!flag_has(&m->flags, 'u') || view_eq_nocase(out->user, VIEW("postmaster")))
		out->user = lower(out->user, rw->arena);
	if (check_printable(rw, flags, out))
		return EX_USAGE_;
	return status;
}
