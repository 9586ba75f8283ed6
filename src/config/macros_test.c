/* macros_test.c - macro names, scopes, templates; classes. */
#include "config/macros.h"

#include "base/test.h"
#include "config/classes.h"

static struct view encoded(struct arena *a, const char *cf)
{
	own_str struct str s = STR_MAX(4096);

	macros_encode(view_of(cf), &s);
	return arena_dup(a, str_view(&s));
}

static struct view expanded(const struct macros *m, struct arena *a, const char *cf)
{
	own_str struct str s = STR_MAX(4096);

	macros_expand(m, encoded(a, cf), &s);
	return arena_dup(a, str_view(&s));
}

TEST("a one-letter name and its braced form are the same macro")
{
	CHECK_INT(macro_number(VIEW("j"), false), 'j');
	CHECK_INT(macro_number(VIEW("client_addr"), false), MACRO_CLIENT_ADDR);
	CHECK_VIEW(macro_name(MACRO_CLIENT_ADDR), "client_addr");
	CHECK_VIEW(macro_name('j'), "j");
}

TEST("a new long name gets a number that stays, a bad one gets none")
{
	int n = macro_number(VIEW("MyOwnMacro"), true);

	CHECK(n >= MACRO_BUILTIN_END);
	CHECK_INT(macro_number(VIEW("MyOwnMacro"), false), n);
	CHECK_INT(macro_number(VIEW("NeverSeen"), false), 0);
	CHECK_INT(macro_number(VIEW("bad-name"), true), 0);
	CHECK_INT(macro_number(VIEW("NameOfMoreThanTwentyFiveLetters"), true), 0);
}

TEST_COVERS("references, conditionals and dollars expand", 25)
{
	own_arena struct arena *a = arena_new(65536);
	struct macros *m = macros_new(NULL, a);

	macros_define(m, 'w', VIEW("host"));
	macros_define(m, 'j', encoded(a, "$w.example"));
	macros_define(m, macro_number(VIEW("LongOne"), true), encoded(a, "<$j>"));
	CHECK_VIEW(expanded(m, a, "a $j b"), "a host.example b");
	CHECK_VIEW(expanded(m, a, "${LongOne}${w}$&w"), "<host.example>hosthost");
	CHECK_VIEW(expanded(m, a, "$$w"), "$w");
	CHECK_VIEW(expanded(m, a, "$?w yes$| no$.!"), " yes!");
	CHECK_VIEW(expanded(m, a, "$?s yes$| no$.!"), " no!");
	CHECK_VIEW(expanded(m, a, "$?s a$?w b$|c$.d$|e$?w f$|g$.$.h"), "e fh");
	CHECK_VIEW(expanded(m, a, "$?w a$?s b$|c$.d$|e$.f"), " acdf");
	CHECK_VIEW(expanded(m, a, "$?s gone$.left"), "left");
	CHECK_VIEW(expanded(m, a, "cost $"), "cost $");
}

TEST("what a peer says is never taken for a template")
{
	own_arena struct arena *a = arena_new(65536);
	struct macros *m = macros_new(NULL, a);

	macros_set(m, 'j', VIEW("secret"));
	macros_set(m, 's', VIEW("\x81j\xc3\x81"));
	CHECK_VIEW(expanded(m, a, "[$s]"), "[\x81j\xc3\x81]");
	CHECK_VIEW(macros_get_expanded(m, 's', a), "\x81j\xc3\x81");
	CHECK_VIEW(expanded(m, a, "\xc3\x81j"), "\xc3\x81j");
}

TEST("a loop of macros ends after ten levels")
{
	own_arena struct arena *a = arena_new(65536);
	struct macros *m = macros_new(NULL, a);

	macros_define(m, 'A', encoded(a, "x$B"));
	macros_define(m, 'B', encoded(a, "y$A"));
	CHECK_VIEW(expanded(m, a, "$A"), "xyxyxyxyxy");
}

TEST("a scope hides its parent and forgets")
{
	own_arena struct arena *a = arena_new(65536);
	struct macros *base = macros_new(NULL, a), *m = macros_new(base, a);

	macros_set(base, 'f', VIEW("base"));
	macros_set(m, 'f', VIEW("mine"));
	CHECK_VIEW(macros_get(m, 'f'), "mine");
	macros_set(m, 'f', VIEW_NONE);
	CHECK(view_is_none(macros_get(m, 'f')));
	macros_set(m, 'g', VIEW("g"));
	macros_forget(m, 'f');
	CHECK_VIEW(macros_get(m, 'f'), "base");
	CHECK_VIEW(macros_get(m, 'g'), "g");
	macros_setf(m, 'h', "%d", 42);
	macros_reset(m);
	CHECK(view_is_none(macros_get(m, 'h')));
	macros_set(m, 'h', VIEW(""));
	CHECK(!view_is_none(macros_get(m, 'h')));
}

TEST("a template reads as it was written")
{
	own_arena struct arena *a = arena_new(65536);
	own_str struct str s = STR_MAX(4096);

	macros_decode(encoded(a, "$?x$x <$g>$|${long}$. $$"), &s);
	CHECK_STR(str_z(&s), "$?x$x <$g>$|${long}$. $");
}

TEST("a class holds words without regard to case")
{
	struct classes *c = classes_new();

	CHECK(!classes_has(c, 'w', VIEW("a")));
	classes_add(c, 'w', VIEW("Host.Example"));
	classes_add(c, 'w', VIEW("host.example"));
	CHECK(classes_has(c, 'w', VIEW("HOST.example")));
	CHECK(!classes_has(c, 'w', VIEW("host")));
	CHECK_INT(table_count(classes_words(c, 'w')), 1);
	CHECK_INT(classes_longest(c, 'w'), 12);
	CHECK(classes_is_defined(c, 'w') && !classes_is_defined(c, 'x'));
	classes_free(c);
}
