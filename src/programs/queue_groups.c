/* queue_groups.c - queue list --by domain, sender, reason, mx, age: how many messages, and since when. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "deliver/mx.h"
#include "mail/status.h"
#include "programs/queue_command.h"

#define GROUPS_SHOWN  20
#define KEY_MAX       256
#define BAR           12
#define ASK_MS        3000  /* for the mail exchangers of one domain */
#define ASK_ALL_MS    10000 /* for all of them */
#define DOMAINS_ASKED 2000
#define TO_ASK        '\001' /* in front of a domain whose exchanger is asked for at the end */

static const struct {
	int64_t up_to_s;
	const char *name;
} ages[] = {
	{600,        "under 10 minutes"    },
        { 3600,      "10 minutes to 1 hour"},
	{ 4 * 3600,  "1 to 4 hours"        },
        { 86400,     "4 hours to 1 day"    },
	{ 2 * 86400, "1 to 2 days"         },
        { 5 * 86400, "2 to 5 days"         },
	{ INT64_MAX, "5 days or more"      },
};

#define N_AGES (sizeof(ages) / sizeof(ages[0]))

struct grouping {
	struct queue_run_ctx *c;
	struct queue_sums *sums;
	int64_t n, bytes;
	const struct queue_entry *entry; /* that is counted */
};

static void add_key(struct grouping *g, struct view key)
{
	const struct queue_entry *e = g->entry;

	queue_sums_add(g->sums, view_first(key, KEY_MAX), e->size, e->head.created_s,
		       queue_next_try(g->c, e));
}

static void add_domain(void *arg, struct view domain)
{
	add_key(arg, domain);
}

static void by_domain(struct grouping *g)
{
	queue_each_domain(g->entry, add_domain, g);
}

static void by_sender(struct grouping *g)
{
	struct view sender = queue_bare(g->entry->head.sender);

	add_key(g, sender.len ? sender : VIEW("<>"));
}

static void by_reason(struct grouping *g)
{
	own_str struct str key = STR_MAX(KEY_MAX);

	queue_add_reason_key(&key, queue_reason(g->entry));
	add_key(g, key.len ? str_view(&key) : VIEW("(none yet)"));
}

static void by_age(struct grouping *g)
{
	int64_t age = g->c->now_s - g->entry->head.created_s;
	size_t i = 0;

	while (age >= ages[i].up_to_s)
		i++;
	add_key(g, view_of(ages[i].name));
}

/* The host that the last try named: "Connection refused by HOST", "Connection timed out with HOST". */
static bool host_of_reason(struct view reason, struct view *out)
{
	struct view word, before = VIEW_NONE;

	while (view_word(&reason, &word)) {
		bool is_behind = view_eq(before, VIEW("by")) || view_eq(before, VIEW("with"));

		while (word.len && strchr(".:,;", word.p[word.len - 1]))
			word.len--;
		if (is_behind && queue_is_particular(word)) {
			*out = word;
			return true;
		}
		before = word;
	}
	return false;
}

static void add_domain_to_ask(void *arg, struct view domain)
{
	char key[KEY_MAX];
	int n = snprintf(key, sizeof(key), "%c" VIEW_FMT, TO_ASK,
			 VIEW_ARG(view_first(domain, KEY_MAX - 2)));

	add_key(arg, view_from(key, (size_t)n));
}

static void by_mx(struct grouping *g)
{
	struct view host;

	if (host_of_reason(queue_reason(g->entry), &host))
		add_key(g, host);
	else
		queue_each_domain(g->entry, add_domain_to_ask, g);
}

static const struct {
	const char *name, *heading;
	void (*add)(struct grouping *g);
} groupings[] = {
	{"domain",  "DOMAIN",                            by_domain},
	{ "sender", "SENDER",                            by_sender},
	{ "reason", "REASON (hosts and addresses as *)", by_reason},
	{ "age",    "AGE",			       by_age   },
	{ "mx",     "MAIL EXCHANGER",                    by_mx    },
};

static bool prepare(void *arg, const struct queue_entry *e, struct str *out)
{
	struct queue_run_ctx *c = ((const struct grouping *)arg)->c;

	(void)out;
	return queue_is_readable(c, e) && queue_pick_matches(c, e);
}

static size_t wanted_grouping(const struct queue_wish *w)
{
	size_t i = 0;

	while (strcmp(groupings[i].name, w->by) != 0)
		i++;
	return i;
}

static bool take(void *arg, const struct queue_entry *e, struct view text)
{
	struct grouping *g = arg;

	(void)text;
	g->entry = e;
	g->n++;
	g->bytes += e->size > 0 ? e->size : 0;
	groupings[wanted_grouping(g->c->wish)].add(g);
	return true;
}

/* The host that mail for a domain goes to first. */
static void add_exchanger(struct queue_run_ctx *c, struct view domain, int64_t until,
			  struct str *out)
{
	struct arena *a = arena_new(1 << 20);
	struct mx_query q;
	struct mx_list hosts = { 0 };
	struct status status;
	const struct mx_host *best = NULL;
	int result = EX_TEMPFAIL_;

	mx_query_init(&q, c->rt.services.resolver, c->rt.snap->cf);
	q.use_mx = true;
	q.port = 25;
	q.deadline = deadline_in(ASK_MS);
	if (!deadline_is_past(until) && domain.len && domain.p[0] != '(')
		result = mx_expand(&q, domain, a, &hosts, &status);
	/* Equals come in any order: the first by name. */
	for (size_t i = 0; result == EX_OK_ && i < hosts.n; i++)
		if (hosts.v[i].preference == hosts.v[0].preference &&
		    (!best || view_cmp_nocase(hosts.v[i].name, best->name) < 0))
			best = &hosts.v[i];
	if (best)
		str_add(out, best->name);
	else if (domain.len && domain.p[0] == '(')
		str_add(out, domain);
	else
		str_addz(out, result == EX_NOHOST_ ? "(no such domain)" : "(not known)");
	arena_free(a);
}

/* Domains that no try has named a host for become their mail exchangers; the largest are asked for first. */
static void ask_exchangers(struct grouping *g)
{
	struct queue_sums *by_host = queue_sums_new();
	int64_t until = deadline_in(ASK_ALL_MS);
	struct view *keys;
	size_t n;
	struct queue_group_sum *sums = queue_sums_sorted(g->sums, &keys, &n);

	for (size_t i = 0; i < n; i++) {
		own_str struct str host = STR_MAX(KEY_MAX);

		if (keys[i].len && keys[i].p[0] == TO_ASK)
			add_exchanger(g->c, view_skip(keys[i], 1), i < DOMAINS_ASKED ? until : 0,
				      &host);
		else
			str_add(&host, keys[i]);
		queue_sums_merge(by_host, str_view(&host), &sums[i]);
	}
	free(sums);
	free(keys);
	queue_sums_free(g->sums);
	g->sums = by_host;
}

static void print_row(const struct grouping *g, struct view key, const struct queue_group_sum *s,
		      int64_t most)
{
	own_str struct str line = STR_MAX(4096), field = STR_MAX(64);

	queue_add_count(&field, s->n);
	queue_add_right(&line, &field, 10);
	str_addz(&line, "  ");
	queue_add_bar(&line, s->n, most, BAR);
	str_clear(&field);
	queue_add_age(&field, g->c->now_s - s->oldest_s);
	queue_add_right(&line, &field, 7);
	str_clear(&field);
	queue_add_next(&field, g->c, s->next_s);
	queue_add_right(&line, &field, 7);
	str_addz(&line, "  ");
	queue_add_cut(&line, key, QUEUE_COLUMNS - 40);
	puts(str_z(&line));
}

static size_t place_of_age(struct view name)
{
	size_t i = 0;

	while (i + 1 < N_AGES && !view_eq(name, view_of(ages[i].name)))
		i++;
	return i;
}

/* Ages stand in their own order. */
static void order_ages(struct view *keys, struct queue_group_sum *sums, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && place_of_age(keys[k]) < place_of_age(keys[k - 1]);
		     k--) {
			struct view key = keys[k];
			struct queue_group_sum sum = sums[k];

			keys[k] = keys[k - 1];
			sums[k] = sums[k - 1];
			keys[k - 1] = key;
			sums[k - 1] = sum;
		}
}

static void print_json(const struct grouping *g, const struct view *keys,
		       const struct queue_group_sum *sums, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		own_str struct str line = STR_MAX(8192);
		struct json j = json_into(&line);

		j.is_compact = true;
		json_object(&j, NULL);
		json_text(&j, g->c->wish->by, keys[i]);
		json_number(&j, "messages", sums[i].n);
		json_number(&j, "bytes", sums[i].bytes);
		json_number(&j, "oldest", sums[i].oldest_s);
		if (sums[i].next_s == QUEUE_NEVER)
			json_null(&j, "next_try");
		else
			json_number(&j, "next_try", sums[i].next_s);
		json_end(&j);
		fputs(str_z(&line), stdout);
	}
}

static void print_table(const struct grouping *g, const struct view *keys,
			const struct queue_group_sum *sums, size_t n, size_t n_shown)
{
	own_str struct str count = STR_MAX(64);
	int64_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = sums[i].n > most ? sums[i].n : most;
	if (n)
		printf("  MESSAGES                OLDEST   NEXT  %s\n",
		       groupings[wanted_grouping(g->c->wish)].heading);
	for (size_t i = 0; i < n_shown; i++)
		print_row(g, keys[i], &sums[i], most);
	if (n_shown < n)
		printf("            and %zu more; --limit shows them\n", n - n_shown);
	queue_add_count(&count, g->n);
	if (g->n == 0)
		puts(g->c->wish->pick.is_given ? "No message matches." : "The queue is empty.");
	else
		printf("%10s  message%s in all\n", str_z(&count), g->n == 1 ? "" : "s");
}

int queue_groups(struct queue_run_ctx *c)
{
	const struct queue_wish *w = c->wish;
	struct grouping g = { .c = c, .sums = queue_sums_new() };
	struct walk_params p = { .with_size = true,
				 .with_locks = queue_wanted_states(w) != STATE_ALL,
				 .prepare = prepare,
				 .take = take,
				 .arg = &g };
	struct queue_group_sum *sums;
	struct view *keys;
	size_t n, n_shown;

	queue_pick_walk(c, &p);
	if (strcmp(w->by, "mx") == 0)
		ask_exchangers(&g);
	sums = queue_sums_sorted(g.sums, &keys, &n);
	if (strcmp(w->by, "age") == 0)
		order_ages(keys, sums, n);
	n_shown = w->limit >= 0 ? (size_t)w->limit : w->as_json ? n : GROUPS_SHOWN;
	n_shown = n_shown < n ? n_shown : n;
	if (w->as_json)
		print_json(&g, keys, sums, n_shown);
	else
		print_table(&g, keys, sums, n, n_shown);
	free(sums);
	free(keys);
	queue_sums_free(g.sums);
	return EX_OK_;
}

bool queue_by_is_known(const char *by)
{
	for (size_t i = 0; i < sizeof(groupings) / sizeof(groupings[0]); i++)
		if (strcmp(groupings[i].name, by) == 0)
			return true;
	return false;
}
