/*
 * test.h - unit tests as sentences, cmocka underneath.
 *
 *   TEST("a quoted local part keeps its spaces") { ... CHECK_VIEW(a.local, "john doe"); }
 *   TEST_COVERS("mailq shows a held message", 98, 102) { ... }      numbers of contract/README.md
 *
 * Each foo_test.c is compiled into its folder's one test program; test_main.c runs all that are linked in.
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/view.h"

struct test {
	const char *name;
	void (*run)(void **state);
	const int *items; /* checklist numbers, 0 ends; NULL for none */
	struct test *next;
};

void test_register(struct test *t);

#define TEST_JOIN2(a, b) a##b
#define TEST_JOIN(a, b)  TEST_JOIN2(a, b)
#define TEST_DEFINE(id, sentence, list)                                                            \
	static void TEST_JOIN(test_run_, id)(void **state);                                        \
	static struct test TEST_JOIN(                                                              \
		test_, id) = { .name = sentence, .run = TEST_JOIN(test_run_, id), .items = list }; \
	__attribute__((constructor)) static void TEST_JOIN(test_add_, id)(void)                    \
	{                                                                                          \
		test_register(&TEST_JOIN(test_, id));                                              \
	}                                                                                          \
	static void TEST_JOIN(test_run_, id)(void **state __attribute__((unused)))

#define TEST(sentence)             TEST_DEFINE(__COUNTER__, sentence, NULL)
#define TEST_COVERS(sentence, ...) TEST_COVERS_AT(__COUNTER__, sentence, __VA_ARGS__)
#define TEST_COVERS_AT(id, sentence, ...)                                                          \
	static const int TEST_JOIN(test_items_, id)[] = { __VA_ARGS__, 0 };                        \
	TEST_DEFINE(id, sentence, TEST_JOIN(test_items_, id))

#define CHECK(cond)           assert_true(cond)
#define CHECK_INT(got, want)  assert_int_equal((got), (want))
#define CHECK_STR(got, want)  assert_string_equal((got), (want))
#define CHECK_VIEW(got, want) test_check_view((got), (want), __FILE__, __LINE__)

static inline void test_check_view(struct view got, const char *want, const char *file, int line)
{
	char *z = strndup(got.p ? got.p : "", got.len);

	_assert_string_equal(z, want, file, line);
	free(z);
}

#endif
