/* mime_test.c - conversions of bodies. */
#include "mail/mime.h"

#include "base/str.h"
#include "base/test.h"

struct session {
	struct view body, rest;
	struct str out;
};

static int read_line(void *arg, struct view *out_line)
{
	struct session *s = arg;
	size_t n;

	if (s->rest.len == 0)
		return 0;
	n = view_find(s->rest, '\n');
	*out_line = view_first(s->rest, n);
	s->rest = view_skip(s->rest, n + 1);
	return 1;
}

static int write_bytes(void *arg, struct view bytes)
{
	str_add(&((struct session *)arg)->out, bytes);
	return 0;
}

static int rewind_body(void *arg)
{
	struct session *s = arg;

	s->rest = s->body;
	return 0;
}

static bool is_in_class(void *arg, char class_name, struct view word)
{
	static const struct {
		char name;
		const char *word;
	} members[] = {
		{'b',  "application/octet-stream"},
		{ 'b', "image"                   },
		{ 'e', "7bit"                    },
		{ 'e', "8bit"                    },
		{ 'e', "binary"                  },
		{ 'n', "multipart/signed"        },
		{ 's', "rfc822"                  }
	};

	(void)arg;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].name == class_name && view_eq_nocase(word, view_of(members[i].word)))
			return true;
	}
	return false;
}

static void split(struct view message, struct header *h, struct arena *a, struct view *out_body)
{
	struct view rest = message, line, name = VIEW_NONE, next, value;
	own_str struct str text = STR_MAX(1 << 20);

	header_init(h);
	while (rest.len && view_cut(&rest, '\n', &line)) {
		if (name.len && line.len && (line.p[0] == ' ' || line.p[0] == '\t')) {
			str_addc(&text, '\n');
			str_add(&text, line);
			continue;
		}
		if (name.len)
			header_add(h, a, name, str_view(&text));
		str_clear(&text);
		name = VIEW_NONE;
		if (!header_parse_line(line, &next, &value))
			break;
		name = next;
		str_add(&text, value);
	}
	*out_body = view_is_none(rest) ? VIEW("") : rest;
}

/* The message after conversion, header included. */
static void convert(struct view message, enum mime_mode mode, struct str *out)
{
	own_arena struct arena *a = arena_new(16 << 20);
	struct mime_params p = { .mode = mode,
				 .default_charset = VIEW("unknown-8bit"),
				 .is_in_class = is_in_class,
				 .by = VIEW("h.test id Q1"),
				 .only_text = true };
	struct session s = { .out = STR_MAX(64 << 20) };
	struct mime_io io = { read_line, write_bytes, &s };
	struct header h;
	struct view why;

	split(message, &h, a, &s.body);
	s.rest = s.body;
	if (mime_wants_conversion(&h, &p))
		CHECK_INT(mime_convert(&h, a, &p, &io, rewind_body, &why), 0);
	else
		str_add(&s.out, s.body);
	LIST_EACH (&h.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);

		str_addf(out, VIEW_FMT ":" VIEW_FMT "\n", VIEW_ARG(f->name), VIEW_ARG(f->value));
	}
	str_addc(out, '\n');
	str_add(out, str_view(&s.out));
	str_done(&s.out);
}

static void check_converted(const char *message, enum mime_mode mode, const char *want)
{
	own_str struct str got = STR_MAX(1 << 20);

	convert(view_of(message), mode, &got);
	CHECK_VIEW(str_view(&got), want);
}

TEST_COVERS("unlabelled 8-bit text becomes labelled quoted-printable", 51, 77, 156)
{
	check_converted(
		"Subject: x\n\ncaf\xc3\xa9 au lait, and text\na = b\n", MIME_TO_7BIT,
		"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
		"Content-Transfer-Encoding: quoted-printable\n"
		"X-MIME-Autoconverted: from 8bit to quoted-printable by h.test id Q1\n\n"
		"caf=C3=A9 au lait, and text\na =3D b\n");
}

TEST_COVERS("text that is mostly 8-bit and binary types become base64", 77)
{
	check_converted(
		"MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: binary\n\n"
		"\x89PNG and many ascii characters\n",
		MIME_TO_7BIT,
		"MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n"
		"X-MIME-Autoconverted: from 8bit to base64 by h.test id Q1\n\n"
		"iVBORyBhbmQgbWFueSBhc2NpaSBjaGFyYWN0ZXJzDQo=\n");
}

TEST_COVERS("each part of a multipart is converted by itself, ascii parts stay", 77)
{
	check_converted(
		"Content-Type: multipart/mixed; boundary=\"b b\"\nContent-Transfer-Encoding: 8bit\n\n"
		"pre\n--b b\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n"
		"text with one \xe9 in it\n\n--b b  \n\nascii\n--b b\nContent-Type: message/rfc822\n\n"
		"From: q\n\nnested with one \xe9 in it\n--b b--\npost\n",
		MIME_TO_7BIT,
		"Content-Type: multipart/mixed; boundary=\"b b\"\n\n"
		"pre\n--b b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n"
		"X-MIME-Autoconverted: from 8bit to quoted-printable by h.test id Q1\n\n"
		"text with one =E9 in it\n\n--b b  \n\nascii\n--b b\nContent-Type: message/rfc822\n\n"
		"From: q\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n"
		"X-MIME-Autoconverted: from 8bit to quoted-printable by h.test id Q1\n\n"
		"nested with one =E9 in it\n--b b--\npost\n");
}

TEST_COVERS("what must not be converted passes untouched", 51, 77)
{
	static const char *const messages[] = {
		"Content-Type: multipart/signed; boundary=x\n\n--x\n\ncaf\xe9\n--x--\n",
		"Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\ncaf\xe9\n",
		"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nnever closed, all ascii\n",
		"Subject: ascii\n\nplain\n",
		"Content-Type: multipart/mixed\n\n--x\n\nno boundary \xe9\n",
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		check_converted(messages[i], MIME_TO_7BIT, messages[i]);
}

TEST_COVERS("quoted-printable lines are broken and blanks at their ends are encoded", 77)
{
	check_converted(
		"\n\xe9 x \ntab\t\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
		"\rx some more of text to keep the share of the others low\n",
		MIME_TO_7BIT,
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
		"Content-Transfer-Encoding: quoted-printable\n"
		"X-MIME-Autoconverted: from 8bit to quoted-printable by h.test id Q1\n\n"
		"=E9 x=20\ntab=09\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\n"
		"aaaaa\n=0Dx some more of text to keep the share of the others low\n");
}

TEST_COVERS("encoded text is decoded where 8-bit is wanted, only when it is text/plain", 77, 156)
{
	check_converted(
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9 soft=\n break =3d\nodd =ZZ\n",
		MIME_TO_8BIT,
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: 8bit\n"
		"X-MIME-Autoconverted: from quoted-printable to 8bit by h.test id Q1\n\n"
		"caf\xc3\xa9 soft break =\nodd =ZZ\n");
	check_converted(
		"MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: BASE64\n\n"
		"Y2Fmw6kNCmxpbmUg\ndHdvDQo=\nZW5k\n",
		MIME_TO_8BIT,
		"MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n"
		"X-MIME-Autoconverted: from base64 to 8bit by h.test id Q1\n\n"
		"caf\xc3\xa9\nline two\nend\n");
	check_converted("MIME-Version: 1.0\nContent-Type: text/html\n"
			"Content-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9\n",
			MIME_TO_8BIT,
			"MIME-Version: 1.0\nContent-Type: text/html\n"
			"Content-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9\n");
}

TEST_COVERS("deep nesting ends somewhere and nothing is lost", 173)
{
	own_str struct str message = STR_MAX(1 << 20), got = STR_MAX(1 << 20);
	size_t inner;

	str_addz(&message, "Content-Type: multipart/mixed; boundary=b0\n\n");
	for (int i = 0; i < 500; i++)
		str_addf(&message, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i,
			 i + 1);
	str_addz(&message, "--b500\n\ninnermost\n");
	convert(str_view(&message), MIME_TO_7BIT, &got);
	inner = view_search(str_view(&got), VIEW("innermost\n"));
	CHECK(inner < got.len);
	CHECK(view_eq(str_view(&got), str_view(&message)));
}
