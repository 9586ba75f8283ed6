/* explain_client.c - the conversation that a client would have: connection, EHLO, MAIL, and a RCPT for each address. */
#include "programs/explain.h"
#include "receive/rehearse.h"

#define CLIENT_PORT 40000 /* any unprivileged one: ${client_port} */

/* "192.0.2.1,name" */
static bool parse_client(const char *text, struct rehearsal *out)
{
	struct view rest = view_of(text), address;

	view_cut(&rest, ',', &address);
	out->client_name = rest.len ? view_trim(rest) : VIEW_NONE;
	return addr_parse(view_trim(address), CLIENT_PORT, &out->client) &&
	       addr_family(&out->client) != AF_UNIX;
}

static struct ex_said *keep(struct explanation *x, struct ex_said *last, struct view command,
			    struct view reply, struct ex_node *rules)
{
	struct ex_said *n = ARENA_NEW(x->arena, struct ex_said);

	*n = (struct ex_said){ .command = command, .reply = reply, .rules = rules };
	if (last)
		last->next = n;
	return n;
}

/* 4xx and 5xx join the exit status. */
static void judge(struct explanation *x, struct view reply)
{
	struct status st;

	if (reply.len < 3 || (reply.p[0] != '4' && reply.p[0] != '5'))
		return;
	st = status_make(reply.p[0] == '4' ? 451 : 550, reply.p[0] == '4' ? "4.0.0" : "5.0.0",
			 reply.p[0] == '4' ? EX_TEMPFAIL_ : EX_UNAVAILABLE_, VIEW(""));
	ex_note_exit(x, &st);
}

static struct view in_brackets(struct explanation *x, struct view address)
{
	if (address.len && address.p[0] == '<')
		return address;
	return arena_printf(x->arena, "<" VIEW_FMT ">", VIEW_ARG(address));
}

static struct ex_said *say(struct explanation *x, struct rehearsing *r, struct ex_said *last,
			   struct view command)
{
	struct ex_node *rules = ex_record(&x->recorder);
	struct view reply;

	if (rehearse_is_over(r))
		return last;
	reply = rehearse_say(r, command, x->arena);
	judge(x, reply);
	return keep(x, last, command, reply, rules);
}

static void talk(struct explanation *x, struct rehearsing *r, struct ex_said *last)
{
	struct view helo = x->heard->name;

	last = say(x, r, last, arena_printf(x->arena, "EHLO " VIEW_FMT, VIEW_ARG(helo)));
	last = say(x, r, last,
		   arena_printf(x->arena, "MAIL FROM:" VIEW_FMT,
				VIEW_ARG(in_brackets(x, x->has_sender ? x->sender : VIEW("")))));
	for (size_t i = 0; i < x->n_addresses; i++) {
		struct view to = in_brackets(x, view_of(x->addresses[i]));

		last = say(x, r, last, arena_printf(x->arena, "RCPT TO:" VIEW_FMT, VIEW_ARG(to)));
	}
}

int ex_gather_client(struct explanation *x, struct str *out_why)
{
	struct rehearsal what = { .rules_observer = &x->recorder.observer };
	struct ex_node *rules;
	struct rehearsing *r;
	struct view greeting;

	if (!parse_client(x->client, &what)) {
		str_addf(out_why, "%s is no IP address", x->client);
		return EX_USAGE_;
	}
	x->heard = ARENA_NEW(x->arena, struct ex_client);
	rules = ex_record(&x->recorder);
	r = rehearse_new(x->slot, x->services, &what, x->arena, &greeting, &x->heard->pause_ms);
	x->heard->relay = arena_dup(x->arena, rehearse_relay(r));
	x->heard->name = arena_dup(x->arena,
				   view_first(x->heard->relay, view_find(x->heard->relay, ' ')));
	x->heard->said = keep(x, NULL, VIEW(""), greeting, rules);
	judge(x, greeting);
	talk(x, r, x->heard->said);
	rehearse_free(r);
	return EX_OK_;
}
