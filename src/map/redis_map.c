/*
 * redis_map.c - a command to a Redis server. -d HOST[:PORT] or a socket's path; -Q the command, whose words may hold %s and
 * %1-%9 (default "GET %s"); -N number of the database; -P file that holds the password.
 *
 * Each word of the command goes over as one argument whatever the key holds. Nil is "not found"; a list is joined (-V).
 */
#include "map/classes.h"

#include <errno.h>
#include <hiredis/hiredis.h>

#include "base/number.h"
#include "base/own.h"
#include "map/pool.h"
#include "map/query_text.h"

#define COMMAND_WORDS_MAX 16
#define REDIS_PORT        6379

struct redis_inside {
	struct query_text query;
	struct view words[COMMAND_WORDS_MAX];
	int n_words;
	int64_t database;
	struct view password_file;
	char *host;
	int port;
	struct pool *pool;
};

static void connection_close(void *arg __attribute__((unused)), void *p)
{
	redisFree(p);
}

static struct redis_inside *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct redis_inside);
	return m->inside;
}

static bool redis_option(struct map *m, char letter, struct view *rest)
{
	struct redis_inside *s = inside(m);

	if (letter == 'P') {
		s->password_file = map_flag_word(rest);
		return true;
	}
	if (letter == 'N') {
		struct view word = map_flag_word(rest);

		if (!number_parse(word, 0, 1000000, &s->database))
			map_declare_error(m, "redis map %s: bad -N " VIEW_FMT, m->name,
					  VIEW_ARG(word));
		return true;
	}
	return query_text_option(&s->query, m, letter, rest);
}

static bool redis_spec(struct map *m, struct view rest)
{
	struct redis_inside *s = inside(m);
	struct view where, command;
	size_t colon;
	int64_t port = REDIS_PORT;

	if (view_is_none(s->query.connect))
		s->query.connect = map_flag_word(&rest);
	if (s->query.text.len == 0)
		s->query.text = VIEW("GET %s");
	if (!query_text_compile(&s->query, m, QUERY_QUESTION))
		return false;
	command = s->query.text;
	while (s->n_words < COMMAND_WORDS_MAX && view_word(&command, &s->words[s->n_words]))
		s->n_words++;
	where = s->query.connect.len > 0 ? s->query.connect : VIEW("127.0.0.1");
	colon = where.p[0] == '/' ? where.len : view_rfind(where, ':');
	if (colon < where.len && !number_parse(view_skip(where, colon + 1), 1, 65535, &port)) {
		map_declare_error(m, "redis map %s: bad port in " VIEW_FMT, m->name,
				  VIEW_ARG(where));
		return false;
	}
	s->host = mem_dup(where.p, colon);
	s->port = (int)port;
	s->pool = pool_new(s->query.connections, connection_close, NULL);
	return true;
}

static void redis_close(struct map *m)
{
	struct redis_inside *s = m->inside;

	if (!s)
		return;
	pool_free(s->pool);
	query_text_done(&s->query);
	free(s->host);
	free(s);
	m->inside = NULL;
}

static struct timeval time_left(int64_t deadline)
{
	int ms = deadline_left(deadline);

	if (ms <= 0)
		ms = 1;
	return (struct timeval){ ms / 1000, ms % 1000 * 1000 };
}

/* AUTH and SELECT of a new connection. */
static bool greet(const struct redis_inside *s, redisContext *c, struct arena *a)
{
	redisReply *reply;
	bool is_good = true;

	if (s->password_file.len > 0) {
		own_file FILE *f = fopen(arena_dupz(a, s->password_file), "re");
		char password[1000];

		if (!f || !fgets(password, sizeof(password), f))
			return false;
		password[strcspn(password, "\r\n")] = '\0';
		reply = redisCommand(c, "AUTH %s", password);
		is_good = reply && reply->type != REDIS_REPLY_ERROR;
		freeReplyObject(reply);
	}
	if (is_good && s->database > 0) {
		reply = redisCommand(c, "SELECT %lld", (long long)s->database);
		is_good = reply && reply->type != REDIS_REPLY_ERROR;
		freeReplyObject(reply);
	}
	return is_good;
}

static redisContext *connect_server(struct map *m, const struct redis_inside *s,
				    struct map_query *q, int64_t deadline)
{
	struct timeval left = time_left(deadline);
	redisContext *c = s->host[0] == '/' ? redisConnectUnixWithTimeout(s->host, left)
					    : redisConnectWithTimeout(s->host, s->port, left);

	if (c && !c->err) {
		redisSetTimeout(c, time_left(deadline));
		if (greet(s, c, q->ctx->arena))
			return c;
	}
	map_say_map(m, q->ctx, "%s: %s", s->host,
		    c && c->err ? c->errstr : "connection refused by the server");
	if (c)
		redisFree(c);
	return NULL;
}

static enum found value_of(const struct redis_inside *s, const redisReply *reply, struct str *out)
{
	enum found found = NOT_FOUND;

	switch (reply->type) {
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		str_add(out, view_from(reply->str, reply->len));
		return FOUND;
	case REDIS_REPLY_INTEGER:
		str_addf(out, "%lld", reply->integer);
		return FOUND;
	case REDIS_REPLY_NIL:
		return NOT_FOUND;
	case REDIS_REPLY_ARRAY:
		for (size_t i = 0; i < reply->elements; i++) {
			const redisReply *e = reply->element[i];

			if (e->type != REDIS_REPLY_STRING)
				continue;
			if (found == FOUND)
				str_add(out, s->query.joiner);
			str_add(out, view_from(e->str, e->len));
			found = FOUND;
		}
		return found;
	default:
		return LOOKUP_FAILED;
	}
}

/* A word of the command with %s, %0 and %1-%9 in it filled in. */
static struct view filled(struct view word, const struct map_query *q)
{
	own_str struct str s = STR_MAX(65536);
	size_t n = view_search(word, VIEW("%s"));

	if (n == word.len)
		return map_value_fill(word, q->key, q->args, q->n_args, q->ctx->arena);
	str_add(&s, view_first(word, n));
	str_add(&s, q->key);
	str_add(&s, view_skip(word, n + 2));
	return arena_dup(q->ctx->arena, str_view(&s));
}

static enum found run(struct map *m, const struct redis_inside *s, redisContext *c,
		      struct map_query *q, int64_t deadline, struct str *out)
{
	const char *argv[COMMAND_WORDS_MAX];
	size_t lengths[COMMAND_WORDS_MAX];
	redisReply *reply;
	enum found found;

	for (int i = 0; i < s->n_words; i++) {
		struct view word = filled(s->words[i], q);

		argv[i] = word.p;
		lengths[i] = word.len;
	}
	redisSetTimeout(c, time_left(deadline));
	reply = redisCommandArgv(c, s->n_words, argv, lengths);
	if (!reply)
		return LOOKUP_FAILED;
	found = value_of(s, reply, out);
	if (reply->type == REDIS_REPLY_ERROR)
		map_say_map(m, q->ctx, "%s: %s", s->host, reply->str);
	freeReplyObject(reply);
	return found;
}

static enum found redis_find(struct map *m, struct map_query *q, struct view *out)
{
	struct redis_inside *s = m->inside;
	own_str struct str text = STR_MAX(MAP_VALUE_MAX);
	int64_t deadline = query_text_deadline(&s->query, q);
	enum found found = LOOKUP_FAILED;
	void *kept;
	redisContext *c;

	if (pool_take(s->pool, deadline, &kept) < 0)
		return map_fail(q, EX_TEMPFAIL_);
	c = kept;
	if (c && (found = run(m, s, c, q, deadline, &text)) == LOOKUP_FAILED && c->err) {
		redisFree(c); /* closed by the server while it was idle: once more on a new one */
		c = NULL;
	}
	if (!c && (c = connect_server(m, s, q, deadline))) {
		found = run(m, s, c, q, deadline, &text);
		if (c->err) {
			map_say_map(m, q->ctx, "%s: %s", s->host, c->errstr);
			redisFree(c);
			c = NULL;
		}
	}
	pool_give(s->pool, c);
	return query_text_answer(q, found, &text, out);
}

const struct map_class map_class_redis = {
	.name = "redis",
	.can = MAP_CAN_ALIAS | MAP_FOLDS | MAP_PERCENT,
	.option = redis_option,
	.spec = redis_spec,
	.close = redis_close,
	.find = redis_find,
};
