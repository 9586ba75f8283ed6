/* explain.c - postrider explain: arguments, a configuration without a queue, and what to print. */
#include "programs/explain.h"

#include <getopt.h>
#include <pwd.h>
#include <unistd.h>

#include "mail/status.h"
#include "programs/bench.h"
#include "programs/postrider.h"

#define ARENA_MAX ((size_t)256 << 20)

static const char help[] =
	"usage: postrider explain [-v] [-C FILE] [--from SENDER] [--client IP[,NAME]] [--json]\n"
	"                         ADDRESS ...\n\n"
	"Tells how mail for each address would travel: what the rules make of it and by which\n"
	"line, what maps say, aliases and forwards, the mailer, the hosts. Nothing is delivered\n"
	"and nothing is written.\n\n"
	"  -C, --config FILE       another configuration than the installed sendmail.cf\n"
	"      --from SENDER       whose mail it is; <> is the null sender. Else you are.\n"
	"      --client IP[,NAME]  also: what an SMTP client there would be told (check_relay,\n"
	"                          check_mail, check_rcpt); NAME instead of asking for it\n"
	"      --json              the same as data\n"
	"  -v, --verbose           every rule that matched, and rules for headers\n"
	"  -h, --help              this text\n\n"
	"Exit status: 0 everything can be delivered, 67 no such user, 69 undeliverable or refused,\n"
	"75 not now, 64 usage, 78 the configuration has errors.\n";

struct wish {
	const char *config, *from, *client;
	bool as_json, is_verbose;
	const char *const *addresses;
	size_t n_addresses;
	bool has_help;
};

static int parse_arguments(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{"config",   required_argument, NULL, 'C'},
		{ "from",    required_argument, NULL, 'f'},
		{ "client",  required_argument, NULL, 'c'},
		{ "json",    no_argument,       NULL, 'j'},
		{ "verbose", no_argument,       NULL, 'v'},
		{ "help",    no_argument,       NULL, 'h'},
		{ NULL,      0,                 NULL, 0  }
	};
	int c;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "C:f:vh", options, NULL)) != -1) {
		switch (c) {
		case 'C':
			w->config = optarg;
			break;
		case 'f':
			w->from = optarg;
			break;
		case 'c':
			w->client = optarg;
			break;
		case 'j':
			w->as_json = true;
			break;
		case 'v':
			w->is_verbose = true;
			break;
		case 'h':
			w->has_help = true;
			return 0;
		default:
			return subcommand_usage("explain",
						"%s is no option, or its value is missing",
						argv[optind - 1]);
		}
	}
	if (optind >= argc)
		return subcommand_usage("explain", "an address is needed");
	w->addresses = (const char *const *)argv + optind;
	w->n_addresses = (size_t)(argc - optind);
	return 0;
}

static struct view sender_of(const struct wish *w, struct arena *a)
{
	struct passwd pw, *found = NULL;
	struct view v = view_of(w->from);
	char buffer[4096];

	if (v.len >= 2 && v.p[0] == '<' && v.p[v.len - 1] == '>')
		return view_from(v.p + 1, v.len - 2);
	if (w->from)
		return v;
	if (getpwuid_r(getuid(), &pw, buffer, sizeof(buffer), &found) != 0 || !found)
		return VIEW("nobody");
	return arena_dup(a, view_of(pw.pw_name));
}

static int explain(struct bench *b, const struct wish *w)
{
	own_arena struct arena *arena = arena_new(ARENA_MAX);
	own_str struct str why = STR_MAX(512);
	struct explanation x = { .snap = b->snap,
				 .slot = b->slot,
				 .services = &b->services,
				 .arena = arena,
				 .config_path = view_of(b->path),
				 .sender = sender_of(w, arena),
				 .has_sender = w->from != NULL,
				 .client = w->client,
				 .addresses = w->addresses,
				 .n_addresses = w->n_addresses,
				 .is_verbose = w->is_verbose };

	ex_gather(&x);
	if (w->client && ex_gather_client(&x, &why) != EX_OK_) {
		x.exit = subcommand_usage("explain", "%s", str_z(&why));
	} else if (!w->as_json) {
		ex_write_text(&x, stdout);
	} else if (ex_write_json(&x, stdout) < 0) {
		fputs("postrider explain: the explanation is too long, or cannot be written\n",
		      stderr);
		x.exit = EX_IOERR_;
	}
	for (size_t i = 0; i < x.n_addresses; i++)
		envelope_free(x.envelopes[i]);
	return x.exit;
}

int explain_main(int argc, char **argv)
{
	struct wish w = { 0 };
	struct bench b;
	int rc = parse_arguments(argc, argv, &w);

	if (rc)
		return rc;
	if (w.has_help) {
		fputs(help, stdout);
		return 0;
	}
	rc = bench_open(&b, w.config);
	if (rc == 0)
		rc = explain(&b, &w);
	bench_close(&b);
	fflush(stdout);
	return rc;
}
