/*
 * main.c - one binary, many names: the name it was called by decides what it is.
 *
 * `postrider NAME ...` runs a personality too, so that everything can be reached without the links.
 */
#include <string.h>

#include "base/view.h"
#include "mail/status.h"
#include "programs/editmap.h"
#include "programs/makemap.h"
#include "programs/postrider.h"
#include "programs/praliases.h"
#include "programs/sendmail.h"

static int run_mailq(int argc, char **argv)
{
	return sendmail_main(argc, argv, PROGRAM_MAILQ);
}

static int run_newaliases(int argc, char **argv)
{
	return sendmail_main(argc, argv, PROGRAM_NEWALIASES);
}

static int run_hoststat(int argc, char **argv)
{
	return sendmail_main(argc, argv, PROGRAM_HOSTSTAT);
}

static int run_purgestat(int argc, char **argv)
{
	return sendmail_main(argc, argv, PROGRAM_PURGESTAT);
}

static int run_smtpd(int argc, char **argv)
{
	return sendmail_main(argc, argv, PROGRAM_SMTPD);
}

static int run_sendmail(int argc, char **argv)
{
	return sendmail_main(argc, argv, PROGRAM_SENDMAIL);
}

static const struct personality {
	const char *name;
	int (*run)(int argc, char **argv);
} personalities[] = {
	{"sendmail",    run_sendmail  },
        { "mailq",      run_mailq     },
	{ "newaliases", run_newaliases},
        { "hoststat",   run_hoststat  },
	{ "purgestat",  run_purgestat },
        { "smtpd",      run_smtpd     },
	{ "makemap",    makemap_main  },
        { "editmap",    editmap_main  },
	{ "praliases",  praliases_main},
        { "postrider",  postrider_main},
};

static const struct personality *find(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++) {
		if (strcmp(personalities[i].name, name) == 0)
			return &personalities[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct personality *p = argc > 0 ? find(argv[0]) : NULL;

	if (p && p->run == postrider_main && argc > 1) {
		const struct personality *inner = find(argv[1]);

		if (inner && inner->run != postrider_main)
			return inner->run(argc - 1, argv + 1);
	}
	return p ? p->run(argc, argv) : run_sendmail(argc, argv);
}
