/*
 * trusted_file.h - the files that a configuration names, opened by the rules of os/safefile.h: which of them hold for which
 * kind of file, and which value of option DontBlameSendmail lifts one, stands in one table here.
 *
 * (.forward, :include: and mailbox files are opened by the agent as their users; their table is in os/agent_act.c.)
 *
 * Threads: any. Blocks: on the file system only. Rights are judged by mode bits for this process's user and groups.
 */
#ifndef CONFIG_TRUSTED_FILE_H
#define CONFIG_TRUSTED_FILE_H

#include "config/options.h"
#include "os/safefile.h"

enum trusted_kind {
	TRUSTED_MAP,            /* what a K line names, for look-ups */
	TRUSTED_CLASS,          /* of an F line */
	TRUSTED_ALIAS_TEXT,     /* what newaliases reads */
	TRUSTED_ALIAS_DATABASE, /* what it writes */
	TRUSTED_HELP,
	TRUSTED_ERROR_HEADER,
	TRUSTED_KINDS
};

/* As safe_open and safe_check: 0, or -errno with out->reason. */
int trusted_open(const struct options *o, enum trusted_kind kind, const char *path,
		 struct safe_file *out);
int trusted_check(const struct options *o, enum trusted_kind kind, const char *path,
		  struct safe_file *out);

#endif
