/*
 * test_site.h - for tests: a directory with an alias file, a configuration that uses it, and an envelope to resolve.
 *
 *   test_site_init(&s);   f = test_site_file(&s, "aliases"); ... fclose(f);   test_site_load(&s);   ...   test_site_done(&s);
 *
 * Of the domains, bad.test is refused, busy.test is not answered, me.test is local and all others are elsewhere. Owns all. Threads: one.
 */
#ifndef RESOLVE_TEST_SITE_H
#define RESOLVE_TEST_SITE_H

#include <stdio.h>

#include "config/config.h"
#include "envelope/envelope.h"

struct test_site {
	char dir[64];
	struct services services;
	struct snapshot *snap;
	struct envelope *env; /* from nobody yet, to nobody */
};

void test_site_init(struct test_site *s);
/* A new file for writing. */
FILE *test_site_file(const struct test_site *s, const char *name);
/* The configuration with the file aliases as it is now. */
void test_site_load(struct test_site *s);
void test_site_done(struct test_site *s);

#endif
