/*
 * walk.c - see walk.h.
 *
 *   readdir -> batch of names -> read, prepare (parallel) -> pending, by number -> take (serial, in order)
 *
 * A thread that has read a batch leaves it with the pending ones and goes on with the next; one that finds nobody handing
 * over hands over all whose turn has come. So no thread waits for another unless PENDING_MAX batches are read ahead.
 */
#include "queue/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/table.h"
#include "queue/held_locks.h"
#include "queue/journal_dir.h"
#include "queue/queue_id.h"

#define BATCH        128
#define THREADS_MAX  4
#define PENDING_MAX  16
#define TEXT_MAX     (1u << 20) /* of a batch, past which it waits for its turn */
#define PREPARED_MAX (8 * (TEXT_MAX + SPOOL_QF_MAX)) /* the same as JSON with every byte escaped */
#define LOCKS_OLD_MS 1000

struct journaled {
	struct queue_entry entry;
	char *text;
	bool is_seen;
};

struct walk {
	struct walk_params params;
	struct journaled *journaled;
	size_t n_journaled, cap_journaled;
	struct table *by_id;
	/* of the directory that is read, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t turned;
	DIR *names;
	int dir;
	size_t order, next_batch, turn;
	struct batch *pending[PENDING_MAX]; /* by number, from turn on */
	bool is_handing_over;
	bool is_over; /* take does not want more */
	int error;    /* of the directory: -errno */
	struct held_locks locks;
	bool has_locks;
	int64_t locks_read_ms;
	pthread_t locks_reader; /* beside the first reading of files; joined at the end */
	bool has_locks_reader;
};

struct name {
	char letter;
	uint64_t inode;
	char id[QUEUE_ID_MAX];
};

struct batch {
	size_t number;
	bool has_turn;
	struct name names[BATCH];
	size_t n_names, first_order;
	struct {
		struct queue_entry entry;
		uint64_t inode;
		size_t text_at, text_len, prepared_at, prepared_len;
	} entries[BATCH];
	size_t n;
	struct str text, prepared;
};

static void copy_journaled(void *arg, const struct journal_message *m)
{
	struct walk *w = arg;
	struct journaled j = {
		.entry = {.letter = m->letter,
                          .is_locked = true,
                          .is_journaled = true,
                          .size = -1}
	};
	struct stat st;

	if (!strchr(w->params.letters, m->letter) || m->id.len >= QUEUE_ID_MAX)
		return;
	snprintf(j.entry.id, sizeof(j.entry.id), VIEW_FMT, VIEW_ARG(m->id));
	j.entry.dir = spool_find_dir(w->params.spool, m->dir);
	if (j.entry.dir < 0)
		j.entry.dir = 0;
	if (!(m->flags & (JOURNAL_BODY_IN_FILE | JOURNAL_NO_BODY)))
		j.entry.size = (int64_t)m->body.len;
	else if (w->params.with_size && (m->flags & JOURNAL_BODY_IN_FILE) &&
		 spool_stat_body(w->params.spool, j.entry.dir, j.entry.id, &st) == 0)
		j.entry.size = st.st_size;
	j.text = mem_dup(m->text.p, m->text.len);
	j.entry.text = view_from(j.text, m->text.len);
	MEM_GROW(w->journaled, w->n_journaled, w->cap_journaled);
	w->journaled[w->n_journaled++] = j;
}

static void read_locks(struct walk *w)
{
	const struct spool *s = w->params.spool;
	int *fds = mem_zero((size_t)s->n_dirs * sizeof(*fds));

	for (int i = 0; i < s->n_dirs; i++)
		fds[i] = s->dirs[i].qf_fd;
	held_locks_read(&w->locks, fds, (size_t)s->n_dirs);
	free(fds);
	pthread_mutex_lock(&w->lock);
	w->has_locks = true;
	w->locks_read_ms = clock_ms();
	pthread_cond_broadcast(&w->turned);
	pthread_mutex_unlock(&w->lock);
}

static void *locks_reader(void *arg)
{
	read_locks(arg);
	return NULL;
}

static void await_locks(struct walk *w)
{
	if (!w->params.with_locks)
		return;
	pthread_mutex_lock(&w->lock);
	while (!w->has_locks)
		pthread_cond_wait(&w->turned, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* The first look is taken beside other work, later ones when the last has become old. */
static void begin_locks(struct walk *w)
{
	if (pthread_create(&w->locks_reader, NULL, locks_reader, w) == 0)
		w->has_locks_reader = true;
	else
		read_locks(w);
}

static void renew_locks(struct walk *w)
{
	bool is_old;

	pthread_mutex_lock(&w->lock);
	is_old = w->has_locks && clock_ms() - w->locks_read_ms > LOCKS_OLD_MS;
	pthread_mutex_unlock(&w->lock);
	if (is_old)
		read_locks(w);
}

struct walk *walk_new(const struct walk_params *p)
{
	struct walk *w = MEM_NEW(struct walk);

	w->params = *p;
	if (w->params.n_threads <= 0)
		w->params.n_threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (w->params.n_threads < 1 || w->params.n_threads > THREADS_MAX)
		w->params.n_threads = w->params.n_threads < 1 ? 1 : THREADS_MAX;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->turned, NULL);
	w->by_id = table_new(TABLE_EXACT);
	if (p->with_locks)
		begin_locks(w);
	/* The journals first: what leaves them from now on is found in its directory. */
	journal_dirs_each(p->spool, copy_journaled, w);
	for (size_t i = 0; i < w->n_journaled; i++)
		table_set(w->by_id, view_of(w->journaled[i].entry.id), &w->journaled[i]);
	return w;
}

void walk_free(struct walk *w)
{
	if (w->has_locks_reader)
		pthread_join(w->locks_reader, NULL);
	for (size_t i = 0; i < w->n_journaled; i++)
		free(w->journaled[i].text);
	free(w->journaled);
	table_free(w->by_id);
	held_locks_done(&w->locks);
	pthread_cond_destroy(&w->turned);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

size_t walk_count_journaled(const struct walk *w)
{
	return w->n_journaled;
}

/* The next names of the directory. Under the lock. */
static bool next_batch(struct walk *w, struct batch *b)
{
	struct dirent *e;

	b->n_names = b->n = 0;
	b->has_turn = false;
	b->first_order = w->order;
	if (w->is_over)
		return false;
	while (b->n_names < BATCH) {
		struct name *n = &b->names[b->n_names];
		struct view id;

		errno = 0;
		e = readdir(w->names);
		if (!e) {
			w->error = errno ? -errno : w->error;
			break;
		}

		if (e->d_name[0] == '\0' || !strchr(w->params.letters, e->d_name[0]) ||
		    e->d_name[1] != 'f')
			continue;
		id = view_of(e->d_name + 2);
		if (!queue_id_is_valid(id))
			continue;
		if (e->d_type == DT_DIR ||
		    (w->params.is_meant && !w->params.is_meant(w->params.arg, e->d_name + 2)))
			continue;
		*n = (struct name){ .letter = e->d_name[0], .inode = (uint64_t)e->d_ino };
		memcpy(n->id, id.p, id.len);
		b->n_names++;
	}
	w->order += b->n_names;
	if (b->n_names > 0)
		b->number = w->next_batch++;
	return b->n_names > 0;
}

/* Reads one control file to the end of the batch's text. False when it is gone. */
static bool read_entry(struct walk *w, struct batch *b, const struct name *n, size_t order)
{
	const struct spool_dir *d = &w->params.spool->dirs[w->dir];
	struct queue_entry *e = &b->entries[b->n].entry;
	size_t at = b->text.len;
	char name[40];
	own_fd int fd = -1;
	struct stat st;

	*e = (struct queue_entry){ .dir = w->dir, .letter = n->letter, .size = -1, .order = order };
	memcpy(e->id, n->id, sizeof(e->id));
	spool_name(name, n->letter, n->id);
	fd = openat(d->qf_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return false;
	e->error = fd < 0 ? -errno : spool_read_control(fd, &b->text);
	if (e->error < 0)
		str_truncate(&b->text, at);
	b->text.cut = false;
	if (w->params.with_mtime && fstatat(d->qf_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		e->mtime_s = (int64_t)st.st_mtime;
	if (w->params.with_size && e->error == 0) {
		struct view text = view_skip(str_view(&b->text), at);
		int dir = w->params.finds_body ? spool_body_dir(w->params.spool, w->dir, text)
					       : w->dir;

		if (dir >= 0 && spool_stat_body(w->params.spool, dir, e->id, &st) == 0)
			e->size = st.st_size;
	}
	b->entries[b->n].inode = n->inode;
	b->entries[b->n].text_at = at;
	b->entries[b->n].text_len = b->text.len - at;
	return true;
}

static bool is_locked(const struct walk *w, const struct queue_entry *e, uint64_t inode)
{
	char name[40];

	if (!w->params.with_locks || e->error < 0)
		return false;
	spool_name(name, e->letter, e->id);
	return held_locks_is_locked(&w->locks, inode, w->params.spool->dirs[e->dir].qf_fd, name);
}

/* Those of the batch that are of interest stay in it, in their order. Its text does not grow any more. */
static void prepare_entries(struct walk *w, struct batch *b)
{
	size_t n_kept = 0;

	await_locks(w);
	for (size_t i = 0; i < b->n; i++) {
		struct queue_entry *e = &b->entries[i].entry;
		size_t at = b->prepared.len;

		e->text = view_first(view_skip(str_view(&b->text), b->entries[i].text_at),
				     b->entries[i].text_len);
		select_head(e->text, &e->head);
		e->is_locked = is_locked(w, e, b->entries[i].inode);
		if (w->params.prepare && !w->params.prepare(w->params.arg, e, &b->prepared)) {
			str_truncate(&b->prepared, at);
			continue;
		}
		b->entries[i].prepared_at = at;
		b->entries[i].prepared_len = b->prepared.len - at;
		if (n_kept != i)
			b->entries[n_kept] = b->entries[i];
		n_kept++;
	}
	b->n = n_kept;
}

static void mark_seen(struct walk *w, const char *id)
{
	struct journaled *j = w->n_journaled ? table_get(w->by_id, view_of(id)) : NULL;

	if (j)
		j->is_seen = true;
}

/* A batch that grows too large is handed over in parts, by its own thread. */
static void wait_for_turn(struct walk *w, struct batch *b)
{
	if (b->has_turn)
		return;
	pthread_mutex_lock(&w->lock);
	while (w->turn != b->number || w->is_handing_over)
		pthread_cond_wait(&w->turned, &w->lock);
	w->is_handing_over = true;
	pthread_mutex_unlock(&w->lock);
	b->has_turn = true;
}

/* Hands the entries read so far to take; the batch has the turn. */
static void hand_over(struct walk *w, struct batch *b)
{
	for (size_t i = 0; i < b->n && !w->is_over; i++) {
		struct queue_entry *e = &b->entries[i].entry;
		struct view prepared =
			view_first(view_skip(str_view(&b->prepared), b->entries[i].prepared_at),
				   b->entries[i].prepared_len);

		if (!w->params.take(w->params.arg, e, prepared)) {
			pthread_mutex_lock(&w->lock);
			w->is_over = true;
			pthread_mutex_unlock(&w->lock);
		}
	}
	b->n = 0;
	str_clear(&b->text);
	str_clear(&b->prepared);
}

static void batch_free(struct batch *b)
{
	str_done(&b->text);
	str_done(&b->prepared);
	free(b);
}

static struct batch *batch_new(void)
{
	struct batch *b = MEM_NEW(struct batch);

	b->text = STR_MAX(TEXT_MAX + SPOOL_QF_MAX);
	b->prepared = STR_MAX(PREPARED_MAX);
	return b;
}

/* What was read of a batch, to the last. The caller hands over. */
static void hand_over_rest(struct walk *w, struct batch *b)
{
	for (size_t i = 0; i < b->n_names; i++)
		mark_seen(w, b->names[i].id);
	hand_over(w, b);
}

/* The batches whose turn has come. Under the lock, which is given up meanwhile; returns one that can be used again. */
static struct batch *hand_over_pending(struct walk *w)
{
	struct batch *spare = NULL, *b;

	w->is_handing_over = true;
	while ((b = w->pending[w->turn % PENDING_MAX])) {
		w->pending[w->turn % PENDING_MAX] = NULL;
		pthread_mutex_unlock(&w->lock);
		hand_over_rest(w, b);
		if (spare)
			batch_free(spare);
		spare = b;
		pthread_mutex_lock(&w->lock);
		w->turn++;
		pthread_cond_broadcast(&w->turned);
	}
	w->is_handing_over = false;
	pthread_cond_broadcast(&w->turned);
	return spare;
}

/* The batch has been read. Returns one for the next. */
static struct batch *finish_batch(struct walk *w, struct batch *b)
{
	struct batch *spare = NULL;

	if (b->has_turn) {
		hand_over_rest(w, b);
		pthread_mutex_lock(&w->lock);
		w->turn++;
		spare = hand_over_pending(w);
		pthread_mutex_unlock(&w->lock);
		if (spare)
			batch_free(spare);
		return b;
	}
	pthread_mutex_lock(&w->lock);
	while (b->number >= w->turn + PENDING_MAX)
		pthread_cond_wait(&w->turned, &w->lock);
	w->pending[b->number % PENDING_MAX] = b;
	if (!w->is_handing_over)
		spare = hand_over_pending(w);
	pthread_mutex_unlock(&w->lock);
	return spare ? spare : batch_new();
}

static void *work(void *arg)
{
	struct walk *w = arg;
	struct batch *b = batch_new();
	bool any;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		any = next_batch(w, b);
		pthread_mutex_unlock(&w->lock);
		if (!any)
			break;
		for (size_t i = 0; i < b->n_names; i++) {
			if (read_entry(w, b, &b->names[i], b->first_order + i))
				b->n++;
			if (b->text.len > TEXT_MAX) {
				prepare_entries(w, b);
				wait_for_turn(w, b);
				hand_over(w, b);
			}
		}
		prepare_entries(w, b);
		b = finish_batch(w, b);
	}
	batch_free(b);
	return NULL;
}

/* Is there a control file that this walk does not look at: quarantined meanwhile? */
static bool has_other_file(const struct walk *w, const struct queue_entry *e)
{
	static const char letters[] = "qhQ";
	struct stat st;
	char name[40];

	for (const char *l = letters; *l; l++) {
		if (strchr(w->params.letters, *l))
			continue;
		spool_name(name, *l, e->id);
		if (fstatat(w->params.spool->dirs[e->dir].qf_fd, name, &st, AT_SYMLINK_NOFOLLOW) ==
		    0)
			return true;
	}
	return false;
}

static void show_journaled(struct walk *w)
{
	own_str struct str prepared = STR_MAX(PREPARED_MAX);

	for (size_t i = 0; i < w->n_journaled && !w->is_over; i++) {
		struct journaled *j = &w->journaled[i];

		if (j->entry.dir != w->dir || j->is_seen || has_other_file(w, &j->entry) ||
		    (w->params.is_meant && !w->params.is_meant(w->params.arg, j->entry.id)))
			continue;
		j->entry.order = w->order++;
		select_head(j->entry.text, &j->entry.head);
		str_clear(&prepared);
		if (w->params.prepare && !w->params.prepare(w->params.arg, &j->entry, &prepared))
			continue;
		if (!w->params.take(w->params.arg, &j->entry, str_view(&prepared)))
			w->is_over = true;
	}
}

bool walk_dir(struct walk *w, int dir)
{
	pthread_t threads[THREADS_MAX];
	int fd = openat(w->params.spool->dirs[dir].qf_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int n = 0;

	w->error = fd < 0 ? -errno : 0;
	w->names = fd < 0 ? NULL : fdopendir(fd);
	w->dir = dir;
	w->order = w->next_batch = w->turn = 0;
	renew_locks(w);
	if (w->names) {
		while (n < w->params.n_threads - 1 &&
		       pthread_create(&threads[n], NULL, work, w) == 0)
			n++;
		work(w);
		while (n > 0)
			pthread_join(threads[--n], NULL);
		closedir(w->names);
	} else if (fd >= 0) {
		close(fd);
	}
	show_journaled(w);
	return !w->is_over;
}

int walk_error(const struct walk *w)
{
	return w->error;
}
