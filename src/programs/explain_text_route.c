/* explain_text_route.c - the steps of a recipient, its delivery and its hosts, in words. */
#include <errno.h>
#include <pwd.h>

#include "programs/explain_page.h"

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
		page_line(p, 4, "%s file " VIEW_FMT ", owned by %s: read", kind, VIEW_ARG(s->what),
			  str_z(&owner));
	else if (s->error == -ENOENT && s->file_kind == RESOLVE_FORWARD)
		page_line(p, 4, "%s file " VIEW_FMT ": there is none", kind, VIEW_ARG(s->what));
	else
		page_line(p, 4, "%s file " VIEW_FMT ": not used, %s", kind, VIEW_ARG(s->what),
			  s->class_or_reason.len ? s->class_or_reason.p
						 : strerror_r(-s->error, words, sizeof(words)));
}

static void show_alias(const struct page *p, const struct ex_step *s)
{
	own_str struct str where = STR_MAX(PAGE_TEXT_MAX);

	str_addf(&where, VIEW_FMT " (" VIEW_FMT, VIEW_ARG(s->path.len ? s->path : s->what),
		 VIEW_ARG(s->class_or_reason));
	if (s->path.len) {
		str_addz(&where, ", owned by ");
		name_user(s->owner, &where);
	}
	if (s->found == FOUND)
		page_line(p, 4, "aliases %s): \"" VIEW_FMT "\" is " VIEW_FMT, str_z(&where),
			  VIEW_ARG(s->key), VIEW_ARG(s->value));
	else
		page_line(p, 4, "aliases %s): \"" VIEW_FMT "\" %s", str_z(&where), VIEW_ARG(s->key),
			  s->found == NOT_FOUND ? "not found" : "cannot be asked now");
}

static void show_step(const struct page *p, const struct ex_step *s)
{
	switch (s->kind) {
	case EX_STEP_TRIPLE:
		page_line(p, 4, "%s mailer " VIEW_FMT "%s" VIEW_FMT ", user " VIEW_FMT,
			  s->is_by_rule5 ? "ruleset 5 makes it" : "the rules say:",
			  VIEW_ARG(s->mailer->name), s->host.len ? ", host " : "",
			  VIEW_ARG(s->host), VIEW_ARG(s->user));
		break;
	case EX_STEP_ALIAS:
		show_alias(p, s);
		break;
	case EX_STEP_FILE:
		show_file(p, s);
		break;
	case EX_STEP_ACCOUNT:
		if (s->found == FOUND)
			page_line(p, 4, "account " VIEW_FMT ": user %ld, home " VIEW_FMT,
				  VIEW_ARG(s->what), (long)s->owner, VIEW_ARG(s->value));
		else
			page_line(p, 4, "account " VIEW_FMT ": %s", VIEW_ARG(s->key),
				  s->found == NOT_FOUND ? "there is none" : "cannot be asked now");
		break;
	}
}

void page_steps(const struct page *p, const struct ex_rcpt *r)
{
	const struct rcpt *rcpt = r->rcpt;

	if (!r->steps)
		return;
	page_heading(p, "Where that leads");
	for (const struct ex_step *s = r->steps; s; s = s->next)
		show_step(p, s);
	if (rcpt->owner.len)
		page_line(p, 4, "failures are reported to the list's owner, " VIEW_FMT,
			  VIEW_ARG(rcpt->owner));
}

/* ---- the route ---- */

static void show_identity(const struct page *p, const struct preview *v)
{
	own_str struct str name = STR_MAX(256);

	if (v->identity.keep_uid)
		str_addz(&name, "the mail system's own user");
	else
		name_user(v->identity.uid, &name);
	page_field(p, "as user", "%s", str_z(&name));
}

/* Quoted as a shell would need it. */
static void add_argument(struct str *out, const char *arg)
{
	bool is_plain = arg[0] && !strpbrk(arg, " \t\"'|&;<>()$`\\*?");

	str_addf(out, "%s%s%s%s", out->len ? " " : "", is_plain ? "" : "'", arg,
		 is_plain ? "" : "'");
}

static void show_transport(const struct page *p, const struct ex_rcpt *r)
{
	const struct preview *v = &r->route->preview;
	const struct mailer *m = r->rcpt->triple.mailer;
	const char *protocol = v->is_lmtp ? "LMTP" : "SMTP";
	own_str struct str args = STR_MAX(PAGE_TEXT_MAX);

	for (size_t i = 0; v->argv && v->argv[i]; i++)
		add_argument(&args, v->argv[i]);
	switch (v->transport) {
	case PREVIEW_SMTP:
		page_field(p, "mailer", VIEW_FMT ": %s to port %u", VIEW_ARG(m->name), protocol,
			   v->port);
		break;
	case PREVIEW_SMTP_SOCKET:
		page_field(p, "mailer", VIEW_FMT ": %s to socket " VIEW_FMT, VIEW_ARG(m->name),
			   protocol, VIEW_ARG(v->destination));
		break;
	case PREVIEW_SMTP_PROGRAM:
		page_field(p, "mailer", VIEW_FMT ": %s with program " VIEW_FMT, VIEW_ARG(m->name),
			   protocol, VIEW_ARG(m->path));
		break;
	case PREVIEW_PROGRAM:
		page_field(p, "mailer", VIEW_FMT ": the message is fed to program " VIEW_FMT,
			   VIEW_ARG(m->name), VIEW_ARG(m->path));
		break;
	case PREVIEW_FILE:
		page_field(p, "mailer", VIEW_FMT ": the message is appended to file " VIEW_FMT,
			   VIEW_ARG(m->name), VIEW_ARG(v->destination));
		break;
	}
	if (args.len && v->transport != PREVIEW_SMTP)
		page_field(p, "command", "%s", str_z(&args));
	if (v->transport >= PREVIEW_SMTP_PROGRAM)
		show_identity(p, v);
}

static void show_names(const struct page *p, const struct ex_rcpt *r)
{
	const struct ex_names *n = &r->route->names;

	page_field(p, "sender", "<" VIEW_FMT ">", VIEW_ARG(n->mail_from));
	if (r->route->preview.transport <= PREVIEW_SMTP_PROGRAM)
		page_field(p, "recipient", "<" VIEW_FMT ">", VIEW_ARG(n->rcpt_to));
	if (!view_is_none(n->header_from))
		page_field(p, "From: becomes", VIEW_FMT, VIEW_ARG(n->header_from));
	page_field(p, "To: becomes", VIEW_FMT, VIEW_ARG(n->header_to));
}

void page_route(const struct page *p, const struct ex_rcpt *r)
{
	const struct ex_route *route = r->route;
	const struct preview *v = &route->preview;

	page_heading(p, "How it would be delivered");
	show_transport(p, r);
	show_names(p, r);
	page_field(p, "queue group", VIEW_FMT "%s", VIEW_ARG(route->queue_group),
		   strcmp(route->queue_group_from, "ruleset") == 0  ? ", by ruleset queuegroup"
		   : strcmp(route->queue_group_from, "mailer") == 0 ? ", by Q= of the mailer"
								    : "");
	if (v->is_held)
		page_field(p, "waits", "an expensive mailer: a new message waits for a queue run");
	if (v->compat.verdict == CHECK_REJECT)
		page_field(p, "check_compat", "refuses: %d " VIEW_FMT, v->compat.status.smtp,
			   VIEW_ARG(v->compat.status.text));
	else if (v->compat.verdict == CHECK_DISCARD)
		page_field(p, "check_compat", "discards it");
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
	own_str struct str s = STR_MAX(PAGE_TEXT_MAX), from = STR_MAX(256);
	char text[ADDR_TEXT_MAX];

	if (h->literal.len) {
		addr_format_bracketed(&h->literal, text);
		page_line(p, 8, "address %s, as written", text);
		return;
	}
	if (h->answer.found != FOUND) {
		page_line(p, 8, "%s%s" VIEW_FMT,
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
	page_line(p, 8, "address%s %s; %s", h->answer.n > 1 ? "es" : "", str_z(&s), str_z(&from));
}

struct view page_without_dot(struct view name)
{
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	return name;
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
	own_str struct str s = STR_MAX(PAGE_TEXT_MAX), from = STR_MAX(256);
	const struct ex_question *q = question_of(r, h->origin_name, DNS_MX);
	struct view name = page_without_dot(h->name);

	if (q)
		show_ttl(&q->answer, &from);
	if (strcmp(h->origin, "mx") == 0)
		str_addf(&s, "MX record %u of " VIEW_FMT "; %s", h->preference & 0xffff,
			 VIEW_ARG(h->origin_name), str_z(&from));
	else if (strcmp(h->origin, "fallback") == 0)
		str_addf(&s, "a fallback of the configuration, tried last");
	else if (strcmp(h->origin, "literal") == 0)
		str_addf(&s, "an address in brackets: nobody was asked for it");
	else if (question_of(r, name, DNS_MX))
		str_addf(&s, "the host itself: it has no MX record");
	else
		str_addf(&s, "the host itself: no MX record is looked for");
	page_line(p, 8, "%s", str_z(&s));
}

static void format_time(int64_t when_s, char *out, size_t size)
{
	time_t when = (time_t)when_s;
	struct tm tm;

	strftime(out, size, "%Y-%m-%d %H:%M", localtime_r(&when, &tm));
}

static void show_host_status(const struct page *p, const struct ex_host *h)
{
	char when[32], until[32];

	if (!h->has_status)
		return;
	format_time(h->status.used_s, when, sizeof(when));
	if (h->down_until_s == 0) {
		page_line(p, 8, "host status: mail went there at %s", when);
		return;
	}
	format_time(h->down_until_s, until, sizeof(until));
	page_line(p, 8, "host status: it failed at %s%s%s; it is not called before %s", when,
		  h->status.text[0] ? ", " : "", h->status.text, until);
}

void page_hosts(const struct page *p, const struct ex_rcpt *r)
{
	const struct ex_route *route = r->route;
	const struct ex_node *source = ex_find_source(r->rules, r->rcpt->triple.host);
	char dsn[16];

	if (route->preview.transport != PREVIEW_SMTP)
		return;
	page_heading(p, "Hosts, in the order in which they would be tried");
	if (source)
		page_line(p, 4,
			  "The destination " VIEW_FMT " was given by map " VIEW_FMT
			  ", key \"" VIEW_FMT "\".",
			  VIEW_ARG(route->preview.destination), VIEW_ARG(source->name),
			  VIEW_ARG(source->key));
	if (route->host_status.smtp) {
		status_format_dsn(&route->host_status, dsn);
		page_line(p, 4, "None for " VIEW_FMT " now: %d %s " VIEW_FMT,
			  VIEW_ARG(route->preview.destination), route->host_status.smtp, dsn,
			  VIEW_ARG(route->host_status.text));
	}
	for (size_t i = 0; i < route->n_hosts; i++) {
		const struct ex_host *h = &route->hosts[i];

		page_line(p, 4, "%zu. " VIEW_FMT, i + 1, VIEW_ARG(h->name));
		show_origin(p, route, h);
		show_addresses(p, h);
		show_host_status(p, h);
		if (h->has_tls_verdict && h->tls.verdict == CHECK_REJECT)
			page_line(p, 8, "ruleset try_tls: no TLS with this host");
	}
	page_heading(p, "TLS");
	page_line(
		p, 4,
		"none: STARTTLS towards other hosts is not built in this version, so certificates, DANE and MTA-STS are not looked at");
}
