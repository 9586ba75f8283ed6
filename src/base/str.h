/*
 * str.h - a string that grows up to a limit and keeps a NUL after its end.
 *
 *   own_str struct str s = STR_MAX(1024);
 *   str_add(&s, view); str_addf(&s, "%d", n);
 *   if (s.cut) ...                        something did not fit and was left out
 *
 * What does not fit is cut off at the limit and s.cut is set; nothing else happens, so the caller decides. Memory is on
 * the heap and released by str_done() or own_str. Not shared between threads.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>

#include "base/view.h"

struct str {
	char *p;    /* NULL until something is added */
	size_t len; /* without the NUL */
	size_t cap;
	size_t max; /* most bytes that len may reach */
	bool cut;
};

#define STR_MAX(n) ((struct str){ .max = (n) })
#define own_str    __attribute__((cleanup(str_done)))

void str_done(struct str *s);
void str_clear(struct str *s);                /* empty, memory kept */
void str_reserve(struct str *s, size_t more); /* room for more bytes, as far as max allows */
void str_add(struct str *s, struct view v);
void str_addc(struct str *s, char c);
void str_addz(struct str *s, const char *z);
void str_add_right(struct str *s, struct view v, size_t width); /* blanks in front up to width */
void str_add_number(struct str *s, int64_t n, size_t width);    /* decimal, the same */
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void str_truncate(struct str *s, size_t len);
const char *str_z(const struct str *s); /* NUL-terminated, "" when empty */

static inline struct view str_view(const struct str *s)
{
	return (struct view){ s->p ? s->p : "", s->len };
}

/* Adds v with everything that could harm a log or a terminal made visible: control bytes as \t \n \r or \ooo, backslash doubled.
 * Bytes above 0x7f are escaped too unless they form valid UTF-8. */
void str_add_escaped(struct str *s, struct view v);

/* Length of the valid UTF-8 sequence at the front of v, 0 if there is none. C1 controls count as invalid. */
size_t utf8_sequence(struct view v);

#endif
