/* submit_text.c - see submit_text.h. */
#include "receive/submit_text.h"

#include <errno.h>
#include <unistd.h>

#include "receive/header_gather.h"

#define READ_BYTES      65536
#define BODY_MEMORY_MAX (1024 * 1024)
#define HEADER_MAX      (16 * 1024 * 1024)

struct reader {
	struct envelope *env;
	struct header_gather gather;
	bool (*keep_field)(void *arg, struct view name, struct view value);
	void *arg;
	bool dot_is_text, in_body, is_over;
	struct str
		held; /* the beginning of a line, while it may still be a dot line or end in CR */
	int64_t size;
	int error;
};

static void take_field(void *arg, struct view name, struct view value)
{
	struct reader *r = arg;
	struct envelope *e = r->env;

	if (r->keep_field && !r->keep_field(r->arg, name, value))
		return;
	header_add(&e->header, e->arena, name, value)->flags |= HEADER_USER;
	if (e->snap->cf->options.max_headers_length > 0 &&
	    e->header.bytes > (size_t)e->snap->cf->options.max_headers_length)
		r->error = -EMSGSIZE;
}

static void body_add(struct reader *r, struct view text)
{
	int error = body_append(r->env->body, text);

	if (error < 0 && r->error == 0)
		r->error = error;
}

static void line_done(struct reader *r, struct view text)
{
	struct view line;

	if (r->in_body) {
		body_add(r, text);
		body_add(r, VIEW("\n"));
		return;
	}
	if (!gather_text(&r->gather, text)) {
		r->error = -EMSGSIZE;
		return;
	}
	switch (gather_line(&r->gather, &line)) {
	case GATHER_MORE:
		break;
	case GATHER_END:
		r->in_body = true;
		break;
	case GATHER_BODY_LINE:
		r->in_body = true;
		body_add(r, line);
		body_add(r, VIEW("\n"));
		break;
	}
}

/* One line without its LF. is_whole: the LF was there. */
static void take_line(struct reader *r, struct view text, bool is_whole)
{
	if (!r->dot_is_text && is_whole && view_eq(view_trim_end(text), VIEW("."))) {
		r->is_over = true;
		return;
	}
	if (is_whole && text.len > 0 && text.p[text.len - 1] == '\r')
		text.len--;
	if (!r->dot_is_text && view_starts(text, VIEW("..")))
		text = view_skip(text, 1);
	r->size += (int64_t)text.len + is_whole;
	if (is_whole)
		line_done(r, text);
	else if (r->in_body)
		body_add(r, text);
	else
		line_done(r, text);
}

/* Lines out of a piece of input; what has no end yet is held. */
static void take_bytes(struct reader *r, struct view bytes)
{
	while (bytes.len > 0 && !r->is_over && r->error == 0) {
		size_t lf = view_find(bytes, '\n');

		if (lf == bytes.len) {
			str_add(&r->held, bytes);
			if (r->held.cut)
				r->error = -EMSGSIZE;
			return;
		}
		if (r->held.len > 0) {
			str_add(&r->held, view_first(bytes, lf));
			take_line(r, str_view(&r->held), true);
			str_clear(&r->held);
		} else {
			take_line(r, view_first(bytes, lf), true);
		}
		bytes = view_skip(bytes, lf + 1);
	}
}

int submit_text_read(int fd, bool dot_is_text, struct envelope *e,
		     bool (*keep_field)(void *arg, struct view name, struct view value), void *arg,
		     int64_t *out_size)
{
	const struct options *o = &e->snap->cf->options;
	struct reader r = {
		.env = e, .keep_field = keep_field, .arg = arg, .dot_is_text = dot_is_text
	};
	char *buffer = arena_bytes(e->arena, READ_BYTES);
	ssize_t n = 0;

	r.held = STR_MAX(256 * 1024 * 1024);
	gather_init(&r.gather,
		    (size_t)(o->max_headers_length > 0 ? o->max_headers_length + 1 : HEADER_MAX),
		    o->save_from_line, take_field, &r);
	e->body = body_new(BODY_MEMORY_MAX, -1);
	while (!r.is_over && r.error == 0) {
		n = read(fd, buffer, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		take_bytes(&r, view_from(buffer, (size_t)n));
	}
	if (n < 0 && r.error == 0)
		r.error = -errno;
	if (!r.is_over && r.held.len > 0 && r.error == 0)
		take_line(&r, str_view(&r.held), false);
	if (!r.in_body && r.error == 0)
		gather_end(&r.gather);
	gather_done(&r.gather);
	str_done(&r.held);
	*out_size = r.size;
	return r.error;
}
