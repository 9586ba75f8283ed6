/*
 * flags.h - the sendmail command line as data (contract/command-line.md 8.1, 8.2).
 *
 * flags_parse reads argv once and says what was asked; it prints usage errors itself, in sendmail's words. Strings point
 * into argv. Single-threaded start-up code.
 */
#ifndef PROGRAMS_FLAGS_H
#define PROGRAMS_FLAGS_H

#include "base/view.h"
#include "queue/queue.h"

#define FLAGS_MANY 64 /* most -O/-o, -M and -q conditions on one command line */

enum program_name {
	PROGRAM_SENDMAIL,
	PROGRAM_MAILQ,
	PROGRAM_NEWALIASES,
	PROGRAM_HOSTSTAT,
	PROGRAM_PURGESTAT,
	PROGRAM_SMTPD
};

struct flags {
	struct arena *arena;
	char mode;          /* -b letter; 0: not given */
	char config_choice; /* 'c' -Ac, 'm' -Am, 0 */
	const char *config; /* -C */
	const char
		*set_options[FLAGS_MANY + 1]; /* "Name=value" of -O, "-Xvalue" of -oX; NULL ends */
	size_t n_options;
	const char *set_macros[FLAGS_MANY + 1]; /* -M */
	size_t n_macros;
	const char *sender, *full_name, *body_type, *notify, *ret, *envid, *protocol;
	const char *tag;        /* -L */
	const char *traffic;    /* -X */
	const char *debug;      /* -d */
	const char *debug_file; /* -D */
	const char *quarantine; /* -Q: reason, "" releases; NULL: not given */
	int hop_count;
	bool from_header, dot_is_text, no_aliases, verbose, is_gateway, is_utf8;
	/* -q */
	bool has_queue_run, queue_persistent, queue_foreground;
	const char *queue_interval; /* "30m" as given; NULL: once */
	struct queue_condition conditions[FLAGS_MANY];
	struct queue_select select;
	const char *const *rcpts;
	size_t n_rcpts;
	bool has_help;
	bool tells_on_stderr; /* what is wrong in the configuration: standard output is data */
	bool is_unsafe; /* something that makes the program give up set-group-id rights (-C, -D, -X, unsafe -O) */
};

/* 0, or an exit status after a message on standard error. */
int flags_parse(int argc, char **argv, enum program_name as, struct flags *out);
void flags_done(struct flags *f);
/* --help of the program that was called by this name. */
void flags_print_help(FILE *out, enum program_name as);

#endif
