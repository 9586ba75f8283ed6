/*
 * text_map.c - a plain file; the first line with the key is the answer.
 *
 * The file is kept in memory as it was when last seen; it is looked at again once a second. A copy is counted by its
 * readers, so a new one takes its place while old look-ups finish. The first look-ups in a copy read it from its beginning;
 * one that is asked more often gets an index of its keys.
 */
#include "map/classes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/own.h"
#include "base/table.h"
#include "map/safe.h"
#include "map/text_line.h"

#define TEXT_FILE_MAX  (256u << 20)
#define TEXT_INDEX_MAX (32u << 20) /* of a larger file the index would take too much memory */
#define INDEX_AFTER    8           /* look-ups */

struct text_copy {
	char *p;
	size_t len;
	struct stat st;
	unsigned readers; /* under the inside's lock; the inside itself counts as one */
	_Atomic unsigned n_asked;
	_Atomic(struct table *)
		index; /* from keys to the first line's value, struct view; never changed again */
	struct arena *values; /* what the index points to */
};

struct text_inside {
	pthread_mutex_t lock;
	struct text_copy *copy;
	_Atomic int64_t check_at;
	int key_column, value_column;
	char *path;
};

static void copy_put(struct text_inside *t, struct text_copy *c)
{
	bool is_last;

	pthread_mutex_lock(&t->lock);
	is_last = --c->readers == 0;
	pthread_mutex_unlock(&t->lock);
	if (is_last) {
		table_free(atomic_load(&c->index));
		arena_free(c->values);
		free(c->p);
		free(c);
	}
}

static struct text_copy *read_copy(const struct map *m, const char *path, int *out_error)
{
	own_fd int fd = -1;
	char reason[MAP_REASON_MAX];
	struct text_copy *c;
	struct stat st;
	ssize_t n;

	*out_error = map_file_open(m, path, &fd, reason);
	if (*out_error == 0 && fstat(fd, &st) < 0)
		*out_error = -errno;
	if (*out_error < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)TEXT_FILE_MAX) {
		*out_error = -EINVAL;
		return NULL;
	}
	c = MEM_NEW(struct text_copy);
	c->st = st;
	c->readers = 1;
	c->p = mem_alloc((size_t)st.st_size + 1);
	while (c->len < (size_t)st.st_size &&
	       (n = read(fd, c->p + c->len, (size_t)st.st_size - c->len)) > 0)
		c->len += (size_t)n;
	c->p[c->len] = '\0';
	return c;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Once a second, one thread looks whether the file changed. A file that went away, or is not safe, leaves the last copy
 * in use. */
static void refresh(const struct map *m, struct text_inside *t)
{
	int64_t now = clock_ms(), due = atomic_load(&t->check_at);
	struct text_copy *c, *old = NULL;
	struct stat st;
	int error;

	if (now < due || !atomic_compare_exchange_strong(&t->check_at, &due, now + MAP_CHECK_MS))
		return;
	if (stat(t->path, &st) < 0 || is_same_file(&st, &t->copy->st))
		return;
	c = read_copy(m, t->path, &error);
	if (!c)
		return;
	pthread_mutex_lock(&t->lock);
	old = t->copy;
	t->copy = c;
	pthread_mutex_unlock(&t->lock);
	copy_put(t, old);
}

static struct text_copy *copy_get(struct text_inside *t)
{
	struct text_copy *c;

	pthread_mutex_lock(&t->lock);
	c = t->copy;
	c->readers++;
	pthread_mutex_unlock(&t->lock);
	return c;
}

/* -k and -v: digits only. */
static bool column_of(struct map *m, struct map_ctx *ctx, char letter, struct view v, int *out)
{
	int64_t n = 0;

	if (!view_is_none(v) && !number_parse(v, 0, 10000, &n)) {
		map_say(m, ctx,
			"text map \"%s\", file " VIEW_FMT
			": -%c should specify a number, not " VIEW_FMT,
			m->name, VIEW_ARG(m->file), letter, VIEW_ARG(v));
		return false;
	}
	*out = (int)n;
	return true;
}

static void text_close(struct map *m)
{
	struct text_inside *t = m->inside;

	if (!t)
		return;
	if (t->copy)
		copy_put(t, t->copy);
	pthread_mutex_destroy(&t->lock);
	free(t->path);
	free(t);
	m->inside = NULL;
}

static int text_open(struct map *m, struct map_ctx *ctx)
{
	struct text_inside *t = MEM_NEW(struct text_inside);
	int error;

	m->inside = t;
	pthread_mutex_init(&t->lock, NULL);
	t->path = mem_dup(m->file.p, m->file.len);
	if (!column_of(m, ctx, 'k', m->key_column, &t->key_column) ||
	    !column_of(m, ctx, 'v', m->value_column, &t->value_column))
		return -EINVAL;
	if (t->path[0] != '/') {
		map_say_map(m, ctx, "file name must be fully qualified");
		return -EINVAL;
	}
	t->copy = read_copy(m, t->path, &error);
	if (error != 0 && !(error == -ENOENT && (m->flags & MAP_OPTIONAL)))
		map_say_map(m, ctx, "unsafe map file %s", t->path);
	atomic_store(&t->check_at, clock_ms() + MAP_CHECK_MS);
	return error;
}

/* By the one reader whose turn it is, while the others go on reading lines. */
static void make_index(const struct map *m, const struct text_inside *t, struct text_copy *c)
{
	struct view text = view_from(c->p, c->len), line, key, value;
	struct table *index = table_new(TABLE_NOCASE);

	c->values = arena_new((size_t)TEXT_INDEX_MAX * 16);
	while (view_cut(&text, '\n', &line)) {
		struct view *kept;

		if (line.len == 0 || line.p[0] == '#' ||
		    !text_line_column(line, t->key_column, m->delimiter, &key) ||
		    table_has(index, key))
			continue;
		kept = ARENA_NEW(c->values, struct view);
		*kept = VIEW_NONE;
		if (text_line_column(line, t->value_column, m->delimiter, &value))
			*kept = value.p ? value : VIEW("");
		table_set(index, key, kept);
	}
	atomic_store_explicit(&c->index, index, memory_order_release);
}

static bool find_in_copy(const struct map *m, const struct text_inside *t, struct text_copy *c,
			 struct view key, struct view *out)
{
	const struct table *index = atomic_load_explicit(&c->index, memory_order_acquire);
	const struct view *value;

	if (!index) {
		if (atomic_fetch_add_explicit(&c->n_asked, 1, memory_order_relaxed) ==
			    INDEX_AFTER &&
		    c->len <= TEXT_INDEX_MAX)
			make_index(m, t, c);
		return text_line_find(view_from(c->p, c->len), key, t->key_column, t->value_column,
				      m->delimiter, out);
	}
	value = table_get(index, key);
	if (value)
		*out = *value;
	return value && !view_is_none(*value);
}

static enum found text_find(struct map *m, struct map_query *q, struct view *out)
{
	struct text_inside *t = m->inside;
	struct text_copy *c;
	struct view value;
	bool is_found;

	refresh(m, t);
	c = copy_get(t);
	is_found = find_in_copy(m, t, c, q->key, &value);
	if (is_found)
		*out = arena_dup(q->ctx->arena, value);
	copy_put(t, c);
	return is_found ? FOUND : map_none(q, EX_NOHOST_);
}

const struct map_class map_class_text = {
	.name = "text",
	.can = MAP_CAN_ALIAS | MAP_NEEDS_FILE | MAP_PERCENT,
	.open = text_open,
	.close = text_close,
	.find = text_find,
};
