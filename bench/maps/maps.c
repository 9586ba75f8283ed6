/*
 * maps.c - look-ups a second: each database class through map_lookup, beside a bare loop over the same library and file, and
 * beside other programs that answer the same keys from the same file.
 *
 *   maps [KEYS [LOOKUPS [THREADS [CLASS]]]]       100000 keys, 200000 look-ups, 1 thread, all classes
 *
 * All take turns in ROUNDS rounds of one run, and the best round of each counts: other work of the machine then disturbs all
 * alike. The keys are made beforehand, in the same pseudo-random order for everybody, so that the loops hold look-ups only.
 * For text, regex, user and the like there is no bare loop.
 *
 * MAPS_DIR: where the files go. MAPS_PEERS: lines "NAME|COMMAND" (see run); in COMMAND %k is the class and %m the file without its
 * suffix; keys come on its standard input, one a line or, when NAME ends in -bt, as /map commands. A peer that cannot answer
 * (its class is not there) shows as "-".
 */
#include <cdb.h>
#include <db.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "map/database.h"
#include "map/map.h"
#include "os/safefile.h"

#define ROUNDS    15
#define SEQUENCE  1000000 /* that many keys are made; longer runs go round */
#define PEERS_MAX 8
#define PEER_KEYS 200000
#define KEY_BYTES 48

static size_t n_keys = 100000, n_lookups = 200000, n_threads = 1, n_sequence;
static char dir[120] = "/tmp/mapbench.XXXXXX";
static struct view *sequence;

struct peer {
	const char *name, *command;
	double best[DATABASE_KINDS];
};
static struct peer peers[PEERS_MAX];
static size_t n_peers;

static void make_sequence(void)
{
	char *text;
	uint64_t state = 1;

	n_sequence = n_lookups < SEQUENCE ? n_lookups : SEQUENCE;
	sequence = mem_alloc(n_sequence * sizeof(sequence[0]));
	text = mem_alloc(n_sequence * KEY_BYTES);
	for (size_t i = 0; i < n_sequence; i++, text += KEY_BYTES) {
		size_t key;

		state = state * 6364136223846793005u + 1442695040888963407u;
		key = (size_t)(state >> 33) % n_keys;
		sequence[i] = view_from(text, (size_t)snprintf(text, KEY_BYTES,
							       "user%zu@host%zu.example.org", key,
							       key % 997));
	}
}

static void path_of(char out[200], enum database_kind kind)
{
	snprintf(out, 200, "%s/m%s", dir, kind == DATABASE_BTREE ? "b.db" : database_suffix(kind));
}

static double build(enum database_kind kind)
{
	char path[200], key[KEY_BYTES], value[64];
	struct database_params p = {
		.kind = kind, .mode = DATABASE_CREATE, .path = path, .permissions = 0644
	};
	struct database *db;
	int64_t start = clock_us();

	path_of(path, kind);
	if (database_open(&p, &db) < 0)
		return -1;
	for (size_t i = 0; i < n_keys; i++) {
		size_t k = (size_t)snprintf(key, KEY_BYTES, "user%zu@host%zu.example.org", i,
					    i % 997),
		       v = (size_t)snprintf(value, sizeof(value), "mailbox-%zu", i);

		database_put(db, view_from(key, k), view_from(value, v), true);
	}
	database_commit(db);
	database_close(db);
	return (double)(clock_us() - start) / 1e6;
}

static double rate(int64_t start)
{
	return (double)n_lookups * 1e6 / (double)(clock_us() - start);
}

static double bare_bdb(enum database_kind kind)
{
	char path[200], buffer[2048];
	double result = 0;
	int64_t start;
	DB *db;

	path_of(path, kind);
	db_create(&db, NULL, 0);
	db->set_cachesize(db, 0, 512 << 10, 1);
	if (db->open(db, NULL, path, NULL, kind == DATABASE_HASH ? DB_HASH : DB_BTREE, DB_RDONLY,
		     0) != 0)
		return 0;
	start = clock_us();
	for (size_t i = 0, at = 0; i < n_lookups; i++, at = at + 1 < n_sequence ? at + 1 : 0) {
		DBT k = { .data = (void *)(uintptr_t)sequence[at].p,
			  .size = (u_int32_t)sequence[at].len };
		DBT v = { .data = buffer, .ulen = sizeof(buffer), .flags = DB_DBT_USERMEM };

		if (db->get(db, NULL, &k, &v, 0) != 0)
			return 0;
	}
	result = rate(start);
	db->close(db, 0);
	return result;
}

static double bare_cdb(void)
{
	char path[200];
	struct cdb c;
	double result;
	int64_t start;
	int fd;

	path_of(path, DATABASE_CDB);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || cdb_init(&c, fd) != 0)
		return 0;
	start = clock_us();
	for (size_t i = 0, at = 0; i < n_lookups; i++, at = at + 1 < n_sequence ? at + 1 : 0)
		if (cdb_find(&c, sequence[at].p, (unsigned)sequence[at].len) <= 0)
			return 0;
	result = rate(start);
	cdb_free(&c);
	close(fd);
	return result;
}

static double bare_lmdb(void)
{
	char path[200];
	double result;
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
	for (size_t i = 0, at = 0; i < n_lookups; i++, at = at + 1 < n_sequence ? at + 1 : 0) {
		MDB_val k = { sequence[at].len, (void *)(uintptr_t)sequence[at].p }, v;

		if (mdb_get(txn, dbi, &k, &v) != 0)
			return 0;
	}
	result = rate(start);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return result;
}

struct worker {
	struct map *m;
	struct map_ctx ctx;
	size_t n, n_missed, at;
	bool is_plain; /* the key is "root" every time */
};

static void *ask(void *arg)
{
	struct worker *w = arg;
	struct view value;

	w->ctx.arena = arena_new(1u << 20);
	for (size_t i = 0, at = w->at; i < w->n; i++, at = at + 1 < n_sequence ? at + 1 : 0) {
		if (i % 64 == 0)
			arena_reset(w->ctx.arena);
		w->n_missed += map_lookup(w->m, &w->ctx, w->is_plain ? VIEW("root") : sequence[at],
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
			.at = i * n_sequence / n_threads,
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

static double bare(enum database_kind kind)
{
	return kind == DATABASE_CDB    ? bare_cdb()
	       : kind == DATABASE_LMDB ? bare_lmdb()
				       : bare_bdb(kind);
}

static bool is_test_mode(const struct peer *p)
{
	size_t n = strlen(p->name);

	return n > 3 && strcmp(p->name + n - 3, "-bt") == 0;
}

/* The keys as lines, in the form that this peer reads. How many. */
static size_t write_keys(const struct peer *p, enum database_kind kind, const char *path)
{
	size_t n = n_sequence < PEER_KEYS ? n_sequence : PEER_KEYS;
	FILE *f = fopen(path, "we");

	if (!f)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (is_test_mode(p))
			fprintf(f, "/map %s ", database_kind_name(kind));
		fprintf(f, VIEW_FMT "\n", VIEW_ARG(sequence[i]));
	}
	fclose(f);
	return n;
}

static size_t count_answers(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[300];
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, "mailbox-") != NULL;
	if (f)
		fclose(f);
	return n;
}

/* Its rate with the program's start in it; 0 when it does not answer all keys. */
static double ask_peer(const struct peer *p, enum database_kind kind)
{
	own_str struct str command = STR_MAX(4000);
	char keys[200], answers[200];
	int64_t start, took;
	size_t n;

	snprintf(keys, sizeof(keys), "%s/keys", dir);
	snprintf(answers, sizeof(answers), "%s/answers", dir);
	n = write_keys(p, kind, keys);
	for (const char *c = p->command; *c; c++) {
		if (*c == '%' && (c[1] == 'k' || c[1] == 'm')) {
			str_addz(&command, *++c == 'k'              ? database_kind_name(kind)
					   : kind == DATABASE_BTREE ? "mb"
								    : "m");
		} else {
			str_addc(&command, *c);
		}
	}
	str_addf(&command, " <%s >%s 2>&1", keys, answers);
	start = clock_us();
	if (system(str_z(&command)) < 0)
		return 0;
	took = clock_us() - start;
	return count_answers(answers) == n ? (double)n * 1e6 / (double)took : 0;
}

static void compare(const struct config *cf, struct map_set *set, enum database_kind kind,
		    double build_s)
{
	const char *name = database_kind_name(kind);
	double best_map = 0, best_bare = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double map = through_map(cf, set, name, false, n_lookups), alone = bare(kind);

		best_map = map > best_map ? map : best_map;
		best_bare = alone > best_bare ? alone : best_bare;
		for (size_t k = 0; k < n_peers; k++) {
			double peer = i > 0 && peers[k].best[kind] == 0 ? 0
									: ask_peer(&peers[k], kind);

			peers[k].best[kind] = peer > peers[k].best[kind] ? peer
									 : peers[k].best[kind];
		}
	}
	printf("%-6s %9.0f/s  bare %9.0f/s  ratio %.2f  %5.2f us  built in %.2f s", name, best_map,
	       best_bare, best_map / best_bare, 1e6 / best_map, build_s);
	for (size_t k = 0; k < n_peers; k++)
		if (peers[k].best[kind] > 0)
			printf("  %s %.0f/s", peers[k].name, peers[k].best[kind]);
		else
			printf("  %s -", peers[k].name);
	printf("\n");
	fflush(stdout);
}

static void alone(const struct config *cf, struct map_set *set, const char *name, size_t lookups)
{
	double r = through_map(cf, set, name, true, lookups);

	printf("%-6s %9.0f/s  %5.2f us\n", name, r, 1e6 / r);
}

static void read_peers(const char *text)
{
	struct view rest = view_of(text), line;

	while (rest.len > 0 && n_peers < PEERS_MAX && view_cut(&rest, '\n', &line)) {
		size_t bar = view_find(line, '|');

		if (bar < line.len)
			peers[n_peers++] = (struct peer){ .name = mem_dup(line.p, bar),
							  .command = mem_dup(line.p + bar + 1,
									     line.len - bar - 1) };
	}
}

static bool make_dir(void)
{
	const char *given = getenv("MAPS_DIR");

	if (given)
		snprintf(dir, sizeof(dir), "%s", given);
	return given || mkdtemp(dir);
}

static void clean(void)
{
	char path[200];

	for (int i = 0; i < DATABASE_KINDS; i++) {
		path_of(path, (enum database_kind)i);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/keys", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/answers", dir);
	unlink(path);
	if (!getenv("MAPS_DIR"))
		rmdir(dir);
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
	enum database_kind only = DATABASE_KINDS;
	int64_t number;

	for (int i = 1; i < argc && i <= 3; i++)
		if (number_parse(view_of(argv[i]), 1, INT64_MAX, &number))
			*numbers[i - 1] = (size_t)number;
	if (argc > 4 && !database_kind_find(view_of(argv[4]), &only))
		return 1;
	if (n_threads > 64 || !make_dir())
		return 1;
	read_peers(getenv("MAPS_PEERS"));
	make_sequence();
	cf.options.dont_blame_sendmail = BLAME(MAP_IN_UNSAFE_DIR_PATH);
	for (int i = 0; i < DATABASE_KINDS; i++)
		if (only == DATABASE_KINDS || only == (enum database_kind)i)
			built[i] = build((enum database_kind)i);
	for (int i = 0; i < 4; i++)
		maps[i].args = arena_printf(cf.arena, "%s/m%s", dir, i == 1 ? "b" : "");
	maps[5].args = VIEW("^(r)(oot)$");
	maps[6].args = VIEW("-z: -k0 -v6 /etc/passwd");
	set = map_set_open(&cf, NULL, false);
	printf("%zu keys, %zu look-ups, %zu threads\n", n_keys, n_lookups, n_threads);
	for (int i = 0; i < DATABASE_KINDS; i++)
		if (only == DATABASE_KINDS || only == (enum database_kind)i)
			compare(&cf, set, (enum database_kind)i, built[i]);
	alone(&cf, set, "user", n_lookups / 10);
	alone(&cf, set, "regex", n_lookups);
	alone(&cf, set, "text", n_lookups);
	getrusage(RUSAGE_SELF, &usage);
	printf("most resident memory: %ld KB\n", usage.ru_maxrss);
	map_set_free(set);
	clean();
	arena_free(cf.arena);
	return 0;
}
