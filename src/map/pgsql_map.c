/*
 * pgsql_map.c - a parameterised query to PostgreSQL (-d is a libpq connection string).
 *
 * The library is used without blocking calls, so every wait ends at the deadline. A kept connection that the server has
 * closed is replaced once.
 */
#include "map/classes.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>

#include "build_config.h"
#include "map/pool.h"
#include "map/query_text.h"
#include "os/library.h"

#define PQ_CALLS(CALL)                                                                             \
	CALL(PQclear)                                                                              \
	CALL(PQconnectPoll) CALL(PQconnectStart) CALL(PQconsumeInput) CALL(PQerrorMessage)         \
		CALL(PQfinish) CALL(PQflush) CALL(PQgetResult) CALL(PQgetisnull) CALL(PQgetlength) \
			CALL(PQgetvalue) CALL(PQisBusy) CALL(PQnfields) CALL(PQntuples)            \
				CALL(PQresultErrorField) CALL(PQresultStatus)                      \
					CALL(PQsendQueryParams) CALL(PQsetnonblocking)             \
						CALL(PQsocket) CALL(PQstatus)

struct pq {
	PQ_CALLS(LIBRARY_POINTER)
};

static const char *const pq_names[] = { PQ_CALLS(LIBRARY_NAME) };

struct pgsql_inside {
	struct query_text query;
	struct pool *pool;
	char *connect;
	struct pq pq;
	struct str why; /* the library cannot be used */
};

static void connection_close(void *arg, void *p)
{
	const struct pgsql_inside *s = arg;

	s->pq.PQfinish(p);
}

static struct pgsql_inside *inside(struct map *m)
{
	struct pgsql_inside *s = m->inside;

	if (!s) {
		m->inside = s = MEM_NEW(struct pgsql_inside);
		s->why = STR_MAX(1000);
	}
	return s;
}

static bool pgsql_option(struct map *m, char letter, struct view *rest)
{
	return query_text_option(&inside(m)->query, m, letter, rest);
}

static bool pgsql_spec(struct map *m, struct view rest)
{
	struct pgsql_inside *s = inside(m);

	if (view_is_none(s->query.connect))
		s->query.connect = map_flag_quoted(&rest);
	s->connect = mem_dup(s->query.connect.p ? s->query.connect.p : "", s->query.connect.len);
	if (!query_text_compile(&s->query, m, QUERY_DOLLAR))
		return false;
	s->pool = pool_new(s->query.connections, connection_close, s);
	LIBRARY_LOAD(LIBPQ, pq_names, &s->pq, &s->why);
	return true;
}

static int pgsql_open(struct map *m, struct map_ctx *ctx)
{
	const struct pgsql_inside *s = m->inside;

	if (s->why.len == 0)
		return 0;
	map_say_map(m, ctx, "%s", str_z(&s->why));
	return -ENOSYS;
}

static void pgsql_close(struct map *m)
{
	struct pgsql_inside *s = m->inside;

	if (!s)
		return;
	pool_free(s->pool);
	query_text_done(&s->query);
	free(s->connect);
	str_done(&s->why);
	free(s);
	m->inside = NULL;
}

static bool wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	if (fd < 0)
		return false;
	do {
		if (deadline_is_past(deadline))
			return false;
		r = poll(&p, 1, deadline_left(deadline));
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r > 0;
}

/* The server's words without their line end. */
static void complain(const struct pgsql_inside *s, struct map *m, struct map_ctx *ctx,
		     const char *what, const PGconn *c, bool is_late)
{
	struct view text =
		view_trim(view_of(c && !is_late ? s->pq.PQerrorMessage(c) : "no answer in time"));
	struct view line = view_first(text, view_find(text, '\n'));

	map_say_map(m, ctx, "%s: " VIEW_FMT, what, VIEW_ARG(line));
}

static PGconn *connect_server(struct map *m, struct map_ctx *ctx, const struct pgsql_inside *s,
			      int64_t deadline)
{
	PGconn *c = s->pq.PQconnectStart(s->connect);
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	bool is_late = false;

	if (!c)
		return NULL;
	while (s->pq.PQstatus(c) != CONNECTION_BAD && step != PGRES_POLLING_OK &&
	       step != PGRES_POLLING_FAILED && !is_late) {
		is_late = !wait_for(s->pq.PQsocket(c),
				    step == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
		if (!is_late)
			step = s->pq.PQconnectPoll(c);
	}
	if (s->pq.PQstatus(c) == CONNECTION_OK && step == PGRES_POLLING_OK) {
		s->pq.PQsetnonblocking(c, 1);
		return c;
	}
	complain(s, m, ctx, "connecting", c, is_late);
	s->pq.PQfinish(c);
	return NULL;
}

static bool send_all(const struct pgsql_inside *s, PGconn *c, int64_t deadline)
{
	int r;

	while ((r = s->pq.PQflush(c)) == 1) {
		if (!wait_for(s->pq.PQsocket(c), POLLIN | POLLOUT, deadline) ||
		    !s->pq.PQconsumeInput(c))
			return false;
	}
	return r == 0;
}

static bool receive_all(const struct pgsql_inside *s, PGconn *c, int64_t deadline)
{
	while (s->pq.PQisBusy(c))
		if (!wait_for(s->pq.PQsocket(c), POLLIN, deadline) || !s->pq.PQconsumeInput(c))
			return false;
	return true;
}

static enum found rows_of(const struct pgsql_inside *s, const PGresult *result, struct str *out)
{
	enum found found = NOT_FOUND;

	for (int row = 0; row < s->pq.PQntuples(result); row++)
		for (int column = 0; column < s->pq.PQnfields(result); column++) {
			if (s->pq.PQgetisnull(result, row, column))
				continue;
			if (found == FOUND)
				str_add(out, s->query.joiner);
			str_add(out, view_from(s->pq.PQgetvalue(result, row, column),
					       (size_t)s->pq.PQgetlength(result, row, column)));
			found = FOUND;
		}
	return found;
}

/* Bytes that are no text in the server's character set cannot stand in a column of it. */
static bool is_no_text(const struct pgsql_inside *s, const PGresult *result)
{
	const char *state = s->pq.PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state && (strcmp(state, "22021") == 0 || strcmp(state, "22P05") == 0);
}

/* One question. LOOKUP_FAILED: the connection is of no more use, unless the server itself refused the query. */
static enum found run(const struct pgsql_inside *s, PGconn *c, struct map_query *q,
		      int64_t deadline, struct str *out)
{
	const char *values[QUERY_PARAMETERS_MAX];
	enum found found = LOOKUP_FAILED;
	PGresult *result;

	for (int i = 0; i < s->query.n_parameters; i++)
		values[i] = arena_dupz(q->ctx->arena, query_text_value(&s->query, q, i));
	if (!s->pq.PQsendQueryParams(c, s->query.sql, s->query.n_parameters, NULL, values, NULL,
				     NULL, 0) ||
	    !send_all(s, c, deadline))
		return LOOKUP_FAILED;
	while (receive_all(s, c, deadline) && (result = s->pq.PQgetResult(c))) {
		if (s->pq.PQresultStatus(result) == PGRES_TUPLES_OK)
			found = rows_of(s, result, out);
		else if (is_no_text(s, result))
			found = NOT_FOUND;
		s->pq.PQclear(result);
	}
	return s->pq.PQstatus(c) == CONNECTION_OK && !s->pq.PQisBusy(c) ? found : LOOKUP_FAILED;
}

static enum found pgsql_find(struct map *m, struct map_query *q, struct view *out)
{
	struct pgsql_inside *s = m->inside;
	own_str struct str text = STR_MAX(MAP_VALUE_MAX);
	int64_t deadline = query_text_deadline(&s->query, q);
	enum found found = LOOKUP_FAILED;
	void *kept;
	PGconn *c;

	if (query_text_has_nul(&s->query, q))
		return map_none(q, EX_NOHOST_);
	if (pool_take(s->pool, deadline, &kept) < 0)
		return map_fail(q, EX_TEMPFAIL_);
	c = kept;
	if (c && (found = run(s, c, q, deadline, &text)) == LOOKUP_FAILED) {
		s->pq.PQfinish(c);
		c = NULL;
	}
	if (!c && found == LOOKUP_FAILED && (c = connect_server(m, q->ctx, s, deadline))) {
		str_clear(&text);
		found = run(s, c, q, deadline, &text);
		if (found == LOOKUP_FAILED) {
			complain(s, m, q->ctx, "query", c, deadline_is_past(deadline));
			s->pq.PQfinish(c);
			c = NULL;
		}
	}
	pool_give(s->pool, c);
	return query_text_answer(q, found, &text, out);
}

const struct map_class map_class_pgsql = {
	.name = "pgsql",
	.can = MAP_CAN_ALIAS | MAP_FOLDS | MAP_PERCENT,
	.option = pgsql_option,
	.spec = pgsql_spec,
	.open = pgsql_open,
	.close = pgsql_close,
	.find = pgsql_find,
};
