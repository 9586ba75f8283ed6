/* db_map_test.c - maps in database files: every kind, flags, files that change under their readers. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "map/database.h"
#include "map/test_maps.h"

/* Writes a database from "key=value" lines; the name carries no suffix. */
static void make_db(struct test_maps *t, const char *kind_name, const char *name, const char *lines,
		    bool has_nul)
{
	struct database_params p = { .mode = DATABASE_CREATE, .deadline = deadline_in(10000) };
	struct view rest = view_of(lines), line;
	struct database *db;

	CHECK(database_kind_find(view_of(kind_name), &p.kind));
	p.path = arena_dupz(
		t->arena, arena_printf(t->arena, "%s/%s%s", t->dir, name, database_suffix(p.kind)));
	CHECK_INT(database_open(&p, &db), 0);
	while (view_cut(&rest, '\n', &line)) {
		size_t equals = view_find(line, '=');
		struct view key = view_first(line, equals), value = view_skip(line, equals + 1);

		if (line.len == 0)
			continue;
		if (has_nul) {
			key = view_from(arena_dupz(t->arena, key), key.len + 1);
			value = view_from(arena_dupz(t->arena, value), value.len + 1);
		}
		CHECK_INT(database_put(db, key, value, true), 0);
	}
	CHECK_INT(database_commit(db), 0);
	database_close(db);
}

static const char *const kinds[] = {
	"hash",
	"btree",
	"cdb",
	"lmdb",
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char sample[] =
	"a=1\nkey=val %0 [%1] [%2] %% %x end%\nup=UP\n%d=%10%01\nback\\slash=found\n";

TEST_COVERS("every kind of database answers by key, folded, with arguments and suffixes filled in",
	    80, 81, 92)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		struct test_maps *t = test_maps_new();
		enum database_kind kind;
		char line[100];

		if (!database_kind_find(view_of(kinds[i]), &kind) ||
		    !database_kind_is_built(kind)) {
			test_maps_open(t);
			test_maps_free(t);
			continue;
		}
		make_db(t, kinds[i], "m", sample, false);
		snprintf(line, sizeof(line), "m %s %%D/m", kinds[i]);
		test_map(t, line);
		snprintf(line, sizeof(line), "f %s -f -a.SUF %%D/m", kinds[i]);
		test_map(t, line);
		snprintf(line, sizeof(line), "k %s -m -aX %%D/m%s", kinds[i],
			 database_suffix(kind));
		test_map(t, line);
		test_maps_open(t);
		CHECK_STR(test_ask(t, "m", "a"), "found 1");
		CHECK_STR(test_ask(t, "m", "A"), "found 1");
		CHECK_STR(test_ask(t, "m", "nosuch"), "none 0");
		CHECK_STR(test_ask(t, "m", "\"a\""), "none 0");
		CHECK_STR(test_rule(t, "m", "\"a\""), "found 1");
		CHECK_STR(test_args(t, "m", "KEY", "ARG1", "ARG2"),
			  "found val KEY [ARG1] [ARG2] % %x end%");
		CHECK_STR(test_args(t, "m", "%d", "ARG1", NULL), "found ARG10%d1");
		CHECK_STR(test_rule(t, "m", "\"back\\\\slash\""), "found found");
		CHECK_STR(test_ask(t, "f", "A"), "none 0");
		CHECK_STR(test_ask(t, "f", "a"), "found 1.SUF");
		CHECK_STR(test_ask(t, "k", "A"), "found AX");
		CHECK_STR(str_z(&t->messages), "");
		test_maps_free(t);
	}
}

TEST_COVERS("keys with and without a NUL are found, unless -N or -O says which", 81)
{
	struct test_maps *t = test_maps_new();

	make_db(t, "hash", "nul", "a=1\n", true);
	make_db(t, "hash", "plain", "a=2\n", false);
	test_map(t, "nul hash %D/nul");
	test_map(t, "plain hash %D/plain");
	test_map(t, "nulN hash -N %D/nul");
	test_map(t, "nulO hash -O %D/nul");
	test_map(t, "plainN hash -N %D/plain");
	test_map(t, "plainO hash -O %D/plain");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "nul", "a"), "found 1");
	CHECK_STR(test_ask(t, "nul", "a"), "found 1");
	CHECK_STR(test_ask(t, "plain", "a"), "found 2");
	CHECK_STR(test_ask(t, "nulN", "a"), "found 1");
	CHECK_STR(test_ask(t, "nulO", "a"), "none 0");
	CHECK_STR(test_ask(t, "plainN", "a"), "none 0");
	CHECK_STR(test_ask(t, "plainO", "a"), "found 2");
	test_maps_free(t);
}

TEST_COVERS("a missing, damaged or wrongly typed file is a temporary failure that names the cause",
	    80)
{
	struct test_maps *t = test_maps_new();
	char want[500];

	test_write(t, "text.db", "this is no database\n");
	make_db(t, "btree", "bt", "a=1\n", false);
	test_map(t, "miss hash %D/miss");
	test_map(t, "text hash %D/text");
	test_map(t, "bt hash %D/bt");
	test_map(t, "opt hash -o %D/miss");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "miss", "a"), "failed 75");
	CHECK_STR(test_ask(t, "text", "a"), "failed 75");
	CHECK_STR(test_ask(t, "bt", "a"), "failed 75");
	CHECK_STR(test_ask(t, "opt", "a"), "closed");
	snprintf(want, sizeof(want),
		 "hash map \"miss\": missing map file %s/miss.db: No such file or directory\n"
		 "Cannot open hash database %s/text.db: Invalid argument\n"
		 "Cannot open hash database %s/bt.db: Invalid argument\n",
		 t->dir, t->dir, t->dir);
	CHECK_STR(str_z(&t->messages), want);
	test_maps_free(t);
}

TEST_COVERS("a map file in a directory that the world may write is refused, with the reason", 91)
{
	struct test_maps *t = test_maps_new();
	char want[500];

	t->cf.options.dont_blame_sendmail = 0;
	make_db(t, "hash", "m", "a=1\n", false);
	test_map(t, "m hash %D/m");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "m", "a"), "failed 75");
	snprintf(want, sizeof(want),
		 "hash map \"m\": unsafe map file %s/m.db: World writable directory\n", t->dir);
	CHECK_STR(str_z(&t->messages), want);
	test_maps_free(t);
}

TEST_COVERS("a file that appears, is replaced, or is changed in place is seen", 96)
{
	struct test_maps *t = test_maps_new();
	struct database_params p = { .kind = DATABASE_HASH, .mode = DATABASE_UPDATE };
	struct database *db;

	test_map(t, "m hash -o %D/m");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "m", "a"), "closed");
	make_db(t, "hash", "m", "a=1\n", false);
	usleep(1100000);
	CHECK_STR(test_ask(t, "m", "a"), "found 1");
	make_db(t, "hash", "m", "a=2\n", true);
	usleep(1100000);
	CHECK_STR(test_ask(t, "m", "a"), "found 2");
	p.path = test_path(t, "m.db");
	CHECK_INT(database_open(&p, &db), 0);
	CHECK_INT(database_put(db, view_from("a", 2), VIEW("3"), true), 0);
	CHECK_INT(database_commit(db), 0);
	database_close(db);
	CHECK_STR(test_ask(t, "m", "a"), "found 3"); /* in place: at once */
	test_maps_free(t);
}

TEST_COVERS(
	"a reader of a file that is being changed waits for the writer's lock, but only until its deadline",
	96)
{
	const struct timespec changed[2] = {
		{1000000000,  0},
                { 1000000000, 0}
	};
	struct test_maps *t = test_maps_new();
	int fd;

	make_db(t, "hash", "m", "a=1\n", false);
	test_map(t, "m hash %D/m");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "m", "a"), "found 1");
	fd = open(test_path(t, "m.db"), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0 && futimens(fd, changed) == 0);
	t->ctx.deadline = deadline_in(100);
	CHECK_STR(test_ask(t, "m", "a"), "failed 75");
	flock(fd, LOCK_UN);
	close(fd);
	t->ctx.deadline = deadline_in(10000);
	CHECK_STR(test_ask(t, "m", "a"), "found 1");
	test_maps_free(t);
}

TEST("a database that is not committed leaves the old one as it was")
{
	for (size_t i = 0; i < N_KINDS; i++) {
		struct test_maps *t = test_maps_new();
		struct database_params p = { .mode = DATABASE_CREATE };
		struct database *db;
		struct view value;

		CHECK(database_kind_find(view_of(kinds[i]), &p.kind));
		if (database_kind_is_built(p.kind)) {
			make_db(t, kinds[i], "m", "a=1\n", false);
			p.path = arena_dupz(t->arena, arena_printf(t->arena, "%s/m%s", t->dir,
								   database_suffix(p.kind)));
			CHECK_INT(database_open(&p, &db), 0);
			CHECK_INT(database_put(db, VIEW("a"), VIEW("2"), true), 0);
			database_close(db);
			p.mode = DATABASE_READ;
			CHECK_INT(database_open(&p, &db), 0);
			CHECK_INT(database_get(db, VIEW("a"), deadline_in(1000), &value), 0);
			CHECK_VIEW(value, "1");
			database_close(db);
		}
		test_maps_open(t);
		test_maps_free(t);
	}
}

TEST_COVERS("every kind can be updated, deleted from, walked, and refuses duplicates", 3, 4)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		struct test_maps *t = test_maps_new();
		struct database_params p = { .mode = DATABASE_UPDATE };
		struct database *db;
		struct view key, value;
		size_t n = 0;

		CHECK(database_kind_find(view_of(kinds[i]), &p.kind));
		if (database_kind_is_built(p.kind)) {
			make_db(t, kinds[i], "m", "a=1\nb=2\nc=3\n", false);
			p.path = arena_dupz(t->arena, arena_printf(t->arena, "%s/m%s", t->dir,
								   database_suffix(p.kind)));
			CHECK_INT(database_open(&p, &db), 0);
			CHECK_INT(database_put(db, VIEW("a"), VIEW("9"), false), -EEXIST);
			CHECK_INT(database_put(db, VIEW("a"), VIEW("8"), true), 0);
			CHECK_INT(database_put(db, VIEW("d"), VIEW("4"), false), 0);
			CHECK_INT(database_delete(db, VIEW("b")), 0);
			CHECK_INT(database_delete(db, VIEW("nosuch")), -ENOENT);
			CHECK_INT(database_commit(db), 0);
			database_close(db);
			p.mode = DATABASE_READ;
			CHECK_INT(database_open(&p, &db), 0);
			CHECK_INT(database_get(db, VIEW("a"), deadline_in(1000), &value), 0);
			CHECK_VIEW(value, "8");
			CHECK_INT(database_get(db, VIEW("b"), deadline_in(1000), &value), -ENOENT);
			while (database_next(db, &key, &value) == 0)
				n++;
			CHECK_INT(n, 3);
			database_close(db);
		}
		test_maps_open(t);
		test_maps_free(t);
	}
}

/* Readers that never may miss the key while the file is rebuilt again and again. */
struct readers {
	struct test_maps *t;
	_Atomic bool is_over;
	_Atomic size_t n_asked, n_missed;
};

static void *read_on(void *arg)
{
	struct readers *r = arg;
	struct arena *a = arena_new(1u << 20);
	struct map_ctx ctx = r->t->ctx;
	struct map *m = map_set_find(r->t->set, VIEW("m"));
	struct view value;

	ctx.arena = a;
	ctx.messages = &r->t->messages;
	while (!atomic_load(&r->is_over)) {
		arena_reset(a);
		ctx.deadline = deadline_in(10000);
		if (map_lookup_test(m, &ctx, VIEW("key500"), &value) != FOUND)
			atomic_fetch_add(&r->n_missed, 1);
		atomic_fetch_add(&r->n_asked, 1);
	}
	arena_free(a);
	return NULL;
}

static void rebuild_under_readers(const char *kind, size_t times)
{
	struct test_maps *t = test_maps_new();
	struct readers r = { .t = t };
	own_str struct str lines = STR_MAX(100000);
	pthread_t threads[6];
	char line[100];

	for (int i = 0; i < 1000; i++)
		str_addf(&lines, "key%d=value\n", i);
	make_db(t, kind, "m", str_z(&lines), false);
	snprintf(line, sizeof(line), "m %s %%D/m", kind);
	test_map(t, line);
	test_maps_open(t);
	for (size_t i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, read_on, &r);
	for (size_t i = 0; i < times; i++) {
		arena_reset(t->arena);
		make_db(t, kind, "m", str_z(&lines), false);
	}
	atomic_store(&r.is_over, true);
	for (size_t i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	CHECK(r.n_asked > 0);
	CHECK_INT(r.n_missed, 0);
	test_maps_free(t);
}

TEST_COVERS("readers never miss a key while their file is rebuilt", 83, 96)
{
	const char *times = getenv("MAP_TEST_REBUILDS"); /* the long run asks for 1000 */
	size_t n = times ? strtoul(times, NULL, 10) : 30;

	rebuild_under_readers("hash", n);
	rebuild_under_readers("btree", n);
	rebuild_under_readers("cdb", n);
	rebuild_under_readers("lmdb", n);
}

TEST_COVERS("implicit takes the database that is there", 80, 86)
{
	struct test_maps *t = test_maps_new();

	make_db(t, "cdb", "c", "a=cdb\n", false);
	make_db(t, "hash", "h", "a=hash\n", false);
	test_map(t, "c implicit %D/c");
	test_map(t, "h implicit %D/h");
	test_map(t, "none implicit %D/none");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "c", "a"), "found cdb");
	CHECK_STR(test_ask(t, "h", "a"), "found hash");
	CHECK_STR(test_ask(t, "none", "a"), "failed 75");
	test_maps_free(t);
}

TEST_COVERS("userdb looks for KEY:FIELD in the files of UserDatabaseSpec", 89)
{
	struct test_maps *t = test_maps_new();

	make_db(t, "btree", "udb", "eric:maildrop=eric@vangogh.example\n", false);
	t->cf.options.user_database_spec =
		view_of(arena_dupz(t->arena, arena_printf(t->arena, "%s/udb", t->dir)));
	test_map(t, "u userdb maildrop");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "u", "Eric"), "found eric@vangogh.example");
	CHECK_STR(test_ask(t, "u", "bob"), "none 0");
	test_maps_free(t);
}
