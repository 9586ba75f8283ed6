/* library_test.c - libraries that are loaded when they are needed. */
#include <math.h>

#include "base/test.h"
#include "os/library.h"

#define MATH_CALLS(CALL) CALL(cos) CALL(floor)

struct math {
	MATH_CALLS(LIBRARY_POINTER)
};

static const char *const math_names[] = { MATH_CALLS(LIBRARY_NAME) };

TEST("the functions of a library are there when it has been loaded")
{
	own_str struct str why = STR_MAX(300);
	struct math math;

	CHECK(LIBRARY_LOAD("libm.so.6", math_names, &math, &why));
	CHECK(math.cos(0) == 1 && math.floor(2.5) == 2);
	CHECK_INT(why.len, 0);
}

TEST("a library that is not there, or lacks a function, is told by name")
{
	static const char *const wrong[] = { "cos", "no_such_function" };
	own_str struct str why = STR_MAX(300);
	struct math math = { 0 };

	CHECK(!LIBRARY_LOAD("libno-such-library.so.9", math_names, &math, &why));
	CHECK(strstr(str_z(&why), "libno-such-library.so.9") != NULL);
	str_clear(&why);
	CHECK(!LIBRARY_LOAD("libm.so.6", wrong, &math, &why));
	CHECK_STR(str_z(&why), "libm.so.6 has no function no_such_function");
	CHECK(!math.cos);
}
