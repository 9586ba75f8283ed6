/* explain_route.c - from a recipient that has its mailer to what would happen with it: names, queue group, transport. */
#include "programs/explain.h"

/* ---- names ---- */

static struct view bare(struct view v)
{
	if (v.len >= 2 && v.p[0] == '<' && v.p[v.len - 1] == '>')
		return view_from(v.p + 1, v.len - 2);
	return v;
}

/* "@domain" of the sender for addresses of the header that have none: flag C of the sender's mailer. */
static struct view sender_domain(const struct envelope *e)
{
	struct view sender = bare(e->sender);
	size_t at = view_rfind(sender, '@');

	if (!e->sender_mailer || !flag_has(&e->sender_mailer->flags, 'C') || at == sender.len)
		return VIEW_NONE;
	return view_skip(sender, at);
}

static struct view header_name(struct explanation *x, struct attempt *at, struct view address,
			       unsigned flags, struct ex_node **out_rules)
{
	struct view domain = sender_domain(at->env);

	*out_rules = ex_record(&x->recorder);
	if (domain.len)
		flags |= REMOTE_ADD_DOMAIN;
	return rw_remote_name(&at->rw, address, at->mailer, REMOTE_HEADER | flags, domain, NULL);
}

static void find_names(struct explanation *x, struct attempt *at, const struct ex_rcpt *r,
		       struct ex_names *out)
{
	const struct ex_rcpt *top = r;

	while (top->parent)
		top = top->parent;
	out->rcpt_to = r->rcpt->triple.user;
	if (x->sender.len)
		out->header_from = header_name(x, at, x->sender, REMOTE_SENDER,
					       &out->header_from_rules);
	out->header_to = header_name(x, at, top->rcpt->address, 0, &out->header_to_rules);
}

/* ---- the queue group ---- */

/* Ruleset queuegroup, else the mailer's Q=, else the default. */
static void find_group(struct explanation *x, struct attempt *at, const struct rcpt *r,
		       struct ex_route *out)
{
	const struct config *cf = x->snap->cf;
	struct tokens ws;

	out->queue_group = VIEW("mqueue");
	out->queue_group_from = "default";
	if (r->triple.mailer->queue_group.len) {
		out->queue_group = r->triple.mailer->queue_group;
		out->queue_group_from = "mailer";
	}
	if (rw_capture(&at->rw, "queuegroup", r->triple.user, VIEW_NONE, &ws) != EX_OK_ ||
	    ws.n < 2 || ws.v[0].symbol != '#' || !config_group(cf, ws.v[1].text))
		return;
	out->queue_group = arena_dup(x->arena, ws.v[1].text);
	out->queue_group_from = "ruleset";
}

void ex_route_find(struct explanation *x, struct envelope *e, struct ex_rcpt *r)
{
	struct ex_route *route = ARENA_NEW(x->arena, struct ex_route);
	struct attempt *at = ARENA_NEW(x->arena, struct attempt);
	struct job *job = ARENA_NEW(x->arena, struct job);

	r->route = route;
	*job = (struct job){ .services = x->services,
			     .arena = x->arena,
			     .rules_observer = &x->recorder.observer };
	route->names.mail_from_rules = ex_record(&x->recorder);
	/* The recipient is not touched: delivery only reads what it looks at here. */
	preview_rcpt(job, e, (struct rcpt *)(uintptr_t)r->rcpt, at, &route->preview);
	route->names.mail_from = route->preview.sender;
	find_names(x, at, r, &route->names);
	ex_record(&x->recorder);
	find_group(x, at, r->rcpt, route);
	if (route->preview.compat.verdict == CHECK_REJECT)
		ex_note_exit(x, &route->preview.compat.status);
	if (route->preview.transport != PREVIEW_SMTP)
		return;
	ex_hosts_find(x, at, route);
	if (route->host_status.smtp)
		ex_note_exit(x, &route->host_status);
}
