/* map_test.c - declarations, look-ups and their flags, for the classes that need nothing but the system. */
#include "base/test.h"

#include "map/test_maps.h"

TEST_COVERS("an unknown class is refused in sendmail's words, and the map is not there", 80)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "x nosuch /etc/file");
	test_maps_open(t);
	CHECK_VIEW(map_set_messages(t->set)->v[0].text,
		   "readcf: map x: class nosuch not available");
	CHECK(map_set_find(t->set, VIEW("x")) == NULL);
	test_maps_free(t);
}

TEST_COVERS("a class without its service parses, and says so when it is asked", 80, 16)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "n nis -o mail.aliases");
	test_map(t, "h hesiod foo");
	test_maps_open(t);
	CHECK_INT(map_set_messages(t->set)->n_errors, 0);
	CHECK_STR(test_ask(t, "h", "a"), "failed 75");
	CHECK_STR(str_z(&t->messages), "hesiod map \"h\": class hesiod is not in this build\n");
	test_maps_free(t);
}

TEST_COVERS("null never matches", 80)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "n null");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "n", "a"), "none 68");
	test_maps_free(t);
}

TEST_COVERS("dequote takes quotes off unless the rest would read differently", 80, 81)
{
	static const char *const cases[][3] = {
		{"d",   "\"a,b\"",    "found a,b"   },
		{ "d",  "\"a b\"",    "none 0"      },
		{ "ds", "\"a b\"",    "found a,b"   },
		{ "d",  "a\"b",       "none 0"      },
		{ "d",  "abc",        "none 0"      },
		{ "d",  "\"<a\"",     "none 0"      },
		{ "d",  "\"\"",       "found "      },
		{ "d",  "\"a@b\"",    "found a@b"   },
		{ "d",  "\"a\\\"b\"", "found a\\\"b"},
		{ "da", "\"x%1\"",    "found x%1Q"  },
	};
	struct test_maps *t = test_maps_new();

	test_map(t, "d dequote");
	test_map(t, "ds dequote -s,");
	test_map(t, "da dequote -aQ");
	test_maps_open(t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(test_rule(t, cases[i][0], cases[i][1]), cases[i][2]);
	test_maps_free(t);
}

TEST_COVERS("arith counts, compares, and knows when it cannot", 80)
{
	static const char *const cases[][4] = {
		{"+",  "3",  "4", "found 7"    },
                { "-", "3",  "4", "found -1"   },
		{ "*", "3",  "4", "found 12"   },
                { "/", "7",  "2", "found 3"    },
		{ "/", "3",  "0", "none 78"    },
                { "%", "7",  "2", "found 1"    },
		{ "%", "7",  "0", "none 78"    },
                { "l", "3",  "4", "found TRUE" },
		{ "l", "4",  "3", "found FALSE"},
                { "=", "3",  "3", "found TRUE" },
		{ "|", "1",  "2", "found 3"    },
                { "&", "3",  "2", "found 2"    },
		{ "r", "5",  "5", "found 5"    },
                { "r", "5",  "3", "none 78"    },
		{ "?", "1",  "2", "none 78"    },
                { "+", "x",  "4", "found 4"    },
		{ "+", "3x", "4", "found 7"    },
                { "+", "-1", "2", "found 1"    },
	};
	struct test_maps *t = test_maps_new();

	test_map(t, "a arith");
	test_maps_open(t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(test_args(t, "a", cases[i][0], cases[i][1], cases[i][2]), cases[i][3]);
	CHECK_STR(test_args(t, "a", "+", "1", NULL), "none 78");
	test_maps_free(t);
}

TEST_COVERS("regex returns nothing, the tag, or its substrings", 80, 81)
{
	static const char *const cases[][3] = {
		{"plain",     "AB-CD",   "found "      },
		{ "plain",    "abc",     "none 0"      },
		{ "tag",      "ab-cd",   "found .YES"  },
		{ "s0",       "ab-cd",   "found ab-cd" },
		{ "s21",      "ab-cd",
                 "found cd\x9b"
		  "ab"				 },
		{ "all",      "ab-cd",
                 "found ab-cd\x9b"
		  "ab\x9b"
		  "cd"				 },
		{ "dot",      "ab-cd",   "found ab.cdX"},
		{ "neg",      "xyz",     "found "      },
		{ "neg",      "abc",     "none 0"      },
		{ "match",    "abc",     "found abcM"  },
		{ "case",     "ABC",     "found "      },
		{ "case",     "abc",     "none 0"      },
		{ "basic",    "a(b)c",   "found B"     },
		{ "space",    "x_y",     "found x_y"   },
		{ "space",    "x y",     "none 0"      },
		{ "s0",       "ab-(",    "none 0"      },
		{ "opt",      "ab-",     "found ab:"   },
		{ "last",     "ab",      "found b"     },
		{ "quoted",   "\"a b\"", "found "      },
		{ "unquoted", "\"a b\"", "found "      },
	};
	struct test_maps *t = test_maps_new();

	test_map(t, "plain regex ^([a-z]+)-([a-z]+)$");
	test_map(t, "tag regex -a.YES ^a.*");
	test_map(t, "s0 regex -s0 ^([a-z]+)-([a-z]+)$");
	test_map(t, "s21 regex -s2,1 ^([a-z]+)-([a-z]+)$");
	test_map(t, "all regex -s ^([a-z]+)-([a-z]+)$");
	test_map(t, "dot regex -s1,2 -d. -aX ^([a-z]+)-([a-z]+)$");
	test_map(t, "neg regex -n ^a");
	test_map(t, "match regex -m -aM ^a");
	test_map(t, "case regex -f ^ABC$");
	test_map(t, "basic regex -b -aB ^a(b)c");
	test_map(t, "space regex -S_ -s1 ^(.*)$");
	test_map(t, "opt regex -s1,2 -d: ^([a-z]+)-([a-z]+)?$");
	test_map(t, "last regex -d- -s1 -s2 (a)(b)");
	test_map(t, "quoted regex -q ^\"a b\"$");
	test_map(t, "unquoted regex ^a.b$");
	test_maps_open(t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(test_rule(t, cases[i][0], cases[i][1]), cases[i][2]);
	test_maps_free(t);
}

TEST_COVERS("a bad pattern or field is told with the declaration's line", 81)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "a regex a(b");
	test_map(t, "b regex -s9 ^(a)(b)$");
	test_maps_open(t);
	CHECK_INT(map_set_messages(t->set)->n_errors, 2);
	CHECK_VIEW(map_set_messages(t->set)->v[0].text,
		   "pattern-compile-error: Unmatched ( or \\(");
	CHECK_VIEW(map_set_messages(t->set)->v[1].text,
		   "field (9) out of range, only 3 substrings in pattern");
	CHECK_INT(map_set_messages(t->set)->v[1].line, 2);
	CHECK_STR(test_ask(t, "a", "x"), "closed");
	test_maps_free(t);
}

TEST_COVERS("user looks into the user table", 80, 81)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "u user -v uid");
	test_map(t, "m user -m -aFOUND");
	test_map(t, "d passwd -v dir");
	test_map(t, "b user -v1");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "u", "root"), "found 0");
	CHECK_STR(test_ask(t, "u", "ROOT"), "found 0");
	CHECK_STR(test_ask(t, "m", "root"), "found rootFOUND");
	CHECK_STR(test_ask(t, "d", "root"), "found /root");
	CHECK_STR(test_ask(t, "u", "no-such-user"), "none 67");
	CHECK_STR(test_ask(t, "b", "root"), "failed 75");
	CHECK_STR(str_z(&t->messages), "User map b: unknown column name 1\n");
	test_maps_free(t);
}

TEST_COVERS("macro sets and clears, and answers with nothing", 80)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "m macro");
	test_maps_open(t);
	CHECK_STR(test_args(t, "m", "{MapTestMacro}", "hello", NULL), "found ");
	CHECK_VIEW(macros_get(t->macros, macro_number(VIEW("MapTestMacro"), false)), "hello");
	CHECK_STR(test_args(t, "m", "{MapTestMacro}", NULL, NULL), "found ");
	CHECK(view_is_none(macros_get(t->macros, macro_number(VIEW("MapTestMacro"), false))));
	CHECK_STR(test_args(t, "m", "{broken", "v", NULL), "none 78");
	test_maps_free(t);
}

TEST_COVERS("a sequence asks its members in order and names those it does not know", 80, 95)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "one regex -aONE ^a");
	test_map(t, "two regex -aTWO ^[ab]");
	test_map(t, "seq sequence one -nosuch two");
	test_map(t, "bad hash /nonexistent/dir/map");
	test_map(t, "mixed sequence bad one");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "seq", "ax"), "found ONE");
	CHECK_STR(test_ask(t, "seq", "bx"), "found TWO");
	CHECK_STR(test_ask(t, "seq", "cx"), "none 68");
	CHECK_STR(test_ask(t, "mixed", "ax"), "found ONE");
	CHECK_STR(test_ask(t, "mixed", "cx"), "failed 75");
	CHECK_VIEW(map_set_messages(t->set)->v[0].text,
		   "Sequence map seq: unknown member map nosuch");
	test_maps_free(t);
}

TEST_COVERS("arpa turns addresses round", 80)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "a arpa");
	test_map(t, "s arpa -a.in-addr.arpa");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "a", "192.0.2.10"), "found 10.2.0.192");
	CHECK_STR(test_ask(t, "s", "192.0.2.10"), "found 10.2.0.192.in-addr.arpa");
	CHECK_STR(test_ask(t, "a", "IPv6:2001:db8::1"),
		  "found 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2");
	CHECK_STR(test_ask(t, "a", "1.2.3"), "none 65");
	CHECK_STR(test_ask(t, "a", "::1"), "none 65");
	test_maps_free(t);
}

TEST_COVERS("flags that every class reads, and one that none does", 81)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "y regex -s1 (.)(.)");
	test_map(t, "bad null -y");
	test_map(t, "nofile hash");
	test_map(t, "dns dns -R FOO");
	test_maps_open(t);
	CHECK_INT(map_set_messages(t->set)->n_errors, 4);
	CHECK_VIEW(map_set_messages(t->set)->v[0].text, "Illegal option y map bad");
	CHECK_VIEW(map_set_messages(t->set)->v[1].text, "No file name for hash map nofile");
	CHECK_VIEW(map_set_messages(t->set)->v[2].text, "dns map dns: wrong type FOO");
	CHECK_VIEW(map_set_messages(t->set)->v[3].text, "dns map dns: missing -R type");
	CHECK_STR(test_ask(t, "bad", "a"), "none 68");
	CHECK_STR(test_ask(t, "nofile", "a"), "closed");
	test_maps_free(t);
}

TEST_COVERS("temporary failure: the suffix of -T, and -t that lets it pass", 81)
{
	struct test_maps *t = test_maps_new();

	test_map(t, "plain hash /nonexistent/dir/map");
	test_map(t, "suffix hash -T<TMP> /nonexistent/dir/map");
	test_map(t, "calm hash -t /nonexistent/dir/map");
	test_map(t, "both hash -t -T<TMP> /nonexistent/dir/map");
	test_map(t, "optional hash -o /nonexistent/dir/map");
	test_map(t, "deferred regex -D -aX .");
	test_maps_open(t);
	CHECK_STR(test_rule(t, "plain", "a"), "failed 75");
	CHECK_STR(test_rule(t, "suffix", "a"), "failed 75 a<TMP>");
	CHECK_STR(test_rule(t, "calm", "a"), "none 75");
	CHECK_STR(test_rule(t, "both", "a"), "found a<TMP>");
	CHECK_STR(test_ask(t, "optional", "a"), "closed");
	CHECK_STR(test_rule(t, "optional", "a"), "none 0");
	CHECK_STR(test_rule(t, "deferred", "a"), "found X");
	t->ctx.is_deferred_mode = true;
	CHECK_STR(test_rule(t, "deferred", "a"), "failed 75");
	test_maps_free(t);
}
