/* cmd_etrn.c - ETRN (RFC 1985): run the queue for a host, for a domain and all below it, or for a queue group. */
#include "receive/session.h"

/* Recipients of the host itself have "@host" in their address; a domain is found anywhere. */
static void start_host(struct session *s, struct view node)
{
	struct view text = node.p[0] == '@'
				   ? view_skip(node, 1)
				   : arena_printf(session_work(s), "@" VIEW_FMT, VIEW_ARG(node));
	struct queue_condition host = { .letter = 'R', .text = text };
	struct queue_select select = { .conditions = &host, .n = 1 };

	queue_run(server_params_of(s->server)->queue, &select, true);
	session_replyf(s, 250, "2.0.0", "Queuing for node " VIEW_FMT " started",
		       VIEW_ARG(session_shown(s, node)));
}

/* A whole group is run as its interval runs it: MinQueueAge holds. */
static void start_group(struct session *s, struct view name)
{
	struct queue_select select = { .group = arena_dupz(session_work(s), name) };

	if (!config_group(s->snap->cf, name)) {
		session_replyf(s, 459, "4.5.4", "Queue " VIEW_FMT " unknown",
			       VIEW_ARG(session_shown(s, name)));
		return;
	}
	queue_run(server_params_of(s->server)->queue, &select, false);
	session_replyf(s, 250, "2.0.0", "Queuing for queue group " VIEW_FMT " started",
		       VIEW_ARG(session_shown(s, name)));
}

void cmd_etrn(struct session *s, struct view args, struct view line)
{
	bool is_off = !(s->features & FEATURE_ETRN);
	struct view node = arena_dup(session_work(s), view_trim_end(args));

	(void)line;
	s->did_something = true;
	if (is_off) {
		log_event(session_log(s), 6, LOG_INFO, session_id(s),
			  VIEW_FMT ": ETRN%s" VIEW_FMT " [rejected]", VIEW_ARG(s->relay),
			  node.len ? " " : "", VIEW_ARG(session_shown(s, node)));
		session_reply(s, 502, "5.7.0", VIEW("Sorry, we do not allow this operation"));
		return;
	}
	if (node.len == 0) {
		session_reply(s, 500, "5.5.2", VIEW("Parameter required"));
		return;
	}
	if (!session_check(s, "check_etrn", node, VIEW_NONE, 0, VIEW_NONE))
		return;
	log_event(session_log(s), 6, LOG_INFO, session_id(s), VIEW_FMT ": ETRN " VIEW_FMT,
		  VIEW_ARG(s->relay), VIEW_ARG(session_shown(s, node)));
	if (node.p[0] == '#')
		start_group(s, view_skip(node, 1));
	else
		start_host(s, node);
}
