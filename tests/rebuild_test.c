/*
 * rebuild_test.c - readers of maps in one process while makemap and newaliases, as programs of their own, rebuild the files.
 *
 * Every record of a file carries the number of the rebuild it comes from. A reader must find every key, always, with a number
 * that was written or is being written: a missing key or another text would be half a file.
 *
 * MAP_TEST_BIN: where the programs are. MAP_TEST_REBUILDS: how often (20; 8 with a sanitizer, which makes programs slow to start).
 */
#include "base/test.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "map/database.h"
#include "map/test_maps.h"

#define KEYS    2000
#define READERS 4

extern char **environ;

struct readers {
	struct test_maps *t;
	const char *map; /* NULL: the first alias map */
	_Atomic bool is_over;
	_Atomic int64_t generation; /* the newest that may be there */
	_Atomic size_t n_asked, n_missed, n_strange;
};

static void ask_once(struct readers *r, struct map *m, struct map_ctx *ctx, uint64_t *state)
{
	char key[40];
	struct view value;
	int64_t number;
	size_t n;

	*state = *state * 6364136223846793005u + 1442695040888963407u;
	n = (size_t)snprintf(key, sizeof(key), "key%zu", (size_t)(*state >> 33) % KEYS);
	ctx->deadline = deadline_in(60000);
	if (map_lookup_raw(m, ctx, view_from(key, n), &value) != FOUND)
		atomic_fetch_add(&r->n_missed, 1);
	else if (!number_parse(value, 0, INT64_MAX, &number) ||
		 number > atomic_load(&r->generation))
		atomic_fetch_add(&r->n_strange, 1);
	atomic_fetch_add(&r->n_asked, 1);
}

static void *read_on(void *arg)
{
	struct readers *r = arg;
	struct map *m = r->map ? map_set_find(r->t->set, view_of(r->map))
			       : map_set_aliases(r->t->set, 0);
	struct map_ctx ctx = r->t->ctx;
	uint64_t state = (uint64_t)(uintptr_t)&ctx;

	ctx.arena = arena_new(1u << 20);
	ctx.messages = NULL;
	while (!atomic_load(&r->is_over)) {
		arena_reset(ctx.arena);
		ask_once(r, m, &ctx, &state);
	}
	arena_free(ctx.arena);
	return NULL;
}

static size_t rebuilds(void)
{
	const char *times = getenv("MAP_TEST_REBUILDS");

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	return times ? strtoul(times, NULL, 10) : 8;
#else
	return times ? strtoul(times, NULL, 10) : 20;
#endif
}

/* Runs one of our programs with a file as its input; its exit status. */
static int run(const char *const argv[], const char *input)
{
	posix_spawn_file_actions_t actions;
	const char *bin = getenv("MAP_TEST_BIN");
	char program[500];
	pid_t pid;
	int status, r;

	snprintf(program, sizeof(program), "%s/postrider", bin ? bin : "build/bin");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input, 0, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
	r = posix_spawn(&pid, program, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	CHECK_INT(r, 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The source of one generation: "keyN SEPARATOR GENERATION" lines. It takes its place by a rename. */
static void write_source(struct test_maps *t, const char *name, const char *separator,
			 int64_t generation)
{
	own_str struct str text = STR_MAX(1u << 20);
	const char *path = test_path(t, name), *fresh = test_path(t, "fresh");

	for (int i = 0; i < KEYS; i++)
		str_addf(&text, "key%d%s%lld\n", i, separator, (long long)generation);
	test_write(t, "fresh", str_z(&text));
	CHECK_INT(rename(fresh, path), 0);
}

struct rebuilder {
	struct test_maps *t;
	const char *kind;
};

static void by_makemap(const struct rebuilder *b, int64_t generation)
{
	const char *const argv[] = { "makemap", "-C", "/dev/null", b->kind, test_path(b->t, "m"),
				     NULL };

	write_source(b->t, "source", "\t", generation);
	CHECK_INT(run(argv, test_path(b->t, "source")), 0);
}

static void by_newaliases(const struct rebuilder *b, int64_t generation)
{
	const char *const argv[] = { "newaliases", "-C", test_path(b->t, "aliases.cf"), NULL };

	write_source(b->t, "aliases", ": ", generation);
	CHECK_INT(run(argv, "/dev/null"), 0);
}

static void by_rename(const struct rebuilder *b, int64_t generation)
{
	write_source(b->t, "m", "\t", generation);
}

static void rebuild_under_readers(struct rebuilder *b, const char *map,
				  void (*rebuild)(const struct rebuilder *b, int64_t generation))
{
	struct readers r = { .t = b->t, .map = map };
	pthread_t threads[READERS];

	rebuild(b, 0);
	test_maps_open(b->t);
	for (size_t i = 0; i < READERS; i++)
		pthread_create(&threads[i], NULL, read_on, &r);
	for (size_t i = 1; i <= rebuilds(); i++) {
		atomic_store(&r.generation, (int64_t)i);
		rebuild(b, (int64_t)i);
	}
	atomic_store(&r.is_over, true);
	for (size_t i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	printf("%s: %zu rebuilds, %zu look-ups, %zu missed, %zu strange\n", b->kind, rebuilds(),
	       r.n_asked, r.n_missed, r.n_strange);
	CHECK(r.n_asked > 0);
	CHECK_INT(r.n_missed, 0);
	CHECK_INT(r.n_strange, 0);
	test_maps_free(b->t);
}

static bool is_built(const char *kind)
{
	enum database_kind k;

	return database_kind_find(view_of(kind), &k) && database_kind_is_built(k);
}

static const char *const kinds[] = { "hash", "btree", "cdb", "lmdb" };
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

TEST_COVERS("no reader misses a key while makemap rebuilds the map", 3, 83, 96)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		struct rebuilder b = { .kind = kinds[i] };
		char line[100];

		if (!is_built(kinds[i]))
			continue;
		b.t = test_maps_new();
		snprintf(line, sizeof(line), "m %s %%D/m", kinds[i]);
		test_map(b.t, line);
		rebuild_under_readers(&b, "m", by_makemap);
	}
}

TEST_COVERS("no reader misses an alias while newaliases rebuilds the database", 83, 84, 96)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		struct rebuilder b = { .kind = kinds[i] };
		own_str struct str cf = STR_MAX(2000), spec = STR_MAX(200);
		struct view one;

		if (!is_built(kinds[i]))
			continue;
		b.t = test_maps_new();
		str_addf(&spec, "%s:%s/aliases", kinds[i], b.t->dir);
		str_addf(&cf,
			 "V10/Berkeley\nO AliasFile=%s\nO QueueDirectory=%s\n"
			 "O DontBlameSendmail=MapInUnsafeDirPath,TrustStickyBit\n"
			 "Mlocal, P=/bin/false, F=lA, A=x\nMprog, P=/bin/false, F=l, A=x\n"
			 "S0\nR$*\t$#local $: $1\n",
			 str_z(&spec), b.t->dir);
		test_write(b.t, "aliases.cf", str_z(&cf));
		one = str_view(&spec);
		b.t->cf.options.alias_file.v = &one;
		b.t->cf.options.alias_file.n = 1;
		rebuild_under_readers(&b, NULL, by_newaliases);
	}
}

TEST_COVERS("no reader misses a key of a text map that is replaced", 95, 96)
{
	struct rebuilder b = { .t = test_maps_new(), .kind = "text" };

	test_map(b.t, "m text -k0 -v1 %D/m");
	rebuild_under_readers(&b, "m", by_rename);
}
