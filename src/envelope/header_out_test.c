/* header_out_test.c - completion and rendering of headers, with a small configuration. */
#include "envelope/header_out.h"

#include "base/test.h"
#include "envelope/qf.h"

#define CONFIG                                                                                     \
	"V10/Berkeley\n"                                                                           \
	"Dwmail\nDmexample.test\nDjmail.example.test\nDvV\nDZZ\nDnMAILER-DAEMON\n"                 \
	"C{checkMIMEFieldHeaders}content-type content-disposition\n"                               \
	"O OperatorChars=.:%@!^/[]+\nO QueueDirectory=/tmp\n"                                      \
	"Pjunk=-100\nPfirst-class=0\n"                                                             \
	"H?P?Return-Path: <$g>\n"                                                                  \
	"HReceived: $?sfrom $s $.by $j id $i$?u\n\tfor $u; $|;\n\t$.$b\n"                          \
	"H?D?Resent-Date: $a\nH?D?Date: $a\n"                                                      \
	"H?F?Resent-From: $?x$x <$g>$|$g$.\nH?F?From: $?x$x <$g>$|$g$.\n"                          \
	"H?x?Full-Name: $x\n"                                                                      \
	"H?M?Resent-Message-Id: <$i@$j>\nH?M?Message-Id: <$i@$j>\n"                                \
	"H?${extra}?X-Extra: ${extra}\n"                                                           \
	"Scanonify=3\nR$* < $* > $*\t$: $2\nR$+ @ $+\t$@ $1 < @ $2 >\n"                            \
	"Sparse=0\nR$*\t$#local $: $1\n"                                                           \
	"Sfinal=4\nR$* : ;\t$@\nR$+ < @ $+ >\t$@ $1 @ $2\n"                                        \
	"SHdr\nR$+ < @ $+ >\t$@ $1 < @ $2 >\nR$+\t$@ $1 < @ $j >\n"                                \
	"Mlocal, P=/bin/false, F=lsDFMPx, S=Hdr, R=Hdr, A=x $u\n"                                  \
	"Mprog, P=/bin/sh, F=lsDFM, A=sh -c $u\n"                                                  \
	"Mbare, P=/bin/false, F=u6, S=0, R=0, A=x $u\n"

static struct snapshot *load(const struct services *sv, const char *more)
{
	own_str struct str text = STR_MAX(1 << 16);
	struct config_params p = { .path_label = "test.cf" };
	struct snapshot *s;

	str_addz(&text, CONFIG);
	str_addz(&text, more);
	p.text = str_view(&text);
	s = snapshot_load(&p, sv);
	for (size_t i = 0; s->cf->messages.n_errors && i < s->cf->messages.n; i++)
		print_message(VIEW_FMT "\n", VIEW_ARG(s->cf->messages.v[i].text));
	CHECK_INT(s->cf->messages.n_errors, 0);
	return s;
}

static void fill_header(struct envelope *e, const char *text)
{
	struct view rest = view_of(text), line, name, value;

	while (rest.len && view_cut(&rest, '\n', &line)) {
		size_t more = line.len;

		while (rest.len && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
			struct view fold;

			view_cut(&rest, '\n', &fold);
			more = (size_t)(fold.p + fold.len - line.p);
		}
		CHECK(header_parse_line(view_from(line.p, more), &name, &value));
		header_add(&e->header, e->arena, name, value)->flags |= HEADER_USER;
	}
}

struct bench {
	struct services sv;
	struct snapshot *snap;
	struct envelope *e;
	struct status status;
	int rc;
};

static struct bench begin(const char *more_config, const char *header)
{
	struct bench b = { .sv = { .log = log_new(LOG_TO_NOTHING, "t", NULL) } };

	b.snap = load(&b.sv, more_config);
	b.e = envelope_new(b.snap);
	memcpy(b.e->id, "ID1", 4);
	b.e->created_s = 1795220209;
	b.e->sender = VIEW("<s@x.test>");
	envelope_add_rcpt(b.e, VIEW("<r@y.test>"), NULL);
	macros_set(b.e->macros, 's', VIEW("client"));
	fill_header(b.e, header);
	b.rc = envelope_complete_header(b.e, &b.sv, &b.status);
	return b;
}

static void finish(struct bench *b)
{
	envelope_free(b->e);
	snapshot_put(b->snap);
	log_free(b->sv.log);
}

static void render(struct bench *b, const char *mailer, struct str *out)
{
	own_arena struct arena *a = arena_new(1 << 20);
	struct rw rw;

	envelope_rw(b->e, &b->sv, a, macros_new(b->e->macros, a), &rw);
	header_render(b->e, &rw, config_mailer(b->snap->cf, view_of(mailer)), out);
}

static void check_rendered(const char *more_config, const char *header, const char *mailer,
			   const char *want)
{
	struct bench b = begin(more_config, header);
	own_str struct str got = STR_MAX(1 << 20);

	CHECK_INT(b.rc, 0);
	render(&b, mailer, &got);
	CHECK_VIEW(str_view(&got), want);
	finish(&b);
}

#define RECEIVED                                                                                   \
	"Received: from client by mail.example.test id ID1\n\tfor <r@y.test>; "                    \
	"Sat, 21 Nov 2026 00:16:49 GMT\n"

TEST_COVERS("missing fields are added in front, in the order of the configuration", 56, 59)
{
	check_rendered("", "Subject: x\n", "prog",
		       RECEIVED "Date: Sat, 21 Nov 2026 00:16:49 GMT\nFrom: s@x.test\n"
				"Message-Id: <ID1@mail.example.test>\nSubject: x\n");
}

TEST_COVERS("fields that came stay where they are and keep their bytes", 58, 59)
{
	check_rendered(
		"", "Subject: a\n b \nDATE: when\nfrom: q@r.test\nX-Empty:\nMessage-ID:<1>\n",
		"prog",
		RECEIVED "Subject: a\n b \nDATE: when\nfrom: q@r.test\nX-Empty:\nMessage-ID:<1>\n");
}

TEST_COVERS("a mailer gets the fields that its flags ask for, and Return-Path only from us", 58)
{
	check_rendered("", "From: q\nReturn-Path: <forged@x>\nContent-Length: 5\nFull-Name: Q. R\n",
		       "local",
		       "Return-Path: <s@x.test>\n" RECEIVED
		       "Date: Sat, 21 Nov 2026 00:16:49 GMT\nMessage-Id: <ID1@mail.example.test>\n"
		       "From: q@mail.example.test\nFull-Name: Q. R\n");
	check_rendered("", "From: q\xe9 <q@r>\nFull-Name: Q\n", "bare",
		       RECEIVED "From: qi <q@r>\n");
}

TEST_COVERS("Resent fields switch to resent mode", 58)
{
	check_rendered(
		"", "Resent-To: a@b\nDate: old\nFrom: q@r\n", "prog",
		RECEIVED
		"Resent-Date: Sat, 21 Nov 2026 00:16:49 GMT\nResent-From: s@x.test\n"
		"Resent-Message-Id: <ID1@mail.example.test>\nMessage-Id: <ID1@mail.example.test>\n"
		"Resent-To: a@b\nDate: old\nFrom: q@r\n");
}

TEST_COVERS("Bcc goes where others are named, an empty one stays where nobody is", 58, 167)
{
	check_rendered("", "From: q@r\nDate: d\nMessage-Id: m\nTo: a@b\nBcc: secret@x\n", "prog",
		       RECEIVED "From: q@r\nDate: d\nMessage-Id: m\nTo: a@b\n");
	check_rendered("", "From: q@r\nDate: d\nMessage-Id: m\nBcc: secret@x\n", "prog",
		       RECEIVED "From: q@r\nDate: d\nMessage-Id: m\nBcc:\n");
}

TEST_COVERS("NoRecipientAction adds what it is told to", 62)
{
	static const struct {
		const char *action, *field;
	} cases[] = {
		{"none",                ""			      },
		{ "add-to",             "To: r@y.test\n"                },
		{ "add-apparently-to",  "Apparently-To: r@y.test\n"     },
		{ "add-to-undisclosed", "To: undisclosed-recipients:;\n"},
		{ "add-bcc",            "Bcc:\n"                        }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own_str struct str option = STR_MAX(100), want = STR_MAX(1000);

		str_addf(&option, "O NoRecipientAction=%s\n", cases[i].action);
		str_addf(&want, RECEIVED "From: q@r\nDate: d\nMessage-Id: m\n%s", cases[i].field);
		check_rendered(str_z(&option), "From: q@r\nDate: d\nMessage-Id: m\n", "prog",
			       str_z(&want));
	}
}

TEST_COVERS("address lists are rewritten one by one and folded at 78 columns", 58)
{
	check_rendered(
		"",
		"From: q (Q)\nDate: d\nMessage-Id: m\n"
		"To: Al B. <al@b.test>,, b,\n \"x, y\" <c@d.test> , eeeeeee@d.test\n"
		"Cc: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.test, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb@c.test, c\n",
		"local",
		"Return-Path: <s@x.test>\n" RECEIVED
		"From: q@mail.example.test (Q)\nDate: d\nMessage-Id: m\n"
		"To: \"Al B.\" <al@b.test>, b@mail.example.test, \"x, y\" <c@d.test>,\n"
		"        eeeeeee@d.test\n"
		"Cc: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.test,\n"
		"        bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb@c.test, c@mail.example.test\n");
}

TEST_COVERS("a field with a macro condition appears only when the macro is set", 56, 59)
{
	struct bench b = begin("", "From: q@r\nDate: d\nMessage-Id: m\n");
	own_str struct str got = STR_MAX(1 << 16);

	macros_set(b.e->macros, macro_number(VIEW("extra"), true), VIEW("yes"));
	render(&b, "prog", &got);
	CHECK(view_search(str_view(&got), VIEW("X-Extra:")) ==
	      got.len); /* it expanded to nothing */
	finish(&b);
	check_rendered("D{extra}on\n", "From: q@r\nDate: d\nMessage-Id: m\n", "prog",
		       RECEIVED "X-Extra: on\nFrom: q@r\nDate: d\nMessage-Id: m\n");
}

TEST_COVERS("too many Received fields are refused, our own counted", 65)
{
	own_str struct str header = STR_MAX(4096);
	struct bench b;

	for (int i = 0; i < 25; i++)
		str_addf(&header, "Received: from h%d\n", i);
	b = begin("", str_z(&header));
	CHECK_INT(b.status.smtp, 554);
	CHECK_VIEW(b.status.text,
		   "Too many hops 26 (25 max): from s@x.test via client, to r@y.test");
	finish(&b);
	str_truncate(&header, header.len - 19);
	b = begin("", str_z(&header));
	CHECK_INT(b.rc, 0);
	CHECK_INT(b.e->hop_count, 25);
	finish(&b);
}

TEST_COVERS("a header beyond MaxHeadersLength is refused", 63)
{
	struct bench b = begin("O MaxHeadersLength=30\n",
			       "X-Long: 0123456789012345678901234567890\n");

	CHECK_INT(b.status.smtp, 552);
	CHECK_VIEW(b.status.text, "Headers too large (30 max)");
	finish(&b);
}

TEST_COVERS("Precedence sets the class, a negative one keeps the body out of bounces", 60)
{
	struct bench b = begin("", "Precedence: junk\nPriority: urgent\nMessage-Id: <m@x>\n");

	CHECK_INT(b.e->class_value, -100);
	CHECK(b.e->flags & ENV_RET_HEADERS);
	CHECK_INT(b.e->timeout_class, 'u');
	CHECK_VIEW(b.e->msgid, "<m@x>");
	finish(&b);
}

TEST_COVERS("a full name with special characters is quoted in From", 66)
{
	check_rendered("", "Full-Name: Mr. X\nDate: d\nMessage-Id: m\n", "prog",
		       RECEIVED "From: \"Mr. X\" <s@x.test>\nDate: d\nMessage-Id: m\n");
}

TEST_COVERS("RrtImpliesDsn turns Return-Receipt-To into NOTIFY=SUCCESS", 64)
{
	struct bench b = begin("O RrtImpliesDsn=True\n", "Return-Receipt-To: a@b\n");

	CHECK(LIST_OWNER(b.e->rcpts.head.next, struct rcpt, link)->flags & RCPT_NOTIFY_SUCCESS);
	finish(&b);
	b = begin("", "Return-Receipt-To: a@b\n");
	CHECK(!(LIST_OWNER(b.e->rcpts.head.next, struct rcpt, link)->flags & RCPT_NOTIFY_SUCCESS));
	finish(&b);
}

TEST_COVERS("malformed MIME parameters are repaired on the way in", 57, 63)
{
	check_rendered(
		"", "From: q@r\nDate: d\nMessage-Id: m\nContent-Type: text/plain; name=\"abc\n",
		"prog",
		RECEIVED
		"From: q@r\nDate: d\nMessage-Id: m\nContent-Type: text/plain; name=\"ab\"\n");
}

TEST("a header that was written to a queue file renders the same when it is read again")
{
	struct bench b = begin("", "To: al, c@d\nSubject: s\nFull-Name: F\n");
	own_str struct str first = STR_MAX(1 << 16), second = STR_MAX(1 << 16),
			   text = STR_MAX(1 << 16);
	struct envelope *again = envelope_new(b.snap);
	struct qf_error error;

	render(&b, "local", &first);
	qf_write(b.e, VIEW_NONE, 0, 0, 0, &text);
	CHECK_INT(qf_read(str_view(&text), again, &error), 0);
	envelope_free(b.e);
	b.e = again;
	render(&b, "local", &second);
	/* $g of the mailer is the delivery's: here the sender's own stands in for it */
	CHECK(view_search(str_view(&second),
			  view_skip(str_view(&first), view_find(str_view(&first), '\n'))) <
	      second.len);
	finish(&b);
}
