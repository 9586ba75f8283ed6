/* address.c - an address from text to triple, and from there to what a mailer shows of it. */
#include "mail/address.h"

#include "base/log.h"
#include "rewrite/trace.h"

#define ADDRESS_MAX 255 /* bytes */

static void report_scan_error(void *context, int smtp, const char *dsn, const char *text)
{
	rw_user_error(context, smtp, dsn, view_of(text));
}

struct first_error {
	struct rw *rw;
	struct status *status;
};

static void keep_scan_error(void *context, int smtp, const char *dsn, const char *text)
{
	struct first_error *e = context;

	if (e->status->smtp == 0)
		*e->status = status_make(smtp, dsn, EX_USAGE_, view_of(text));
	rw_user_error(e->rw, smtp, dsn, view_of(text));
}

static void show_first_token(void *context, const struct token *t)
{
	struct first_error *e = context;

	trace_scan_token(e->rw, t);
}

/* The text for a complaint about bytes that no address may have: those bytes as '?'. */
static struct view shown_bytes(struct rw *rw, struct view text)
{
	char *p = arena_bytes(rw->arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++) {
		int c = text.p[i] & 0x7f;

		p[i] = (unsigned char)text.p[i] < 0x80 ? text.p[i] : isprint(c) ? (char)c : '?';
	}
	p[text.len] = '\0';
	return view_from(p, text.len);
}

/* Bytes 0x80-0x9f are operators inside the program sendmail made, so addresses with them never were accepted; nor long ones. */
bool rw_address_is_valid(struct rw *rw, struct view text, bool is_sender, struct status *out)
{
	struct view shown;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x80 || c > 0x9f)
			continue;
		if (rw->trace)
			trace_set_status(rw->trace, EX_USAGE_);
		shown = shown_bytes(rw, text);
		*out = status_make(501, is_sender ? "5.1.7" : "5.1.3", EX_USAGE_,
				   arena_printf(rw->arena,
						"8-bit character in mailbox address \"" VIEW_FMT
						"\"",
						VIEW_ARG(shown)));
		return false;
	}
	if (text.len <= ADDRESS_MAX)
		return true;
	*out = status_make(553, "5.1.0", EX_USAGE_,
			   arena_printf(rw->arena,
					"Address \"" VIEW_FMT "\" too long (%d bytes max)",
					VIEW_ARG(view_first(text, ADDRESS_MAX)), ADDRESS_MAX));
	return false;
}

static void set_addr_type(struct rw *rw, bool is_header, bool is_sender)
{
	if (rw->macros)
		rw_set_macro(rw, MACRO_ADDR_TYPE,
			     is_header   ? is_sender ? VIEW("h s") : VIEW("h r")
			       : is_sender ? VIEW("e s")
					 : VIEW("e r"));
}

static int refuse(struct rw *rw, struct triple *out, struct status st)
{
	*out = (struct triple){
		.host = VIEW(""), .user = VIEW(""), .status = st, .is_unparsed = true
	};
	if (rw->trace)
		rw->trace->to = view_first(rw->trace->to, ADDRESS_MAX);
	rw_user_error(rw, st.smtp, NULL, st.text);
	return st.exit ? st.exit : EX_USAGE_;
}

int rw_parse_address(struct rw *rw, struct view text, unsigned flags, struct triple *out,
		     struct view *out_rest)
{
	struct status bad = status_ok();
	struct first_error first = { rw, &bad };
	struct scan s = { .rules = rw->snap->rules,
			  .arena = rw->arena,
			  .kind = SCAN_ADDRESS,
			  .delim = out_rest ? ',' : '\0',
			  .on_error = keep_scan_error,
			  .on_token = rw->trace ? show_first_token : NULL,
			  .context = &first };
	int a, b, status;

	trace_scan(rw, text);
	scan_run(&s, text);
	trace_scanned(rw, &s.tokens);
	if (out_rest)
		*out_rest = s.rest;
	if (s.tokens.n == 0) {
		if (bad.smtp == 0)
			bad = status_make(553, "5.1.3", EX_USAGE_, VIEW("User address required"));
		else
			bad.text = arena_dup(rw->arena, bad.text);
		*out = (struct triple){
			.host = VIEW(""), .user = VIEW(""), .status = bad, .is_unparsed = true
		};
		return bad.exit;
	}
	if (!rw_address_is_valid(rw, text, !(flags & PARSE_RCPT), &bad))
		return refuse(rw, out, bad);
	if (!rw->trace || !rw->trace->is_test_mode) /* there it is /tryflags that sets it */
		set_addr_type(rw, flags & PARSE_HEADER, !(flags & PARSE_RCPT));
	a = rw_apply(rw, 3, &s.tokens);
	b = rw_apply(rw, 0, &s.tokens);
	status = rw_build_triple(rw, &s.tokens, flags, out);
	if (s.n_errors && out->status.smtp == 0 && !(rw->trace && rw->trace->is_test_mode)) {
		out->status = bad;
		if (!(flags & PARSE_MEND)) {
			out->mailer = NULL;
			return bad.exit;
		}
	}
	if (status == 0 && (a == EX_TEMPFAIL_ || b == EX_TEMPFAIL_))
		return EX_TEMPFAIL_;
	return status;
}

/* ---- sendmail's remotename ---- */

static bool has_at(const struct tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (view_eq(t->v[i].text, VIEW("@")))
			return true;
	return false;
}

/* An address without a domain gets the sender's: the tokens of "@domain" at its end, and canonical form once more. */
static int add_sender_domain(struct rw *rw, struct tokens *ws, struct view domain)
{
	struct scan s = { .rules = rw->snap->rules, .arena = rw->arena, .kind = SCAN_ADDRESS };

	scan_run(&s, domain);
	for (size_t i = 0; i < s.tokens.n; i++)
		tokens_add(ws, s.tokens.v[i], rw->arena);
	return rw_apply(rw, 3, ws);
}

static int chain_of(const struct mailer *m, unsigned flags)
{
	if (flags & REMOTE_SENDER)
		return flags & REMOTE_HEADER ? m->sender_hdr_set : m->sender_env_set;
	return flags & REMOTE_HEADER ? m->rcpt_hdr_set : m->rcpt_env_set;
}

static int run_remote_chain(struct rw *rw, struct tokens *ws, const struct mailer *m,
			    unsigned flags, struct view add_domain)
{
	int set = chain_of(m, flags), worst = 0, got;

#define RUN(call)                                                                                  \
	do {                                                                                       \
		got = (call);                                                                      \
		if (got == EX_TEMPFAIL_)                                                           \
			worst = got;                                                               \
	} while (0)
	RUN(rw_apply(rw, 3, ws));
	if (flags & REMOTE_ADD_DOMAIN && add_domain.len && !has_at(ws))
		RUN(add_sender_domain(rw, ws, add_domain));
	if (!(flags & REMOTE_CANONIFY_ONLY)) {
		RUN(rw_apply(rw, flags & REMOTE_SENDER ? 1 : 2, ws));
		if (set > 0)
			RUN(rw_apply(rw, set, ws));
	}
	RUN(rw_apply(rw, 4, ws));
#undef RUN
	return worst;
}

/* The template with the rewritten address where macro g stands. */
static struct view fill_in(struct rw *rw, struct view template, struct view address)
{
	own_str struct str s = STR_MAX(4096);

	for (size_t i = 0; i < template.len; i++) {
		if (template.p[i] == MACRO_REF && i + 1 < template.len &&
		    template.p[i + 1] == 'g') {
			str_add(&s, address);
			i++;
		} else {
			str_addc(&s, template.p[i]);
		}
	}
	return arena_dup(rw->arena, str_view(&s));
}

/* Macros that rules brought in unread are read at last. Bytes of the address itself never mean macros. */
static struct view read_macros(struct rw *rw, struct view name)
{
	own_str struct str template = STR_MAX(4096), s = STR_MAX(4096);

	macros_read(name, &template);
	macros_expand(rw->macros, str_view(&template), &s);
	return arena_dup(rw->arena, str_view(&s));
}

struct view rw_remote_name(struct rw *rw, struct view address, const struct mailer *m,
			   unsigned flags, struct view add_domain, int *out_exit)
{
	const struct rules *r = rw->snap->rules;
	struct scan s = { .rules = r,
			  .arena = rw->arena,
			  .kind = SCAN_ADDRESS,
			  .on_error = report_scan_error,
			  .on_token = rw->trace ? trace_scan_token : NULL,
			  .context = rw };
	struct address_rules crack = { rw->snap->cf->options.must_quote_chars,
				       !rw->snap->cf->options.colon_ok_in_addr };
	struct view template = VIEW("\x81g"), name;
	int exit;

	if (out_exit)
		*out_exit = 0;
	trace_remote_address(rw, address);
	if (address.len == 0)
		return address;
	set_addr_type(rw, flags & REMOTE_HEADER, flags & REMOTE_SENDER);
	if (!flag_has(&m->flags, 'c') && !(flags & REMOTE_PLAIN)) {
		template = address_crack_by(address, &crack, ADDRESS_MAX * 4, rw->arena);
		trace_cracked(rw, address, template);
	}
	trace_scan(rw, address);
	scan_run(&s, address);
	trace_scanned(rw, &s.tokens);
	if (s.tokens.n == 0)
		return address;
	rw->stats.had_inner_macros = false;
	exit = run_remote_chain(rw, &s.tokens, m, flags, add_domain);
	if (out_exit)
		*out_exit = exit;
	name = s.tokens.n ? tokens_join_range(s.tokens.v, s.tokens.n, &r->charset, r->blank_sub,
					      rw->arena)
			  : VIEW("");
	if (rw->trace && rw->macros)
		trace_fill_in(rw, name);
	if (rw->stats.had_inner_macros && rw->macros)
		name = read_macros(rw, name);
	name = fill_in(rw, template, name);
	trace_remote_name(rw, name, exit);
	return name;
}
