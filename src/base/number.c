/* number.c - see number.h. */
#include "base/number.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool number_parse_base(struct view v, int base, int64_t min, int64_t max, int64_t *out)
{
	bool negative = v.len && v.p[0] == '-';
	int64_t n = 0;

	if (v.len && (v.p[0] == '-' || v.p[0] == '+'))
		v = view_skip(v, 1);
	if (v.len == 0)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		int d = digit_of(v.p[i]);

		if (d >= base || __builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, d, &n))
			return false;
	}
	if (negative)
		n = -n;
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

bool number_parse(struct view v, int64_t min, int64_t max, int64_t *out)
{
	return number_parse_base(v, 10, min, max, out);
}

int64_t number_lenient(struct view v)
{
	bool negative = false;
	int base = 10;
	int64_t n = 0;

	v = view_trim(v);
	if (v.len && (v.p[0] == '-' || v.p[0] == '+')) {
		negative = v.p[0] == '-';
		v = view_skip(v, 1);
	}
	if (view_starts_nocase(v, VIEW("0x"))) {
		base = 16;
		v = view_skip(v, 2);
	} else if (v.len > 1 && v.p[0] == '0') {
		base = 8;
	}
	for (size_t i = 0; i < v.len && digit_of(v.p[i]) < base; i++) {
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit_of(v.p[i]), &n)) {
			n = INT64_MAX;
			break;
		}
	}
	return negative ? -n : n;
}
