/*
 * test_maps.h - for the tests of this folder: a configuration made of K lines, and answers as one line of text.
 *
 * Answers: "found VALUE", "none STATUS", "failed STATUS" (then " VALUE" with -T), "closed" for a map that is not open.
 */
#ifndef MAP_TEST_MAPS_H
#define MAP_TEST_MAPS_H

#include "map/map.h"

struct test_maps {
	struct config cf;
	struct map_set *set;
	struct services services;
	struct map_ctx ctx;
	struct macros *macros;
	struct arena *arena;
	struct str messages;
	char dir[64]; /* a fresh directory that is removed at the end */
};

struct test_maps *test_maps_new(void);
void test_map(struct test_maps *t,
	      const char *k_line); /* without the K; %D stands for the directory */
void test_maps_open(struct test_maps *t);
void test_maps_free(struct test_maps *t);

/* As /map of test mode asks, as a rule asks, and as a rule with two arguments (NULL: fewer). */
const char *test_ask(struct test_maps *t, const char *map, const char *key);
const char *test_rule(struct test_maps *t, const char *map, const char *key);
const char *test_args(struct test_maps *t, const char *map, const char *key, const char *a1,
		      const char *a2);

/* Writes a file in the directory (or reads one into the arena). */
void test_write(struct test_maps *t, const char *name, const char *text);
const char *test_path(struct test_maps *t, const char *name);

#endif
