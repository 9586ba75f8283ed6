/* base_test.c - views, strings, arenas, tables, numbers. */
#include "base/arena.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "base/table.h"
#include "base/test.h"

TEST("a view is cut at each separator, empty pieces included")
{
	struct view rest = VIEW("a,,b"), piece;

	CHECK(view_cut(&rest, ',', &piece));
	CHECK_VIEW(piece, "a");
	CHECK(view_cut(&rest, ',', &piece));
	CHECK_VIEW(piece, "");
	CHECK(view_cut(&rest, ',', &piece));
	CHECK_VIEW(piece, "b");
	CHECK(!view_cut(&rest, ',', &piece));
}

TEST("a string stops at its limit and says so")
{
	own_str struct str s = STR_MAX(5);

	str_addz(&s, "abc");
	CHECK(!s.cut);
	str_addf(&s, "%d", 12345);
	CHECK(s.cut);
	CHECK_VIEW(str_view(&s), "abc12");
}

TEST("numbers stand at the right of their column, and over it when they are wider")
{
	own_str struct str s = STR_MAX(100);

	str_add_number(&s, 0, 3);
	str_add_number(&s, -42, 5);
	str_add_number(&s, 123456, 3);
	str_add_number(&s, INT64_MIN, 0);
	str_add_right(&s, VIEW("x"), 3);
	CHECK_VIEW(str_view(&s), "  0  -42123456-9223372036854775808  x");
}

TEST("control characters, backslashes and stray bytes are escaped, UTF-8 is kept")
{
	own_str struct str s = STR_MAX(100);

	str_add_escaped(&s, VIEW("a\r\n\\\x01\xc3\xa9\xff"));
	CHECK_VIEW(str_view(&s), "a\\r\\n\\\\\\001\xc3\xa9\\377");
}

TEST("an arena gives aligned zeroed memory and knows when it is over its limit")
{
	own_arena struct arena *a = arena_new(5000);
	char *first = arena_alloc(a, 100);

	CHECK_INT((uintptr_t)first % 16, 0);
	CHECK_INT(first[99], 0);
	CHECK_VIEW(arena_printf(a, "%s-%d", "x", 7), "x-7");
	CHECK(!arena_is_over(a));
	arena_bytes(a, 6000);
	CHECK(arena_is_over(a));
	arena_reset(a);
	CHECK_INT(arena_used(a), 0);
}

TEST("a folding table finds a key whatever its case, also after growing and removing")
{
	struct table *t = table_new(TABLE_NOCASE);
	char key[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "Key[%d]Z", i);
		table_set(t, view_of(key), (void *)(uintptr_t)(i + 1));
	}
	CHECK_INT((uintptr_t)table_get(t, VIEW("kEY[77]z")), 78);
	CHECK(table_get(t, VIEW("key{77}z")) == NULL);
	CHECK(table_remove(t, VIEW("KEY[77]Z")));
	CHECK(!table_has(t, VIEW("key[77]z")));
	CHECK_INT(table_count(t), 999);
	CHECK_INT((uintptr_t)table_get(t, VIEW("key[999]z")), 1000);
	table_free(t);
}

TEST("the folding hash treats only letters as equal")
{
	CHECK(hash_bytes_nocase(VIEW("MAIL from@Z")) == hash_bytes_nocase(VIEW("mail FROM@z")));
	CHECK(hash_bytes_nocase(VIEW("[")) != hash_bytes_nocase(VIEW("{")));
	CHECK(hash_bytes_nocase(VIEW("@")) != hash_bytes_nocase(VIEW("`")));
}

TEST("numbers out of range or with rubbish are refused")
{
	int64_t n = 0;

	CHECK(number_parse(VIEW("42"), 0, 100, &n) && n == 42);
	CHECK(!number_parse(VIEW("101"), 0, 100, &n));
	CHECK(!number_parse(VIEW("4x"), 0, 100, &n));
	CHECK(!number_parse(VIEW(""), 0, 100, &n));
	CHECK(!number_parse(VIEW("99999999999999999999"), 0, INT64_MAX, &n));
	CHECK(number_parse_base(VIEW("0640"), 8, 0, 07777, &n) && n == 0640);
	CHECK_INT(number_lenient(VIEW("0x1Fz")), 31);
	CHECK_INT(number_lenient(VIEW("600 # comment")), 600);
}
