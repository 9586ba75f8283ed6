/*
 * date_fuzz.c - any bytes as a Date field; what is read can be written and read again.
 */
#include "mail/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t when, again;
	char text[DATE_TEXT_MAX];

	if (!date_parse(view_from((const char *)data, size), &when))
		return 0;
	date_rfc822(when, text);
	date_ctime(when, text);
	date_words(when, text);
	date_delay(when, text);
	date_rfc822(when, text);
	/* Years with more or fewer than four digits are not written in a form that is read as the same. */
	if (when > 0 && when < 100000000000 &&
	    (!date_parse(view_of(text), &again) || again != when))
		__builtin_trap();
	return 0;
}
