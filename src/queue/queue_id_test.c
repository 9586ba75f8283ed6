/*
 * queue_id_test.c
 */
#include "queue/queue_id.h"

#include "base/mem.h"
#include "base/table.h"
#include "base/test.h"

TEST_COVERS("an id tells the second, a sequence number and the process, in the documented form", 98)
{
	struct queue_id_source s;
	char id[32];

	queue_id_init(&s, 7211, 0);
	s.start = 9 * 60 + 48; /* "9m" */
	queue_id_next(&s, 1795201750, id);
	CHECK_STR(id, "6AKJ9A9m007211"); /* 2026-11-20 19:09:10 UTC */
	queue_id_next(&s, 1795201750, id);
	CHECK_STR(id, "6AKJ9A9n007211");
	CHECK(queue_id_is_valid(view_of(id)));
	queue_id_next(&s, 951782399, id); /* the clock ran backwards: the id's second does not */
	CHECK_STR(id, "6AKJ9A9o007211");
}

TEST_COVERS("the last second of a leap day has its month and day", 98)
{
	struct queue_id_source s;
	char id[32];

	queue_id_init(&s, 1, 0);
	s.start = 0;
	queue_id_next(&s, 951868799, id); /* 2000-02-29 23:59:59 */
	CHECK_STR(id, "e1TNxx00000001");
}

TEST_COVERS("more than 3600 ids in one second stay different and keep the form", 98)
{
	struct table *seen = table_new(TABLE_EXACT);
	struct queue_id_source s;
	char id[32];

	queue_id_init(&s, 4194303, 0);
	for (int i = 0; i < 400000; i++) {
		queue_id_next(&s, 1795201750, id);
		CHECK(queue_id_is_valid(view_of(id)));
		CHECK(!table_has(seen, view_of(id)));
		table_set(seen, view_of(id), &s);
		for (const char *p = id + 8; *p; p++)
			CHECK(*p >= '0' && *p <= '9');
	}
	table_free(seen);
}

TEST("a process does not use the seconds of one that had its number before")
{
	struct queue_id_source s;
	char id[32], other[32];

	queue_id_init(&s, 1, 1795201750);
	queue_id_next(&s, 1795201750, id);
	queue_id_init(&s, 1, 0);
	queue_id_next(&s, 1795201751, other);
	CHECK(memcmp(id, other, 6) == 0);
}

TEST("what is no id is not taken for one")
{
	CHECK(!queue_id_is_valid(VIEW("")));
	CHECK(!queue_id_is_valid(VIEW("../../etc/passwd")));
	CHECK(!queue_id_is_valid(VIEW("6AKJ9A9m00721/")));
	CHECK(!queue_id_is_valid(VIEW("0123456789012345678901234567890123456789")));
	CHECK(queue_id_is_valid(VIEW("k7TKRB926176")));
	CHECK(queue_id_is_valid(VIEW("g16HEgik065622")));
}
