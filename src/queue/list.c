/*
 * list.c - mailq: the listing of the queue in sendmail's form (contract/queue.md 6.8).
 *
 * Per directory: every control file is read once (walk.h); what will be printed is kept beside its sort key, up to a budget, past
 * which a file is read again when its turn comes. So memory is bounded and a million messages can be listed.
 *
 * Messages that are only in the journal of a running daemon are shown as well, in the directory that they would go to, with the
 * mark of a locked message: the daemon has them.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "queue/journal_dir.h"
#include "queue/scan.h"
#include "queue/walk.h"

#define TEXT_KEPT_MAX (64u << 20)
#define OUT_BYTES     65536
#define SHOWN_MAX     80

struct listed {
	int64_t key, created_s;
	size_t order; /* as the directory gave it: for equal keys */
	char *text;   /* NULL: read again */
	char letter;
	char id[];
};

struct listing {
	const struct spool *spool;
	const struct queue_select *sel;
	const struct options *options;
	bool verbose;
	void (*write)(void *arg, struct view text);
	void *arg;
	struct str out; /* gathered for write */
	struct listed **v;
	size_t n, cap, bytes_kept, n_total;
	int64_t now_s;
	int load; /* the load average when it is over QueueLA, else 0 */
	int dir;  /* where we are */
};

static void flush(struct listing *l, size_t when_over)
{
	if (l->out.len <= when_over)
		return;
	l->write(l->arg, str_view(&l->out));
	str_clear(&l->out);
}

/* Text from a queue file as it may be shown: no control characters, the quoting byte 0xff gone. */
static void add_shown(struct str *out, struct view v, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < v.len && n < max; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == 0xff && i + 1 < v.len)
			continue;
		n++;
		str_addc(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

static bool is_too_young(const struct listing *l, const struct qf_head *h)
{
	int64_t wait = l->options->min_queue_age_s;

	if (l->options->max_queue_age_s > 0) {
		int64_t age = h->last_try_s - h->created_s;

		wait = age > wait ? age : wait;
		wait = wait < l->options->max_queue_age_s ? wait : l->options->max_queue_age_s;
	}
	return wait > 0 && h->last_try_s > 0 && h->last_try_s + wait > l->now_s;
}

/* QueueFactor and load average: would a run leave it (contract/queue.md 6.5)? */
static bool is_held_by_load(const struct listing *l, const struct qf_head *h)
{
	return l->load > 0 &&
	       h->priority > l->options->queue_factor / (l->load - l->options->queue_la + 1);
}

static char mark_of(const struct listing *l, const struct qf_head *h, char letter, bool is_locked)
{
	if (letter == 'Q')
		return '?';
	if (is_locked)
		return '*';
	if (is_too_young(l, h))
		return '-';
	return is_held_by_load(l, h) ? 'X' : ' ';
}

static void add_time(struct str *out, int64_t at, bool verbose)
{
	time_t t = (time_t)at;
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), verbose ? "%b %e %H:%M" : "%a %b %e %H:%M", &tm);
	str_addf(out, verbose ? "%-12.12s " : "%-16.16s ", text);
}

static void add_first_line(struct str *out, const struct listing *l, const struct qf_head *h,
			   struct view id, char mark, int64_t size)
{
	bool is_warned = view_find(h->flags, 'w') < h->flags.len;

	str_addf(out, "%13.*s%c", (int)id.len, id.p, mark);
	if (l->verbose)
		str_addf(out, "%8lld %10lld%c", (long long)size, (long long)h->priority,
			 is_warned ? '+' : ' ');
	else
		str_addf(out, "%8lld ", (long long)size);
	add_time(out, h->created_s, l->verbose);
	add_shown(out, h->sender, l->verbose ? 78 : 39);
}

/* Recipients, with what holds for those that follow: the controlling user and the last status. */
static void add_rcpts(struct str *out, const struct listing *l, struct view text)
{
	struct view value, user = VIEW_NONE, status = VIEW_NONE;
	bool is_envelope = true;
	char letter;

	while (select_line(&text, &letter, &value) && letter != 'H') {
		if (letter == 'S')
			is_envelope = false; /* an M line from here on is a recipient's */
		if (letter == 'C')
			user = view_first(value, view_find(value, ':'));
		if (letter == 'M' && !is_envelope)
			status = value;
		if (letter != 'R')
			continue;
		str_addz(out, "\n\t\t\t\t\t");
		if (l->verbose) {
			str_addz(out, "\t");
			add_shown(out, select_rcpt(value), 71);
			if (user.len) {
				str_addz(out, "\n\t\t\t\t\t\t(---");
				add_shown(out, user, 64);
				str_addz(out, "---)");
			}
			if (status.len) {
				str_addz(out, "\n\t\t (");
				add_shown(out, status, 100);
				str_addz(out, ")");
			}
		} else {
			str_addc(out, ' ');
			add_shown(out, select_rcpt(value), 38);
		}
		status = VIEW_NONE;
	}
}

static void add_message(struct str *out, const struct listing *l, const struct qf_head *h,
			struct view id, struct view text, char mark, int64_t size)
{
	add_first_line(out, l, h, id, mark, size);
	if (h->reason.len) {
		str_addz(out, "\n     QUARANTINE: ");
		add_shown(out, h->reason, l->verbose ? 100 : 60);
	}
	if (h->status.len || h->body_type.len) {
		own_str struct str status = STR_MAX(200);

		add_shown(&status, h->status, 60);
		str_addf(out, "\n    %10.*s", h->body_type.len < 10 ? (int)h->body_type.len : 10,
			 h->body_type.p ? h->body_type.p : "");
		if (h->status.len)
			str_addf(out, "   (%s)", str_z(&status));
	}
	add_rcpts(out, l, text);
	str_addc(out, '\n');
}

static bool is_meant(void *arg, const char *id)
{
	return select_id(((const struct listing *)arg)->sel, view_of(id));
}

static bool prepare(void *arg, const struct queue_entry *e, struct str *out)
{
	const struct listing *l = arg;

	if (e->error < 0) {
		str_addf(out, "%13s  (permission denied)\n", e->id);
		return true;
	}
	if (!select_text(l->sel, e->text))
		return false;
	add_message(out, l, &e->head, view_of(e->id), e->text,
		    mark_of(l, &e->head, e->letter, e->is_locked), e->size);
	return true;
}

static bool add_listed(void *arg, const struct queue_entry *e, struct view text)
{
	struct listing *l = arg;
	size_t len = strlen(e->id) + 1;
	struct listed *new = mem_zero(sizeof(*new) + len);

	new->letter = e->letter;
	new->key = e->head.priority;
	new->created_s = e->head.created_s;
	new->order = l->n;
	memcpy(new->id, e->id, len);
	if (l->bytes_kept + text.len <= TEXT_KEPT_MAX || e->is_journaled) {
		new->text = mem_dup(text.p, text.len);
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

	spool_name(name, listed->letter, listed->id);
	snprintf(e.id, sizeof(e.id), "%s", listed->id);
	fd = openat(l->spool->dirs[l->dir].qf_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || spool_read_control(fd, &text) < 0)
		return false;
	e.text = str_view(&text);
	select_head(e.text, &e.head);
	if (spool_stat_body(l->spool, l->dir, e.id, &st) == 0)
		e.size = st.st_size;
	return prepare(l, &e, &l->out);
}

static int by_key(const void *a, const void *b)
{
	const struct listed *x = *(struct listed *const *)a, *y = *(struct listed *const *)b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->created_s != y->created_s)
		return x->created_s < y->created_s ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(struct listed *const *)a)->id, (*(struct listed *const *)b)->id);
}

static int by_created(const void *a, const void *b)
{
	const struct listed *x = *(struct listed *const *)a, *y = *(struct listed *const *)b;

	if (x->created_s != y->created_s)
		return x->created_s < y->created_s ? -1 : 1;
	return by_key(a, b);
}

static void sort(struct listing *l)
{
	char order = l->options->queue_sort_order;

	if (l->n == 0 || order == 'n' || order == 'r')
		return;
	qsort(l->v, l->n, sizeof(*l->v), order == 'f' ? by_id : order == 't' ? by_created : by_key);
}

static void write_entry(struct listing *l, struct listed *e)
{
	if (e->text)
		str_addz(&l->out, e->text);
	else if (!read_again(l, e))
		str_addf(&l->out, "%13s  (job completed)\n", e->id);
	free(e->text);
	free(e);
	flush(l, OUT_BYTES);
}

static void write_header(struct listing *l, const char *path, size_t n_shown)
{
	size_t n = l->n;

	str_addf(&l->out, "\t\t%s (%zu request%s", path, n, n == 1 ? "" : "s");
	if (n_shown < n)
		str_addf(&l->out, ", only %zu printed", n_shown);
	str_addz(&l->out, ")\n");
	str_addz(&l->out, l->verbose ? "-----Q-ID----- --Size-- -Priority- ---Q-Time--- "
				       "--------Sender/Recipient--------\n"
				     : "-----Q-ID----- --Size-- -----Q-Time----- "
				       "------------Sender/Recipient-----------\n");
}

/* The path as it is shown: where the bodies are. */
static void shown_path(const struct spool_dir *d, struct str *out)
{
	str_addz(out, d->path);
	if (d->df_fd != d->fd)
		str_addz(out, "/df");
}

static void list_dir(struct listing *l, struct walk *w, int dir)
{
	own_str struct str path = STR_MAX(4200);
	size_t max = l->options->max_queue_run_size > 0 ? (size_t)l->options->max_queue_run_size
							: SIZE_MAX;

	l->dir = dir;
	l->n = l->bytes_kept = 0;
	walk_dir(w, dir);
	shown_path(&l->spool->dirs[dir], &path);
	l->n_total += l->n;
	if (l->n == 0) {
		str_addf(&l->out, "%s is empty\n", str_z(&path));
		return;
	}
	sort(l);
	write_header(l, str_z(&path), l->n < max ? l->n : max);
	for (size_t i = 0; i < l->n; i++) {
		if (i < max) {
			write_entry(l, l->v[i]);
		} else {
			free(l->v[i]->text);
			free(l->v[i]);
		}
	}
}

static bool is_wanted_group(const struct snapshot *snap, const struct queue_select *sel, int group)
{
	return !sel || !sel->group || group >= snap->cf->n_groups ||
	       view_eq_nocase(snap->cf->groups[group].name, view_of(sel->group));
}

static struct spool *open_for_listing(const struct snapshot *snap,
				      void (*write)(void *arg, struct view text), void *arg)
{
	own_str struct str why = STR_MAX(4300);
	struct log *log = snap->services ? snap->services->log : NULL;
	struct spool *s = spool_open(snap->cf, log, false, &why);

	if (!s) {
		str_addc(&why, '\n');
		write(arg, str_view(&why));
	}
	return s;
}

int queue_list(const struct snapshot *snap, const struct queue_select *sel, bool verbose,
	       void (*write)(void *arg, struct view text), void *arg)
{
	struct spool *s = open_for_listing(snap, write, arg);
	struct listing l = { .spool = s,
			     .sel = sel,
			     .options = &snap->cf->options,
			     .verbose = verbose,
			     .write = write,
			     .arg = arg,
			     .out = STR_MAX(64u << 20),
			     .now_s = wall_s() };
	struct walk_params p = { .spool = s,
				 .letters = select_letters(sel),
				 .with_size = true,
				 .with_locks = true,
				 .is_meant = is_meant,
				 .prepare = prepare,
				 .take = add_listed,
				 .arg = &l };
	struct walk *w;
	double load;

	if (!s)
		return EX_OSFILE_;
	if (l.options->queue_la > 0 && getloadavg(&load, 1) == 1 && load >= l.options->queue_la)
		l.load = (int)load;
	w = walk_new(&p);
	for (int dir = 0; dir < s->n_dirs; dir++)
		if (is_wanted_group(snap, sel, s->dirs[dir].group))
			list_dir(&l, w, dir);
	walk_free(w);
	str_addf(&l.out, "\t\tTotal requests: %zu\n", l.n_total);
	flush(&l, 0);
	str_done(&l.out);
	free(l.v);
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
	struct spool *s = open_for_listing(snap, write, arg);
	own_str struct str out = STR_MAX(4u << 20);
	struct counts c = { .spool = s };
	size_t total = 0;

	if (!s)
		return EX_OSFILE_;
	if (snap->cf->options.shared_memory_key == 0) {
		write(arg, VIEW("Data unavailable: shared memory not updated\n"));
		spool_close(s);
		return EX_OK_;
	}
	c.of_dir = mem_zero((size_t)s->n_dirs * sizeof(*c.of_dir));
	journal_dirs_each(s, count_journaled, &c);
	for (int dir = 0; dir < s->n_dirs; dir++) {
		scan_dir(s, dir, count_file, &c);
		shown_path(&s->dirs[dir], &out);
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
