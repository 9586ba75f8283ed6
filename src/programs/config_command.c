/* config_command.c - see config_command.h. */
#include "programs/config_command.h"

#include <stdio.h>
#include <string.h>

#include "mail/status.h"
#include "programs/postrider.h"

static const char help[] =
	"usage: postrider config build [-o FILE] [--tree DIR] SITE.mc\n"
	"       postrider config new [--kind KIND] [options]\n"
	"       postrider config diff [options] OLD NEW [ADDRESS ...]\n\n"
	"build  makes the .cf of SITE.mc with m4 and the configuration tree. With -o, FILE is replaced\n"
	"       in one step, and stays as it is when there are errors.\n"
	"new    writes an .mc file for a common kind of site; asks for what no option says:\n"
	"         --kind KIND      relay-hub, smart-host-client, null-client, mail-host or submission\n"
	"         --host NAME      the relay for all other mail (smart-host-client, null-client)\n"
	"         --domains LIST   domains relayed (relay-hub) or hosted (mail-host), comma separated\n"
	"         --masquerade NAME  the domain that senders get\n"
	"         --system NAME    OSTYPE, else linux\n"
	"         -o FILE          instead of standard output; an existing file is not replaced\n"
	"diff   tells what would change between two files, .cf or .mc: options, mailers, header fields,\n"
	"       and what becomes of each ADDRESS and of each client. Without addresses some common\n"
	"       ones are tried.\n"
	"         --from SENDER       whose mail it is; <> is the null sender\n"
	"         --client IP[,NAME]  an SMTP client; may be given several times\n"
	"         --tree DIR          the configuration tree for .mc files\n"
	"       Exit status 0: nothing would change, 1: something would.\n";

int config_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"build", config_build},
		{ "new",  config_new  },
		{ "diff", config_diff },
	};

	for (int i = 1; i < argc; i++) {
		if (!subcommand_is_help(argv[i]))
			continue;
		fputs(help, stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return subcommand_usage("config", "it can build, new and diff");
}
