/* auth_text_test.c - which mechanisms are offered, and how names are shown. */
#include "base/own.h"
#include "base/test.h"
#include "smtp/auth_library.h"

static void check_choice(const char *available, const char *allowed, const char *want)
{
	own_str struct str got = STR_MAX(AUTH_MECHANISMS_MAX);

	auth_choose(view_of(available), view_of(allowed), &got);
	CHECK_VIEW(str_view(&got), want);
}

TEST_COVERS("what is offered is what is allowed and there, in the order of the option, once", 55,
	    125)
{
	check_choice("PLAIN LOGIN CRAM-MD5 DIGEST-MD5", "DIGEST-MD5 GSSAPI CRAM-MD5",
		     "DIGEST-MD5 CRAM-MD5");
	check_choice("PLAIN LOGIN", "LOGIN PLAIN LOGIN", "LOGIN PLAIN");
	check_choice("PLAIN LOGIN", "plain", "plain");
	check_choice("EXTERNAL PLAIN", "EXTERNAL PLAIN", "PLAIN");
	check_choice("PLAIN LOGIN", "PLAIN,LOGIN", "");
	check_choice("", "PLAIN", "");
	check_choice("PLAIN", "", "");
}

TEST("a mechanism is found whole, in any case")
{
	struct view names = VIEW("LOGIN CRAM-MD5");

	CHECK_VIEW(auth_find(names, VIEW("cram-md5")), "CRAM-MD5");
	CHECK(view_is_none(auth_find(names, VIEW("CRAM"))));
	CHECK(view_is_none(auth_find(names, VIEW(""))));
}

TEST("a name with syntax in it is shown without")
{
	own_arena struct arena *a = arena_new(4096);

	CHECK_VIEW(auth_shown(VIEW("tester@a.test"), a), "tester@a.test");
	CHECK_VIEW(auth_shown(VIEW("odd+(x)\"y"), a), "odd+2B+28x+29+22y");
	CHECK_VIEW(auth_shown(VIEW("a b<c>\\\n\xc3"), a), "a+20b+3Cc+3E+5C+0A+C3");
	CHECK_VIEW(auth_shown(VIEW(""), a), "");
}

TEST("the claimed user of a failure is found where each mechanism has it")
{
	CHECK_VIEW(auth_claimed(VIEW("PLAIN"), VIEW("alice\0tester\0secret")), "tester");
	CHECK_VIEW(auth_claimed(VIEW("plain"), VIEW("\0tester")), "tester");
	CHECK_VIEW(auth_claimed(VIEW("PLAIN"), VIEW("tester")), "");
	CHECK_VIEW(auth_claimed(VIEW("LOGIN"), VIEW("tester")), "tester");
	CHECK_VIEW(auth_claimed(VIEW("CRAM-MD5"), VIEW("tester 0123")), "tester");
	CHECK_VIEW(auth_claimed(VIEW("DIGEST-MD5"), VIEW("username=\"chris\",realm=\"x\"")),
		   "chris");
	CHECK_VIEW(auth_claimed(VIEW("DIGEST-MD5"), VIEW("realm=\"x\",username=\"chris\"")), "");
	CHECK_VIEW(auth_claimed(VIEW("SCRAM-SHA-1"), VIEW("n,,n=tester,r=x")), "");
	CHECK_VIEW(auth_claimed(VIEW("PLAIN"), VIEW_NONE), "");
}
