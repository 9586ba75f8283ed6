/*
 * rewrite_bench.c - addresses a second through the rules, in this process.
 *
 * rewrite_bench CF ADDRESSES parse|check ROUNDS: every address of the file (one a line) goes ROUNDS times through rulesets 3
 * and 0 and the mailer's own, or through check_rcpt. Prints addresses, CPU seconds and addresses per CPU second.
 */
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "rewrite/rewrite.h"

struct lines {
	struct view *v;
	size_t n, cap;
};

static struct lines read_lines(const char *path)
{
	struct lines l = { 0 };
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (!f) {
		perror(path);
		exit(1);
	}
	while ((len = getline(&line, &cap, f)) > 0) {
		struct view v = view_trim(view_from(line, (size_t)len));

		MEM_GROW(l.v, l.n, l.cap);
		l.v[l.n++] = view_from(mem_dup(v.p, v.len), v.len);
	}
	free(line);
	fclose(f);
	return l;
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void run_one(struct rw *rw, struct view address, bool is_check)
{
	struct triple triple;
	struct check check;

	if (is_check)
		rw_check(rw, "check_rcpt", address, VIEW_NONE, CHECK_NO_LOG, NULL, &check);
	else
		rw_parse_address(rw, address, PARSE_RCPT, &triple, NULL);
	arena_reset(rw->arena);
}

int main(int argc, char **argv)
{
	struct config_params p = { .is_test_mode = true };
	struct resolver_params dns = { .use_dns = false, .search_hosts_first = true };
	struct services sv = { 0 };
	struct lines lines;
	struct snapshot *snap;
	struct rw rw;
	int64_t rounds;
	double start, spent;

	if (argc != 5 || !number_parse(view_of(argv[4]), 1, 1000000, &rounds)) {
		fprintf(stderr, "usage: rewrite_bench CF ADDRESSES parse|check ROUNDS\n");
		return 64;
	}
	p.path = argv[1];
	sv.log = log_new(LOG_TO_NOTHING, "bench", NULL);
	sv.resolver = resolver_new(&dns);
	snap = snapshot_load(&p, &sv);
	lines = read_lines(argv[2]);
	rw = (struct rw){ .snap = snap,
			  .services = &sv,
			  .macros = snap->cf->macros,
			  .arena = arena_new((size_t)64 << 20),
			  .deadline = INT64_MAX };
	for (size_t i = 0; i < lines.n; i++) /* maps are opened, names are known */
		run_one(&rw, lines.v[i], strcmp(argv[3], "check") == 0);
	start = cpu_seconds();
	for (int64_t r = 0; r < rounds; r++)
		for (size_t i = 0; i < lines.n; i++)
			run_one(&rw, lines.v[i], strcmp(argv[3], "check") == 0);
	spent = cpu_seconds() - start;
	printf("%lld addresses %.3f s %.0f addresses/s\n", (long long)((size_t)rounds * lines.n),
	       spent, (double)rounds * (double)lines.n / spent);
	snapshot_put(snap);
	return 0;
}
