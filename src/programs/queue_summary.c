/* queue_summary.c - queue list --summary: the queue on one screen. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "mail/status.h"
#include "programs/queue_command.h"

#define TOP 5
#define BAR 34

struct bucket {
	const char *name;
	int64_t from_s; /* up to the next one's */
};

static const struct bucket ages[] = {
	{"under 10 minutes", 0        },
        { "10 minutes",      600      },
        { "1 hour",          3600     },
	{ "4 hours",         4 * 3600 },
        { "1 day",           86400    },
        { "2 days",          2 * 86400},
	{ "5 days",          5 * 86400},
};
static const struct bucket tries[] = {
	{"now",                INT64_MIN},
        { "within 5 minutes",  1        },
        { "within 30 minutes", 300      },
	{ "within an hour",    1800     },
        { "within 4 hours",    3600     },
        { "later",             4 * 3600 },
};

#define N_AGES  (sizeof(ages) / sizeof(ages[0]))
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

struct summing {
	struct queue_run_ctx *c;
	int64_t n, bytes, rcpts, oldest_s;
	int64_t of_state[5], of_age[N_AGES], of_try[N_TRIES];
	struct queue_sums *domains, *reasons;
	const struct queue_entry *entry;
};

static bool prepare(void *arg, const struct queue_entry *e, struct str *out)
{
	struct queue_run_ctx *c = ((const struct summing *)arg)->c;

	(void)out;
	return queue_is_readable(c, e) && queue_pick_matches(c, e);
}

static size_t bucket_of(const struct bucket *b, size_t n, int64_t value)
{
	while (n > 1 && value < b[n - 1].from_s)
		n--;
	return n - 1;
}

static void add_domain(void *arg, struct view domain)
{
	struct summing *s = arg;

	queue_sums_add(s->domains, view_first(domain, 256), s->entry->size,
		       s->entry->head.created_s, 0);
}

static bool take(void *arg, const struct queue_entry *e, struct view prepared)
{
	struct summing *s = arg;
	int64_t next = queue_next_try(s->c, e);
	own_str struct str key = STR_MAX(256);
	struct view text = e->text, value, reason = queue_reason(e);
	char letter;

	(void)prepared;
	s->entry = e;
	if (s->n++ == 0 || e->head.created_s < s->oldest_s)
		s->oldest_s = e->head.created_s;
	s->bytes += e->size > 0 ? e->size : 0;
	while (select_line(&text, &letter, &value) && letter != 'H')
		s->rcpts += letter == 'R';
	for (int i = 0; i < 5; i++)
		s->of_state[i] += queue_state_of(e) == (enum queue_state)(1 << i);
	s->of_age[bucket_of(ages, N_AGES, s->c->now_s - e->head.created_s)]++;
	if (next != QUEUE_NEVER)
		s->of_try[bucket_of(tries, N_TRIES, next - s->c->now_s)]++;
	queue_each_domain(e, add_domain, s);
	if (reason.len) {
		queue_add_reason_key(&key, reason);
		queue_sums_add(s->reasons, str_view(&key), e->size, e->head.created_s, 0);
	}
	return true;
}

static void print_bar_row(const char *name, int64_t n, int64_t most)
{
	own_str struct str line = STR_MAX(512), field = STR_MAX(64);

	str_addf(&line, "  %-24s", name);
	queue_add_count(&field, n);
	queue_add_right(&line, &field, 12);
	str_addz(&line, "  ");
	queue_add_bar(&line, n, most, BAR);
	while (line.len && line.p[line.len - 1] == ' ')
		str_truncate(&line, line.len - 1);
	puts(str_z(&line));
}

static void print_histogram(const char *title, const struct bucket *b, const int64_t *counts,
			    size_t n)
{
	int64_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = counts[i] > most ? counts[i] : most;
	printf("\n%s\n", title);
	for (size_t i = 0; i < n; i++)
		print_bar_row(b[i].name, counts[i], most);
}

static void print_top(const char *title, const struct queue_sums *sums)
{
	struct view *keys;
	size_t n;
	struct queue_group_sum *v = queue_sums_sorted(sums, &keys, &n);

	if (n)
		printf("\n%s%s\n", title, n > TOP ? ", the five largest" : "");
	for (size_t i = 0; i < n && i < TOP; i++) {
		own_str struct str line = STR_MAX(512), field = STR_MAX(64);

		queue_add_count(&field, v[i].n);
		queue_add_right(&line, &field, 12);
		str_addz(&line, "  ");
		queue_add_cut(&line, keys[i], QUEUE_COLUMNS - 14);
		puts(str_z(&line));
	}
	free(v);
	free(keys);
}

static void print_head(const struct summing *s)
{
	own_str struct str line = STR_MAX(512);

	queue_add_count(&line, s->n);
	str_addf(&line, " message%s to ", s->n == 1 ? "" : "s");
	queue_add_count(&line, s->rcpts);
	str_addf(&line, " recipient%s, ", s->rcpts == 1 ? "" : "s");
	queue_add_size(&line, s->bytes);
	str_addz(&line, "B in bodies, the oldest ");
	queue_add_age(&line, s->c->now_s - s->oldest_s);
	puts(str_z(&line));
	str_clear(&line);
	for (int i = 0; i < 5; i++) {
		if (i)
			str_addz(&line, ", ");
		queue_add_count(&line, s->of_state[i]);
		str_addf(&line, " %s", queue_state_name((enum queue_state)(1 << i)));
	}
	puts(str_z(&line));
	if (s->c->n_daemons == 0)
		puts("No daemon runs on this queue.");
}

static void add_buckets(struct json *j, const char *key, const struct bucket *b,
			const int64_t *counts, size_t n)
{
	json_array(j, key);
	for (size_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_number(j, "from_s", b[i].from_s == INT64_MIN ? 0 : b[i].from_s);
		json_number(j, "messages", counts[i]);
		json_end(j);
	}
	json_end(j);
}

static void add_sums(struct json *j, const char *key, const char *name,
		     const struct queue_sums *sums)
{
	struct view *keys;
	size_t n;
	struct queue_group_sum *v = queue_sums_sorted(sums, &keys, &n);

	json_array(j, key);
	for (size_t i = 0; i < n && i < TOP; i++) {
		json_object(j, NULL);
		json_text(j, name, keys[i]);
		json_number(j, "messages", v[i].n);
		json_end(j);
	}
	json_end(j);
	free(v);
	free(keys);
}

static void print_json(const struct summing *s)
{
	own_str struct str out = STR_MAX(1 << 20);
	struct json j = json_into(&out);

	json_object(&j, NULL);
	json_number(&j, "messages", s->n);
	json_number(&j, "recipients", s->rcpts);
	json_number(&j, "bytes", s->bytes);
	if (s->n)
		json_number(&j, "oldest", s->oldest_s);
	else
		json_null(&j, "oldest");
	json_number(&j, "daemons", s->c->n_daemons);
	json_object(&j, "states");
	for (int i = 0; i < 5; i++)
		json_number(&j, queue_state_name((enum queue_state)(1 << i)), s->of_state[i]);
	json_end(&j);
	add_buckets(&j, "ages", ages, s->of_age, N_AGES);
	add_buckets(&j, "next_tries", tries, s->of_try, N_TRIES);
	add_sums(&j, "domains", "domain", s->domains);
	add_sums(&j, "reasons", "reason", s->reasons);
	json_end(&j);
	fputs(str_z(&out), stdout);
}

static void print_screen(const struct summing *s)
{
	if (s->n == 0) {
		puts(s->c->wish->pick.is_given ? "No message matches." : "The queue is empty.");
		return;
	}
	print_head(s);
	print_histogram("In the queue for at least", ages, s->of_age, N_AGES);
	print_histogram("Next try", tries, s->of_try, N_TRIES);
	print_top("Domains", s->domains);
	print_top("Reasons", s->reasons);
}

int queue_summary(struct queue_run_ctx *c)
{
	const struct queue_wish *w = c->wish;
	struct summing s = { .c = c, .domains = queue_sums_new(), .reasons = queue_sums_new() };
	struct walk_params p = {
		.with_size = true, .with_locks = true, .prepare = prepare, .take = take, .arg = &s
	};

	queue_pick_walk(c, &p);
	if (w->as_json)
		print_json(&s);
	else
		print_screen(&s);
	queue_sums_free(s.domains);
	queue_sums_free(s.reasons);
	return EX_OK_;
}
