/* queue_table.c - queue list: two lines a message, or the oldest of them, or a JSON object a line. */
#include "base/json.h"
#include "base/mem.h"
#include "mail/status.h"
#include "programs/queue_command.h"

#define OLDEST_SHOWN 20
#define OLDEST_MAX   100000

struct table_run {
	struct queue_run_ctx *c;
	size_t n;
	int64_t limit; /* -1: none */
	bool is_cut;
	/* --oldest: a heap, the youngest at its top */
	struct kept {
		int64_t created_s;
		size_t number; /* of those as old, which came first */
		char *text;
	} * kept;
	size_t n_kept, cap_kept;
};

static void add_rcpts_json(struct json *j, struct view text)
{
	struct view value;
	char letter;

	json_array(j, "recipients");
	while (select_line(&text, &letter, &value) && letter != 'H')
		if (letter == 'R')
			json_text(j, NULL, queue_bare(select_rcpt(value)));
	json_end(j);
}

void queue_add_json(const struct queue_run_ctx *c, const struct queue_entry *e, struct str *out)
{
	struct json j = json_into(out);
	int64_t next = queue_next_try(c, e);

	j.is_compact = true;
	json_object(&j, NULL);
	json_text(&j, "id", view_of(e->id));
	json_text(&j, "state", view_of(queue_state_name(queue_state_of(e))));
	json_text(&j, "directory", view_of(c->spool->dirs[e->dir].path));
	if (e->size >= 0)
		json_number(&j, "size", e->size);
	else
		json_null(&j, "size");
	json_number(&j, "created", e->head.created_s);
	if (e->head.last_try_s)
		json_number(&j, "last_try", e->head.last_try_s);
	else
		json_null(&j, "last_try");
	if (next == QUEUE_NEVER)
		json_null(&j, "next_try");
	else
		json_number(&j, "next_try", next);
	json_number(&j, "tries", e->head.tries);
	json_number(&j, "priority", e->head.priority);
	json_text(&j, "sender", queue_bare(e->head.sender));
	add_rcpts_json(&j, e->text);
	json_text(&j, "reason", e->head.status.len ? e->head.status : VIEW_NONE);
	json_text(&j, "quarantine", e->head.reason.len ? e->head.reason : VIEW_NONE);
	json_end(&j);
}

static const char heading[] = "ID                STATE      AGE  TRIES   NEXT   SIZE  FROM\n";

static void add_right(struct str *out, struct str *field, int width)
{
	queue_add_right(out, field, width);
	str_clear(field);
}

static void add_first_line(const struct queue_run_ctx *c, const struct queue_entry *e,
			   struct str *out)
{
	own_str struct str field = STR_MAX(64);
	struct view sender = queue_bare(e->head.sender);
	size_t start = out->len;

	str_addf(out, "%-16s  %-7s", e->id, queue_state_name(queue_state_of(e)));
	queue_add_age(&field, c->now_s - e->head.created_s);
	add_right(out, &field, 7);
	str_addf(out, "%7lld", (long long)e->head.tries);
	queue_add_next(&field, c, queue_next_try(c, e));
	add_right(out, &field, 7);
	queue_add_size(&field, e->size);
	add_right(out, &field, 7);
	str_addz(out, "  ");
	queue_add_cut(out, sender.len ? sender : VIEW("<>"),
		      QUEUE_COLUMNS - (int)(out->len - start));
	str_addc(out, '\n');
}

/* "    to a@b and 3 more: reason" */
static void add_second_line(const struct queue_entry *e, struct str *out)
{
	own_str struct str more = STR_MAX(64);
	struct view text = e->text, value, reason = queue_reason(e);
	size_t n = 0;
	char letter;
	int used = 7;

	while (select_line(&text, &letter, &value) && letter != 'H')
		n += letter == 'R';
	if (n > 1)
		str_addf(&more, " and %zu more", n - 1);
	str_addz(out, "    to ");
	used += queue_add_cut(out, n ? queue_bare(e->head.first_rcpt) : VIEW("nobody"),
			      reason.len ? 44 : 60);
	str_addz(out, str_z(&more));
	used += (int)more.len;
	if (reason.len && used + 12 < QUEUE_COLUMNS) {
		str_addz(out, ": ");
		queue_add_cut(out, reason, QUEUE_COLUMNS - used - 2);
	}
	str_addc(out, '\n');
}

/* In any thread. */
static bool prepare(void *arg, const struct queue_entry *e, struct str *out)
{
	struct queue_run_ctx *c = ((const struct table_run *)arg)->c;

	if (!queue_is_readable(c, e) || !queue_pick_matches(c, e))
		return false;
	if (c->wish->as_json) {
		queue_add_json(c, e, out);
	} else {
		add_first_line(c, e, out);
		add_second_line(e, out);
	}
	return true;
}

static bool print(void *arg, const struct queue_entry *e, struct view text)
{
	struct table_run *r = arg;

	(void)e;
	if (r->limit >= 0 && (int64_t)r->n >= r->limit) {
		r->is_cut = true;
		return false;
	}
	if (r->n++ == 0 && !r->c->wish->as_json)
		fputs(heading, stdout);
	return fwrite(text.p, 1, text.len, stdout) == text.len;
}

static void swap(struct kept *a, struct kept *b)
{
	struct kept moved = *a;

	*a = *b;
	*b = moved;
}

static bool is_younger(const struct kept *a, const struct kept *b)
{
	return a->created_s != b->created_s ? a->created_s > b->created_s : a->number > b->number;
}

/* The youngest of those kept goes to the top of the heap again. */
static void sink(struct table_run *r)
{
	size_t at = 0, child;

	while ((child = 2 * at + 1) < r->n_kept) {
		if (child + 1 < r->n_kept && is_younger(&r->kept[child + 1], &r->kept[child]))
			child++;
		if (!is_younger(&r->kept[child], &r->kept[at]))
			return;
		swap(&r->kept[at], &r->kept[child]);
		at = child;
	}
}

static void rise(struct table_run *r, size_t at)
{
	for (; at > 0 && is_younger(&r->kept[at], &r->kept[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&r->kept[at], &r->kept[(at - 1) / 2]);
}

/* Keeps it when it is among the oldest. */
static bool keep_oldest(void *arg, const struct queue_entry *e, struct view text)
{
	struct table_run *r = arg;
	struct kept k = { .created_s = e->head.created_s, .number = r->n++ };
	bool is_full = r->n_kept == (size_t)r->limit;

	if (is_full && !is_younger(&r->kept[0], &k))
		return true;
	k.text = mem_dup(text.p, text.len);
	if (!is_full) {
		MEM_GROW(r->kept, r->n_kept, r->cap_kept);
		r->kept[r->n_kept++] = k;
		rise(r, r->n_kept - 1);
		return true;
	}
	free(r->kept[0].text);
	r->kept[0] = k;
	sink(r);
	return true;
}

static int by_age(const void *a, const void *b)
{
	return is_younger(a, b) ? 1 : -1;
}

static void print_oldest(struct table_run *r)
{
	if (r->n_kept && !r->c->wish->as_json)
		fputs(heading, stdout);
	if (r->n_kept)
		qsort(r->kept, r->n_kept, sizeof(*r->kept), by_age);
	for (size_t i = 0; i < r->n_kept; i++) {
		fputs(r->kept[i].text, stdout);
		free(r->kept[i].text);
	}
	free(r->kept);
}

static void print_end(const struct table_run *r)
{
	own_str struct str count = STR_MAX(64);

	if (r->c->wish->as_json)
		return;
	queue_add_count(&count, (int64_t)r->n);
	if (r->n == 0)
		puts(r->c->wish->pick.is_given ? "No message matches." : "The queue is empty.");
	else if (r->is_cut)
		puts("... and more");
	else if (r->kept && r->n > r->n_kept)
		printf("the oldest %zu of %s messages\n", r->n_kept, str_z(&count));
	else
		printf("%s message%s\n", str_z(&count), r->n == 1 ? "" : "s");
}

int queue_table(struct queue_run_ctx *c)
{
	const struct queue_wish *w = c->wish;
	struct table_run r = { .c = c, .limit = w->limit };
	struct walk_params p = { .with_size = true,
				 .with_locks = true,
				 .prepare = prepare,
				 .take = w->oldest ? keep_oldest : print,
				 .arg = &r };

	if (w->oldest && (r.limit < 0 || r.limit > OLDEST_MAX))
		r.limit = r.limit < 0 ? OLDEST_SHOWN : OLDEST_MAX;
	queue_pick_walk(c, &p);
	print_end(&r);
	if (w->oldest)
		print_oldest(&r);
	return !r.is_cut && queue_pick_unknown(&w->pick, r.n) > 0 ? EX_NOINPUT_ : EX_OK_;
}
