/*
 * testmode_part.h - what the files of test mode share; nobody else includes it.
 *
 * One thread, one struct testmode, which testmode.c makes and owns. Each function answers one kind of line on t->out, errors too;
 * it may block on maps.
 */
#ifndef REWRITE_TESTMODE_PART_H
#define REWRITE_TESTMODE_PART_H

#include "rewrite/testmode.h"
#include "rewrite/trace.h"

struct testmode {
	struct rw rw;
	struct rw_trace trace;
	struct snapshot *snap;
	const struct services *services;
	const struct testmode_params *params;
	FILE *in, *out;
	bool is_header, is_sender; /* /tryflags */
	bool is_over;
};

/* testmode_show.c: =S =M $m $=c and .D .C */
void testmode_equals(struct testmode *t, struct view line);
void testmode_dollar(struct testmode *t, struct view line);
void testmode_dot(struct testmode *t, struct view line);
void testmode_mailers(const struct snapshot *snap, FILE *out);
/* testmode_slash.c */
void testmode_slash(struct testmode *t, struct view line);
/* {addr_type} as /tryflags says. */
void testmode_set_addr_type(struct testmode *t);
/* testmode_help.c */
void testmode_help(struct testmode *t);

/* The number of the ruleset named at the front of text (up to a comma or blank), with sendmail's complaints; -1. */
int testmode_ruleset(struct testmode *t, struct view text);

#endif
