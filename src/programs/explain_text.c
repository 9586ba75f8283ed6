/* explain_text.c - an explanation in words: recipients one below the other, then what a client would be told. */
#include "programs/explain_page.h"

/* ---- recipients ---- */

static void show_destination(const struct page *p, const struct rcpt *r)
{
	const struct mailer *m = r->triple.mailer;
	const struct config *cf = p->x->snap->cf;

	if (m == cf->prog_mailer)
		page_line(p, 2, "is fed to a program by mailer " VIEW_FMT, VIEW_ARG(m->name));
	else if (m == cf->file_mailer)
		page_line(p, 2, "is written to a file by mailer " VIEW_FMT, VIEW_ARG(m->name));
	else if (r->triple.host.len)
		page_line(p, 2, "goes to " VIEW_FMT " by mailer " VIEW_FMT,
			  VIEW_ARG(page_without_dot(r->triple.host)), VIEW_ARG(m->name));
	else
		page_line(p, 2, "is delivered to " VIEW_FMT " by mailer " VIEW_FMT,
			  VIEW_ARG(r->triple.user), VIEW_ARG(m->name));
}

static void show_outcome(const struct page *p, const struct ex_rcpt *r)
{
	const struct rcpt *rcpt = r->rcpt;
	const struct status *st = &rcpt->status;
	size_t n = 0;
	char dsn[16];

	switch (rcpt->state) {
	case RCPT_ROUTED:
		show_destination(p, rcpt);
		break;
	case RCPT_EXPANDED:
		for (const struct ex_rcpt *c = r->first; c; c = c->sibling)
			n++;
		page_line(p, 2, "stands for %zu other%s, explained below", n, n == 1 ? "" : "s");
		break;
	case RCPT_DROPPED:
		page_line(p, 2,
			  "gets nothing: it is a duplicate, or leads back to a list it came from");
		break;
	default:
		status_format_dsn(st, dsn);
		page_line(p, 2, "%s: %d %s " VIEW_FMT,
			  rcpt->state == RCPT_DEFERRED
				  ? "cannot be delivered now, will be tried again"
				  : "cannot be delivered",
			  st->smtp, dsn, VIEW_ARG(st->text));
		break;
	}
}

static void show_rcpt(const struct page *p, const struct ex_rcpt *r)
{
	if (r->parent)
		page_line(p, 0, VIEW_FMT "   (from " VIEW_FMT ")", VIEW_ARG(r->rcpt->address),
			  VIEW_ARG(r->parent->rcpt->address));
	else
		page_line(p, 0, VIEW_FMT, VIEW_ARG(r->rcpt->address));
	show_outcome(p, r);
	if (r->rcpt->state == RCPT_ROUTED && !r->route)
		page_line(p, 2, "(not followed further: there are more than %d)", EX_ROUTES_MAX);
	page_rules(p, "What the rules do", r->rules);
	page_steps(p, r);
	if (r->route) {
		page_route(p, r);
		if (p->x->is_verbose) {
			page_rules(p, "Rules for the sender", r->route->names.mail_from_rules);
			page_rules(p, "Rules for From:", r->route->names.header_from_rules);
			page_rules(p, "Rules for To:", r->route->names.header_to_rules);
		}
		page_hosts(p, r);
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
		page_lookup(p, n, 8);
		*last = n;
	}
	for (const struct ex_node *c = n->first; c; c = c->next)
		show_lookups_below(p, c, last);
}

static void show_said(const struct page *p, const struct ex_said *s)
{
	struct ex_decision d = ex_decision_of(s);
	const struct ex_node *last = NULL;
	struct view rest = s->reply, one;
	own_str struct str name = STR_MAX(256);

	page_line(p, 4, VIEW_FMT, VIEW_ARG(s->command.len ? s->command : VIEW("(connects)")));
	while (view_cut(&rest, '\n', &one)) {
		page_line(p, 6, VIEW_FMT, VIEW_ARG(one));
		if (s->reply.p[0] == '2' && !p->x->is_verbose)
			break; /* what EHLO offers is a longer story */
	}
	if (!s->rules->first)
		return;
	if (p->x->is_verbose) {
		page_nodes(p, s->rules, 8);
		return;
	}
	show_lookups_below(p, s->rules, &last);
	if (d.rule) {
		page_name_ruleset(d.ruleset, &name);
		page_line(p, 8, "%s by line %d, %s", d.is_refused ? "refused" : "allowed",
			  d.rule->number, str_z(&name));
	} else if (d.is_refused) {
		page_line(p, 8, "refused by no rule, but for what was found");
	}
}

static void show_client(const struct page *p)
{
	const struct ex_client *c = p->x->heard;

	if (!c)
		return;
	page_line(p, 0, "What a client would be told that calls from " VIEW_FMT,
		  VIEW_ARG(c->relay));
	page_line(p, 2, "(its first connection; filters are not asked)");
	if (c->pause_ms)
		page_line(p, 4, "waits %lld ms for its greeting (greet_pause)",
			  (long long)c->pause_ms);
	for (const struct ex_said *s = c->said; s; s = s->next)
		show_said(p, s);
	putc('\n', p->out);
}

void ex_write_text(const struct explanation *x, FILE *out)
{
	struct page p = { .x = x, .out = out };

	page_line(&p, 0, "Sender <" VIEW_FMT ">; lines are those of " VIEW_FMT, VIEW_ARG(x->sender),
		  VIEW_ARG(x->config_path));
	putc('\n', out);
	if (x->is_verbose)
		page_rules(&p, "Rules for the sender", x->sender_rules);
	for (size_t i = 0; i < x->n_addresses; i++)
		if (x->rcpts[i])
			show_rcpt(&p, x->rcpts[i]);
	show_client(&p);
	if (x->recorder.is_cut)
		page_line(&p, 0, "(More happened in the rules than is shown.)");
}
