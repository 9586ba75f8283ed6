/* alias_test.c - alias files: reading, rebuilding, and being asked. */
#include "base/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "map/alias_file.h"
#include "map/database.h"
#include "map/test_maps.h"

struct gathered {
	struct str entries, complaints;
	struct classes *classes;
	struct alias_counts counts;
};

static bool gather_key(void *arg, struct view name, struct arena *a, struct view *out_key,
		       struct alias_blame *out_why)
{
	return alias_key_by_class(((struct gathered *)arg)->classes, name, a, out_key, out_why);
}

static bool gather_entry(void *arg, struct view key, struct view value)
{
	struct gathered *g = arg;
	own_str struct str line = STR_MAX(1000);
	bool is_known;

	str_addf(&line, VIEW_FMT "=", VIEW_ARG(key));
	is_known = view_search(str_view(&g->entries), str_view(&line)) < g->entries.len;
	str_addf(&g->entries, VIEW_FMT "=" VIEW_FMT "|", VIEW_ARG(key), VIEW_ARG(value));
	return is_known;
}

static void gather_complaint(void *arg, int line, bool is_warning, const char *text)
{
	str_addf(&((struct gathered *)arg)->complaints, "%s%d: %s\n", is_warning ? "W" : "", line,
		 text);
}

static void gather(struct gathered *g, const char *text)
{
	struct alias_sink sink = { g, gather_key, NULL, gather_entry, gather_complaint };

	*g = (struct gathered){ .entries = STR_MAX(100000),
				.complaints = STR_MAX(100000),
				.classes = classes_new() };
	classes_add(g->classes, 'w', VIEW("here.example"));
	alias_file_parse(view_of(text), &sink, &g->counts);
}

static void gathered_done(struct gathered *g)
{
	str_done(&g->entries);
	str_done(&g->complaints);
	classes_free(g->classes);
}

TEST_COVERS("entries, continuations and comments of an alias file", 83, 87)
{
	static const char *const cases[][3] = {
		{"postmaster: root\nUP.Case: Bob\n",              "postmaster=root|up.case=Bob|", ""                                            },
		{ "\"quoted name\": alice\n",                     "\"quoted name\"=alice|",       ""                                            },
		{ "a: b   \n  \nc: d\n",                          "a=b     |c=d|",                ""                                            },
		{ "a: b \\\n c, d\ne: f,\\\ng\nh: i\n",           "a=b  c, d|e=f,g|h=i|",         ""                                            },
		{ "a: b,\n# comment\n c\nx: y\n",                 "a=b,|x=y|",                    ""                                            },
		{ "two: bob,\n\tcarol\n",                         "two=bob,\tcarol|",             ""                                            },
		{ "a : b\nc\t:\td\n  e: f\n",                     "a=b|c=d  e: f|",               ""                                            },
		{ "a: b: c\n",				    "a=b: c|",                      ""                                            },
		{ "a@here.example: c\n",                          "a=c|",                         ""                                            },
		{ "noeol: abc",				   "noeol=abc|",                   ""                                            },
		{ "\n\n#c\n # d\na: b\n",                         "a=b|",                         ""                                            },
		{ "a: b #c\nc:d\n",                               "a=b #c|c=d|",                  ""                                            },
		{ "a b: c\n<x>: c\ny (z): d\n",                   "a.b=c|x=c|y=d|",               ""                                            },
		{ "four : \"|/bin/cat x\", /file, :include:/l\n",
                 "four=\"|/bin/cat x\", /file, :include:/l|",                                     ""                                            },
		{ "a+b: c\na+*: d\n",                             "a+b=c|a+*=d|",                 ""                                            },
		{ "no colon here\n",                              "",                             "1: missing colon\n"                          },
		{ ": nothing\n",				  "",                             "1: : nothing... illegal alias name\n"        },
		{ "(c): d\n",				     "",                             "1: (c): d... illegal alias name\n"           },
		{ "empty:\n",				     "",                             "1: empty:... missing value for alias\n"      },
		{ "a: b\n\n c\n",                                 "a=b|",                         "3: Non-continuation line starts with space\n"},
		{ "x@far.example: alice\n",                       "",
                 "1: x@far.example... cannot alias non-local names\n"									   },
		{ "|prog: x\n/file: y\n",                         "",
                 "1: |prog... cannot alias non-local names\n2: /file... cannot alias non-local names\n"                                         },
		{ "a%b: c\na!b: c\n",                             "",
                 "1: a%b... cannot alias non-local names\n2: a!b... cannot alias non-local names\n"                                             },
		{ "one: alice\nONE: bob\n",                       "one=alice|one=bob|",
                 "W2: ONE... Warning: duplicate alias name one\n"									       },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gathered g;

		gather(&g, cases[i][0]);
		CHECK_STR(str_z(&g.entries), cases[i][1]);
		CHECK_STR(str_z(&g.complaints), cases[i][2]);
		gathered_done(&g);
	}
}

TEST_COVERS("the statistics count entries, the longest value and all bytes", 84)
{
	struct gathered g;

	gather(&g,
	       "postmaster: root\none: alice\ntwo: bob,\n\tcarol\nthree: one, two, dave@example.com\n"
	       "four : \"|/bin/cat\"\nFIVE: alice\n");
	CHECK_INT(g.counts.n, 6);
	CHECK_INT(g.counts.longest, 26);
	CHECK_INT(g.counts.total, 90);
	gathered_done(&g);
}

static void use_aliases(struct test_maps *t, const char *spec)
{
	static struct view one;

	one = view_of(arena_dupz(t->arena, arena_printf(t->arena, "%s%s/aliases",
							strchr(spec, ':') ? spec : "", t->dir)));
	t->cf.options.alias_file.v = &one;
	t->cf.options.alias_file.n = 1;
}

static int rebuild(struct test_maps *t, struct str *out)
{
	return map_rebuild_aliases(&t->cf, &t->services, NULL, out);
}

static const char *ask_alias(struct test_maps *t, size_t i, const char *key)
{
	struct view value;

	if (map_lookup_raw(map_set_aliases(t->set, i), &t->ctx, view_of(key), &value) != FOUND)
		return "";
	return arena_dupz(t->arena, value);
}

TEST_COVERS("newaliases builds the database, says what it did, and it can be asked", 83, 84, 86)
{
	struct test_maps *t = test_maps_new();
	own_str struct str out = STR_MAX(10000);
	char want[400];

	test_write(t, "aliases", "postmaster: root\none: alice\none: bob\nlist: a%1, b\n");
	use_aliases(t, "");
	CHECK_INT(rebuild(t, &out), 0);
	snprintf(want, sizeof(want),
		 "%s/aliases: line 3: one... Warning: duplicate alias name one\n"
		 "%s/aliases: 4 aliases, longest 6 bytes, 38 bytes total\n",
		 t->dir, t->dir);
	CHECK_STR(str_z(&out), want);
	test_maps_open(t);
	CHECK_STR(ask_alias(t, 0, "PostMaster"), "root");
	CHECK_STR(ask_alias(t, 0, "one"), "bob");
	CHECK_STR(ask_alias(t, 0, "list"), "a%1, b");
	CHECK_STR(ask_alias(t, 0, "@"), "@");
	CHECK_STR(ask_alias(t, 0, "nosuch"), "");
	CHECK(map_set_aliases(t->set, 1) == NULL);
	test_maps_free(t);
}

TEST_COVERS("newaliases with errors builds what is right and exits with 70", 84)
{
	struct test_maps *t = test_maps_new();
	own_str struct str out = STR_MAX(10000);
	char want[400];

	test_write(t, "aliases", "a: b\nbroken\n");
	use_aliases(t, "btree:");
	CHECK_INT(rebuild(t, &out), 70);
	snprintf(
		want, sizeof(want),
		"%s/aliases: line 2: missing colon\n%s/aliases: 1 aliases, longest 1 bytes, 2 bytes total\n",
		t->dir, t->dir);
	CHECK_STR(str_z(&out), want);
	test_maps_open(t);
	CHECK_STR(ask_alias(t, 0, "a"), "b");
	test_maps_free(t);
}

TEST_COVERS("-A makes one list of duplicate names", 84)
{
	struct test_maps *t = test_maps_new();
	own_str struct str out = STR_MAX(10000);

	test_write(t, "aliases", "a: b\na: c\n");
	use_aliases(t, "hash: -A ");
	CHECK_INT(rebuild(t, &out), 0);
	test_maps_open(t);
	CHECK_STR(ask_alias(t, 0, "a"), "b,c");
	test_maps_free(t);
}

TEST_COVERS("without a database the text of the aliases is read, and read again when it changes",
	    83, 85, 86)
{
	struct test_maps *t = test_maps_new();
	char want[400];

	test_write(t, "aliases", "a: b\n");
	use_aliases(t, "");
	test_maps_open(t);
	CHECK_STR(ask_alias(t, 0, "A"), "b");
	snprintf(want, sizeof(want),
		 "WARNING: cannot open alias database %s/aliases; reading text version\n"
		 "%s/aliases: 1 aliases, longest 1 bytes, 2 bytes total\n",
		 t->dir, t->dir);
	CHECK_STR(str_z(&t->messages), want);
	test_write(t, "aliases", "a: changed\n");
	usleep(1100000);
	CHECK_STR(ask_alias(t, 0, "a"), "changed");
	test_maps_free(t);
}

TEST_COVERS("several alias files are kept in order, and a class that cannot alias is refused", 85)
{
	struct test_maps *t = test_maps_new();
	struct view files[] = { VIEW("hash:/a"), VIEW("-o /b"), VIEW("user:x"),
				VIEW("nis:mail.aliases") };

	t->cf.options.alias_file.v = files;
	t->cf.options.alias_file.n = 4;
	test_maps_open(t);
	CHECK_STR(map_class_name(map_set_aliases(t->set, 0)), "hash");
	CHECK_STR(map_class_name(map_set_aliases(t->set, 1)), "implicit");
	CHECK_STR(map_class_name(map_set_aliases(t->set, 3)), "nis");
	CHECK_STR(map_name(map_set_aliases(t->set, 3)), "Alias3");
	CHECK_VIEW(map_set_messages(t->set)->v[0].text,
		   "setalias: map class user can't handle aliases");
	test_maps_free(t);
}

TEST_COVERS("the service switch orders alias sources", 85)
{
	struct test_maps *t = test_maps_new();

	test_write(t, "switch", "# comment\nhosts files dns\naliases ldapish files\n");
	t->cf.options.service_switch_file = view_of(test_path(t, "switch"));
	test_write(t, "aliases", "a: b\n");
	use_aliases(t, "");
	test_map(t, "aliases.ldapish regex -aSWITCH ^s");
	test_map(t, "s switch aliases");
	test_map(t, "s.files regex -aFILES ^f");
	test_maps_open(t);
	CHECK_STR(map_name(map_set_aliases(t->set, 0)), "aliases.ldapish");
	CHECK_STR(map_name(map_set_aliases(t->set, 1)), "Alias0");
	CHECK_STR(test_ask(t, "s", "f"), "found FILES");
	CHECK_STR(str_z(&t->messages), "Switch map s: unknown member map s.ldapish\n");
	test_maps_free(t);
}

TEST_COVERS("stab keeps an alias file in memory", 80, 95)
{
	struct test_maps *t = test_maps_new();

	test_write(t, "al", "alpha: one, two\nbad\n");
	test_map(t, "s stab %D/al");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "s", "ALPHA"), "found one, two");
	CHECK_STR(test_ask(t, "s", "beta"), "none 0");
	test_maps_free(t);
}

TEST_COVERS("an alias database without its mark is waited for, as long as AliasWait says", 83)
{
	struct test_maps *t = test_maps_new();
	struct database_params p = { .kind = DATABASE_HASH, .mode = DATABASE_CREATE };
	struct database *db;
	int64_t start;
	char want[200];

	p.path = test_path(t, "aliases.db");
	CHECK_INT(database_open(&p, &db), 0);
	CHECK_INT(database_put(db, view_from("a", 2), view_from("b", 2), true), 0);
	CHECK_INT(database_commit(db), 0);
	database_close(db);
	use_aliases(t, "hash:");
	t->cf.options.alias_wait_s = 1;
	test_maps_open(t);
	start = clock_ms();
	CHECK_STR(ask_alias(t, 0, "a"), "b");
	CHECK(clock_ms() - start >= 900);
	snprintf(want, sizeof(want), "Warning: alias database %s/aliases out of date\n", t->dir);
	CHECK_STR(str_z(&t->messages), want);
	test_maps_free(t);
}
