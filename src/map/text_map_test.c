/* text_map_test.c - plain files by column, and classes filled from maps. */
#include "base/test.h"

#include <unistd.h>

#include "map/test_maps.h"

TEST_COVERS("text maps take columns by number, with blanks or a delimiter between", 80, 81, 95)
{
	static const char *const cases[][3] = {
		{"t",    "a",            "found a"      },
		{ "t1",  "A",            "found alpha"  },
		{ "t1",  "b",            "found bravo"  },
		{ "t1",  "sp",           "found two"    },
		{ "t1",  "#",            "none 68"      },
		{ "k1",  "Alpha",        "found a"      },
		{ "t9",  "a",            "none 68"      },
		{ "z",   "root",         "found /bin/sh"},
		{ "z2",  "0",            "found root"   },
		{ "c",   "a",            "found   v1 "  },
		{ "c",   "empty",        "found "       },
		{ "c",   "c",            "none 68"      },
		{ "tab", "a alpha rest", "none 68"      },
		{ "tab", "x y",          "found z"      },
		{ "t1",  "nosuch",       "none 68"      },
	};
	struct test_maps *t = test_maps_new();

	test_write(t, "t", "a alpha rest\nB bravo\n# c\nsp   two  words here\nx y\tz\n");
	test_write(t, "pw", "root:x:0:0:root:/root:/bin/sh\n");
	test_write(t, "colon", "a:  v1 : v2\nempty:\n c:lead\npct:%1\na:second\n");
	test_map(t, "t text %D/t");
	test_map(t, "t1 text -v1 %D/t");
	test_map(t, "t9 text -v9 %D/t");
	test_map(t, "k1 text -k1 -v0 %D/t");
	test_map(t, "z text -z: -k 0 -v 6 %D/pw");
	test_map(t, "z2 text -z: -k2 -v0 %D/pw");
	test_map(t, "c text -z: -v1 %D/colon");
	test_map(t, "tab text -z\\t -v1 %D/t");
	test_maps_open(t);
	for (int round = 0; round < 20; round++) /* the later ones find the same by an index */
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			CHECK_STR(test_ask(t, cases[i][0], cases[i][1]), cases[i][2]);
	CHECK_STR(test_args(t, "c", "pct", "ARG", NULL), "found ARG");
	test_maps_free(t);
}

TEST_COVERS("a changed text file is read again; one that is not there is unsafe", 95, 96)
{
	struct test_maps *t = test_maps_new();
	char want[200];

	test_write(t, "t", "a one\n");
	test_map(t, "t text -v1 %D/t");
	test_map(t, "m text %D/missing");
	test_map(t, "o text -o %D/missing");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "t", "a"), "found one");
	test_write(t, "t", "a two\n");
	usleep(1100000);
	CHECK_STR(test_ask(t, "t", "a"), "found two");
	CHECK_STR(test_ask(t, "m", "a"), "failed 75");
	CHECK_STR(test_ask(t, "o", "a"), "closed");
	snprintf(want, sizeof(want), "text map \"m\": unsafe map file %s/missing\n", t->dir);
	CHECK_STR(str_z(&t->messages), want);
	test_maps_free(t);
}

TEST_COVERS("a class is filled from a map", 36)
{
	struct test_maps *t = test_maps_new();
	struct cf_map_class_fill fills[2];

	test_write(t, "t", "hosts:one.example two.example, three.example\n");
	fills[0] = (struct cf_map_class_fill){
		.class_number = 'w',
		.key = VIEW("hosts"),
		.map_class = VIEW("text"),
		.spec = view_of(
			arena_dupz(t->arena, arena_printf(t->arena, "-z: -v1 %s/t", t->dir))),
	};
	fills[1] = (struct cf_map_class_fill){ .class_number = 'R',
					       .key = VIEW("x"),
					       .map_class = VIEW("hash"),
					       .spec = VIEW("/nonexistent/x"),
					       .line = 7 };
	t->cf.class_fills = fills;
	t->cf.n_class_fills = 2;
	test_maps_open(t);
	map_set_fill_classes(t->set, &t->cf);
	CHECK(classes_has(t->cf.classes, 'w', VIEW("one.example")));
	CHECK(classes_has(t->cf.classes, 'w', VIEW("THREE.example")));
	CHECK(!classes_has(t->cf.classes, 'w', VIEW("four.example")));
	CHECK_INT(map_set_messages(t->set)->n_errors, 1);
	CHECK_INT(map_set_messages(t->set)->v[0].line, 7);
	test_maps_free(t);
}
