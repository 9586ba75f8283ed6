/* str.c - see str.h. */
#include "base/str.h"

#include "base/mem.h"

void str_done(struct str *s)
{
	free(s->p);
	*s = (struct str){ .max = s->max };
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->cut = false;
	if (s->p)
		s->p[0] = '\0';
}

void str_reserve(struct str *s, size_t more)
{
	size_t want, cap;

	if (more > s->max - s->len)
		more = s->max - s->len;
	want = s->len + more + 1;
	if (want <= s->cap)
		return;
	cap = s->cap ? s->cap : 64;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	s->p = mem_resize(s->p, cap, 1);
	s->cap = cap;
}

void str_add(struct str *s, struct view v)
{
	if (v.len > s->max - s->len) {
		v.len = s->max - s->len;
		s->cut = true;
	}
	if (v.len == 0)
		return;
	str_reserve(s, v.len);
	memcpy(s->p + s->len, v.p, v.len);
	s->len += v.len;
	s->p[s->len] = '\0';
}

void str_addc(struct str *s, char c)
{
	if (s->len + 1 < s->cap && s->len < s->max) {
		s->p[s->len++] = c;
		s->p[s->len] = '\0';
		return;
	}
	str_add(s, view_from(&c, 1));
}

void str_addz(struct str *s, const char *z)
{
	str_add(s, view_of(z));
}

void str_add_right(struct str *s, struct view v, size_t width)
{
	for (size_t n = v.len; n < width; n++)
		str_addc(s, ' ');
	str_add(s, v);
}

void str_add_number(struct str *s, int64_t n, size_t width)
{
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (n < 0)
		digits[--at] = '-';
	str_add_right(s, view_from(digits + at, sizeof(digits) - at), width);
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	char small[256];
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		s->cut = true;
	} else if ((size_t)n < sizeof(small)) {
		str_add(s, view_from(small, (size_t)n));
	} else {
		char *big = mem_alloc((size_t)n + 1);

		vsnprintf(big, (size_t)n + 1, fmt, again);
		str_add(s, view_from(big, (size_t)n));
		free(big);
	}
	va_end(again);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

void str_truncate(struct str *s, size_t len)
{
	if (len < s->len) {
		s->len = len;
		s->p[len] = '\0';
	}
}

const char *str_z(const struct str *s)
{
	return s->p ? s->p : "";
}

size_t utf8_sequence(struct view v)
{
	unsigned char c = v.len ? (unsigned char)v.p[0] : 0xff;
	size_t n = c < 0x80                ? 1
		   : c >= 0xc2 && c < 0xe0 ? 2
		   : c >= 0xe0 && c < 0xf0 ? 3
		   : c >= 0xf0 && c < 0xf5 ? 4
					   : 0;

	if (n == 0 || n > v.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)v.p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Longer than need be, a surrogate, or past the last character. */
	if ((c == 0xe0 && (unsigned char)v.p[1] < 0xa0) ||
	    (c == 0xed && (unsigned char)v.p[1] >= 0xa0) ||
	    (c == 0xf0 && (unsigned char)v.p[1] < 0x90) ||
	    (c == 0xf4 && (unsigned char)v.p[1] >= 0x90))
		return 0;
	/* C1 controls would be obeyed by a terminal. */
	if (c == 0xc2 && (unsigned char)v.p[1] < 0xa0)
		return 0;
	return n;
}

static void add_escape(struct str *s, unsigned char c)
{
	static const char names[] = "\tt\nn\rr";
	const char *known = c ? strchr(names, c) : NULL;

	if (known && c < ' ')
		str_addf(s, "\\%c", known[1]);
	else
		str_addf(s, "\\%03o", c);
}

void str_add_escaped(struct str *s, struct view v)
{
	while (v.len) {
		unsigned char c = (unsigned char)v.p[0];
		size_t n = 1;

		if (c == '\\')
			str_addz(s, "\\\\");
		else if (c >= 0x20 && c < 0x7f)
			str_addc(s, (char)c);
		else if (c >= 0x80 && (n = utf8_sequence(v)) > 0)
			str_add(s, view_first(v, n));
		else {
			add_escape(s, c);
			n = 1;
		}
		v = view_skip(v, n);
	}
}
