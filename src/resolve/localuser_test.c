#include "resolve/localuser.h"

#include "base/test.h"

TEST_COVERS("accounts are found by name, and by full name where asked", 90)
{
	own_arena struct arena *a = arena_new(65536);
	struct local_user lu;

	CHECK_INT(local_user_find(VIEW("root"), a, &lu), FOUND);
	CHECK_INT(lu.uid, 0);
	CHECK(lu.home.len > 0);
	CHECK_INT(local_user_find(VIEW("no-such-user-here"), a, &lu), NOT_FOUND);
	CHECK_INT(local_user_find(VIEW(""), a, &lu), NOT_FOUND);
	CHECK_INT(local_user_find(VIEW("root:x"), a, &lu), NOT_FOUND);
	CHECK_INT(local_user_find_by_full_name(VIEW("no.such.full_name"), a, &lu), NOT_FOUND);
}

TEST_COVERS("a full name ends at the comma and & stands for the login name", 90)
{
	own_arena struct arena *a = arena_new(4096);

	CHECK_VIEW(local_user_full_name(VIEW("& Smith,Room 5"), VIEW("al"), a), "Al Smith");
	CHECK_VIEW(local_user_full_name(VIEW("Joe"), VIEW("joe"), a), "Joe");
}
