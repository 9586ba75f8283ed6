/* date_test.c - dates made and read. */
#include "mail/date.h"

#include "base/test.h"

TEST("dates of common mailers are read, with zone, comment, missing weekday and short year")
{
	int64_t t = 0;

	CHECK(date_parse(VIEW("Sat, 21 Nov 2026 00:16:49 GMT"), &t) && t == 1795220209);
	CHECK(date_parse(VIEW("Sat, 21 Nov 2026 01:16:49 +0100 (CET)"), &t) && t == 1795220209);
	CHECK(date_parse(VIEW("20 November 2026 16:16:49 PST"), &t) && t == 1795220209);
	CHECK(date_parse(VIEW(" Fri , 20 (day) Nov 26 19:46 -0430"), &t) && t == 1795220160);
	CHECK(date_parse(VIEW("1 Jan 70 00:00:00 -0000"), &t) && t == 0);
}

TEST("what is no date is refused")
{
	int64_t t = 7;

	CHECK(!date_parse(VIEW(""), &t));
	CHECK(!date_parse(VIEW("yesterday"), &t));
	CHECK(!date_parse(VIEW("Sat, 32 Nov 2026 00:16:49 GMT"), &t));
	CHECK(!date_parse(VIEW("Sat, 21 Nov 2026 25:16:49 GMT"), &t));
	CHECK(!date_parse(VIEW("Sat, 21 Foo 2026 00:16:49 GMT"), &t));
	CHECK_INT(t, 7);
}

TEST("a made date is read back as the same second")
{
	char text[DATE_TEXT_MAX];
	int64_t t;

	for (int64_t when = 0; when < 2000000000; when += 12345678) {
		date_rfc822(when, text);
		CHECK(date_parse(view_of(text), &t));
		CHECK_INT(t, when);
	}
}

TEST_COVERS("delays are written as the log has them", 148)
{
	char text[DATE_TEXT_MAX];

	date_delay(5, text);
	CHECK_STR(text, "00:00:05");
	date_delay(5 * 86400 + 711, text);
	CHECK_STR(text, "5+00:11:51");
	date_delay(-3, text);
	CHECK_STR(text, "00:00:00");
}

TEST_COVERS("spans are written in words as reports have them", 109)
{
	char text[DATE_TEXT_MAX];

	date_words(14400, text);
	CHECK_STR(text, "4 hours");
	date_words(1, text);
	CHECK_STR(text, "1 second");
	date_numeric(1795220209, text);
	CHECK_STR(text, "202611210016");
}
