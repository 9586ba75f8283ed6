/*
 * list.c - mailq: the listing of the queue in sendmail's form (contract/queue.md 6.8).
 *
 * Per directory: every control file is read once (walk.h); what will be printed is kept beside its sort key, up to a budget, past
 * which a file is read again when its turn comes. So memory is bounded and a million messages can be listed.
 *
 * Messages that are only in the journal of a running daemon are shown as well, in the directory that they would go to, with the
 * mark of a locked message: the daemon has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "os/load_average.h"
#include "queue/busy.h"
#include "queue/journal_dir.h"
#include "queue/list_access.h"
#include "queue/list_entry.h"
#include "queue/scan.h"
#include "queue/walk.h"

#define TEXT_KEPT_MAX (64u << 20)
#define OUT_BYTES     65536
/* A record of some 100 bytes is kept for each message, as many as there are: what this allows is no limit in practice. */
#define ENTRIES_BYTES_MAX ((size_t)1 << 40)

struct listed {
	int64_t key, created_s, mtime_s;
	size_t order;     /* as the directory gave it: for equal keys */
	struct view text; /* none: read again */
	char *host;       /* of the first recipient, backwards; for the order by host */
	char letter;
	char id[];
};

struct listing {
	const struct spool *spool;
	const struct config *cf;
	const struct queue_select *sel;
	struct list_style style;
	void (*write)(void *arg, struct view text);
	void *arg;
	struct str out;        /* gathered for write */
	struct arena *entries; /* of one directory, with their texts */
	struct listed **v;
	size_t n, cap, bytes_kept;
	size_t max; /* so many of a directory are shown at most: MaxQueueRunSize */
	size_t n_found, n_total;
	int dir; /* where we are */
};

static void flush(struct listing *l, size_t when_over)
{
	if (l->out.len <= when_over)
		return;
	l->write(l->arg, str_view(&l->out));
	str_clear(&l->out);
}

static bool is_meant(void *arg, const char *id)
{
	return select_id(((const struct listing *)arg)->sel, view_of(id));
}

static bool prepare(void *arg, const struct queue_entry *e, struct str *out)
{
	const struct listing *l = arg;

	if ((e->error < 0 || e->head.is_empty) && select_needs_text(l->sel))
		return false;
	if (e->error < 0 || e->head.is_empty) {
		str_addf(out, "%13s%c%s\n", e->id, e->is_locked ? '*' : ' ',
			 e->error == -EACCES ? " (permission denied)" : LIST_NO_CONTROL);
		return true;
	}
	if (!select_text(l->sel, e->text))
		return false;
	list_entry_add(out, &l->style, e);
	return true;
}

/* The host of an address from its end, as the order by host compares it. */
static char *reversed_host(struct arena *a, struct view address)
{
	size_t at = view_rfind(address, '@');
	struct view host = at < address.len ? view_skip(address, at + 1) : VIEW_NONE;
	char *out = arena_alloc(a, host.len + 1);

	for (size_t i = 0; i < host.len; i++)
		out[i] = (char)tolower((unsigned char)host.p[host.len - 1 - i]);
	return out;
}

static bool add_listed(void *arg, const struct queue_entry *e, struct view text)
{
	struct listing *l = arg;
	size_t len = strlen(e->id) + 1;
	struct listed *new;

	l->n_found++;
	if (l->n >= l->max)
		return true;
	new = arena_alloc(l->entries, sizeof(*new) + len);

	new->letter = e->letter;
	new->key = e->head.has_priority ? e->head.priority : INT64_MAX;
	new->mtime_s = e->mtime_s;
	if (strchr("hs", l->style.options->queue_sort_order))
		new->host = reversed_host(l->entries, e->head.first_rcpt);
	new->created_s = e->head.created_s;
	new->order = l->n;
	memcpy(new->id, e->id, len);
	if (l->bytes_kept + text.len <= TEXT_KEPT_MAX || e->is_journaled) {
		new->text = arena_dup(l->entries, text);
		l->bytes_kept += text.len;
	}
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = new;
	return true;
}

/* Reads once more what there was no memory for. False when it is gone or not to be read. */
static bool read_again(struct listing *l, const struct listed *listed)
{
	struct queue_entry e = { .dir = l->dir, .letter = listed->letter, .size = -1 };
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	own_fd int fd = -1;
	struct stat st;
	char name[40];
	int dir;

	spool_name(name, listed->letter, listed->id);
	snprintf(e.id, sizeof(e.id), "%s", listed->id);
	fd = openat(l->spool->dirs[l->dir].qf_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || spool_read_control(fd, &text) < 0)
		return false;
	e.text = str_view(&text);
	select_head(e.text, &e.head);
	dir = spool_body_dir(l->spool, l->dir, e.text);
	if (dir >= 0 && spool_stat_body(l->spool, dir, e.id, &st) == 0)
		e.size = st.st_size;
	return prepare(l, &e, &l->out);
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_order(const void *a, const void *b)
{
	return compare((int64_t)(*(struct listed *const *)a)->order,
		       (int64_t)(*(struct listed *const *)b)->order);
}

static int by_created(const void *a, const void *b)
{
	const struct listed *x = *(struct listed *const *)a, *y = *(struct listed *const *)b;
	int result = compare(x->created_s, y->created_s);

	return result ? result : by_order(a, b);
}

static int by_key(const void *a, const void *b)
{
	const struct listed *x = *(struct listed *const *)a, *y = *(struct listed *const *)b;
	int result = compare(x->key, y->key);

	return result ? result : by_order(a, b);
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(struct listed *const *)a)->id, (*(struct listed *const *)b)->id);
}

static int by_host(const void *a, const void *b)
{
	int result = strcmp((*(struct listed *const *)a)->host, (*(struct listed *const *)b)->host);

	return result ? result : by_key(a, b);
}

static int by_mtime(const void *a, const void *b)
{
	int result = compare((*(struct listed *const *)a)->mtime_s,
			     (*(struct listed *const *)b)->mtime_s);

	return result ? result : by_order(a, b);
}

/* As a queue run would order them (QueueSortOrder). */
static void sort(struct listing *l)
{
	static const struct {
		char order;
		int (*compare)(const void *a, const void *b);
	} orders[] = {
		{'n',  by_order  },
                { 'r', by_order  },
                { 'f', by_id     },
                { 't', by_created},
		{ 'm', by_mtime  },
                { 'h', by_host   },
                { 's', by_host   }
	};
	int (*compare_with)(const void *a, const void *b) = by_key;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (orders[i].order == l->style.options->queue_sort_order)
			compare_with = orders[i].compare;
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), compare_with);
}

static void write_entry(struct listing *l, const struct listed *e)
{
	if (!view_is_none(e->text))
		str_add(&l->out, e->text);
	else if (!read_again(l, e))
		str_addf(&l->out, "%13s  (job completed)\n", e->id);
	flush(l, OUT_BYTES);
}

static void write_header(struct listing *l, const char *path)
{
	str_addf(&l->out, "\t\t%s (%zu request%s", path, l->n_found, l->n_found == 1 ? "" : "s");
	if (l->n < l->n_found)
		str_addf(&l->out, ", only %zu printed", l->n);
	str_addz(&l->out, ")\n");
	str_addz(&l->out, l->style.verbose ? "-----Q-ID----- --Size-- -Priority- ---Q-Time--- "
					     "--------Sender/Recipient--------\n"
					   : "-----Q-ID----- --Size-- -----Q-Time----- "
					     "------------Sender/Recipient-----------\n");
}

/* J= of the directory's group: a run would see no more. */
static size_t most_of_run(const struct listing *l)
{
	int group = l->spool->dirs[l->dir].group;
	int jobs = group < l->cf->n_groups ? l->cf->groups[group].jobs : 0;

	return jobs > 0 ? (size_t)jobs : SIZE_MAX;
}

static void list_dir(struct listing *l, struct walk *w, int dir)
{
	own_str struct str path = STR_MAX(4200);

	l->dir = dir;
	l->n = l->n_found = l->bytes_kept = 0;
	arena_reset(l->entries);
	walk_dir(w, dir);
	spool_show_path(l->spool, dir, &path);
	l->n_total += l->n_found;
	if (l->n_found == 0) {
		str_addf(&l->out, "%s is empty\n", str_z(&path));
		return;
	}
	sort(l);
	write_header(l, str_z(&path));
	for (size_t i = 0; i < l->n && i < most_of_run(l); i++)
		write_entry(l, l->v[i]);
}

static bool is_wanted_group(const struct snapshot *snap, const struct queue_select *sel, int group)
{
	return !sel || !sel->group || group >= snap->cf->n_groups ||
	       view_eq_nocase(snap->cf->groups[group].name, view_of(sel->group));
}

int queue_list(const struct snapshot *snap, const struct queue_select *sel, bool verbose,
	       void (*write)(void *arg, struct view text), void *arg)
{
	int status;
	struct spool *s = list_open(snap, write, arg, &status);
	struct listing l = {
		.spool = s,
		.cf = snap->cf,
		.sel = sel,
		.style = {.options = &snap->cf->options, .verbose = verbose, .now_s = wall_s()},
		.write = write,
		.arg = arg,
		.out = STR_MAX(64u << 20),
		.entries = arena_new(ENTRIES_BYTES_MAX)
	};
	struct walk_params p = { .spool = s,
				 .letters = select_letters(sel),
				 .with_size = true,
				 .finds_body = s && s->n_dirs > 1,
				 .with_locks = true,
				 .with_mtime = l.style.options->queue_sort_order == 'm',
				 .is_meant = is_meant,
				 .prepare = prepare,
				 .take = add_listed,
				 .arg = &l };
	struct walk *w;

	if (!s || !list_is_allowed(snap, s, sel, write, arg)) {
		spool_close(s);
		arena_free(l.entries);
		return s ? EX_OK_ : status;
	}
	l.max = l.style.options->max_queue_run_size > 0
			? (size_t)l.style.options->max_queue_run_size
			: SIZE_MAX;
	l.style.load = load_average();
	l.style.reads_head = busy_order_has_priority(l.style.options->queue_sort_order) ||
			     (sel && sel->n > 0);
	w = walk_new(&p);
	for (int dir = 0; dir < s->n_dirs; dir++)
		if (is_wanted_group(snap, sel, s->dirs[dir].group))
			list_dir(&l, w, dir);
	walk_free(w);
	if (!sel || !sel->group)
		str_addf(&l.out, "\t\tTotal requests: %zu\n", l.n_total);
	flush(&l, 0);
	str_done(&l.out);
	free(l.v);
	arena_free(l.entries);
	spool_close(s);
	return EX_OK_;
}

struct counts {
	size_t *of_dir;
	const struct spool *spool;
};

static bool count_file(void *arg, int dir, char letter, const char *id)
{
	(void)id;
	((struct counts *)arg)->of_dir[dir] += letter == 'q';
	return true;
}

static void count_journaled(void *arg, const struct journal_message *m)
{
	struct counts *c = arg;
	int dir = spool_find_dir(c->spool, m->dir);

	c->of_dir[dir < 0 ? 0 : dir] += m->letter == 'q';
}

int queue_list_totals(const struct snapshot *snap, void (*write)(void *arg, struct view text),
		      void *arg)
{
	int status;
	struct spool *s = list_open(snap, write, arg, &status);
	own_str struct str out = STR_MAX(4u << 20);
	struct counts c = { .spool = s };
	size_t total = 0;

	if (!s)
		return status;
	if (snap->cf->options.shared_memory_key == 0) {
		write(arg, VIEW("Data unavailable: shared memory not updated\n"));
		spool_close(s);
		return EX_OK_;
	}
	c.of_dir = mem_zero((size_t)s->n_dirs * sizeof(*c.of_dir));
	journal_dirs_each(s, count_journaled, &c);
	for (int dir = 0; dir < s->n_dirs; dir++) {
		scan_dir(s, dir, count_file, &c);
		spool_show_path(s, dir, &out);
		if (c.of_dir[dir] == 0)
			str_addz(&out, " is empty\n");
		else
			str_addf(&out, ": entries=%zu\n", c.of_dir[dir]);
		total += c.of_dir[dir];
	}
	free(c.of_dir);
	str_addf(&out, "\t\tTotal requests: %zu\n", total);
	write(arg, str_view(&out));
	spool_close(s);
	return EX_OK_;
}
