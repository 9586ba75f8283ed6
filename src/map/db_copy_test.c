/* db_copy_test.c - copies of databases in memory: records of every length are found as in the file, and nothing else is. */
#include "base/test.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "map/db_copy.h"
#include "map/test_maps.h"

#define LENGTH_MAX 130

/* A key of its own for each pair of lengths; NULs are bytes like any other. */
static struct view key_of(char buffer[LENGTH_MAX], size_t len, size_t number)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%zu.", number);

	memset(buffer, 'k', LENGTH_MAX);
	memcpy(buffer, digits, len < (size_t)n ? len : (size_t)n);
	if (len > 12)
		buffer[12] = '\0';
	return view_from(buffer, len);
}

static struct database *make(const char *path)
{
	struct database_params p = { .kind = DATABASE_CDB,
				     .mode = DATABASE_CREATE,
				     .path = path,
				     .deadline = deadline_in(10000) };
	static const char value[LENGTH_MAX] = "value";
	char key[LENGTH_MAX];
	struct database *db;

	CHECK_INT(database_open(&p, &db), 0);
	for (size_t i = 0; i < LENGTH_MAX * LENGTH_MAX; i++)
		database_put(db, key_of(key, i / LENGTH_MAX, i), view_from(value, i % LENGTH_MAX),
			     false);
	CHECK_INT(database_commit(db), 0);
	database_close(db);
	p.mode = DATABASE_READ;
	CHECK_INT(database_open(&p, &db), 0);
	return db;
}

TEST_COVERS("a copy answers like its file, whatever the lengths of key and value", 80)
{
	struct test_maps *t = test_maps_new();
	struct database *db =
		make(arena_dupz(t->arena, arena_printf(t->arena, "%s/m.cdb", t->dir)));
	struct db_copy *copy = db_copy_make(db);
	size_t n_found = 0;

	CHECK(copy != NULL);
	for (size_t i = 0; i < LENGTH_MAX * LENGTH_MAX; i++) {
		char buffer[LENGTH_MAX];
		struct view key = key_of(buffer, i / LENGTH_MAX, i), there, here;
		int r = database_get(db, key, deadline_in(60000), &there);

		CHECK_INT(db_copy_get(copy, key, &here), r);
		n_found += r == 0;
		if (r == 0)
			CHECK(view_eq(here, there));
		if (key.len > 0) {
			buffer[key.len - 1] = 'x'; /* one byte less, and another */
			r = database_get(db, key, deadline_in(60000), &there);
			CHECK_INT(db_copy_get(copy, key, &here), r);
		}
	}
	CHECK(n_found > LENGTH_MAX * (LENGTH_MAX - 10));
	CHECK_INT(db_copy_get(copy, VIEW("nothing"), &(struct view){ 0 }), -ENOENT);
	db_copy_unref(copy);
	database_close(db);
	test_maps_free(t);
}
