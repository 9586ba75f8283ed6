/*
 * testmode.h - `sendmail -bt`: rules, maps, mailers and names asked by hand.
 *
 * testmode_run reads one command a line until the end of input or /quit and answers as sendmail does, byte for byte, whether
 * a person types or a pipe feeds it. The caller has printed the messages of the configuration, and hands over a snapshot
 * of its own: .D and .C change it. Errors are printed, not returned; the result is the exit status of the process.
 * One thread. Blocks: as maps and the resolver do.
 */
#ifndef REWRITE_TESTMODE_H
#define REWRITE_TESTMODE_H

#include <signal.h>

#include "rewrite/snapshot.h"

struct testmode_params {
	const char *debug; /* what -d asked for, "21.12,8"; NULL nothing */
	const char *user;  /* whose the mail would be, for /sender without an address; NULL: root */
	const char *id;    /* $i; NULL: none */
	const char *protocol; /* -p: $r, or $r:$s; NULL: none */
	bool is_verbose;      /* lines are shown as they are read */
	const char *version;  /* as the help text names the program; NULL: CONFIG_VERSION */
	/* Set by the caller's handler of interrupts, which lets read() end: back to the prompt. NULL: there is none. */
	volatile sig_atomic_t *interrupted;
};

int testmode_run(struct snapshot *snap, const struct services *sv, FILE *in, FILE *out,
		 const struct testmode_params *params);

/* Prints what -d0.LEVEL shows before anything else happens: version, build, identity, mailers (contract 8.5). */
void testmode_print_d0(const struct snapshot *snap, int level, const char *version, FILE *out);

/* "21.12,8-10.3" into levels per category; false when the text is no such list. */
bool debug_parse(const char *text, uint8_t *levels, size_t n_levels);

#endif
