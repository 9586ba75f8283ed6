#include "base/test.h"
#include "deliver/text_out.h"

static int collect(void *arg, struct view bytes)
{
	str_add(arg, bytes);
	return 0;
}

static const struct text_format smtp_format = {
	.eol = {"\r\n", 2},
          .dot_stuff = true
};

static void check_text(const struct text_format *f, const char *in, const char *want, size_t piece)
{
	struct text_out o;
	own_str struct str got = STR_MAX(1 << 20);

	text_out_init(&o, f, collect, &got);
	for (struct view v = view_of(in); v.len > 0; v = view_skip(v, piece))
		text_out_add(&o, view_first(v, piece));
	text_out_end_line(&o);
	CHECK_INT(text_out_flush(&o), 0);
	CHECK_VIEW(str_view(&got), want);
	text_out_done(&o);
}

TEST_COVERS("lines end as the mailer says and a leading dot is doubled", 73, 78)
{
	check_text(&smtp_format, "a\n.b\n..\n\nc", "a\r\n..b\r\n...\r\n\r\nc\r\n", 1000);
	check_text(&smtp_format, "a\n.b\n..\n\nc", "a\r\n..b\r\n...\r\n\r\nc\r\n", 1);
}

TEST_COVERS("a From line is escaped only at the start of a line", 78)
{
	struct text_format f = { .eol = VIEW("\n"), .escape_from = true };

	check_text(&f, "From me\nx From y\nFrom\n", ">From me\nx From y\nFrom\n", 1000);
	check_text(&f, "From me\nx From y\nFrom\nFro", ">From me\nx From y\nFrom\nFro\n", 1);
	check_text(&f, "From me\nx From y\nFrom\nFro", ">From me\nx From y\nFrom\nFro\n", 3);
}

TEST_COVERS("a line over the limit is broken with an exclamation mark", 78)
{
	struct text_format f = { .eol = VIEW("\n"), .line_limit = 10 };

	check_text(&f, "0123456789\n", "0123456789\n", 1000);
	check_text(&f, "0123456789abcdefghijkl\n", "012345678!\n 9abcdefg!\n hijkl\n", 1000);
	check_text(&f, "0123456789abcdefghijkl\n", "012345678!\n 9abcdefg!\n hijkl\n", 12);
}

TEST_COVERS("a seven-bit mailer gets seven bits, and no NUL where it asks for none", 68)
{
	struct text_format f = { .eol = VIEW("\n"), .strip_high = true };
	struct text_format nul = { .eol = VIEW("\n"), .strip_nul = true };
	struct text_out o;
	own_str struct str got = STR_MAX(100);

	check_text(&f, "caf\xe9\n", "cafi\n", 1000);
	text_out_init(&o, &nul, collect, &got);
	text_out_add(&o, view_from("a\0b\n", 4));
	text_out_flush(&o);
	CHECK_VIEW(str_view(&got), "ab\n");
	text_out_done(&o);
}

TEST("a large text passes in chunks and loses nothing")
{
	struct text_out o;
	own_str struct str got = STR_MAX(8 << 20);
	own_str struct str in = STR_MAX(8 << 20);

	for (int i = 0; i < 20000; i++)
		str_addf(&in, "line %d of a text that is longer than one chunk\n", i);
	text_out_init(&o, &(struct text_format){ .eol = VIEW("\n") }, collect, &got);
	text_out_add(&o, str_view(&in));
	text_out_flush(&o);
	CHECK(view_eq(str_view(&in), str_view(&got)));
	CHECK_INT(o.bytes, (int64_t)in.len);
	text_out_done(&o);
}
