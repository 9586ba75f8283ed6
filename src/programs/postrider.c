/*
 * postrider.c - see postrider.h. One table row a command.
 */
#include "programs/postrider.h"

#include "base/str.h"
#include "build_config.h"
#include "mail/status.h"
#include "programs/default_config.h"

static int print_default_config(int argc, char **argv)
{
	const char *state = argc > 1 ? argv[1] : "/var/lib/postrider";
	const char *port = argc > 2 ? argv[2] : "25";

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
	const char *help;
} subcommands[] = {
	{"default-config", print_default_config,
         "[DIR [PORT]]  print the built-in configuration for a daemon on 127.0.0.1:PORT that keeps its state in DIR"},
	{ "version",       print_version,        "              print the version"                                  },
};

static void print_help(FILE *out)
{
	fputs("usage: postrider COMMAND [ARGUMENT ...]\n\n", out);
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		fprintf(out, "  %s %s\n", subcommands[i].name, subcommands[i].help);
	fputs("  sendmail|mailq|newaliases ...  the same as calling them by their name\n", out);
}

int postrider_main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? EX_USAGE_ : 0;
	}
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(subcommands[i].name, argv[1]) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "postrider: unknown command %s; postrider --help lists them\n", argv[1]);
	return EX_USAGE_;
}
