/* explain_json.c - an explanation as data. */
#include <errno.h>

#include "base/json.h"
#include "programs/explain.h"

#define JSON_MAX ((size_t)64 << 20)

static const char *found_word(enum found f)
{
	return f == FOUND ? "found" : f == NOT_FOUND ? "not found" : "temporary failure";
}

/* ---- rules: flat lists, each event with its depth, so that deep calls nest no JSON ---- */

static void write_node(struct json *j, const struct ex_node *n, int depth, const char *file)
{
	static const char *const kinds[] = { "root", "ruleset", "rule", "map", "complaint" };

	json_object(j, NULL);
	json_text(j, "event", view_of(kinds[n->kind]));
	json_number(j, "depth", depth);
	if (n->kind == EX_RULESET) {
		json_text(j, "name", n->name);
		json_number(j, "number", n->number);
	} else if (n->kind == EX_RULE) {
		json_textf(j, "file", "%s", file);
		json_number(j, "line", n->number);
	} else if (n->kind == EX_COMPLAINT) {
		json_text(j, "text", n->name);
	}
	if (n->kind == EX_RULESET || n->kind == EX_RULE) {
		json_text(j, "before", n->before);
		json_text(j, "after", n->after);
	}
	if (n->kind == EX_RULESET && n->status)
		json_number(j, "status", n->status);
	if (n->kind == EX_LOOKUP) {
		json_text(j, "map", n->name);
		json_text(j, "class", n->map_class);
		json_text(j, "key", n->key);
		json_array(j, "arguments");
		for (size_t i = 0; i < n->n_args; i++)
			json_text(j, NULL, n->args[i]);
		json_end(j);
		json_text(j, "result", view_of(found_word(n->found)));
		json_text(j, "value", n->value);
		if (n->messages.len)
			json_text(j, "messages", n->messages);
	}
	json_end(j);
}

static void write_nodes(struct json *j, const struct explanation *x, const struct ex_node *parent,
			int depth)
{
	for (const struct ex_node *n = parent->first; n; n = n->next) {
		if (!x->is_verbose && !ex_is_worth_showing(n))
			continue;
		write_node(j, n, depth, x->config_path.p);
		write_nodes(j, x, n, depth + 1);
	}
}

static void write_rules(struct json *j, const char *key, const struct explanation *x,
			const struct ex_node *root)
{
	json_array(j, key);
	if (root)
		write_nodes(j, x, root, 0);
	json_end(j);
}

static void write_status(struct json *j, const char *key, const struct status *st)
{
	char dsn[16];

	if (st->smtp == 0) {
		json_null(j, key);
		return;
	}
	status_format_dsn(st, dsn);
	json_object(j, key);
	json_number(j, "smtp", st->smtp);
	json_text(j, "dsn", view_of(dsn));
	json_number(j, "exit", st->exit);
	json_text(j, "text", st->text);
	json_end(j);
}

/* ---- recipients ---- */

static void write_triple(struct json *j, const char *key, const struct mailer *m, struct view host,
			 struct view user)
{
	json_object(j, key);
	json_text(j, "mailer", m ? m->name : VIEW_NONE);
	json_text(j, "host", host.len ? host : VIEW(""));
	json_text(j, "user", user.len ? user : VIEW(""));
	json_end(j);
}

static void write_step(struct json *j, const struct ex_step *s)
{
	json_object(j, NULL);
	switch (s->kind) {
	case EX_STEP_TRIPLE:
		json_text(j, "step", s->is_by_rule5 ? VIEW("ruleset 5") : VIEW("rules"));
		write_triple(j, "triple", s->mailer, s->host, s->user);
		break;
	case EX_STEP_ALIAS:
		json_text(j, "step", VIEW("alias"));
		json_text(j, "map", s->what);
		json_text(j, "class", s->class_or_reason);
		json_text(j, "file", s->path);
		if (s->path.len)
			json_number(j, "owner", s->owner);
		json_text(j, "key", s->key);
		json_text(j, "result", view_of(found_word(s->found)));
		json_text(j, "value", s->value);
		break;
	case EX_STEP_FILE:
		json_text(j, "step",
			  s->file_kind == RESOLVE_FORWARD ? VIEW("forward") : VIEW("include"));
		json_text(j, "path", s->what);
		json_number(j, "error", -s->error);
		json_text(j, "reason", s->class_or_reason.len ? s->class_or_reason : VIEW_NONE);
		json_number(j, "owner", s->owner);
		break;
	case EX_STEP_ACCOUNT:
		json_text(j, "step", VIEW("account"));
		json_text(j, "name", s->key);
		json_text(j, "result", view_of(found_word(s->found)));
		if (s->found == FOUND) {
			json_number(j, "uid", s->owner);
			json_text(j, "home", s->value);
		}
		break;
	}
	json_end(j);
}

static void write_answer(struct json *j, const struct dns_answer *a)
{
	json_text(j, "result", view_of(found_word(a->found)));
	if (a->found == FOUND) {
		json_text(j, "from", a->from_hosts ? VIEW("hosts file") : VIEW("dns"));
		json_number(j, "ttl", a->ttl_s);
		json_bool(j, "secure", a->is_secure);
	} else if (a->why.len) {
		json_text(j, "why", a->why);
	}
}

static void write_host(struct json *j, const struct ex_host *h)
{
	char text[ADDR_TEXT_MAX];

	json_object(j, NULL);
	json_text(j, "name", h->name);
	json_number(j, "preference", h->preference);
	json_text(j, "origin", view_of(h->origin));
	json_text(j, "mx_of", h->origin_name);
	json_object(j, "addresses");
	if (!h->literal.len)
		write_answer(j, &h->answer);
	json_array(j, "list");
	if (h->literal.len) {
		addr_format(&h->literal, text);
		json_text(j, NULL, view_of(text));
	}
	for (size_t i = 0; i < h->answer.n; i++) {
		addr_format(&h->answer.records[i].addr, text);
		json_text(j, NULL, view_of(text));
	}
	json_end(j);
	json_end(j);
	if (h->has_status) {
		json_object(j, "host_status");
		json_number(j, "exit", h->status.exit);
		json_text(j, "text", view_of(h->status.text));
		json_number(j, "time", h->status.used_s);
		if (h->down_until_s)
			json_number(j, "down_until", h->down_until_s);
		json_end(j);
	}
	if (h->has_tls_verdict)
		json_bool(j, "try_tls", h->tls.verdict != CHECK_REJECT);
	json_end(j);
}

static void write_question(struct json *j, const struct ex_question *q)
{
	char text[ADDR_TEXT_MAX];

	json_object(j, NULL);
	json_text(j, "name", q->name);
	json_text(j, "type", q->type == DNS_MX ? VIEW("MX") : VIEW("addresses"));
	write_answer(j, &q->answer);
	json_array(j, "records");
	for (size_t i = 0; i < q->answer.n; i++) {
		const struct dns_record *r = &q->answer.records[i];

		if (q->type == DNS_MX) {
			json_textf(j, NULL, "%u " VIEW_FMT, r->preference, VIEW_ARG(r->name));
		} else {
			addr_format(&r->addr, text);
			json_text(j, NULL, view_of(text));
		}
	}
	json_end(j);
	json_end(j);
}

static void write_delivery(struct json *j, const struct ex_rcpt *r)
{
	static const char *const transports[] = { "smtp", "smtp socket", "smtp program", "program",
						  "file" };
	const struct preview *v = &r->route->preview;

	json_text(j, "transport", view_of(transports[v->transport]));
	json_bool(j, "lmtp", v->is_lmtp);
	json_text(j, "mailer_path", r->rcpt->triple.mailer->path);
	if (v->transport == PREVIEW_SMTP)
		json_number(j, "port", v->port);
	json_text(j, "destination", v->destination);
	if (v->argv) {
		json_array(j, "argv");
		for (size_t i = 0; v->argv[i]; i++)
			json_text(j, NULL, view_of(v->argv[i]));
		json_end(j);
	}
	if (v->transport >= PREVIEW_SMTP_PROGRAM && !v->identity.keep_uid)
		json_number(j, "uid", v->identity.uid);
	json_bool(j, "held", v->is_held);
	if (v->compat.verdict == CHECK_REJECT)
		write_status(j, "check_compat", &v->compat.status);
}

static void write_names(struct json *j, const struct explanation *x, const struct ex_names *n)
{
	json_object(j, "addresses");
	json_text(j, "envelope_sender", n->mail_from);
	json_text(j, "envelope_recipient", n->rcpt_to);
	json_text(j, "header_sender", n->header_from);
	json_text(j, "header_recipient", n->header_to);
	write_rules(j, "envelope_sender_rules", x, n->mail_from_rules);
	write_rules(j, "header_sender_rules", x, n->header_from_rules);
	write_rules(j, "header_recipient_rules", x, n->header_to_rules);
	json_end(j);
}

static void write_route(struct json *j, const struct explanation *x, const struct ex_rcpt *r)
{
	const struct ex_route *route = r->route;

	json_object(j, "delivery");
	write_delivery(j, r);
	write_names(j, x, &route->names);
	json_text(j, "queue_group", route->queue_group);
	json_text(j, "queue_group_from", view_of(route->queue_group_from));
	if (route->preview.transport == PREVIEW_SMTP) {
		json_array(j, "hosts");
		for (size_t i = 0; i < route->n_hosts; i++)
			write_host(j, &route->hosts[i]);
		json_end(j);
		json_array(j, "questions");
		for (const struct ex_question *q = route->questions; q; q = q->next)
			write_question(j, q);
		json_end(j);
		write_status(j, "host_failure", &route->host_status);
		json_object(j, "tls");
		json_bool(j, "built", false);
		json_end(j);
	}
	json_end(j);
}

static const char *state_word(enum rcpt_state s)
{
	switch (s) {
	case RCPT_ROUTED:
		return "deliverable";
	case RCPT_EXPANDED:
		return "expanded";
	case RCPT_DROPPED:
		return "dropped";
	case RCPT_DEFERRED:
		return "later";
	default:
		return "undeliverable";
	}
}

static void write_rcpt(struct json *j, const struct explanation *x, const struct ex_rcpt *r)
{
	const struct rcpt *rcpt = r->rcpt;

	json_object(j, NULL);
	json_text(j, "address", rcpt->address);
	json_text(j, "from", r->parent ? r->parent->rcpt->address : VIEW_NONE);
	json_text(j, "state", view_of(state_word(rcpt->state)));
	write_status(j, "status", &rcpt->status);
	if (rcpt->triple.mailer)
		write_triple(j, "triple", rcpt->triple.mailer, rcpt->triple.host,
			     rcpt->triple.user);
	else
		json_null(j, "triple");
	json_text(j, "list_owner", rcpt->owner);
	json_text(j, "controlling_user", rcpt->user.name);
	write_rules(j, "rules", x, r->rules);
	json_array(j, "steps");
	for (const struct ex_step *s = r->steps; s; s = s->next)
		write_step(j, s);
	json_end(j);
	if (r->route)
		write_route(j, x, r);
	json_end(j);
}

/* ---- the client ---- */

static void write_client(struct json *j, const struct explanation *x)
{
	const struct ex_client *c = x->heard;

	if (!c) {
		json_null(j, "client");
		return;
	}
	json_object(j, "client");
	json_text(j, "relay", c->relay);
	json_number(j, "greet_pause_ms", c->pause_ms);
	json_array(j, "conversation");
	for (const struct ex_said *s = c->said; s; s = s->next) {
		struct ex_decision d = ex_decision_of(s);

		json_object(j, NULL);
		json_text(j, "command", s->command);
		json_text(j, "reply", s->reply);
		json_bool(j, "refused", d.is_refused);
		if (d.rule) {
			json_text(j, "decided_in", d.ruleset->name);
			json_number(j, "decided_line", d.rule->number);
		}
		write_rules(j, "rules", x, s->rules);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

int ex_write_json(const struct explanation *x, FILE *out)
{
	own_str struct str text = STR_MAX(JSON_MAX);
	struct json j = json_into(&text);

	json_object(&j, NULL);
	json_text(&j, "config", x->config_path);
	json_text(&j, "sender", x->sender);
	json_number(&j, "exit", x->exit);
	write_rules(&j, "sender_rules", x, x->sender_rules);
	json_array(&j, "recipients");
	for (size_t i = 0; i < x->n_addresses; i++)
		for (const struct ex_rcpt *r = x->rcpts[i]; r; r = r->next)
			write_rcpt(&j, x, r);
	json_end(&j);
	write_client(&j, x);
	json_bool(&j, "is_cut", x->recorder.is_cut);
	json_end(&j);
	if (text.cut)
		return -EFBIG;
	return fwrite(text.p, 1, text.len, out) == text.len ? 0 : -EIO;
}
