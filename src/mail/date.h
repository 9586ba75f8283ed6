/*
 * date.h - RFC 5322 dates, made and read. Local zone as localtime_r gives it. Thread-safe.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/view.h"

#define DATE_TEXT_MAX 96

/* "Fri, 20 Nov 2026 19:09:09 GMT", elsewhere "... +0100". */
void date_rfc822(int64_t when_s, char out[DATE_TEXT_MAX]);
void date_ctime(int64_t when_s, char out[DATE_TEXT_MAX]);   /* "Fri Nov 20 19:09:09 2026" */
void date_numeric(int64_t when_s, char out[DATE_TEXT_MAX]); /* $t: "202611201909" */
/* RFC 5322 3.3 and the obsolete zones of 4.3. False when it is no date; *out is then as before. */
bool date_parse(struct view text, int64_t *out_when_s);
/* "1+02:03:04" / "00:00:05" as delay= has it, and "5 days" / "4 hours" words as in reports. */
void date_delay(int64_t seconds, char out[DATE_TEXT_MAX]);
void date_words(int64_t seconds, char out[DATE_TEXT_MAX]);

#endif
