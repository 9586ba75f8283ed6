/*
 * map.c - asking a map: opening it on first use, the key and value rules that every class shares.
 *
 * The way of a look-up:  unquote -> fold -> class->find -> %0-%9 -> -m -> -a,  or on trouble  -T, -t.
 */
#include "map/class.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

const char *map_name(const struct map *m)
{
	return m->name;
}

const char *map_class_name(const struct map *m)
{
	return m->class->name;
}

static void tell_mistake(const struct map *m, struct map_ctx *ctx, const char *text)
{
	if (!ctx || !ctx->told || !ctx->arena)
		return;
	ctx->told->mistake = arena_dup(ctx->arena, view_of(text));
	ctx->told->mistake_dsn = m->class->mistake_dsn ? m->class->mistake_dsn : "4.0.0";
}

static void say(struct map *m, struct map_ctx *ctx, const char *text)
{
	struct log *log = ctx && ctx->services ? ctx->services->log : NULL;

	tell_mistake(m, ctx, text);

	if (ctx && ctx->messages) {
		str_addf(ctx->messages, "%s\n", text);
		return;
	}
	if (!log && m->set->services)
		log = m->set->services->log;
	if (log)
		log_event(log, 0, LOG_CRIT, ctx && ctx->id ? ctx->id : "", "SYSERR(root): %s",
			  text);
}

static __attribute__((format(printf, 4, 0))) void say_v(struct map *m, struct map_ctx *ctx,
							bool is_named, const char *fmt, va_list ap)
{
	own_str struct str s = STR_MAX(2000);

	if (is_named)
		str_addf(&s, "%s map \"%s\": ", m->class->name, m->name);
	str_addv(&s, fmt, ap);
	say(m, ctx, str_z(&s));
}

void map_say(struct map *m, struct map_ctx *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(m, ctx, false, fmt, ap);
	va_end(ap);
}

void map_say_map(struct map *m, struct map_ctx *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(m, ctx, true, fmt, ap);
	va_end(ap);
}

/* What was said when the map could not be opened holds for all who ask until it is tried again. */
static void keep_mistake(struct map *m, const struct map_told *told)
{
	free(m->mistake);
	m->mistake = told->mistake.len ? mem_dup(told->mistake.p, told->mistake.len) : NULL;
}

static void tell_kept_mistake(struct map *m, struct map_ctx *ctx)
{
	if (!ctx->told || ctx->told->mistake.len)
		return;
	pthread_mutex_lock(&m->lock);
	if (m->mistake)
		tell_mistake(m, ctx, m->mistake);
	pthread_mutex_unlock(&m->lock);
}

static int open_class(struct map *m, struct map_ctx *ctx)
{
	struct map_told here = { .mistake = VIEW_NONE }, *asked = ctx ? ctx->told : NULL;
	int r;

	if (!m->class->open)
		return 0;
	if (!ctx)
		return m->class->open(m, ctx);
	ctx->told = &here;
	r = m->class->open(m, ctx);
	ctx->told = asked;
	keep_mistake(m, &here);
	if (asked && here.mistake.len)
		*asked = here;
	return r;
}

/* Under the map's lock: one try to open, with what follows from its failure. */
static void open_once(struct map *m, struct map_ctx *ctx)
{
	int r = open_class(m, ctx);

	if (r == 0) {
		atomic_store_explicit(&m->state, MAP_OPENED, memory_order_release);
		return;
	}
	if (m->class->close)
		m->class->close(m);
	m->inside = NULL;
	m->retry_at = deadline_in(MAP_RETRY_MS);
	atomic_store_explicit(&m->state, (m->flags & MAP_OPTIONAL) ? MAP_EMPTY : MAP_BROKEN,
			      memory_order_release);
}

bool map_open_now(struct map *m, struct map_ctx *ctx)
{
	int state = atomic_load_explicit(&m->state, memory_order_acquire);

	if (state == MAP_OPENED)
		return true;
	if (m->flags & MAP_INVALID)
		return false;
	pthread_mutex_lock(&m->lock);
	state = atomic_load_explicit(&m->state, memory_order_relaxed);
	if (state == MAP_UNOPENED || (state != MAP_OPENED && clock_ms() >= m->retry_at))
		open_once(m, ctx);
	state = atomic_load_explicit(&m->state, memory_order_relaxed);
	pthread_mutex_unlock(&m->lock);
	return state != MAP_EMPTY;
}

bool map_is_open(struct map *m, struct map_ctx *ctx)
{
	return map_open_now(m, ctx);
}

enum found map_fail(struct map_query *q, int status)
{
	q->ctx->status = status;
	return LOOKUP_FAILED;
}

enum found map_none(struct map_query *q, int status)
{
	q->ctx->status = status;
	return NOT_FOUND;
}

static struct view joined(struct view a, struct view b, struct arena *arena)
{
	char *p;

	if (b.len == 0)
		return a;
	p = arena_bytes(arena, a.len + b.len + 1);
	memcpy(p, a.p, a.len);
	memcpy(p + a.len, b.p, b.len);
	p[a.len + b.len] = '\0';
	return view_from(p, a.len + b.len);
}

/* What every class's value goes through; key is as it was asked, before folding. */
static struct view finish_value(const struct map *m, const struct map_query *q, struct view key,
				struct view value)
{
	struct arena *a = q->ctx->arena;

	if (m->class->can & MAP_NO_SUFFIX)
		return value;
	if ((m->flags & MAP_MATCH_ONLY) && !(m->class->can & MAP_NO_MATCH_ONLY))
		value = m->class->can & MAP_GIVES_FOLDED ? arena_dup(a, q->key) : key;
	else if (m->class->can & MAP_PERCENT)
		value = map_value_fill(value, key, q->args, q->n_args, a);
	return joined(value, m->suffix, a);
}

/* Eight bytes at a time: bit 7 of each byte tells whether it is a capital, and becomes the bit that makes it small. */
static uint64_t folded_word(uint64_t word)
{
	uint64_t low = word & 0x7f7f7f7f7f7f7f7fu;
	uint64_t from_a = low + 0x3f3f3f3f3f3f3f3fu, past_z = low + 0x2525252525252525u;

	return word | (from_a & ~past_z & ~word & 0x8080808080808080u) >> 2;
}

static struct view folded(struct view key, char *buffer)
{
	uint64_t word;
	size_t i = 0;

	for (; i + sizeof(word) <= key.len; i += sizeof(word)) {
		memcpy(&word, key.p + i, sizeof(word));
		word = folded_word(word);
		memcpy(buffer + i, &word, sizeof(word));
	}
	for (; i < key.len; i++)
		buffer[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] + 32) : key.p[i];
	return view_from(buffer, key.len);
}

enum found map_ask(struct map *m, struct map_ctx *ctx, struct view key, const struct view *args,
		   size_t n_args, bool raw, struct view *out)
{
	char buffer[MAP_KEY_MAX];
	struct map_query q = { .ctx = ctx, .key = key, .args = args, .n_args = n_args };
	struct view value = VIEW("");
	enum found found;

	ctx->status = 0;
	*out = VIEW_NONE;
	if (ctx->is_deferred_mode && (m->flags & MAP_NOT_DEFERRED) && !raw) {
		if (ctx->told)
			ctx->told->is_held_back = true;
		return map_fail(&q, EX_TEMPFAIL_);
	}
	if (!map_open_now(m, ctx) || key.len > MAP_KEY_MAX)
		return NOT_FOUND;
	if (atomic_load_explicit(&m->state, memory_order_acquire) != MAP_OPENED) {
		tell_kept_mistake(m, ctx);
		return map_fail(&q, EX_TEMPFAIL_);
	}
	if ((m->class->can & MAP_FOLDS) && !(m->flags & MAP_KEEP_CASE))
		q.key = folded(key, buffer);
	if (!(m->class->can & MAP_IS_PROMPT))
		q.deadline = ctx->deadline > 0 ? ctx->deadline : deadline_in(MAP_DEADLINE_MS);
	found = m->class->find(m, &q, &value);
	if (found == FOUND)
		*out = raw ? value : finish_value(m, &q, key, value);
	else if (found == LOOKUP_FAILED && ctx->status == 0)
		ctx->status = EX_TEMPFAIL_;
	return found;
}

enum found map_lookup_test(struct map *m, struct map_ctx *ctx, struct view key,
			   struct view *out_value)
{
	return map_ask(m, ctx, key, NULL, 0, false, out_value);
}

enum found map_lookup_raw(struct map *m, struct map_ctx *ctx, struct view key,
			  struct view *out_value)
{
	return map_ask(m, ctx, key, NULL, 0, true, out_value);
}

struct view map_plain_key(const struct map *m, struct view key, struct arena *a)
{
	return m->flags & MAP_KEEP_QUOTES ? key : map_key_unquote(key, a);
}

enum found map_lookup(struct map *m, struct map_ctx *ctx, struct view key, const struct view *args,
		      size_t n_args, struct view *out_value)
{
	struct view plain = map_plain_key(m, key, ctx->arena);
	enum found found = map_ask(m, ctx, plain, args, n_args, false, out_value);
	bool is_held_back = ctx->is_deferred_mode && (m->flags & MAP_NOT_DEFERRED);

	if (found != LOOKUP_FAILED || is_held_back)
		return found;
	if (m->temp_suffix.len > 0)
		*out_value = joined(plain, m->temp_suffix, ctx->arena);
	if (m->flags & MAP_TOLERANT)
		return m->temp_suffix.len > 0 ? FOUND : NOT_FOUND;
	return LOOKUP_FAILED;
}

char map_blank(const struct map *m, char otherwise)
{
	if (!m)
		return otherwise;
	return m->key_blank ? m->key_blank : m->blank ? m->blank : otherwise;
}
