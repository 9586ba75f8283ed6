/* queue_command.c - postrider queue: arguments, help, opening. */
#include "programs/queue_command.h"

#include <errno.h>
#include <getopt.h>

#include "base/clock.h"
#include "base/number.h"
#include "mail/status.h"
#include "programs/postrider.h"
#include "queue/request.h"

static const struct queue_verb verbs[] = {
	{"list",     queue_list_verb, STATE_ALL,                                "list",    "listed",   "what is in the queue"      },
	{ "hold",    queue_act,       STATE_WAITING | STATE_ACTIVE | STATE_NEW, "hold",    "held",
         "keep from delivery (quarantine), with --why TEXT"									},
	{ "release", queue_act,       STATE_HELD,                               "release", "released", "let go what is held"       },
	{ "retry",   queue_act,       STATE_WAITING | STATE_ACTIVE | STATE_NEW, "retry",   "due now",
         "try again now, not when its time comes"										  },
	{ "delete",  queue_act,       STATE_ALL,                                "delete",  "deleted",  "throw away; nobody is told"},
	{ "bounce",  queue_act,       STATE_ALL & ~(unsigned)STATE_LOST,        "bounce",  "returned",
         "give up: the sender gets a report, with --why TEXT"								      },
	{ "export",  queue_export,    STATE_ALL,                                "export",  "exported", "write as message/rfc822"   },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char help_choosing[] =
	"\nWhich messages: ids, and any of these; all must hold.\n"
	"  --to P, --from P   a recipient, the sender; P is a part of the address, or with\n"
	"                     * ? [ ] a pattern for all of it; case is ignored\n"
	"  --reason P         what the last try, or the quarantine, said\n"
	"  --older-than D     in the queue for longer than 45s, 30m, 6h, 3d, 1d12h\n"
	"  --newer-than D     or not for so long\n"
	"  --state S,...      waiting, active (being delivered), new (in a daemon's journal),\n"
	"                     held, lost, all\n"
	"  --group NAME       of this queue group\n"
	"  --all              every message, for commands that change something\n";

static const char help_list[] =
	"\nlist shows two lines a message, in the order of the directory, or\n"
	"  --oldest           the oldest first, 20 of them\n"
	"  --by KEY           counts by domain, sender, reason, mx or age\n"
	"  --summary          all on one screen: counts, ages, next tries, reasons\n"
	"  --limit N          at most so many messages or groups\n"
	"  --json             the same as data: a JSON object a line\n";

static const char help_rest[] =
	"\nexport writes one message to standard output, several as an mbox, or\n"
	"  --mbox FILE, --directory DIR   to a new file, or each to DIR/ID.eml\n"
	"  --envelope         with X-Envelope-From and X-Envelope-To fields\n"
	"\n  --yes              do not ask before more than one message is touched\n"
	"  -v, --verbose      a line for each message that is touched\n"
	"  -C, --config FILE  another configuration; -Ac: that of submissions\n"
	"  -O NAME=VALUE      an option of it, such as QueueDirectory\n"
	"\nExit status: 0 done, 64 usage, 66 a message is not there, 71 or 74 an error,\n"
	"72 the queue cannot be opened, 73 an output file cannot be made, 75 a message\n"
	"is being delivered and was left alone, 78 the configuration has errors.\n";

static void print_help(FILE *out)
{
	fputs("usage: postrider queue COMMAND [WHICH ...] [OPTION ...]\n\n", out);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fputs(help_choosing, out);
	fputs(help_list, out);
	fputs(help_rest, out);
}

enum long_option {
	OPT_TO = 256,
	OPT_FROM,
	OPT_REASON,
	OPT_OLDER,
	OPT_NEWER,
	OPT_STATE,
	OPT_GROUP,
	OPT_ALL,
	OPT_OLDEST,
	OPT_BY,
	OPT_SUMMARY,
	OPT_LIMIT,
	OPT_JSON,
	OPT_MBOX,
	OPT_DIRECTORY,
	OPT_ENVELOPE,
	OPT_YES,
	OPT_WHY
};

static const struct option options[] = {
	{"to",          required_argument, NULL, OPT_TO       },
	{ "from",       required_argument, NULL, OPT_FROM     },
	{ "reason",     required_argument, NULL, OPT_REASON   },
	{ "older-than", required_argument, NULL, OPT_OLDER    },
	{ "newer-than", required_argument, NULL, OPT_NEWER    },
	{ "state",      required_argument, NULL, OPT_STATE    },
	{ "group",      required_argument, NULL, OPT_GROUP    },
	{ "all",        no_argument,       NULL, OPT_ALL      },
	{ "oldest",     no_argument,       NULL, OPT_OLDEST   },
	{ "by",         required_argument, NULL, OPT_BY       },
	{ "summary",    no_argument,       NULL, OPT_SUMMARY  },
	{ "limit",      required_argument, NULL, OPT_LIMIT    },
	{ "json",       no_argument,       NULL, OPT_JSON     },
	{ "mbox",       required_argument, NULL, OPT_MBOX     },
	{ "directory",  required_argument, NULL, OPT_DIRECTORY},
	{ "envelope",   no_argument,       NULL, OPT_ENVELOPE },
	{ "yes",        no_argument,       NULL, OPT_YES      },
	{ "why",        required_argument, NULL, OPT_WHY      },
	{ "verbose",    no_argument,       NULL, 'v'          },
	{ "config",     required_argument, NULL, 'C'          },
	{ "help",       no_argument,       NULL, 'h'          },
	{ NULL,         0,                 NULL, 0            },
};

/* An empty pattern would match every message: more often an unset variable of a script than a wish. */
static int take_pattern(const char **out, const char *option)
{
	*out = optarg;
	return *optarg ? 0
		       : subcommand_usage("queue",
					  "%s needs a part of an address or text; <> is "
					  "the null sender, --all every message",
					  option);
}

/* Options that say which messages. 0, or an exit status; -1: it is none of these. */
static int take_choosing(struct queue_pick *p, int option)
{
	switch (option) {
	case OPT_TO:
		return take_pattern(&p->to, "--to");
	case OPT_FROM:
		return take_pattern(&p->from, "--from");
	case OPT_REASON:
		return take_pattern(&p->reason, "--reason");
	case OPT_GROUP:
		p->group = optarg;
		return 0;
	case OPT_ALL:
		p->is_all = true;
		return 0;
	case OPT_OLDER:
	case OPT_NEWER:
		if (queue_duration_parse(optarg,
					 option == OPT_OLDER ? &p->older_than_s : &p->newer_than_s))
			return 0;
		return subcommand_usage("queue", "%s is no time such as 45s, 30m, 6h, 3d", optarg);
	case OPT_STATE:
		p->states = queue_states_parse(optarg);
		if (p->states)
			return 0;
		return subcommand_usage(
			"queue", "%s: states are waiting, active, new, held, lost, all", optarg);
	default:
		return -1;
	}
}

static int take_limit(struct queue_wish *w)
{
	if (number_parse(view_of(optarg), 1, INT32_MAX, &w->limit))
		return 0;
	return subcommand_usage("queue", "--limit needs a number above 0, not %s", optarg);
}

static int take_option(struct queue_wish *w, int option, const char *word)
{
	switch (option) {
	case OPT_OLDEST:
		w->oldest = true;
		return 0;
	case OPT_BY:
		w->by = optarg;
		return queue_by_is_known(optarg)
			       ? 0
			       : subcommand_usage("queue",
						  "--by takes domain, sender, reason, mx or age");
	case OPT_SUMMARY:
		w->summary = true;
		return 0;
	case OPT_LIMIT:
		return take_limit(w);
	case OPT_JSON:
		w->as_json = true;
		return 0;
	case OPT_MBOX:
		w->mbox = optarg;
		return 0;
	case OPT_DIRECTORY:
		w->directory = optarg;
		return 0;
	case OPT_ENVELOPE:
		w->with_envelope = true;
		return 0;
	case OPT_YES:
		w->yes = true;
		return 0;
	case OPT_WHY:
		w->why = optarg;
		return 0;
	case 'v':
		w->verbose = true;
		return 0;
	case 'C':
		w->config = optarg;
		return 0;
	case 'A':
		w->use_submit = optarg[0] == 'c';
		return strcmp(optarg, "c") == 0 || strcmp(optarg, "m") == 0
			       ? 0
			       : subcommand_usage("queue", "-A takes c or m, not %s", optarg);
	case 'O':
		if (w->n_options + 1 == sizeof(w->options) / sizeof(w->options[0]))
			return subcommand_usage("queue", "more than %zu -O options", w->n_options);
		w->options[w->n_options++] = optarg;
		return 0;
	default:
		return subcommand_usage("queue", "%s is no option, or its value is missing", word);
	}
}

static bool is_list(const struct queue_wish *w)
{
	return w->verb->run == queue_list_verb;
}

static bool is_export(const struct queue_wish *w)
{
	return w->verb->run == queue_export;
}

/* What does not go together. */
static int check_wish(const struct queue_wish *w)
{
	bool is_listing = w->by || w->oldest || w->summary || w->as_json || w->limit >= 0;

	if (is_listing && !is_list(w))
		return subcommand_usage("queue", "--by, --oldest, --summary, --limit and --json "
						 "belong to list");
	if ((w->by != NULL) + w->oldest + w->summary > 1)
		return subcommand_usage("queue", "only one of --by, --oldest and --summary");
	if ((w->mbox || w->directory || w->with_envelope) && !is_export(w))
		return subcommand_usage("queue", "--mbox, --directory and --envelope belong to "
						 "export");
	if (w->mbox && w->directory)
		return subcommand_usage("queue", "only one of --mbox and --directory");
	if (w->verbose && (is_list(w) || is_export(w)))
		return subcommand_usage("queue", "-v belongs to commands that change something");
	if (w->why && strcmp(w->verb->name, "hold") != 0 && strcmp(w->verb->name, "bounce") != 0)
		return subcommand_usage("queue", "--why belongs to hold and bounce");
	if (!is_list(w) && !w->pick.is_given)
		return subcommand_usage(
			"queue", "%s which messages? Ids, a condition, or --all for every one",
			w->verb->name);
	return 0;
}

/* 0; EX_USAGE_; -1 help was asked for. */
static int parse(int argc, char **argv, struct queue_wish *w)
{
	int c, result = 0;

	optind = 0;
	opterr = 0;
	while (result == 0 && (c = getopt_long(argc, argv, "C:A:O:vh", options, NULL)) != -1) {
		if (c == 'h')
			return -1;
		result = take_choosing(&w->pick, c);
		if (result < 0)
			result = take_option(w, c, argv[optind - 1]);
		else
			w->pick.is_given = true;
	}
	for (; result == 0 && optind < argc; optind++) {
		if (!w->pick.ids)
			w->pick.ids = table_new(TABLE_EXACT);
		table_set(w->pick.ids, view_of(argv[optind]), w);
		w->pick.is_given = true;
	}
	return result ? result : check_wish(w);
}

static const struct queue_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int open_spool(struct queue_run_ctx *c)
{
	struct request_daemon daemons[REQUEST_DAEMONS_MAX];
	own_str struct str why = STR_MAX(4300);

	c->options = &c->rt.snap->cf->options;
	c->now_s = wall_s();
	c->spool = spool_open(c->rt.snap->cf, c->rt.services.log, false, &why);
	if (!c->spool) {
		fprintf(stderr, "postrider queue: %s\n", str_z(&why));
		return EX_OSFILE_;
	}
	c->n_daemons = request_daemons(c->spool, daemons, REQUEST_DAEMONS_MAX);
	for (int i = 0; i < c->n_daemons; i++)
		if (daemons[i].interval_s > c->interval_s)
			c->interval_s = daemons[i].interval_s;
	return EX_OK_;
}

bool queue_is_readable(struct queue_run_ctx *c, const struct queue_entry *e)
{
	char name[40];

	if (e->error < 0) {
		spool_name(name, e->letter, e->id);
		queue_note_unreadable(c, e->dir, name, e->error);
		return false;
	}
	return e->text.len > 0; /* an empty one is of a message that is coming in */
}

void queue_note_unreadable(struct queue_run_ctx *c, int dir, const char *name, int error)
{
	if (c->n_unreadable++ > 0)
		return;
	c->read_error = -error;
	snprintf(c->unreadable, sizeof(c->unreadable), "%s%s%s", c->spool->dirs[dir].path,
		 *name ? "/" : "", name);
}

static int tell_unreadable(const struct queue_run_ctx *c)
{
	if (c->n_unreadable == 0)
		return EX_OK_;
	fprintf(stderr, "postrider queue: cannot read %s: %s\n", c->unreadable,
		strerror(c->read_error));
	if (c->n_unreadable > 1)
		fprintf(stderr, "postrider queue: nor %d more\n", c->n_unreadable - 1);
	return EX_IOERR_;
}

static int run(const struct queue_wish *w)
{
	struct flags f = { .mode = 'p',
			   .config = w->config,
			   .config_choice = w->use_submit ? 'c' : 0,
			   .tells_on_stderr = true,
			   .tag = "postrider" };
	struct queue_run_ctx c = { .wish = w };
	int status;

	memcpy(f.set_options, w->options, sizeof(w->options));
	status = runtime_open(&f, &c.rt);
	if (status == 0 && w->pick.group && !config_group(c.rt.snap->cf, view_of(w->pick.group)))
		status = subcommand_usage("queue", "no queue group %s", w->pick.group);
	if (status == 0)
		status = open_spool(&c);
	if (status == 0)
		status = w->verb->run(&c);
	if (status == 0)
		status = tell_unreadable(&c);
	if (fflush(stdout) != 0 && status == 0)
		status = EX_IOERR_;
	spool_close(c.spool);
	runtime_close(&c.rt);
	return status;
}

int queue_list_verb(struct queue_run_ctx *c)
{
	if (c->wish->by)
		return queue_groups(c);
	return c->wish->summary ? queue_summary(c) : queue_table(c);
}

int queue_command_main(int argc, char **argv)
{
	struct queue_wish w = {
		.limit = -1, .pick = {.older_than_s = -1, .newer_than_s = -1}
	};
	int status;

	if (argc > 1 && subcommand_is_help(argv[1])) {
		print_help(stdout);
		return EX_OK_;
	}
	w.verb = argc > 1 ? find_verb(argv[1]) : NULL;
	if (!w.verb)
		return argc > 1 ? subcommand_usage("queue",
						   "%s is no command; list, hold, release, "
						   "retry, delete, bounce, export are",
						   argv[1])
				: subcommand_usage("queue", "list, hold, release, retry, delete, "
							    "bounce or export?");
	status = parse(argc - 1, argv + 1, &w);
	if (status == 0)
		status = run(&w);
	else if (status < 0)
		print_help(stdout);
	table_free(w.pick.ids);
	return status < 0 ? EX_OK_ : status;
}
