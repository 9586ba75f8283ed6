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

#include "map/pool.h"
#include "map/query_text.h"

struct pgsql_inside {
	struct query_text query;
	struct pool *pool;
	char *connect;
};

static void connection_close(void *p)
{
	PQfinish(p);
}

static struct pgsql_inside *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct pgsql_inside);
	return m->inside;
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
	s->pool = pool_new(s->query.connections, connection_close);
	return true;
}

static void pgsql_close(struct map *m)
{
	struct pgsql_inside *s = m->inside;

	if (!s)
		return;
	pool_free(s->pool);
	query_text_done(&s->query);
	free(s->connect);
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
static void complain(struct map *m, struct map_ctx *ctx, const char *what, const PGconn *c,
		     bool is_late)
{
	struct view text =
		view_trim(view_of(c && !is_late ? PQerrorMessage(c) : "no answer in time"));
	struct view line = view_first(text, view_find(text, '\n'));

	map_say_map(m, ctx, "%s: " VIEW_FMT, what, VIEW_ARG(line));
}

static PGconn *connect_server(struct map *m, struct map_ctx *ctx, const struct pgsql_inside *s,
			      int64_t deadline)
{
	PGconn *c = PQconnectStart(s->connect);
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	bool is_late = false;

	if (!c)
		return NULL;
	while (PQstatus(c) != CONNECTION_BAD && step != PGRES_POLLING_OK &&
	       step != PGRES_POLLING_FAILED && !is_late) {
		is_late = !wait_for(PQsocket(c), step == PGRES_POLLING_READING ? POLLIN : POLLOUT,
				    deadline);
		if (!is_late)
			step = PQconnectPoll(c);
	}
	if (PQstatus(c) == CONNECTION_OK && step == PGRES_POLLING_OK) {
		PQsetnonblocking(c, 1);
		return c;
	}
	complain(m, ctx, "connecting", c, is_late);
	PQfinish(c);
	return NULL;
}

static bool send_all(PGconn *c, int64_t deadline)
{
	int r;

	while ((r = PQflush(c)) == 1) {
		if (!wait_for(PQsocket(c), POLLIN | POLLOUT, deadline) || !PQconsumeInput(c))
			return false;
	}
	return r == 0;
}

static bool receive_all(PGconn *c, int64_t deadline)
{
	while (PQisBusy(c))
		if (!wait_for(PQsocket(c), POLLIN, deadline) || !PQconsumeInput(c))
			return false;
	return true;
}

static enum found rows_of(const struct pgsql_inside *s, const PGresult *result, struct str *out)
{
	enum found found = NOT_FOUND;

	for (int row = 0; row < PQntuples(result); row++)
		for (int column = 0; column < PQnfields(result); column++) {
			if (PQgetisnull(result, row, column))
				continue;
			if (found == FOUND)
				str_add(out, s->query.joiner);
			str_add(out, view_from(PQgetvalue(result, row, column),
					       (size_t)PQgetlength(result, row, column)));
			found = FOUND;
		}
	return found;
}

/* Bytes that are no text in the server's character set cannot stand in a column of it. */
static bool is_no_text(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

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
	if (!PQsendQueryParams(c, s->query.sql, s->query.n_parameters, NULL, values, NULL, NULL,
			       0) ||
	    !send_all(c, deadline))
		return LOOKUP_FAILED;
	while (receive_all(c, deadline) && (result = PQgetResult(c))) {
		if (PQresultStatus(result) == PGRES_TUPLES_OK)
			found = rows_of(s, result, out);
		else if (is_no_text(result))
			found = NOT_FOUND;
		PQclear(result);
	}
	return PQstatus(c) == CONNECTION_OK && !PQisBusy(c) ? found : LOOKUP_FAILED;
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
		PQfinish(c);
		c = NULL;
	}
	if (!c && found == LOOKUP_FAILED && (c = connect_server(m, q->ctx, s, deadline))) {
		str_clear(&text);
		found = run(s, c, q, deadline, &text);
		if (found == LOOKUP_FAILED) {
			complain(m, q->ctx, "query", c, deadline_is_past(deadline));
			PQfinish(c);
			c = NULL;
		}
	}
	pool_give(s->pool, c);
	if (found == FOUND)
		*out = arena_dup(q->ctx->arena, str_view(&text));
	return found == LOOKUP_FAILED ? map_fail(q, EX_TEMPFAIL_)
	       : found == FOUND       ? FOUND
				      : map_none(q, EX_NOHOST_);
}

const struct map_class map_class_pgsql = {
	.name = "pgsql",
	.can = MAP_CAN_ALIAS | MAP_FOLDS | MAP_PERCENT,
	.option = pgsql_option,
	.spec = pgsql_spec,
	.close = pgsql_close,
	.find = pgsql_find,
};
