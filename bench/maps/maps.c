/*
 * maps.c - look-ups a second: each database class through map_lookup, beside a bare loop over the same library and file.
 *
 *   maps [KEYS [LOOKUPS [THREADS]]]       100000 keys, 1000000 look-ups, 1 thread
 *
 * Prints one line per class: rate through the map, bare rate, their ratio; then microseconds of one hit. For text, regex, user
 * and the like there is no bare loop.
 */
#include <db.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cdb.h>
#include <lmdb.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "map/database.h"
#include "map/map.h"
#include "os/safefile.h"

static size_t n_keys = 100000, n_lookups = 1000000, n_threads = 1;
static char dir[] = "/tmp/mapbench.XXXXXX";

static size_t key_text(size_t i, char out[64])
{
	return (size_t)snprintf(out, 64, "user%zu@host%zu.example.org", i, i % 997);
}

/* The same pseudo-random order for everybody. */
static size_t next_key(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*state >> 33) % n_keys;
}

static void path_of(char out[200], enum database_kind kind)
{
	snprintf(out, 200, "%s/m%s", dir, kind == DATABASE_BTREE ? "b.db" : database_suffix(kind));
}

static double build(enum database_kind kind)
{
	char path[200], key[64], value[64];
	struct database_params p = { .kind = kind, .mode = DATABASE_CREATE, .path = path };
	struct database *db;
	int64_t start = clock_us();

	path_of(path, kind);
	if (database_open(&p, &db) < 0)
		return -1;
	for (size_t i = 0; i < n_keys; i++) {
		size_t k = key_text(i, key),
		       v = (size_t)snprintf(value, sizeof(value), "mailbox-%zu", i);

		database_put(db, view_from(key, k), view_from(value, v), true);
	}
	database_commit(db);
	database_close(db);
	return (double)(clock_us() - start) / 1e6;
}

static double bare_bdb(enum database_kind kind)
{
	char path[200], key[64], buffer[2048];
	DB *db;
	uint64_t state = 1;
	int64_t start;

	path_of(path, kind);
	db_create(&db, NULL, 0);
	db->set_cachesize(db, 0, 512 << 10, 1);
	if (db->open(db, NULL, path, NULL, kind == DATABASE_HASH ? DB_HASH : DB_BTREE, DB_RDONLY,
		     0) != 0)
		return 0;
	start = clock_us();
	for (size_t i = 0; i < n_lookups; i++) {
		DBT k = { .data = key, .size = (u_int32_t)key_text(next_key(&state), key) };
		DBT v = { .data = buffer, .ulen = sizeof(buffer), .flags = DB_DBT_USERMEM };

		if (db->get(db, NULL, &k, &v, 0) != 0)
			return 0;
	}
	start = clock_us() - start;
	db->close(db, 0);
	return (double)n_lookups * 1e6 / (double)start;
}

static double bare_cdb(void)
{
	char path[200], key[64];
	struct cdb c;
	uint64_t state = 1;
	int64_t start;
	int fd;

	path_of(path, DATABASE_CDB);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || cdb_init(&c, fd) != 0)
		return 0;
	start = clock_us();
	for (size_t i = 0; i < n_lookups; i++)
		if (cdb_find(&c, key, (unsigned)key_text(next_key(&state), key)) <= 0)
			return 0;
	start = clock_us() - start;
	cdb_free(&c);
	close(fd);
	return (double)n_lookups * 1e6 / (double)start;
}

static double bare_lmdb(void)
{
	char path[200], key[64];
	uint64_t state = 1;
	int64_t start;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	path_of(path, DATABASE_LMDB);
	mdb_env_create(&env);
	mdb_env_set_mapsize(env, (size_t)1 << 34);
	if (mdb_env_open(env, path, MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK, 0) != 0 ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 ||
	    mdb_dbi_open(txn, NULL, 0, &dbi) != 0)
		return 0;
	start = clock_us();
	for (size_t i = 0; i < n_lookups; i++) {
		MDB_val k = { key_text(next_key(&state), key), key }, v;

		if (mdb_get(txn, dbi, &k, &v) != 0)
			return 0;
	}
	start = clock_us() - start;
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return (double)n_lookups * 1e6 / (double)start;
}

struct worker {
	struct map *m;
	struct map_ctx ctx;
	size_t n, n_missed;
	bool is_plain; /* the key is "root" every time */
	uint64_t state;
};

static void *ask(void *arg)
{
	struct worker *w = arg;
	struct view value;
	char key[64];

	w->ctx.arena = arena_new(1u << 20);
	for (size_t i = 0; i < w->n; i++) {
		size_t len = w->is_plain ? 4 : key_text(next_key(&w->state), key);

		if (i % 64 == 0)
			arena_reset(w->ctx.arena);
		w->n_missed += map_lookup(w->m, &w->ctx, view_from(w->is_plain ? "root" : key, len),
					  NULL, 0, &value) != FOUND;
	}
	arena_free(w->ctx.arena);
	return NULL;
}

static double through_map(const struct config *cf, struct map_set *set, const char *name,
			  bool is_plain, size_t lookups)
{
	struct worker w[64];
	pthread_t threads[64];
	int64_t start = clock_us();

	for (size_t i = 0; i < n_threads; i++) {
		w[i] = (struct worker){
			.m = map_set_find(set, view_of(name)),
			.ctx = {.cf = cf, .deadline = deadline_in(600000)},
			.n = lookups / n_threads,
			.is_plain = is_plain,
			.state = i + 1
		};
		pthread_create(&threads[i], NULL, ask, &w[i]);
	}
	for (size_t i = 0; i < n_threads; i++) {
		pthread_join(threads[i], NULL);
		if (w[i].n_missed)
			printf("%s: %zu look-ups missed\n", name, w[i].n_missed);
	}
	return (double)lookups * 1e6 / (double)(clock_us() - start);
}

/* The two loops take turns, and the best round of each counts: other work of the machine then disturbs both alike. */
#define ROUNDS 5

static double bare(enum database_kind kind)
{
	return kind == DATABASE_CDB ? bare_cdb() : kind == DATABASE_LMDB ? bare_lmdb() : bare_bdb(kind);
}

static void compare(const struct config *cf, struct map_set *set, enum database_kind kind, double build_s)
{
	const char *name = database_kind_name(kind);
	double best_map = 0, best_bare = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double map = through_map(cf, set, name, false, n_lookups), alone = bare(kind);

		best_map = map > best_map ? map : best_map;
		best_bare = alone > best_bare ? alone : best_bare;
	}
	printf("%-8s %10.0f/s  bare %10.0f/s  ratio %.2f  %6.2f us  built in %.2f s\n", name, best_map, best_bare,
	       best_map / best_bare, 1e6 / best_map, build_s);
}

static void alone(const struct config *cf, struct map_set *set, const char *name, size_t lookups)
{
	double rate = through_map(cf, set, name, true, lookups);

	printf("%-8s %10.0f/s  %6.2f us\n", name, rate, 1e6 / rate);
}

int main(int argc, char **argv)
{
	static struct cf_map maps[] = {
		{VIEW("hash"),   VIEW("hash"),  VIEW_NONE, 1},
		{ VIEW("btree"), VIEW("btree"), VIEW_NONE, 2},
		{ VIEW("cdb"),   VIEW("cdb"),   VIEW_NONE, 3},
		{ VIEW("lmdb"),  VIEW("lmdb"),  VIEW_NONE, 4},
		{ VIEW("user"),  VIEW("user"),  VIEW_NONE, 5},
		{ VIEW("regex"), VIEW("regex"), VIEW_NONE, 6},
		{ VIEW("text"),  VIEW("text"),  VIEW_NONE, 7},
	};
	struct config cf = {
		.arena = arena_new(1u << 20), .path = VIEW("bench"), .maps = maps, .n_maps = 7
	};
	size_t *const numbers[] = { &n_keys, &n_lookups, &n_threads };
	struct rusage usage;
	struct map_set *set;
	double built[DATABASE_KINDS];
	int64_t number;

	for (int i = 1; i < argc && i <= 3; i++)
		if (number_parse(view_of(argv[i]), 1, INT64_MAX, &number))
			*numbers[i - 1] = (size_t)number;
	if (n_threads > 64 || !mkdtemp(dir))
		return 1;
	cf.options.dont_blame_sendmail = BLAME(MAP_IN_UNSAFE_DIR_PATH);
	for (int i = 0; i < DATABASE_KINDS; i++)
		built[i] = build((enum database_kind)i);
	for (int i = 0; i < 4; i++)
		maps[i].args = arena_printf(cf.arena, "%s/m%s", dir, i == 1 ? "b" : "");
	maps[5].args = VIEW("^(r)(oot)$");
	maps[6].args = VIEW("-z: -k0 -v6 /etc/passwd");
	set = map_set_open(&cf, NULL, false);
	printf("%zu keys, %zu look-ups, %zu threads\n", n_keys, n_lookups, n_threads);
	for (int i = 0; i < DATABASE_KINDS; i++)
		compare(&cf, set, (enum database_kind)i, built[i]);
	alone(&cf, set, "user", n_lookups / 10);
	alone(&cf, set, "regex", n_lookups);
	alone(&cf, set, "text", n_lookups);
	getrusage(RUSAGE_SELF, &usage);
	printf("most resident memory: %ld KB\n", usage.ru_maxrss);
	map_set_free(set);
	for (int i = 0; i < DATABASE_KINDS; i++) {
		char path[200];

		path_of(path, (enum database_kind)i);
		unlink(path);
	}
	rmdir(dir);
	arena_free(cf.arena);
	return 0;
}
