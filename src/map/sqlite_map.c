/*
 * sqlite_map.c - a query to an SQLite file (-d), opened read-only; each connection keeps its prepared statement.
 *
 * SQLite sees by itself when the file was changed; a file that was replaced by another is opened again.
 */
#include "map/classes.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "map/pool.h"
#include "map/query_text.h"
#include "map/safe.h"

struct sqlite_connection {
	sqlite3 *db;
	sqlite3_stmt *statement;
	struct stat st;
	int64_t check_at;
	int64_t deadline; /* of the question being asked */
};

struct sqlite_inside {
	struct query_text query;
	struct pool *pool;
	char *path;
};

static void connection_close(void *arg __attribute__((unused)), void *p)
{
	struct sqlite_connection *c = p;

	sqlite3_finalize(c->statement);
	sqlite3_close(c->db);
	free(c);
}

static struct sqlite_inside *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct sqlite_inside);
	return m->inside;
}

static bool sqlite_option(struct map *m, char letter, struct view *rest)
{
	return query_text_option(&inside(m)->query, m, letter, rest);
}

static bool sqlite_spec(struct map *m, struct view rest)
{
	struct sqlite_inside *s = inside(m);

	if (s->query.connect.len == 0)
		s->query.connect = map_flag_word(&rest);
	if (s->query.connect.len == 0) {
		map_declare_error(m, "No file name for %s map %s", m->class->name, m->name);
		return false;
	}
	s->path = mem_dup(s->query.connect.p, s->query.connect.len);
	if (!query_text_compile(&s->query, m, QUERY_QUESTION))
		return false;
	s->pool = pool_new(s->query.connections, connection_close, NULL);
	return true;
}

/* The declaration stays for another try; only connections are dropped by the pool. */
static void sqlite_close_map(struct map *m)
{
	struct sqlite_inside *s = m->inside;

	if (!s)
		return;
	pool_free(s->pool);
	query_text_done(&s->query);
	free(s->path);
	free(s);
	m->inside = NULL;
}

/* A long query is broken off at its deadline. */
static int is_late(void *arg)
{
	const struct sqlite_connection *c = arg;

	return deadline_is_past(c->deadline);
}

static struct sqlite_connection *connect_file(struct map *m, struct map_ctx *ctx,
					      const struct sqlite_inside *s)
{
	struct sqlite_connection *c = MEM_NEW(struct sqlite_connection);
	char reason[MAP_REASON_MAX];
	int r = map_file_check(m, s->path, reason);

	if (r < 0) {
		map_say_map(m, ctx, "unsafe map file %s: %s", s->path, reason);
		free(c);
		return NULL;
	}
	r = sqlite3_open_v2(s->path, &c->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (r == SQLITE_OK && stat(s->path, &c->st) < 0)
		r = SQLITE_CANTOPEN;
	if (r == SQLITE_OK) {
		sqlite3_busy_timeout(c->db, (int)s->query.timeout_ms);
		r = sqlite3_prepare_v3(c->db, s->query.sql, -1, SQLITE_PREPARE_PERSISTENT,
				       &c->statement, NULL);
	}
	if (r != SQLITE_OK) {
		map_say_map(m, ctx, "%s: %s", s->path,
			    c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(r));
		connection_close(NULL, c);
		return NULL;
	}
	sqlite3_progress_handler(c->db, 10000, is_late, c);
	c->check_at = clock_ms() + MAP_CHECK_MS;
	return c;
}

static bool was_replaced(struct sqlite_connection *c, const char *path)
{
	struct stat st;

	if (clock_ms() < c->check_at)
		return false;
	c->check_at = clock_ms() + MAP_CHECK_MS;
	return stat(path, &st) == 0 && (st.st_ino != c->st.st_ino || st.st_dev != c->st.st_dev);
}

/* All rows and columns joined. FOUND, NOT_FOUND, or LOOKUP_FAILED. */
static enum found run(const struct sqlite_inside *s, struct sqlite_connection *c,
		      struct map_query *q, struct str *out)
{
	enum found found = NOT_FOUND;
	int r = SQLITE_OK;

	for (int i = 0; i < s->query.n_parameters && r == SQLITE_OK; i++) {
		struct view v = query_text_value(&s->query, q, i);

		r = sqlite3_bind_text(c->statement, i + 1, v.len ? v.p : "", (int)v.len,
				      SQLITE_TRANSIENT);
	}
	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(c->statement);
		for (int i = 0; r == SQLITE_ROW && i < sqlite3_column_count(c->statement); i++) {
			const char *text = (const char *)sqlite3_column_text(c->statement, i);

			if (!text)
				continue;
			if (found == FOUND)
				str_add(out, s->query.joiner);
			str_add(out,
				view_from(text, (size_t)sqlite3_column_bytes(c->statement, i)));
			found = FOUND;
		}
	}
	sqlite3_reset(c->statement);
	sqlite3_clear_bindings(c->statement);
	return r == SQLITE_DONE ? found : LOOKUP_FAILED;
}

static enum found sqlite_find(struct map *m, struct map_query *q, struct view *out)
{
	struct sqlite_inside *s = m->inside;
	own_str struct str text = STR_MAX(MAP_VALUE_MAX);
	int64_t deadline = query_text_deadline(&s->query, q);
	struct sqlite_connection *c = NULL;
	enum found found = LOOKUP_FAILED;
	void *kept;

	if (pool_take(s->pool, deadline, &kept) < 0)
		return map_fail(q, EX_TEMPFAIL_);
	c = kept;
	if (c && was_replaced(c, s->path)) {
		connection_close(NULL, c);
		c = NULL;
	}
	if (!c)
		c = connect_file(m, q->ctx, s);
	if (c) {
		c->deadline = deadline;
		found = run(s, c, q, &text);
		if (found == LOOKUP_FAILED) {
			map_say_map(m, q->ctx, "%s: %s", s->path, sqlite3_errmsg(c->db));
			connection_close(NULL, c);
			c = NULL;
		}
	}
	pool_give(s->pool, c);
	return query_text_answer(q, found, &text, out);
}

const struct map_class map_class_sqlite = {
	.name = "sqlite",
	.can = MAP_CAN_ALIAS | MAP_FOLDS | MAP_PERCENT,
	.option = sqlite_option,
	.spec = sqlite_spec,
	.close = sqlite_close_map,
	.find = sqlite_find,
};
