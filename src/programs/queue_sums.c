/*
 * queue_sums.c - counts by key, in bounded memory: past the limit, new keys count together as "(others)".
 */
#include <ctype.h>

#include "base/mem.h"
#include "programs/queue_command.h"

#define KEYS_MAX 200000

struct queue_sums {
	struct table *by_key;
	struct queue_group_sum others;
};

struct queue_sums *queue_sums_new(void)
{
	struct queue_sums *s = MEM_NEW(struct queue_sums);

	s->by_key = table_new(TABLE_NOCASE);
	return s;
}

void queue_sums_free(struct queue_sums *s)
{
	struct view key;
	size_t at = 0;
	void *sum;

	while (table_next(s->by_key, &at, &key, &sum))
		free(sum);
	table_free(s->by_key);
	free(s);
}

void queue_sums_merge(struct queue_sums *s, struct view key, const struct queue_group_sum *more)
{
	struct queue_group_sum *g = table_get(s->by_key, key);

	if (!g && table_count(s->by_key) >= KEYS_MAX) {
		g = &s->others;
	} else if (!g) {
		g = MEM_NEW(struct queue_group_sum);
		table_set(s->by_key, key, g);
	}
	if (g->n == 0) {
		g->oldest_s = more->oldest_s;
		g->next_s = more->next_s;
	}
	g->n += more->n;
	g->bytes += more->bytes;
	if (more->oldest_s < g->oldest_s)
		g->oldest_s = more->oldest_s;
	if (more->next_s < g->next_s)
		g->next_s = more->next_s;
}

void queue_sums_add(struct queue_sums *s, struct view key, int64_t bytes, int64_t created_s,
		    int64_t next_s)
{
	struct queue_group_sum one = { 1, bytes > 0 ? bytes : 0, created_s, next_s };

	queue_sums_merge(s, key, &one);
}

size_t queue_sums_count(const struct queue_sums *s)
{
	return table_count(s->by_key) + (s->others.n > 0);
}

struct keyed {
	struct view key;
	struct queue_group_sum sum;
};

static int by_number(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->sum.n != y->sum.n)
		return x->sum.n > y->sum.n ? -1 : 1;
	return view_cmp_nocase(x->key, y->key);
}

struct queue_group_sum *queue_sums_sorted(const struct queue_sums *s, struct view **out_keys,
					  size_t *out_n)
{
	size_t n = queue_sums_count(s), i = 0, at = 0;
	struct keyed *v = mem_zero((n + 1) * sizeof(*v));
	struct queue_group_sum *sums = mem_zero((n + 1) * sizeof(*sums));
	void *sum;

	*out_keys = mem_zero((n + 1) * sizeof(**out_keys));
	while (table_next(s->by_key, &at, &v[i].key, &sum))
		v[i++].sum = *(struct queue_group_sum *)sum;
	if (s->others.n > 0)
		v[i++] = (struct keyed){ VIEW("(others)"), s->others };
	qsort(v, i, sizeof(*v), by_number);
	for (size_t k = 0; k < i; k++) {
		(*out_keys)[k] = v[k].key;
		sums[k] = v[k].sum;
	}
	*out_n = i;
	free(v);
	return sums;
}

/* Is it a host, an address or a literal: what differs between reasons that are the same? */
bool queue_is_particular(struct view word)
{
	bool has_letter = false, has_dot = false;

	if (view_find(word, '@') < word.len)
		return true;
	if (word.len > 2 && word.p[0] == '[')
		return true;
	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = (unsigned char)word.p[i];

		if (isalpha(c))
			has_letter = true;
		else if (c == '.' && i > 0 && i + 1 < word.len)
			has_dot = true;
		else if (!isdigit(c) && !strchr("-_.:;,", c))
			return false;
	}
	return has_letter && has_dot;
}

void queue_add_reason_key(struct str *out, struct view reason)
{
	struct view word;
	bool is_first = true;

	while (view_word(&reason, &word)) {
		struct view end = VIEW_NONE;

		while (word.len > 0 && strchr(".:,;", word.p[word.len - 1])) {
			end = view_from(
				word.p + word.len - 1,
				(size_t)(end.p ? end.p + end.len - word.p - word.len + 1 : 1));
			word.len--;
		}
		if (!is_first)
			str_addc(out, ' ');
		is_first = false;
		if (queue_is_particular(word))
			str_addc(out, '*');
		else
			str_add(out, word);
		if (end.len && !queue_is_particular(word))
			str_add(out, end);
		else if (end.len && strchr(":,;", end.p[end.len - 1]))
			str_addc(out, end.p[end.len - 1]);
	}
}

void queue_each_domain(const struct queue_entry *e, void (*each)(void *arg, struct view domain),
		       void *arg)
{
	struct view text = e->text, value, seen[32];
	size_t n_seen = 0;
	char letter;

	while (select_line(&text, &letter, &value) && letter != 'H') {
		struct view address, domain;
		bool is_new = true;

		if (letter != 'R')
			continue;
		address = queue_bare(select_rcpt(value));
		domain = view_skip(address, view_rfind(address, '@') + 1);
		if (view_find(address, '@') >= address.len)
			domain = VIEW("(local)");
		for (size_t i = 0; i < n_seen; i++)
			is_new = is_new && !view_eq_nocase(seen[i], domain);
		if (!is_new)
			continue;
		if (n_seen < sizeof(seen) / sizeof(seen[0]))
			seen[n_seen++] = domain;
		each(arg, domain);
	}
}
