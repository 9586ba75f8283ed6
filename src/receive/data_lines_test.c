/* data_lines_test.c - the end of a message is CRLF.CRLF and nothing else, however the octets are cut. */
#include "base/str.h"
#include "base/test.h"
#include "receive/data_lines.h"

struct run {
	struct str text;
	enum data_piece_kind end; /* PIECE_TEXT: no end was met */
	size_t used;
};

/* Feeds input in chunks of the given size and writes what comes out, lines ended by LF. */
static struct run run_chunks(struct data_lines *d, struct view input, size_t chunk)
{
	struct run r = { .text = STR_MAX(100000), .end = PIECE_TEXT };

	for (size_t at = 0; at < input.len;) {
		struct view part = view_first(view_skip(input, at), chunk), rest = part;
		struct data_piece piece;

		while (data_lines_next(d, &rest, &piece)) {
			str_add(&r.text, piece.text);
			if (piece.kind == PIECE_LINE_END)
				str_addc(&r.text, '\n');
			if (piece.kind >= PIECE_MESSAGE_END) {
				r.end = piece.kind;
				r.used = at + part.len - rest.len;
				return r;
			}
		}
		at += part.len;
		r.used = at;
	}
	return r;
}

static void check_run(struct view input, enum data_policy lf, enum data_policy cr, bool lenient,
		      const char *text, enum data_piece_kind end, size_t used)
{
	for (size_t chunk = 1; chunk <= input.len; chunk++) {
		struct data_lines d;
		struct run r;

		data_lines_init(&d, lf, cr, lenient);
		r = run_chunks(&d, input, chunk);
		CHECK_INT(r.end, end);
		CHECK_INT(r.used, used);
		CHECK_VIEW(str_view(&r.text), text);
		str_done(&r.text);
	}
}

TEST_COVERS("CRLF.CRLF ends the message and what follows stays where it is, whatever the chunks",
	    25, 26)
{
	check_run(VIEW("a\r\n..b\r\n.c\r\n\r\n.\r\nQUIT\r\n"), DATA_REFUSE, DATA_REFUSE, false,
		  "a\n.b\nc\n\n", PIECE_MESSAGE_END, 17);
	check_run(VIEW(".\r\nRSET\r\n"), DATA_REFUSE, DATA_REFUSE, false, "", PIECE_MESSAGE_END, 3);
}

TEST_COVERS("a lone LF or CR stops the reading where none is allowed", 25, 26)
{
	check_run(VIEW("ab\n.\r\nMAIL"), DATA_REFUSE, DATA_REFUSE, false, "ab", PIECE_BARE_LF, 3);
	check_run(VIEW("ab\r\n.\nMAIL"), DATA_REFUSE, DATA_REFUSE, false, "ab\n", PIECE_BARE_LF, 6);
	check_run(VIEW("ab\r.\r\n"), DATA_REFUSE, DATA_REFUSE, false, "ab", PIECE_BARE_CR, 3);
	check_run(VIEW("ab\r\r\n.\r\n"), DATA_REFUSE, DATA_REFUSE, false, "ab", PIECE_BARE_CR, 3);
}

/* No prefix of such a sequence may be an end, in any setting that keeps CRLF strict. */
TEST_COVERS("no known imitation of the end is taken for it", 26)
{
	static const char *const imitations[] = { "\n.\n",   "\n.\r",     "\r.\n",       "\r.\r",
						  "\n.\r\n", "\r\n.\n",   "\r\n.\r\r\n", "\r\n.\rX",
						  "\r.\r\n", "\n\n.\r\n", "\r\n.\r.\r\n" };

	for (size_t i = 0; i < sizeof(imitations) / sizeof(imitations[0]); i++) {
		for (int policy = 0; policy < 9; policy++) {
			own_str struct str input = STR_MAX(200);

			str_addf(&input, "Subject: x\r\n\r\nbody%sMAIL FROM:<a@b>\r\n",
				 imitations[i]);
			for (size_t chunk = 1; chunk <= input.len; chunk++) {
				struct data_lines d;
				struct run r;

				data_lines_init(&d, policy % 3, policy / 3, false);
				r = run_chunks(&d, str_view(&input), chunk);
				CHECK(r.end != PIECE_MESSAGE_END);
				str_done(&r.text);
			}
		}
	}
}

TEST_COVERS("a NUL beside the dot makes it text", 26)
{
	check_run(VIEW("b\r\n\0.\r\nm\r\n.\0\r\ns\r\n.\r\n"), DATA_REFUSE, DATA_REFUSE, false,
		  "b\n", PIECE_MESSAGE_END, 20);
}

TEST("replaced line ends become blanks, accepted ones keep their place, old behaviour takes LF for CRLF")
{
	check_run(VIEW("a\nb\r\n.\r\n"), DATA_BLANK, DATA_REFUSE, false, "a b\n", PIECE_MESSAGE_END,
		  8);
	check_run(VIEW("a\rb\r\n.\r\n"), DATA_REFUSE, DATA_BLANK, false, "a b\n", PIECE_MESSAGE_END,
		  8);
	check_run(VIEW("a\nb\n.\nc\r\n.\r\n"), DATA_ACCEPT, DATA_REFUSE, false, "a\nb\n.\nc\n",
		  PIECE_MESSAGE_END, 12);
	check_run(VIEW("a\n.\r\nc\r\n.\r\n"), DATA_ACCEPT, DATA_REFUSE, false, "a\n.\nc\n",
		  PIECE_MESSAGE_END, 11);
	check_run(VIEW("a\n.\nc\r\n"), DATA_REFUSE, DATA_REFUSE, true, "a\n", PIECE_MESSAGE_END, 4);
	check_run(VIEW("a\rb\r\r\n.\r\n"), DATA_REFUSE, DATA_ACCEPT, false, "a\rb\r\n",
		  PIECE_MESSAGE_END, 9);
}
