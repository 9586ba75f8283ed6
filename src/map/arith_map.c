/* arith_map.c - whole numbers: the key is the operator, the first two arguments are the numbers. */
#include "map/classes.h"

#include <sys/random.h>

#include "base/number.h"

/* A leading number counts, whatever follows it; nothing that looks like one is 0. */
static int64_t number_of(struct view v)
{
	size_t n = 0;
	int64_t value = 0;

	v = view_trim(v);
	if (v.len > 0 && (v.p[0] == '-' || v.p[0] == '+'))
		n = 1;
	while (n < v.len && v.p[n] >= '0' && v.p[n] <= '9')
		n++;
	if (!number_parse(view_first(v, n), INT64_MIN, INT64_MAX, &value))
		return 0;
	return value;
}

static int64_t random_between(int64_t low, int64_t high)
{
	uint64_t r = 0, span = (uint64_t)high - (uint64_t)low + 1;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return low;
	return span == 0 ? (int64_t)r : (int64_t)((uint64_t)low + r % span);
}

static bool compute(char op, int64_t a, int64_t b, int64_t *out)
{
	switch (op) {
	case '+':
		*out = (int64_t)((uint64_t)a + (uint64_t)b);
		return true;
	case '-':
		*out = (int64_t)((uint64_t)a - (uint64_t)b);
		return true;
	case '*':
		*out = (int64_t)((uint64_t)a * (uint64_t)b);
		return true;
	case '/':
	case '%':
		if (b == 0)
			return false;
		if (b == -1)
			*out = op == '/' ? (int64_t)(0 - (uint64_t)a) : 0;
		else
			*out = op == '/' ? a / b : a % b;
		return true;
	case '|':
		*out = a | b;
		return true;
	case '&':
		*out = a & b;
		return true;
	case 'r':
		if (a > b)
			return false;
		*out = random_between(a, b);
		return true;
	default:
		return false;
	}
}

static enum found arith_find(struct map *m __attribute__((unused)), struct map_query *q,
			     struct view *out)
{
	int64_t a, b, result;
	char op = q->key.len > 0 ? q->key.p[0] : 0;

	if (q->n_args < 2)
		return map_none(q, EX_CONFIG_);
	a = number_of(q->args[0]);
	b = number_of(q->args[1]);
	if (op == 'l' || op == '=') {
		*out = (op == 'l' ? a < b : a == b) ? VIEW("TRUE") : VIEW("FALSE");
		return FOUND;
	}
	if (!compute(op, a, b, &result))
		return map_none(q, EX_CONFIG_);
	*out = arena_printf(q->ctx->arena, "%lld", (long long)result);
	return FOUND;
}

const struct map_class map_class_arith = {
	.name = "arith",
	.can = MAP_IS_PROMPT | MAP_NO_SUFFIX | MAP_ANY_FLAG,
	.find = arith_find,
};
