/*
 * main.c - one binary, many names: the name it was called by decides what it is.
 *
 * `postrider NAME ...` runs a personality too, so that everything can be reached without the links.
 *
 * The file may be set-group-id, for the queue of submissions. That is for sendmail and its other names, which know what a user may
 * ask of them; everything else runs with its caller's rights from the first line on.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	bool keeps_rights; /* those of the file, which its caller has not */
} personalities[] = {
	{"sendmail",    run_sendmail,   true },
        { "mailq",      run_mailq,      true },
	{ "newaliases", run_newaliases, true },
        { "hoststat",   run_hoststat,   true },
	{ "purgestat",  run_purgestat,  true },
        { "smtpd",      run_smtpd,      true },
	{ "makemap",    makemap_main,   false},
        { "editmap",    editmap_main,   false},
	{ "praliases",  praliases_main, false},
        { "postrider",  postrider_main, false},
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

static int run(const struct personality *p, int argc, char **argv)
{
	if (!p->keeps_rights && ((getegid() != getgid() && setregid(getgid(), getgid()) < 0) ||
				 (geteuid() != getuid() && setreuid(getuid(), getuid()) < 0)))
		exit(EX_OSERR_);
	return p->run(argc, argv);
}

int main(int argc, char **argv)
{
	const struct personality *p = argc > 0 ? find(argv[0]) : NULL;

	if (p && p->run == postrider_main && argc > 1) {
		const struct personality *inner = find(argv[1]);

		if (inner && inner->run != postrider_main)
			return run(inner, argc - 1, argv + 1);
	}
	return p ? run(p, argc, argv) : run_sendmail(argc, argv);
}
