/*
 * explain.h - postrider explain: how a recipient would travel, and what a client would be told; in words or as JSON.
 *
 *      rules observer --> struct ex_node trees (explain_record.c)
 *      resolving      --> struct ex_rcpt, a list for each address given (explain_gather.c)
 *      names, hosts   --> struct ex_route (explain_route.c, explain_hosts.c)
 *      a rehearsal    --> struct ex_client (explain_client.c)
 *      all of it      --> explain_text.c, explain_json.c
 *
 * Nothing is delivered and nothing is written: there is no queue, the log goes nowhere, and maps of class syslog are as silent as the log.
 * Maps and the name service are really asked. Single-threaded. All memory is the explanation's arena and envelope.
 */
#ifndef PROGRAMS_EXPLAIN_H
#define PROGRAMS_EXPLAIN_H

#include "deliver/mx.h"
#include "deliver/preview.h"
#include "queue/hoststat.h"
#include "resolve/expand.h"
#include "rewrite/observe.h"

#define EX_ROUTES_MAX 500 /* recipients whose way is followed to the end */

/* ---- what rules did ---- */

enum ex_kind { EX_ROOT, EX_RULESET, EX_RULE, EX_LOOKUP, EX_COMPLAINT };

struct ex_node {
	enum ex_kind kind;
	struct ex_node *parent, *first, *last, *next;
	struct view name;          /* of a ruleset or map; the text of a complaint */
	int number;                /* of a ruleset; the line of a rule */
	struct view before, after; /* the workspace as text; after: none when there is no result */
	int status;                /* of a ruleset: 0 or EX_* */
	struct view map_class, key, value, messages; /* of a look-up; value: none unless found */
	const struct view *args;
	size_t n_args;
	enum found found;
};

struct ex_recorder {
	struct arena *arena;
	const struct rules *rules;
	struct ex_node *at;
	size_t n;
	size_t n_skipped; /* rulesets entered that are not kept, still open */
	bool is_cut;      /* more happened than is kept */
	struct rw_observer observer;
};

void ex_recorder_init(struct ex_recorder *r, struct arena *a, const struct rules *rules);
/* What happens from here on is kept below this new root. */
struct ex_node *ex_record(struct ex_recorder *r);
/* Did anything change, or a map say something, in there? */
bool ex_is_worth_showing(const struct ex_node *n);
/* The look-up whose value holds the text, or NULL: who said that. */
const struct ex_node *ex_find_source(const struct ex_node *root, struct view text);

/* ---- a recipient ---- */

enum ex_step_kind { EX_STEP_TRIPLE, EX_STEP_ALIAS, EX_STEP_FILE, EX_STEP_ACCOUNT };

struct ex_step {
	enum ex_step_kind kind;
	struct ex_step *next;
	/* triple */
	const struct mailer *mailer;
	struct view host, user;
	bool is_by_rule5;
	/* alias map, file, account */
	struct view what;            /* map; path of a file; name of an account */
	struct view path;            /* of the map's file; none when it has none */
	struct view class_or_reason; /* of the map; why a file is not used */
	struct view key, value;      /* account: value is its home */
	enum found found;
	enum resolve_file file_kind;
	int error;
	uid_t owner;
};

struct ex_host {
	struct view name;
	uint32_t preference;
	const char *origin;       /* "mx", "itself", "literal", "fallback" */
	struct view origin_name;  /* whose MX it is; none otherwise */
	struct addr literal;      /* of a literal: its address */
	struct dns_answer answer; /* of its addresses */
	bool has_status;
	struct hoststat status;
	int64_t down_until_s; /* it failed lately and is not called before; 0: it may be called */
	bool has_tls_verdict;
	struct check tls; /* try_tls */
};

struct ex_question { /* to the name service */
	struct view name;
	enum dns_type type; /* 0: addresses */
	struct dns_answer answer;
	struct ex_question *next;
};

struct ex_names { /* addresses as the mailer shows them, and the rules that made them */
	struct view mail_from, rcpt_to, header_from, header_to;
	struct ex_node *mail_from_rules, *header_from_rules, *header_to_rules;
};

struct ex_route {
	struct preview preview;
	struct ex_names names;
	struct view queue_group;
	const char *queue_group_from; /* "ruleset", "mailer", "default" */
	struct ex_host *hosts;
	size_t n_hosts;
	struct ex_question *questions;
	struct status host_status; /* why there are no hosts; smtp 0: there are */
};

struct ex_rcpt {
	struct ex_rcpt *next, *parent, *first, *last,
		*sibling; /* those it was expanded to are below it */
	const struct rcpt *rcpt;
	struct ex_node *rules; /* NULL: none were run */
	struct ex_step *steps, *last_step;
	struct ex_route *route; /* of RCPT_ROUTED; else NULL */
};

/* ---- a client ---- */

struct ex_said {
	struct view command, reply; /* command "": the connection itself */
	struct ex_node *rules;
	struct ex_said *next;
};

/* The rule that had the last word about a command, with the ruleset it is in; NULL: no rule had. */
struct ex_decision {
	bool is_refused;
	const struct ex_node *rule, *ruleset;
};
struct ex_decision ex_decision_of(const struct ex_said *s);

struct ex_client {
	struct view relay, name;
	int64_t pause_ms;
	struct ex_said *said;
};

/* ---- the whole ---- */

struct explanation {
	struct snapshot *snap;
	struct snapshot_slot *slot;
	const struct services *services;
	struct arena *arena;
	struct view config_path;
	struct view sender; /* "" is the null sender, written <> */
	bool has_sender;
	const char *client; /* --client as given; NULL: none */
	const char *const *addresses;
	size_t n_addresses;
	bool is_verbose;

	struct ex_recorder recorder;
	struct envelope **envelopes; /* one for each address */
	struct ex_rcpt **rcpts;
	struct ex_node *sender_rules;
	struct triple sender_triple;
	struct ex_client *heard; /* NULL: no --client */
	size_t n_routes;
	int exit;
};

/* 0, or EX_USAGE_ with *out_why: the client's address makes no sense. */
int ex_gather_client(struct explanation *x, struct str *out_why);
void ex_gather(struct explanation *x);
void ex_route_find(struct explanation *x, struct envelope *e, struct ex_rcpt *r);
void ex_hosts_find(struct explanation *x, const struct attempt *at, struct ex_route *route);
/* An outcome joins the exit status: what fails for ever outweighs what may work later. */
void ex_note_exit(struct explanation *x, const struct status *st);

void ex_write_text(const struct explanation *x, FILE *out);
/* 0, -EFBIG, or -EIO. */
int ex_write_json(const struct explanation *x, FILE *out);

/* The subcommand. */
int explain_main(int argc, char **argv);

#endif
