/* query_text.c - see query_text.h. */
#include "map/query_text.h"

#include "base/number.h"

#define CONNECTIONS_DEFAULT 4
#define CONNECTIONS_MAX     64
#define TIMEOUT_DEFAULT_MS  10000

bool query_text_option(struct query_text *t, struct map *m, char letter, struct view *rest)
{
	struct view word;
	int64_t n;

	switch (letter) {
	case 'Q':
		t->text = map_flag_quoted(rest);
		return true;
	case 'd':
		t->connect = map_flag_quoted(rest);
		return true;
	case 'V':
		t->joiner = map_flag_quoted(rest);
		return true;
	case 'n':
	case 'l':
		word = map_flag_word(rest);
		if (!number_parse(word, 1, letter == 'n' ? CONNECTIONS_MAX : 3600, &n))
			map_declare_error(m, "%s map %s: bad -%c " VIEW_FMT, m->class->name,
					  m->name, letter, VIEW_ARG(word));
		else if (letter == 'n')
			t->connections = (size_t)n;
		else
			t->timeout_ms = n * 1000;
		return true;
	default:
		return false;
	}
}

static bool add_parameter(struct query_text *t, struct str *sql, enum query_style style, int number)
{
	if (t->n_parameters == QUERY_PARAMETERS_MAX)
		return false;
	t->parameters[t->n_parameters++] = number;
	if (style == QUERY_DOLLAR)
		str_addf(sql, "$%d", t->n_parameters);
	else
		str_addc(sql, '?');
	return true;
}

/* Is there a reference at the front of v: %s, %0-%9, perhaps in single quotes? Its number and its length. */
static size_t reference_at(struct view v, int *number)
{
	bool is_quoted = v.len >= 4 && v.p[0] == '\'' && v.p[3] == '\'';
	const char *p = v.p + is_quoted;

	if (v.len < 2 || p[0] != '%')
		return 0;
	if (p[1] == 's')
		*number = 0;
	else if (p[1] >= '0' && p[1] <= '9')
		*number = p[1] - '0';
	else
		return 0;
	return is_quoted ? 4 : 2;
}

bool query_text_compile(struct query_text *t, struct map *m, enum query_style style)
{
	own_str struct str sql = STR_MAX(65536);
	struct view v = t->text;

	if (t->connections == 0)
		t->connections = CONNECTIONS_DEFAULT;
	if (t->timeout_ms == 0)
		t->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (view_is_none(t->joiner))
		t->joiner = VIEW(",");
	if (v.len == 0) {
		map_declare_error(m, "%s map %s: missing -Q query", m->class->name, m->name);
		return false;
	}
	while (v.len > 0) {
		int number;
		size_t n = reference_at(v, &number);

		if (n > 0 && !add_parameter(t, &sql, style, number)) {
			map_declare_error(m, "%s map %s: more than %d parameters", m->class->name,
					  m->name, QUERY_PARAMETERS_MAX);
			return false;
		}
		if (n == 0) {
			n = v.len >= 2 && v.p[0] == '%' && v.p[1] == '%' ? 2 : 1;
			str_addc(&sql, v.p[0]);
		}
		v = view_skip(v, n);
	}
	t->sql = mem_dup(str_z(&sql), sql.len);
	return true;
}

void query_text_done(struct query_text *t)
{
	free(t->sql);
	t->sql = NULL;
}

struct view query_text_value(const struct query_text *t, const struct map_query *q, int i)
{
	int number = t->parameters[i];

	if (number == 0)
		return q->key;
	return (size_t)number <= q->n_args ? q->args[number - 1] : VIEW("");
}

bool query_text_has_nul(const struct query_text *t, const struct map_query *q)
{
	for (int i = 0; i < t->n_parameters; i++) {
		struct view v = query_text_value(t, q, i);

		if (view_find(v, '\0') < v.len)
			return true;
	}
	return false;
}

int64_t query_text_deadline(const struct query_text *t, const struct map_query *q)
{
	int64_t own = deadline_in(t->timeout_ms);

	return q->deadline > 0 && q->deadline < own ? q->deadline : own;
}

enum found query_text_answer(struct map_query *q, enum found found, const struct str *text,
			     struct view *out)
{
	if (found == LOOKUP_FAILED)
		return map_fail(q, EX_TEMPFAIL_);
	if (found != FOUND)
		return map_none(q, EX_NOHOST_);
	*out = arena_dup(q->ctx->arena, str_view(text));
	return FOUND;
}
