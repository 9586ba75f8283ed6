/*
 * number.h - numbers from text, checked.
 *
 * Each takes the whole view (blanks at the ends are not allowed) and returns false on anything but a number in range; the
 * result is written only on success. Thread-safe.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/view.h"

bool number_parse(struct view v, int64_t min, int64_t max,
		  int64_t *out); /* decimal, optional sign */
bool number_parse_base(struct view v, int base, int64_t min, int64_t max,
		       int64_t *out); /* 8, 10, 16 */

/* sendmail's numbers: as much as looks like one (0x hex, 0 octal, else decimal), 0 if nothing does. */
int64_t number_lenient(struct view v);

#endif
