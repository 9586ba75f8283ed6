/*
 * postrider.c - see postrider.h. One table row a command.
 */
#include "programs/postrider.h"

#include "base/str.h"
#include "build_config.h"
#include "mail/status.h"
#include "programs/check_command.h"
#include "programs/config_command.h"
#include "programs/default_config.h"
#include "programs/explain.h"
#include "programs/queue_command.h"

static int print_default_config(int argc, char **argv)
{
	const char *state = argc > 1 ? argv[1] : "/var/lib/postrider";
	const char *port = argc > 2 ? argv[2] : "25";

	if (argc > 1 && subcommand_is_help(argv[1])) {
		puts("usage: postrider default-config [DIR [PORT]]\n\n"
		     "Prints the built-in configuration for a daemon on 127.0.0.1:PORT that keeps its\n"
		     "state in DIR.");
		return 0;
	}
	return default_config_print(stdout, state, port) < 0 ? EX_IOERR_ : 0;
}

static int print_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("postrider " POSTRIDER_VERSION);
	return 0;
}

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* for --help: at most 60 columns */
} subcommands[] = {
	{"check",           check_main,           "find what a typing error hides in .cf and .mc files"    },
	{ "config",         config_main,          "make a sendmail.cf from an .mc file"                    },
	{ "default-config", print_default_config, "print the built-in configuration"                       },
	{ "explain",        explain_main,         "tell how mail for an address would travel, and why"     },
	{ "queue",          queue_command_main,   "list, hold, release, retry, delete, bounce, export mail"},
	{ "version",        print_version,        "print the version"                                      },
};

#define N_SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(FILE *out)
{
	fputs("usage: postrider COMMAND [ARGUMENT ...]\n\n", out);
	for (size_t i = 0; i < N_SUBCOMMANDS; i++)
		fprintf(out, "  %-15s %s\n", subcommands[i].name, subcommands[i].summary);
	fputs("\n  sendmail, mailq, newaliases ... run as if called by that name.\n"
	      "  postrider COMMAND --help says more about one of them.\n",
	      out);
}

bool subcommand_is_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

int subcommand_usage(const char *name, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "postrider %s: ", name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\npostrider %s --help tells how to call it\n", name);
	return EX_USAGE_;
}

static int run_subcommand(int argc, char **argv)
{
	for (size_t i = 0; i < N_SUBCOMMANDS; i++)
		if (strcmp(subcommands[i].name, argv[0]) == 0)
			return subcommands[i].run(argc, argv);
	fprintf(stderr, "postrider: unknown command %s; postrider --help lists them\n", argv[0]);
	return EX_USAGE_;
}

int postrider_main(int argc, char **argv)
{
	char help[] = "--help";
	bool is_help = argc > 1 && (strcmp(argv[1], "help") == 0 || subcommand_is_help(argv[1]));

	if (is_help && argc > 2) {
		char *inner[] = { argv[2], help, NULL };

		return run_subcommand(2, inner);
	}
	if (argc < 2 || is_help) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? EX_USAGE_ : 0;
	}
	return run_subcommand(argc - 1, argv + 1);
}
