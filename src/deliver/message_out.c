/*
 * message_out.c - header and body of a message on their way out.
 */
#include "deliver/message_out.h"

#include <errno.h>

#include "envelope/header_out.h"
#include "mail/mime.h"

#define HEADER_MAX    (1 << 22)
#define DEFAULT_LIMIT 990

struct text_format message_format(const struct mailer *m, bool is_smtp)
{
	const struct flag_set *f = &m->flags;
	struct text_format out = { .eol = m->eol,
				   .line_limit = m->line_limit,
				   .dot_stuff = is_smtp || flag_has(f, 'X'),
				   .escape_from = flag_has(f, 'E'),
				   .strip_nul = flag_has(f, '1'),
				   .strip_high = flag_has(f, '7') || flag_has(f, 'L') };

	if (out.eol.len == 0)
		out.eol = is_smtp ? VIEW("\r\n") : VIEW("\n");
	if (out.line_limit == 0 && flag_has(f, 'L'))
		out.line_limit = DEFAULT_LIMIT;
	return out;
}

static bool may_strip_header(const struct mailer *m)
{
	return flag_has(&m->flags, '6');
}

/* The header, with what flag 6 asks for, and the empty line. */
static void write_header(struct attempt *at, const struct envelope *e, struct text_out *o)
{
	struct str *h = &at->job->header;

	str_clear(h);
	h->max = HEADER_MAX;
	header_render(e, &at->rw, at->mailer, h);
	if (may_strip_header(at->mailer))
		for (size_t i = 0; i < h->len; i++)
			h->p[i] = (char)(h->p[i] & 0x7f);
	text_out_add(o, str_view(h));
	text_out_end_line(o);
	text_out_add(o, VIEW("\n"));
}

static int write_body(struct text_out *o, struct body *body)
{
	struct body_reader r;
	struct view piece;
	ssize_t n = 0;

	if (!body)
		return 0;
	piece = body_memory(body);
	if (!view_is_none(piece)) {
		text_out_add(o, piece);
		return o->error;
	}
	body_reader_init(&r, body);
	while (o->error == 0 && (n = body_read(&r, TEXT_OUT_CHUNK, &piece)) > 0)
		text_out_add(o, piece);
	body_reader_done(&r);
	return o->error ? o->error : (int)n;
}

/* ---- conversion ---- */

struct conversion {
	struct attempt *at;
	struct text_out *out;
	struct envelope shadow; /* the envelope with a header of its own */
	struct body_reader reader;
	bool has_header;
};

static void copy_header(struct envelope *shadow, const struct envelope *e, struct arena *a)
{
	header_init(&shadow->header);
	LIST_EACH (&e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);
		struct header_field *copy = header_add(&shadow->header, a, f->name, f->value);
		struct link link = copy->link;

		*copy = *f;
		copy->link = link;
	}
}

static int conversion_read(void *arg, struct view *out_line)
{
	struct conversion *c = arg;
	bool is_whole;
	int n = body_read_line(&c->reader, out_line, &is_whole);

	return n == 1 && !is_whole ? 2 : n;
}

static void conversion_header(struct conversion *c)
{
	if (!c->has_header)
		write_header(c->at, &c->shadow, c->out);
	c->has_header = true;
}

static int conversion_write(void *arg, struct view bytes)
{
	struct conversion *c = arg;

	conversion_header(c);
	text_out_add(c->out, bytes);
	return c->out->error;
}

static int conversion_rewind(void *arg)
{
	struct conversion *c = arg;

	body_reader_done(&c->reader);
	body_reader_init(&c->reader, c->at->env->body);
	return 0;
}

static bool is_in_class(void *arg, char class_name, struct view word)
{
	const struct config *cf = arg;

	return classes_has(cf->classes, class_name, word);
}

static int write_converted(struct attempt *at, struct text_out *o, const struct mime_params *p)
{
	struct conversion *c = ARENA_NEW(at->arena, struct conversion);
	struct mime_io io = { .read_line = conversion_read, .write = conversion_write, .arg = c };
	struct view reason = VIEW_NONE;
	int rc;

	c->at = at;
	c->out = o;
	memcpy(&c->shadow, at->env, sizeof(c->shadow));
	copy_header(&c->shadow, at->env, at->arena);
	body_reader_init(&c->reader, at->env->body);
	rc = mime_convert(&c->shadow.header, at->arena, p, &io, conversion_rewind, &reason);
	body_reader_done(&c->reader);
	if (rc == 0)
		conversion_header(c);
	return rc;
}

int message_write(struct attempt *at, struct text_out *o, enum message_bits bits)
{
	struct envelope *e = at->env;
	struct mime_params p = { .mode = bits == MESSAGE_TO_8BIT ? MIME_TO_8BIT : MIME_TO_7BIT,
				 .default_charset = at->cf->options.default_char_set,
				 .is_in_class = is_in_class,
				 .class_arg = (void *)(uintptr_t)at->cf,
				 .only_text = flag_has(&at->mailer->flags, '9'),
				 .ebcdic_safe = flag_has(&at->mailer->flags, '3') };
	int rc;

	p.by = arena_printf(at->arena, VIEW_FMT " id %s",
			    VIEW_ARG(macros_get_expanded(e->macros, 'j', at->arena)), e->id);
	if (e->sender_mailer && e->sender_mailer->charset.len > 0)
		p.default_charset = e->sender_mailer->charset;
	if (p.default_charset.len == 0)
		p.default_charset = VIEW("unknown-8bit");
	if (bits != MESSAGE_AS_IS && e->body && mime_wants_conversion(&e->header, &p)) {
		rc = write_converted(at, o, &p);
	} else {
		write_header(at, e, o);
		rc = write_body(o, e->body);
	}
	text_out_end_line(o);
	if (flag_has(&at->mailer->flags, 'b'))
		text_out_add(o, VIEW("\n"));
	return rc < 0 ? rc : o->error;
}
