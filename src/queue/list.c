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
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "os/load_average.h"
#include "queue/journal_dir.h"
#include "queue/scan.h"
#include "queue/walk.h"

#define TEXT_KEPT_MAX (64u << 20)
#define OUT_BYTES     65536
#define NO_CONTROL    " (no control file)"

struct listed {
	int64_t key, created_s, mtime_s;
	size_t order; /* as the directory gave it: for equal keys */
	char *text;   /* NULL: read again */
	char *host;   /* of the first recipient, backwards; for the order by host */
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
	size_t n, cap, bytes_kept;
	size_t max; /* so many of a directory are shown at most: MaxQueueRunSize */
	size_t n_found, n_total;
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

/* A status or reason as it may be shown: what a terminal would obey is replaced. */
static void add_shown(struct str *out, struct view v, size_t max)
{
	for (size_t i = 0; i < v.len && i < max; i++) {
		unsigned char c = (unsigned char)v.p[i];

		str_addc(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

/* An address: bytes that are no printable ASCII as \ooo, and none of these in part. */
static void add_address(struct str *out, struct view v, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.p[i];
		bool is_plain = c >= 0x20 && c < 0x7f && c != '\\';

		n += is_plain ? 1 : c == '\\' ? 2 : 4;
		if (n > max)
			break;
		if (is_plain)
			str_addc(out, (char)c);
		else if (c == '\\')
			str_addz(out, "\\\\");
		else
			str_addf(out, "\\%03o", c);
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

/* Orders that need no priority do not look for it, and the listing has none to show. */
static bool shows_priority(const struct listing *l)
{
	return !strchr("fmnr", l->options->queue_sort_order);
}

static void add_first_line(struct str *out, const struct listing *l, const struct qf_head *h,
			   struct view id, char mark, int64_t size)
{
	bool is_warned = view_find(h->flags, 'w') < h->flags.len;

	str_addf(out, "%13.*s%c", (int)id.len, id.p, mark);
	if (l->verbose)
		str_addf(out, "%8lld %10lld%c", (long long)size,
			 shows_priority(l) ? (long long)h->priority : 0LL, is_warned ? '+' : ' ');
	else
		str_addf(out, "%8lld ", (long long)size);
	add_time(out, h->created_s, l->verbose);
	add_address(out, h->sender, l->verbose ? 78 : 39);
}

/* Recipients; verbose also the controlling user of those that follow, and what the last one was told. */
static void add_rcpts(struct str *out, const struct listing *l, struct view text)
{
	struct view value, status = VIEW_NONE;
	bool is_envelope = true;
	char letter;

	while (select_line(&text, &letter, &value) && letter != 'H') {
		if (letter == 'S')
			is_envelope = false; /* an M line from here on is a recipient's */
		if (letter == 'M' && !is_envelope)
			status = value;
		if (letter == 'C' && l->verbose && !is_envelope) {
			str_addz(out, "\n\t\t\t\t\t\t(---");
			add_shown(out, value, 64);
			str_addz(out, "---)");
		}
		if (letter != 'R')
			continue;
		str_addz(out, l->verbose ? "\n\t\t\t\t\t\t" : "\n\t\t\t\t\t ");
		add_address(out, select_rcpt(value), l->verbose ? 71 : 38);
		if (l->verbose && status.len) {
			str_addz(out, "\n\t\t (");
			add_shown(out, status, 100);
			str_addz(out, ")");
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

		add_shown(&status, h->status, l->verbose ? 100 : 60);
		str_addf(out, "\n    %10.*s", h->body_type.len < 10 ? (int)h->body_type.len : 10,
			 h->body_type.p ? h->body_type.p : "");
		if (h->status.len)
			str_addf(out, "   (%s)", str_z(&status));
	}
	add_rcpts(out, l, text);
	if (h->created_s == 0)
		str_addz(out, NO_CONTROL);
	str_addc(out, '\n');
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
		str_addf(out, "%13s %s\n", e->id,
			 e->error == -EACCES ? " (permission denied)" : NO_CONTROL);
		return true;
	}
	if (!select_text(l->sel, e->text))
		return false;
	add_message(out, l, &e->head, view_of(e->id), e->text,
		    mark_of(l, &e->head, e->letter, e->is_locked), e->size);
	return true;
}

/* The host of an address from its end, as the order by host compares it. */
static char *reversed_host(struct view address)
{
	size_t at = view_rfind(address, '@');
	struct view host = at < address.len ? view_skip(address, at + 1) : VIEW_NONE;
	char *out = mem_zero(host.len + 1);

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
	new = mem_zero(sizeof(*new) + len);

	new->letter = e->letter;
	new->key = e->head.has_priority ? e->head.priority : INT64_MAX;
	new->mtime_s = e->mtime_s;
	if (strchr("hs", l->options->queue_sort_order))
		new->host = reversed_host(e->head.first_rcpt);
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
		if (orders[i].order == l->options->queue_sort_order)
			compare_with = orders[i].compare;
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), compare_with);
}

static void free_entry(struct listed *e)
{
	free(e->host);
	free(e->text);
	free(e);
}

static void write_entry(struct listing *l, struct listed *e)
{
	if (e->text)
		str_addz(&l->out, e->text);
	else if (!read_again(l, e))
		str_addf(&l->out, "%13s  (job completed)\n", e->id);
	free_entry(e);
	flush(l, OUT_BYTES);
}

static void write_header(struct listing *l, const char *path)
{
	str_addf(&l->out, "\t\t%s (%zu request%s", path, l->n_found, l->n_found == 1 ? "" : "s");
	if (l->n < l->n_found)
		str_addf(&l->out, ", only %zu printed", l->n);
	str_addz(&l->out, ")\n");
	str_addz(&l->out, l->verbose ? "-----Q-ID----- --Size-- -Priority- ---Q-Time--- "
				       "--------Sender/Recipient--------\n"
				     : "-----Q-ID----- --Size-- -----Q-Time----- "
				       "------------Sender/Recipient-----------\n");
}

static void list_dir(struct listing *l, struct walk *w, int dir)
{
	own_str struct str path = STR_MAX(4200);

	l->dir = dir;
	l->n = l->n_found = l->bytes_kept = 0;
	walk_dir(w, dir);
	spool_show_path(l->spool, dir, &path);
	l->n_total += l->n_found;
	if (l->n_found == 0) {
		str_addf(&l->out, "%s is empty\n", str_z(&path));
		return;
	}
	sort(l);
	write_header(l, str_z(&path));
	for (size_t i = 0; i < l->n; i++)
		write_entry(l, l->v[i]);
}

static bool is_wanted_group(const struct snapshot *snap, const struct queue_select *sel, int group)
{
	return !sel || !sel->group || group >= snap->cf->n_groups ||
	       view_eq_nocase(snap->cf->groups[group].name, view_of(sel->group));
}

/* With restrictmailq only root and the group of the queue directory may look (contract/security.md 11.1). */
static bool may_list(const struct options *o, const struct spool *s)
{
	gid_t groups[256];
	int n = getgroups(256, groups);
	struct stat st;

	if (!(o->privacy_options & PRIVACY_RESTRICTMAILQ) || getuid() == 0)
		return true;
	if (fstat(s->dirs[0].fd, &st) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (groups[i] == st.st_gid)
			return true;
	return getgid() == st.st_gid;
}

static bool knows_group(const struct snapshot *snap, const char *group)
{
	for (int i = 0; i < snap->cf->n_groups; i++)
		if (view_eq_nocase(snap->cf->groups[i].name, view_of(group)))
			return true;
	return snap->cf->n_groups == 0;
}

/* A caller who may not enter the queue directory is told so in sendmail's words. */
static bool tell_no_entry(const struct snapshot *snap, void (*write)(void *arg, struct view text),
			  void *arg)
{
	own_str struct str text = STR_MAX(4300);
	struct view path = snap->cf->n_groups > 0 ? snap->cf->groups[0].path : VIEW_NONE;

	if (path.len == 0)
		path = snap->cf->options.queue_directory;
	str_add(&text, path);
	if (path.len == 0 || text.cut || access(str_z(&text), X_OK) == 0 || errno != EACCES)
		return false;
	str_clear(&text);
	str_addf(&text, "can not chdir(" VIEW_FMT "/): Permission denied\n", VIEW_ARG(path));
	write(arg, str_view(&text));
	fputs("Program mode requires special privileges, e.g., root or TrustedUser.\n", stderr);
	return true;
}

/* NULL with the exit status, after saying why. */
static struct spool *open_for_listing(const struct snapshot *snap,
				      void (*write)(void *arg, struct view text), void *arg,
				      int *out_status)
{
	own_str struct str why = STR_MAX(4300);
	struct log *log = snap->services ? snap->services->log : NULL;
	struct spool *s = spool_open(snap->cf, log, false, &why);

	*out_status = EX_OSFILE_;
	if (!s && tell_no_entry(snap, write, arg)) {
		*out_status = EX_CONFIG_;
	} else if (!s) {
		str_addc(&why, '\n');
		write(arg, str_view(&why));
	}
	return s;
}

/* False after saying why there is nothing to list. */
static bool is_allowed(const struct snapshot *snap, const struct spool *s,
		       const struct queue_select *sel, void (*write)(void *arg, struct view text),
		       void *arg)
{
	own_str struct str text = STR_MAX(300);

	if (sel && sel->group && !knows_group(snap, sel->group))
		str_addf(&text, "Queue group %.100s unknown\n", sel->group);
	else if (!may_list(&snap->cf->options, s))
		str_addz(&text, "You are not permitted to see the queue\n"
				"\t\tTotal requests: 0\n");
	if (text.len > 0)
		write(arg, str_view(&text));
	return text.len == 0;
}

int queue_list(const struct snapshot *snap, const struct queue_select *sel, bool verbose,
	       void (*write)(void *arg, struct view text), void *arg)
{
	int status;
	struct spool *s = open_for_listing(snap, write, arg, &status);
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
				 .with_mtime = l.options->queue_sort_order == 'm',
				 .is_meant = is_meant,
				 .prepare = prepare,
				 .take = add_listed,
				 .arg = &l };
	struct walk *w;
	double load;

	if (!s)
		return status;
	if (!is_allowed(snap, s, sel, write, arg)) {
		spool_close(s);
		return EX_OK_;
	}
	l.max = l.options->max_queue_run_size > 0 ? (size_t)l.options->max_queue_run_size
						  : SIZE_MAX;
	load = load_average();
	if (l.options->queue_la > 0 && load >= l.options->queue_la)
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
	int status;
	struct spool *s = open_for_listing(snap, write, arg, &status);
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
