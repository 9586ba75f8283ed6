/*
 * records_test.c
 */
#include "queue/records.h"

#include "base/test.h"

TEST("due records come in order of their next try, whatever the order they were added in")
{
	struct records s;
	int64_t last = -1;
	char id[32];

	records_init(&s);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "6AKJ9A9m%06d", i);
		struct record *r = records_add(&s, i % 3, id, 'q');

		r->next_try_s = (i * 7919) % 1009;
		records_set(&s, r, RECORD_WAITING);
	}
	for (int i = 0; i < 1000; i += 3) {
		snprintf(id, sizeof(id), "6AKJ9A9m%06d", i);
		records_remove(&s, records_find(&s, i % 3, id));
		CHECK(records_find(&s, i % 3, id) == NULL);
	}
	CHECK_INT(s.n, 666);
	for (struct record *r; (r = records_first_waiting(&s));) {
		CHECK(r->next_try_s >= last);
		last = r->next_try_s;
		r->sort_key = -r->next_try_s;
		records_set(&s, r, RECORD_READY);
	}
	CHECK(records_first_ready(&s)->next_try_s == last);
	records_done(&s);
}

TEST("the same id in two directories is two records")
{
	struct records s;

	records_init(&s);
	records_add(&s, 0, "6AKJ9A9m000001", 'q');
	records_add(&s, 1, "6AKJ9A9m000001", 'h');
	CHECK_INT(records_find(&s, 1, "6AKJ9A9m000001")->letter, 'h');
	CHECK_INT(records_find(&s, 0, "6AKJ9A9m000001")->letter, 'q');
	CHECK(records_find(&s, 2, "6AKJ9A9m000001") == NULL);
	records_done(&s);
}
