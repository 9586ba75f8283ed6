/* header_test.c - the list of fields and their built-in semantics. */
#include "mail/header.h"

#include "base/test.h"

TEST_COVERS("field names have their semantics whatever their case", 58)
{
	CHECK(header_flags_of(VIEW("RECEIVED")) == (HEADER_TRACE | HEADER_FORCE));
	CHECK(header_flags_of(VIEW("resent-Bcc")) == (HEADER_RCPT | HEADER_BCC | HEADER_RESENT));
	CHECK(header_flags_of(VIEW("Full-Name")) == HEADER_ACHECK);
	CHECK(header_flags_of(VIEW("X-Other")) == 0);
	CHECK(header_flags_of(VIEW("Fro")) == 0);
}

TEST("fields keep their order, first and last additions included")
{
	own_arena struct arena *a = arena_new(1 << 16);
	struct header h;

	header_init(&h);
	header_add(&h, a, VIEW("To"), VIEW(" x"));
	header_add(&h, a, VIEW("Subject"), VIEW(" hello \n there "));
	header_prepend(&h, a, VIEW("Received"), VIEW(" by me"));
	CHECK_INT(h.n, 3);
	CHECK_VIEW(LIST_OWNER(h.fields.head.next, struct header_field, link)->name, "Received");
	CHECK_VIEW(header_value(&h, VIEW("subject")), "hello \n there");
	CHECK(view_is_none(header_value(&h, VIEW("Cc"))));
	header_remove(&h, header_find(&h, VIEW("TO")));
	CHECK(header_find(&h, VIEW("to")) == NULL);
	CHECK_INT(h.n, 2);
}

TEST("a line is a field when a name of printable characters stands before a colon")
{
	struct view name, value;

	CHECK(header_parse_line(VIEW("Subject: a: b"), &name, &value));
	CHECK_VIEW(name, "Subject");
	CHECK_VIEW(value, " a: b");
	CHECK(header_parse_line(VIEW("Odd \t:x"), &name, &value));
	CHECK_VIEW(name, "Odd");
	CHECK(!header_parse_line(VIEW("two words: x"), &name, &value));
	CHECK(!header_parse_line(VIEW(": x"), &name, &value));
	CHECK(!header_parse_line(VIEW("no colon"), &name, &value));
	CHECK(!header_parse_line(VIEW("caf\xc3\xa9: x"), &name, &value));
	CHECK(!header_parse_line(VIEW(""), &name, &value));
}
