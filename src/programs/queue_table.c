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
	/* --oldest: sorted by age */
	struct kept {
		int64_t created_s;
		char *text;
	} * kept;
	size_t n_kept;
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

	str_addf(out, "%-16s  %-7s", e->id, queue_state_name(queue_state_of(e)));
	queue_add_age(&field, c->now_s - e->head.created_s);
	add_right(out, &field, 7);
	str_addf(out, "%7lld", (long long)e->head.tries);
	queue_add_next(&field, c, queue_next_try(c, e));
	add_right(out, &field, 7);
	queue_add_size(&field, e->size);
	add_right(out, &field, 7);
	str_addz(out, "  ");
	queue_add_cut(out, sender.len ? sender : VIEW("<>"), 25);
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

static bool is_meant(void *arg, const char *id)
{
	return queue_pick_id(&((const struct table_run *)arg)->c->wish->pick, id);
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

/* Keeps it when it is among the oldest. */
static bool keep_oldest(void *arg, const struct queue_entry *e, struct view text)
{
	struct table_run *r = arg;
	size_t low = 0, high = r->n_kept, max = (size_t)r->limit;

	r->n++;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->kept[middle].created_s <= e->head.created_s)
			low = middle + 1;
		else
			high = middle;
	}
	if (low >= max)
		return true;
	if (r->n_kept == max)
		free(r->kept[--r->n_kept].text);
	memmove(&r->kept[low + 1], &r->kept[low], (r->n_kept - low) * sizeof(*r->kept));
	r->kept[low] = (struct kept){ e->head.created_s, mem_dup(text.p, text.len) };
	r->n_kept++;
	return true;
}

static void print_oldest(struct table_run *r)
{
	if (r->n_kept && !r->c->wish->as_json)
		fputs(heading, stdout);
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
	unsigned states = w->pick.states ? w->pick.states : w->verb->states;
	struct walk_params p = { .spool = c->spool,
				 .letters = queue_letters(states),
				 .with_size = true,
				 .with_locks = true,
				 .is_meant = w->pick.ids ? is_meant : NULL,
				 .prepare = prepare,
				 .take = w->oldest ? keep_oldest : print,
				 .arg = &r };
	struct walk *walk;

	if (w->oldest) {
		if (r.limit < 0 || r.limit > OLDEST_MAX)
			r.limit = r.limit < 0 ? OLDEST_SHOWN : OLDEST_MAX;
		r.kept = mem_zero(((size_t)r.limit + 1) * sizeof(*r.kept));
	}
	walk = walk_new(&p);
	for (int dir = 0; dir < c->spool->n_dirs && walk_dir(walk, dir); dir++)
		;
	walk_free(walk);
	print_end(&r);
	if (w->oldest)
		print_oldest(&r);
	return !r.is_cut && queue_pick_unknown(&w->pick, r.n) > 0 ? EX_NOINPUT_ : EX_OK_;
}
