/* mime_limits_test.c - repair of MIME fields. */
#include "mail/mime_limits.h"

#include "base/test.h"

static void check_fixed(const char *value, const char *want, const char *what)
{
	own_arena struct arena *a = arena_new(1 << 16);
	struct mime_limits limits = { 2048, 1024, false };
	struct view v = view_of(value);
	char said[160] = "";

	CHECK_INT(mime_limit_field(VIEW("Content-Disposition"), &v, &limits, a, said),
		  *what != '\0');
	CHECK_VIEW(v, want);
	CHECK_STR(said, what);
}

TEST_COVERS("an open quote or comment in a MIME field is closed without growing it", 57, 63)
{
	const char *fixed = "Fixed MIME Content-Disposition header field";

	check_fixed(" attachment; filename=\"x;y\"; z=3", " attachment; filename=\"x;y\"; z=3", "");
	check_fixed(" attachment; filename=\"x;y; z=3", " attachment; filename=\"x;y; z=\"", fixed);
	check_fixed(" attachment; filename=\"x\\\"", " attachment; filename=\"x\"", fixed);
	check_fixed(" a; b='c\"", " a; b='c", fixed);
	check_fixed(" text/plain (comment; charset=x", " text/plain (comment; charset=)", fixed);
	check_fixed(" 1.0 (\"", " 1.0 ()", fixed);
	check_fixed(" name=\"a", " name=\"\"", fixed);
	check_fixed(" a (b \"c)", " a (b \"c)", "");
}

TEST_COVERS("a parameter or value that is too long is cut and stays balanced", 57, 63)
{
	own_arena struct arena *a = arena_new(1 << 16);
	struct mime_limits limits = { 2048, 1024, false };
	char text[3000], said[160];
	struct view v;

	memset(text, 'n', sizeof(text));
	memcpy(text, " name=\"", 7);
	text[1107] = '"';
	v = view_from(text, 1108);
	CHECK(mime_limit_field(VIEW("Content-Type"), &v, &limits, a, said));
	CHECK_INT(v.len, 1024);
	CHECK_INT(v.p[1023], '"');
	CHECK_STR(said, "Truncated MIME Content-Type header due to field size (length = 1108)");
	limits.max_field = 0;
	memset(text, 'i', sizeof(text));
	v = view_from(text, 2049);
	CHECK(mime_limit_field(VIEW("Content-Id"), &v, &limits, a, said));
	CHECK_INT(v.len, 2048);
	CHECK_STR(said, "Truncated long MIME Content-Id header (length = 2049)");
	limits.is_text = true;
	v = view_from(text, 3000);
	CHECK(mime_limit_field(VIEW("Content-Description"), &v, &limits, a, said));
	CHECK_INT(v.len, 2047);
}
