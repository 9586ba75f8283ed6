#include "resolve/seen.h"

#include <stdio.h>

#include "base/test.h"

static struct view key_of(char buf[32], size_t i)
{
	return view_from(buf, (size_t)snprintf(buf, 32, "member%zu", i));
}

TEST("a recipient is found while its scope lives, and remembered when it is gone")
{
	struct seen *s = seen_new();
	static struct rcpt outer, inner, other;
	bool is_gone;

	CHECK(seen_get(s, VIEW("a"), &is_gone) == NULL && !is_gone);
	seen_set(s, VIEW("a"), &outer);
	seen_enter(s);
	seen_set(s, VIEW("b"), &inner);
	CHECK(seen_get(s, VIEW("a"), &is_gone) == &outer);
	CHECK(seen_get(s, VIEW("b"), &is_gone) == &inner && !is_gone);
	seen_leave(s);
	seen_enter(s);
	CHECK(seen_get(s, VIEW("b"), &is_gone) == NULL && is_gone);
	CHECK(seen_get(s, VIEW("a"), &is_gone) == &outer && !is_gone);
	seen_set(s, VIEW("a"), &other);
	CHECK(seen_get(s, VIEW("a"), &is_gone) == &other);
	seen_leave(s);
	seen_free(s);
}

TEST("a hundred thousand are told apart")
{
	struct seen *s = seen_new();
	static struct rcpt r;
	char buf[32];
	bool is_gone;

	for (size_t i = 0; i < 100000; i++) {
		CHECK(seen_get(s, key_of(buf, i), &is_gone) == NULL && !is_gone);
		seen_set(s, key_of(buf, i), &r);
	}
	for (size_t i = 0; i < 100000; i++)
		CHECK(seen_get(s, key_of(buf, i), &is_gone) == &r);
	seen_free(s);
}
