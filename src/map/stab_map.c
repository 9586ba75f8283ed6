/*
 * stab_map.c - an alias file in memory. It is what AliasFile falls back on where nobody has built a database yet.
 *
 * The file is read when the map is opened, and again when a look, once a second, finds it changed.
 */
#include "map/classes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "map/alias_file.h"
#include "map/safe.h"

#define STAB_FILE_MAX (256u << 20)

struct stab {
	pthread_mutex_t lock;
	struct table *table; /* values are struct view * in the arena */
	struct arena *arena;
	struct stat st;
	_Atomic int64_t check_at;
	char *path;
};

struct loading {
	struct map *m;
	struct map_ctx *ctx;
	struct table *table;
	struct arena *arena;
	const char *path;
};

static bool load_key(void *arg, struct view name, struct arena *a, struct view *out_key,
		     struct alias_blame *out_why)
{
	const struct loading *l = arg;

	return alias_key_by_class(l->m->set->cf->classes, name, a, out_key, out_why);
}

static bool load_entry(void *arg, struct view key, struct view value)
{
	struct loading *l = arg;
	struct view *kept = ARENA_NEW(l->arena, struct view);
	bool is_known = table_has(l->table, key);

	*kept = arena_dup(l->arena, value);
	table_set(l->table, key, kept);
	return is_known;
}

static void load_complain(void *arg, int line, bool is_warning, const char *text)
{
	const struct loading *l = arg;

	(void)is_warning;
	map_say(l->m, l->ctx, "%s: line %d: %s", l->path, line, text);
}

static int read_whole(const struct map *m, const char *path, struct stat *st, char **out,
		      size_t *out_len)
{
	char reason[MAP_REASON_MAX], *p;
	own_fd int fd = -1;
	size_t len = 0;
	ssize_t n;
	int r = map_file_open(m, path, &fd, reason);

	if (r < 0)
		return r;
	if (fstat(fd, st) < 0)
		return -errno;
	if (!S_ISREG(st->st_mode) || st->st_size > (off_t)STAB_FILE_MAX)
		return -EINVAL;
	p = mem_alloc((size_t)st->st_size + 1);
	while (len < (size_t)st->st_size && (n = read(fd, p + len, (size_t)st->st_size - len)) > 0)
		len += (size_t)n;
	*out = p;
	*out_len = len;
	return 0;
}

static int load(struct map *m, struct map_ctx *ctx, struct stab *s)
{
	struct loading l = { .m = m, .ctx = ctx, .path = s->path };
	const struct alias_sink sink = { &l, load_key, NULL, load_entry, load_complain };
	own_mem char *text = NULL;
	struct alias_counts counts;
	struct table *old_table;
	struct arena *old_arena;
	struct stat st;
	size_t len = 0;
	int r = read_whole(m, s->path, &st, &text, &len);

	if (r < 0)
		return r;
	l.table = table_new(TABLE_NOCASE);
	l.arena = arena_new(STAB_FILE_MAX);
	alias_file_parse(view_from(text, len), &sink, &counts);
	map_say(m, ctx, "%s: %zu aliases, longest %zu bytes, %zu bytes total", s->path, counts.n,
		counts.longest, counts.total);
	pthread_mutex_lock(&s->lock);
	old_table = s->table;
	old_arena = s->arena;
	s->table = l.table;
	s->arena = l.arena;
	s->st = st;
	pthread_mutex_unlock(&s->lock);
	table_free(old_table);
	arena_free(old_arena);
	return 0;
}

static int stab_open(struct map *m, struct map_ctx *ctx)
{
	struct stab *s = MEM_NEW(struct stab);
	int r;

	m->inside = s;
	pthread_mutex_init(&s->lock, NULL);
	s->path = mem_dup(m->file.p ? m->file.p : "", m->file.len);
	if (m->flags & MAP_IS_ALIAS)
		map_say(m, ctx, "WARNING: cannot open alias database %s; reading text version",
			s->path);
	r = load(m, ctx, s);
	atomic_store(&s->check_at, clock_ms() + MAP_CHECK_MS);
	return r;
}

static void stab_close(struct map *m)
{
	struct stab *s = m->inside;

	if (!s)
		return;
	table_free(s->table);
	arena_free(s->arena);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
	m->inside = NULL;
}

static void refresh(struct map *m, struct map_ctx *ctx, struct stab *s)
{
	int64_t now = clock_ms(), due = atomic_load(&s->check_at);
	struct stat st;
	bool is_changed;

	if (now < due || !atomic_compare_exchange_strong(&s->check_at, &due, now + MAP_CHECK_MS))
		return;
	if (stat(s->path, &st) < 0)
		return;
	pthread_mutex_lock(&s->lock);
	is_changed = st.st_ino != s->st.st_ino || st.st_size != s->st.st_size ||
		     st.st_dev != s->st.st_dev || st.st_mtim.tv_sec != s->st.st_mtim.tv_sec ||
		     st.st_mtim.tv_nsec != s->st.st_mtim.tv_nsec;
	pthread_mutex_unlock(&s->lock);
	if (is_changed)
		load(m, ctx, s);
}

static enum found stab_find(struct map *m, struct map_query *q, struct view *out)
{
	struct stab *s = m->inside;
	const struct view *value;

	refresh(m, q->ctx, s);
	pthread_mutex_lock(&s->lock);
	value = table_get(s->table, q->key);
	if (value)
		*out = arena_dup(q->ctx->arena, *value);
	pthread_mutex_unlock(&s->lock);
	return value ? FOUND : NOT_FOUND;
}

const struct map_class map_class_stab = {
	.name = "stab",
	.can = MAP_CAN_ALIAS | MAP_CAN_REBUILD | MAP_NEEDS_FILE | MAP_FOLDS | MAP_PERCENT,
	.open = stab_open,
	.close = stab_close,
	.find = stab_find,
};
