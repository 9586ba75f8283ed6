/* query_map_test.c - the classes that put questions to libraries with a language of their own: sqlite, pcre. */
#include "base/test.h"

#include "build_config.h"
#include "map/query_text.h"
#include "map/test_maps.h"

#if HAVE_SQLITE
#include <sqlite3.h>

static void fill(struct test_maps *t)
{
	sqlite3 *db;

	CHECK_INT(sqlite3_open(test_path(t, "s.sqlite"), &db), SQLITE_OK);
	CHECK_INT(
		sqlite3_exec(
			db,
			"create table v (k text, v text, w text);"
			"insert into v values ('a', 'one', null), ('b', 'x', 'y'), ('b', 'z', null);"
			"insert into v values ('o''neil', 'quoted', null), ('p', '%1 of %0', null);",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
}

TEST_COVERS("sqlite answers a parameterised query; a key cannot change the query", 80)
{
	struct test_maps *t = test_maps_new();

	fill(t);
	test_map(t, "s sqlite -d %D/s.sqlite -Q \"select v from v where k = %s\"");
	test_map(t, "q sqlite -aX -Q \"select v from v where k = '%s' and v <> %1\" %D/s.sqlite");
	test_map(t,
		 "j sqlite -V + -d %D/s.sqlite -Q \"select v, w from v where k = %s order by v\"");
	test_map(t, "bad sqlite -d %D/s.sqlite -Q \"select nosuch from v\"");
	test_map(t, "miss sqlite -d %D/none.sqlite -Q \"select 1\"");
	test_map(t, "noq sqlite -d %D/s.sqlite");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "s", "A"), "found one");
	CHECK_STR(test_ask(t, "s", "nosuch"), "none 68");
	CHECK_STR(test_ask(t, "s", "o'neil"), "found quoted");
	CHECK_STR(test_ask(t, "s", "x' or '1'='1"), "none 68");
	CHECK_STR(test_args(t, "s", "p", "arg", NULL), "found arg of p");
	CHECK_STR(test_args(t, "q", "a", "two", NULL), "found oneX");
	CHECK_STR(test_args(t, "q", "a", "one", NULL), "none 68");
	CHECK_STR(test_ask(t, "j", "b"), "found x+y+z");
	CHECK_STR(test_ask(t, "bad", "a"), "failed 75");
	CHECK_STR(test_ask(t, "miss", "a"), "failed 75");
	CHECK_VIEW(map_set_messages(t->set)->v[0].text, "sqlite map noq: missing -Q query");
	test_maps_free(t);
}
#endif

#if HAVE_PCRE2
TEST_COVERS("pcre knows what POSIX does not, and gives up on patterns that never end", 80)
{
	struct test_maps *t = test_maps_new();
	char key[1000];

	memset(key, 'a', sizeof(key) - 2);
	key[sizeof(key) - 2] = '!';
	key[sizeof(key) - 1] = '\0';
	test_map(t, "p pcre -s1,2 -d: ^(\\w+?)(?:-(\\d+))?$");
	test_map(t, "look pcre -aYES ^(?!bad)");
	test_map(t, "neg pcre -n -aNO ^(?!bad)");
	test_map(t, "bomb pcre ^(?:a+)+$(?<!x)");
	test_map(t, "broken pcre (");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "p", "ABC-12"), "found ABC:12");
	CHECK_STR(test_ask(t, "p", "abc"), "found abc:");
	CHECK_STR(test_ask(t, "p", "a b"), "none 0");
	CHECK_STR(test_ask(t, "look", "good"), "found YES");
	CHECK_STR(test_ask(t, "look", "badly"), "none 0");
	CHECK_STR(test_ask(t, "neg", "badly"), "found NO");
	CHECK_STR(test_ask(t, "bomb", key), "failed 75");
	CHECK_STR(test_ask(t, "broken", "a"), "closed");
	test_maps_free(t);
}
#endif

TEST("a query text becomes a statement with parameters")
{
	static const char *const cases[][3] = {
		{"a = %s",               "a = $1",            "a = ?"          },
		{ "a = '%s' and b = %1", "a = $1 and b = $2", "a = ? and b = ?"},
		{ "x like '%%a%%'",      "x like '%a%'",      "x like '%a%'"   },
		{ "%0%9",                "$1$2",              "??"             },
		{ "100%",                "100%",              "100%"           },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int style = 0; style < 2; style++) {
			struct query_text q = { .text = view_of(cases[i][0]) };

			CHECK(query_text_compile(&q, NULL, style ? QUERY_QUESTION : QUERY_DOLLAR));
			CHECK_STR(q.sql, cases[i][1 + style]);
			query_text_done(&q);
		}
}
