#include "base/test.h"
#include "resolve/walk.h"

TEST_COVERS("items of a list are cut at commas outside quotes, comments and brackets", 83)
{
	struct view rest = VIEW("a, \"|x, y\" , <b@c,d> (e, f),g\nh"), item;
	const char *const want[] = { "a", "\"|x, y\"", "<b@c,d> (e, f)", "g", "h" };

	for (size_t i = 0; i < 5; i++) {
		CHECK(member_cut(&rest, &item));
		CHECK_VIEW(item, want[i]);
	}
	CHECK(!member_cut(&rest, &item));
}
