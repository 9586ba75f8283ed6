/* explain_text.c - an explanation in words, for a screen of 80 columns. */
#include <errno.h>
#include <pwd.h>

#include "programs/explain.h"

#define COLUMNS    80
#define LABEL_HANG 20
#define SHOWN_MAX  2000

/* ---- lines ---- */

struct page {
	const struct explanation *x;
	FILE *out;
};

/* Words are moved to the next line where they do not fit; a word longer than a line stands alone. */
static void wrap(FILE *out, int indent, int hang, struct view text)
{
	struct view rest = text;
	int column = indent;
	bool is_first = true;

	fprintf(out, "%*s", indent, "");
	while (rest.len) {
		size_t n = view_find(rest, ' ');
		struct view word = view_first(rest, n);

		if (!is_first && column + 1 + (int)word.len > COLUMNS) {
			fprintf(out, "\n%*s", hang, "");
			column = hang;
		} else if (!is_first) {
			putc(' ', out);
			column++;
		}
		fwrite(word.p, 1, word.len, out);
		column += (int)word.len;
		is_first = false;
		rest = view_skip(rest, n + 1);
	}
	putc('\n', out);
}

/* What a terminal could obey is shown as a question mark. */
static void make_harmless(struct str *s)
{
	for (size_t i = 0; i < s->len; i++)
		if ((unsigned char)s->p[i] < 0x20 || (unsigned char)s->p[i] == 0x7f)
			s->p[i] = s->p[i] == '\t' || s->p[i] == '\n' ? ' ' : '?';
}

static void line(const struct page *p, int indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void line(const struct page *p, int indent, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(SHOWN_MAX);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	make_harmless(&s);
	wrap(p->out, indent, indent + 2, str_view(&s));
}

/* "label   value", the value's further lines below its first. */
static void field(const struct page *p, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void field(const struct page *p, const char *label, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(SHOWN_MAX);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	make_harmless(&s);
	fprintf(p->out, "    %-*s", LABEL_HANG - 4, label);
	wrap(p->out, 0, LABEL_HANG, str_view(&s));
}

static void heading(const struct page *p, const char *text)
{
	fprintf(p->out, "\n  %s\n", text);
}

/* ---- rules ---- */

static void show_nodes(const struct page *p, const struct ex_node *parent, int indent);

static void name_ruleset(const struct ex_node *n, struct str *out)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", n->number);
	if (view_eq(n->name, view_of(number)))
		str_addf(out, "ruleset %d", n->number);
	else if (n->number < 100)
		str_addf(out, "ruleset " VIEW_FMT " (%d)", VIEW_ARG(n->name), n->number);
	else
		str_addf(out, "ruleset " VIEW_FMT, VIEW_ARG(n->name));
}

static void show_lookup(const struct page *p, const struct ex_node *n, int indent)
{
	own_str struct str with = STR_MAX(512);

	for (size_t i = 0; i < n->n_args; i++)
		str_addf(&with, "%s" VIEW_FMT, i ? ", " : " with ", VIEW_ARG(n->args[i]));
	if (n->found == FOUND)
		line(p, indent,
		     "map " VIEW_FMT " asked for \"" VIEW_FMT "\"%s: found \"" VIEW_FMT "\"",
		     VIEW_ARG(n->name), VIEW_ARG(n->key), str_z(&with), VIEW_ARG(n->value));
	else
		line(p, indent, "map " VIEW_FMT " asked for \"" VIEW_FMT "\"%s: %s",
		     VIEW_ARG(n->name), VIEW_ARG(n->key), str_z(&with),
		     n->found == NOT_FOUND ? "not found" : "cannot be asked now");
	if (n->messages.len)
		line(p, indent + 2, VIEW_FMT, VIEW_ARG(n->messages));
}

static bool has_children_to_show(const struct page *p, const struct ex_node *n)
{
	for (const struct ex_node *c = n->first; c; c = c->next)
		if (p->x->is_verbose || ex_is_worth_showing(c))
			return true;
	return false;
}

/* Rules that only rewrite, one after the other, share a line. */
static const struct ex_node *show_plain_rules(const struct page *p, const struct ex_node *n,
					      int indent)
{
	own_str struct str s = STR_MAX(SHOWN_MAX);
	const struct ex_node *last = n;
	int count = 0;

	for (; n && n->kind == EX_RULE && !has_children_to_show(p, n); n = n->next) {
		last = n;
		if (view_eq(n->before, n->after) && !p->x->is_verbose)
			continue;
		str_addf(&s, "%s%d", count++ ? ", " : "", n->number);
	}
	if (count)
		line(p, indent, "by line%s %s", count > 1 ? "s" : "", str_z(&s));
	return last;
}

/* The text on a line of the file, as "left side -> right side". */
static void show_rule_text(const struct page *p, int number, int indent)
{
	const struct config *cf = p->x->snap->cf;

	for (int i = 0; i < cf->n_rulesets; i++)
		for (int r = 0; r < cf->rulesets[i].n; r++)
			if (cf->rulesets[i].rules[r].line == number)
				line(p, indent, "R" VIEW_FMT " -> " VIEW_FMT,
				     VIEW_ARG(view_trim(cf->rulesets[i].rules[r].lhs)),
				     VIEW_ARG(view_trim(cf->rulesets[i].rules[r].rhs)));
}

static void show_rule(const struct page *p, const struct ex_node *n, int indent)
{
	line(p, indent, "line %d", n->number);
	if (p->x->is_verbose) {
		show_rule_text(p, n->number, indent + 2);
		line(p, indent + 2, VIEW_FMT, VIEW_ARG(n->before));
	}
	show_nodes(p, n, indent + 2);
	if (p->x->is_verbose && !view_is_none(n->after))
		line(p, indent + 2, "-> " VIEW_FMT, VIEW_ARG(n->after));
}

static void show_ruleset(const struct page *p, const struct ex_node *n, int indent)
{
	own_str struct str s = STR_MAX(SHOWN_MAX);
	bool is_short;

	name_ruleset(n, &s);
	is_short = (int)(s.len + n->before.len + n->after.len) + indent + 6 <= COLUMNS;
	if (view_eq(n->before, n->after)) {
		line(p, indent, "%s: " VIEW_FMT ", unchanged", str_z(&s), VIEW_ARG(n->before));
	} else if (is_short) {
		line(p, indent, "%s: " VIEW_FMT " -> " VIEW_FMT, str_z(&s), VIEW_ARG(n->before),
		     VIEW_ARG(n->after));
	} else {
		line(p, indent, "%s: " VIEW_FMT, str_z(&s), VIEW_ARG(n->before));
		line(p, indent + 2, "-> " VIEW_FMT, VIEW_ARG(n->after));
	}
	if (n->status)
		line(p, indent + 2, "ended early: %s",
		     n->status == EX_TEMPFAIL_ ? "a map could not be asked"
					       : "an error in the rules");
	show_nodes(p, n, indent + 2);
}

static void show_nodes(const struct page *p, const struct ex_node *parent, int indent)
{
	for (const struct ex_node *n = parent->first; n; n = n->next) {
		if (n->kind == EX_RULE && !has_children_to_show(p, n)) {
			n = show_plain_rules(p, n, indent);
			continue;
		}
		if (!p->x->is_verbose && !ex_is_worth_showing(n))
			continue;
		if (n->kind == EX_RULE)
			show_rule(p, n, indent);
		else if (n->kind == EX_RULESET)
			show_ruleset(p, n, indent);
		else if (n->kind == EX_LOOKUP)
			show_lookup(p, n, indent);
		else
			line(p, indent, "complaint: " VIEW_FMT, VIEW_ARG(n->name));
	}
}

static void show_rules(const struct page *p, const char *title, const struct ex_node *rules)
{
	if (!rules || !rules->first)
		return;
	heading(p, title);
	if (!p->x->is_verbose && !ex_is_worth_showing(rules))
		line(p, 4, "they change nothing");
	show_nodes(p, rules, 4);
}

/* ---- steps ---- */

static void name_user(uid_t uid, struct str *out)
{
	struct passwd pw, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found) == 0 && found)
		str_addz(out, pw.pw_name);
	else
		str_addf(out, "uid %ld", (long)uid);
}

static void show_file(const struct page *p, const struct ex_step *s)
{
	own_str struct str owner = STR_MAX(256);
	char words[128];
	const char *kind = s->file_kind == RESOLVE_FORWARD ? ".forward" : ":include:";

	name_user(s->owner, &owner);
	if (s->error == 0)
		line(p, 4, "%s file " VIEW_FMT ", owned by %s: read", kind, VIEW_ARG(s->what),
		     str_z(&owner));
	else if (s->error == -ENOENT && s->file_kind == RESOLVE_FORWARD)
		line(p, 4, "%s file " VIEW_FMT ": there is none", kind, VIEW_ARG(s->what));
	else
		line(p, 4, "%s file " VIEW_FMT ": not used, %s", kind, VIEW_ARG(s->what),
		     s->class_or_reason.len ? s->class_or_reason.p
					    : strerror_r(-s->error, words, sizeof(words)));
}

static void show_alias(const struct page *p, const struct ex_step *s)
{
	if (s->found == FOUND)
		line(p, 4, "aliases " VIEW_FMT " (" VIEW_FMT "): \"" VIEW_FMT "\" is " VIEW_FMT,
		     VIEW_ARG(s->what), VIEW_ARG(s->class_or_reason), VIEW_ARG(s->key),
		     VIEW_ARG(s->value));
	else
		line(p, 4, "aliases " VIEW_FMT " (" VIEW_FMT "): \"" VIEW_FMT "\" %s",
		     VIEW_ARG(s->what), VIEW_ARG(s->class_or_reason), VIEW_ARG(s->key),
		     s->found == NOT_FOUND ? "not found" : "cannot be asked now");
}

static void show_step(const struct page *p, const struct ex_step *s)
{
	switch (s->kind) {
	case EX_STEP_TRIPLE:
		line(p, 4, "%s mailer " VIEW_FMT "%s" VIEW_FMT ", user " VIEW_FMT,
		     s->is_by_rule5 ? "ruleset 5 makes it" : "the rules say:",
		     VIEW_ARG(s->mailer->name), s->host.len ? ", host " : "", VIEW_ARG(s->host),
		     VIEW_ARG(s->user));
		break;
	case EX_STEP_ALIAS:
		show_alias(p, s);
		break;
	case EX_STEP_FILE:
		show_file(p, s);
		break;
	case EX_STEP_ACCOUNT:
		if (s->found == FOUND)
			line(p, 4, "account " VIEW_FMT ": user %ld, home " VIEW_FMT,
			     VIEW_ARG(s->what), (long)s->owner, VIEW_ARG(s->value));
		else
			line(p, 4, "account " VIEW_FMT ": %s", VIEW_ARG(s->key),
			     s->found == NOT_FOUND ? "there is none" : "cannot be asked now");
		break;
	}
}

static void show_steps(const struct page *p, const struct ex_rcpt *r)
{
	const struct rcpt *rcpt = r->rcpt;

	if (!r->steps)
		return;
	heading(p, "Where that leads");
	for (const struct ex_step *s = r->steps; s; s = s->next)
		show_step(p, s);
	if (rcpt->owner.len)
		line(p, 4, "failures are reported to the list's owner, " VIEW_FMT,
		     VIEW_ARG(rcpt->owner));
}

/* ---- the route ---- */

static void show_identity(const struct page *p, const struct preview *v)
{
	own_str struct str name = STR_MAX(256);

	if (v->identity.keep_uid)
		str_addz(&name, "whoever runs the mail system");
	else
		name_user(v->identity.uid, &name);
	field(p, "runs as", "%s", str_z(&name));
}

static void show_transport(const struct page *p, const struct ex_rcpt *r)
{
	const struct preview *v = &r->route->preview;
	const struct mailer *m = r->rcpt->triple.mailer;
	const char *protocol = v->is_lmtp ? "LMTP" : "SMTP";
	own_str struct str args = STR_MAX(SHOWN_MAX);

	for (size_t i = 0; v->argv && v->argv[i]; i++)
		str_addf(&args, "%s%s", i ? " " : "", v->argv[i]);
	switch (v->transport) {
	case PREVIEW_SMTP:
		field(p, "mailer", VIEW_FMT ": %s to port %u", VIEW_ARG(m->name), protocol,
		      v->port);
		break;
	case PREVIEW_SMTP_SOCKET:
		field(p, "mailer", VIEW_FMT ": %s to socket " VIEW_FMT, VIEW_ARG(m->name), protocol,
		      VIEW_ARG(v->destination));
		break;
	case PREVIEW_SMTP_PROGRAM:
		field(p, "mailer", VIEW_FMT ": %s with program " VIEW_FMT, VIEW_ARG(m->name),
		      protocol, VIEW_ARG(m->path));
		break;
	case PREVIEW_PROGRAM:
		field(p, "mailer", VIEW_FMT ": the message is fed to program " VIEW_FMT,
		      VIEW_ARG(m->name), VIEW_ARG(m->path));
		break;
	case PREVIEW_FILE:
		field(p, "mailer", VIEW_FMT ": the message is appended to file " VIEW_FMT,
		      VIEW_ARG(m->name), VIEW_ARG(v->destination));
		break;
	}
	if (args.len && v->transport != PREVIEW_SMTP)
		field(p, "run as", "%s", str_z(&args));
	if (v->transport >= PREVIEW_SMTP_PROGRAM)
		show_identity(p, v);
}

static void show_names(const struct page *p, const struct ex_rcpt *r)
{
	const struct ex_names *n = &r->route->names;

	field(p, "sender", "<" VIEW_FMT ">", VIEW_ARG(n->mail_from));
	field(p, "recipient", "<" VIEW_FMT ">", VIEW_ARG(n->rcpt_to));
	if (!view_is_none(n->header_from))
		field(p, "From: becomes", VIEW_FMT, VIEW_ARG(n->header_from));
	field(p, "To: becomes", VIEW_FMT, VIEW_ARG(n->header_to));
}

static void show_route(const struct page *p, const struct ex_rcpt *r)
{
	const struct ex_route *route = r->route;
	const struct preview *v = &route->preview;

	heading(p, "How it would be delivered");
	show_transport(p, r);
	show_names(p, r);
	field(p, "queue group", VIEW_FMT "%s", VIEW_ARG(route->queue_group),
	      strcmp(route->queue_group_from, "ruleset") == 0  ? ", by ruleset queuegroup"
	      : strcmp(route->queue_group_from, "mailer") == 0 ? ", by Q= of the mailer"
							       : "");
	if (v->is_held)
		field(p, "waits", "an expensive mailer: a new message waits for a queue run");
	if (v->compat.verdict == CHECK_REJECT)
		field(p, "check_compat", "refuses: %d " VIEW_FMT, v->compat.status.smtp,
		      VIEW_ARG(v->compat.status.text));
	else if (v->compat.verdict == CHECK_DISCARD)
		field(p, "check_compat", "discards it");
}

/* ---- hosts ---- */

static void show_ttl(const struct dns_answer *a, struct str *out)
{
	if (a->from_hosts)
		str_addz(out, "from the hosts file");
	else
		str_addf(out, "from DNS, good for %lld s%s", (long long)a->ttl_s,
			 a->is_secure ? ", signed" : "");
}

static void show_addresses(const struct page *p, const struct ex_host *h)
{
	own_str struct str s = STR_MAX(SHOWN_MAX), from = STR_MAX(256);
	char text[ADDR_TEXT_MAX];

	if (h->literal.len) {
		addr_format_bracketed(&h->literal, text);
		line(p, 8, "address %s, as written", text);
		return;
	}
	if (h->answer.found != FOUND) {
		line(p, 8, "%s%s" VIEW_FMT,
		     h->answer.found == NOT_FOUND ? "has no address"
						  : "its addresses cannot be asked for now",
		     h->answer.why.len ? ": " : "", VIEW_ARG(h->answer.why));
		return;
	}
	for (size_t i = 0; i < h->answer.n; i++) {
		addr_format(&h->answer.records[i].addr, text);
		str_addf(&s, "%s%s", i ? ", " : "", text);
	}
	show_ttl(&h->answer, &from);
	line(p, 8, "address%s %s; %s", h->answer.n > 1 ? "es" : "", str_z(&s), str_z(&from));
}

static const struct ex_question *question_of(const struct ex_route *r, struct view name,
					     enum dns_type type)
{
	for (const struct ex_question *q = r->questions; q; q = q->next)
		if (q->type == type && view_eq_nocase(q->name, name))
			return q;
	return NULL;
}

static void show_origin(const struct page *p, const struct ex_route *r, const struct ex_host *h)
{
	own_str struct str s = STR_MAX(SHOWN_MAX), from = STR_MAX(256);
	const struct ex_question *q = question_of(r, h->origin_name, DNS_MX);

	if (q)
		show_ttl(&q->answer, &from);
	if (strcmp(h->origin, "mx") == 0)
		str_addf(&s, "MX record %u of " VIEW_FMT "; %s", h->preference & 0xffff,
			 VIEW_ARG(h->origin_name), str_z(&from));
	else if (strcmp(h->origin, "fallback") == 0)
		str_addf(&s, "a fallback of the configuration, tried last");
	else if (strcmp(h->origin, "literal") == 0)
		str_addf(&s, "an address in brackets: nobody was asked for it");
	else if (question_of(r, h->name, DNS_MX))
		str_addf(&s, "the host itself: it has no MX record");
	else
		str_addf(&s, "the host itself: no MX record is looked for");
	line(p, 8, "%s", str_z(&s));
}

static void show_host_status(const struct page *p, const struct ex_host *h)
{
	char when[32];
	struct tm tm;
	time_t used = (time_t)h->status.used_s;

	if (!h->has_status)
		return;
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M", localtime_r(&used, &tm));
	line(p, 8, "last tried %s: %s%s%s", when, h->status.exit == 0 ? "it worked" : "it failed",
	     h->status.text[0] ? ", " : "", h->status.text);
}

static void show_hosts(const struct page *p, const struct ex_rcpt *r)
{
	const struct ex_route *route = r->route;
	const struct ex_node *source = ex_find_source(r->rules, r->rcpt->triple.host);
	char dsn[16];

	if (route->preview.transport != PREVIEW_SMTP)
		return;
	heading(p, "Hosts, in the order in which they would be tried");
	if (source)
		line(p, 4,
		     "The destination " VIEW_FMT " was given by map " VIEW_FMT ", key \"" VIEW_FMT
		     "\".",
		     VIEW_ARG(route->preview.destination), VIEW_ARG(source->name),
		     VIEW_ARG(source->key));
	if (route->n_hosts == 0) {
		status_format_dsn(&route->host_status, dsn);
		line(p, 4, "none for " VIEW_FMT ": %d %s " VIEW_FMT,
		     VIEW_ARG(route->preview.destination), route->host_status.smtp, dsn,
		     VIEW_ARG(route->host_status.text));
	}
	for (size_t i = 0; i < route->n_hosts; i++) {
		const struct ex_host *h = &route->hosts[i];

		line(p, 4, "%zu. " VIEW_FMT, i + 1, VIEW_ARG(h->name));
		show_origin(p, route, h);
		show_addresses(p, h);
		show_host_status(p, h);
		if (h->has_tls_verdict && h->tls.verdict == CHECK_REJECT)
			line(p, 8, "ruleset try_tls: no TLS with this host");
	}
	heading(p, "TLS");
	line(p, 4,
	     "none: STARTTLS towards other hosts is not built in this version, so certificates, DANE and MTA-STS are not looked at");
}

/* ---- recipients ---- */

static void show_outcome(const struct page *p, const struct ex_rcpt *r)
{
	const struct rcpt *rcpt = r->rcpt;
	const struct status *st = &rcpt->status;
	size_t n = 0;
	char dsn[16];

	switch (rcpt->state) {
	case RCPT_ROUTED:
		if (rcpt->triple.host.len)
			line(p, 2, "goes to " VIEW_FMT " by mailer " VIEW_FMT,
			     VIEW_ARG(rcpt->triple.host), VIEW_ARG(rcpt->triple.mailer->name));
		else
			line(p, 2, "is delivered to " VIEW_FMT " by mailer " VIEW_FMT,
			     VIEW_ARG(rcpt->triple.user), VIEW_ARG(rcpt->triple.mailer->name));
		break;
	case RCPT_EXPANDED:
		for (const struct ex_rcpt *c = r->first; c; c = c->sibling)
			n++;
		line(p, 2, "stands for %zu other%s, explained below", n, n == 1 ? "" : "s");
		break;
	case RCPT_DROPPED:
		line(p, 2, "gets nothing: it is a duplicate, or leads back to a list it came from");
		break;
	default:
		status_format_dsn(st, dsn);
		line(p, 2, "%s: %d %s " VIEW_FMT,
		     rcpt->state == RCPT_DEFERRED ? "cannot be delivered now, will be tried again"
						  : "cannot be delivered",
		     st->smtp, dsn, VIEW_ARG(st->text));
		break;
	}
}

static void show_rcpt(const struct page *p, const struct ex_rcpt *r)
{
	own_str struct str title = STR_MAX(SHOWN_MAX);

	str_add(&title, r->rcpt->address);
	if (r->parent)
		str_addf(&title, "   (from " VIEW_FMT ")", VIEW_ARG(r->parent->rcpt->address));
	make_harmless(&title);
	wrap(p->out, 0, 2, str_view(&title));
	show_outcome(p, r);
	show_rules(p, "What the rules do", r->rules);
	show_steps(p, r);
	if (r->route) {
		show_route(p, r);
		if (p->x->is_verbose) {
			show_rules(p, "Rules for the sender", r->route->names.mail_from_rules);
			show_rules(p, "Rules for From:", r->route->names.header_from_rules);
			show_rules(p, "Rules for To:", r->route->names.header_to_rules);
		}
		show_hosts(p, r);
	}
	putc('\n', p->out);
	for (const struct ex_rcpt *c = r->first; c; c = c->sibling)
		show_rcpt(p, c);
}

/* ---- the client ---- */

static bool is_same_lookup(const struct ex_node *a, const struct ex_node *b)
{
	return a && a->found == b->found && view_eq(a->name, b->name) && view_eq(a->key, b->key);
}

/* Each question once, although rules may ask it several times in a row. */
static void show_lookups_below(const struct page *p, const struct ex_node *n,
			       const struct ex_node **last)
{
	if (n->kind == EX_LOOKUP && !is_same_lookup(*last, n)) {
		show_lookup(p, n, 8);
		*last = n;
	}
	for (const struct ex_node *c = n->first; c; c = c->next)
		show_lookups_below(p, c, last);
}

static void show_said(const struct page *p, const struct ex_said *s)
{
	const struct ex_node *set, *rule, *last = NULL;
	struct view rest = s->reply, one;
	own_str struct str name = STR_MAX(256);

	line(p, 4, VIEW_FMT, VIEW_ARG(s->command.len ? s->command : VIEW("(connects)")));
	while (view_cut(&rest, '\n', &one)) {
		line(p, 6, VIEW_FMT, VIEW_ARG(one));
		if (s->reply.p[0] == '2' && !p->x->is_verbose)
			break; /* what EHLO offers is a longer story */
	}
	if (!s->rules->first)
		return;
	if (p->x->is_verbose) {
		show_nodes(p, s->rules, 8);
		return;
	}
	show_lookups_below(p, s->rules, &last);
	rule = ex_deciding_rule(s->rules, &set);
	if (!rule)
		return;
	name_ruleset(set, &name);
	line(p, 8, "decided in line %d, %s", rule->number, str_z(&name));
}

static void show_client(const struct page *p)
{
	const struct ex_client *c = p->x->heard;

	if (!c)
		return;
	line(p, 0, "What a client would be told that calls from " VIEW_FMT, VIEW_ARG(c->relay));
	line(p, 2, "(its first connection; filters are not asked)");
	if (c->pause_ms)
		line(p, 4, "waits %lld ms for its greeting (greet_pause)", (long long)c->pause_ms);
	for (const struct ex_said *s = c->said; s; s = s->next)
		show_said(p, s);
	putc('\n', p->out);
}

void ex_write_text(const struct explanation *x, FILE *out)
{
	struct page p = { .x = x, .out = out };

	line(&p, 0, "Sender <" VIEW_FMT ">; lines are those of " VIEW_FMT, VIEW_ARG(x->sender),
	     VIEW_ARG(x->config_path));
	putc('\n', out);
	if (x->is_verbose)
		show_rules(&p, "Rules for the sender", x->sender_rules);
	for (size_t i = 0; i < x->n_addresses; i++)
		if (x->rcpts[i])
			show_rcpt(&p, x->rcpts[i]);
	show_client(&p);
	if (x->recorder.is_cut)
		line(&p, 0, "(More happened in the rules than is shown.)");
}
