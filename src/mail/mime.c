/*
 * mime.c - see mime.h.
 *
 * 8 to 7 bit walks over the body line by line, twice with the same steps. The first time nothing is written: for each leaf
 * part the octets are counted. The second time each leaf is written in the coding that its count asks for.
 *
 *     part header -> leaf ------------> boundary of this or an outer multipart -> part header ...
 *                 -> multipart (pushed): what stands before its first and behind its last boundary passes as it is
 *                 -> message/rfc822 (class s): another header
 *                 -> anything else passes as it is
 *
 * The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1): it is held back until the next line is seen.
 */
#include "mail/mime.h"

#include <errno.h>

#include "base/str.h"
#include "mail/mime_code.h"
#include "mail/mime_type.h"

#define DEPTH_MAX       20
#define LEAVES_MAX      10000
#define PART_HEADER_MAX 65536
#define HIGH_SHARE      8 /* with more than one octet in so many above 0x7f, base64 is shorter */

enum state { IN_HEADER, IN_LEAF, IN_PASSAGE };

struct leaf {
	int64_t size, high;
};

struct walk {
	const struct mime_params *p;
	struct mime_io *io;
	struct arena *arena;
	struct arena *part_arena; /* reset at each part, of which there may be any number */
	bool is_writing;          /* the second time */
	enum state state;
	struct {
		char text[MIME_BOUNDARY_MAX];
		struct view boundary; /* in text */
		bool is_digest;
	} levels[DEPTH_MAX];
	size_t n_levels;
	struct str header; /* of the part, as it came */
	bool is_message_header, default_is_message;
	bool owes_line_end, is_in_line;
	struct leaf *leaves;
	size_t n_leaves, at_leaf, cap_leaves;
	struct mime_coder coder;
	bool has_coder;
	int error;
};

/* What a header says about the entity behind it. */
struct entity {
	struct mime_type type;
	struct view encoding;
	enum { ENTITY_LEAF, ENTITY_MULTIPART, ENTITY_MESSAGE, ENTITY_OPAQUE } kind;
};

static bool is_member(const struct mime_params *p, char class_name, struct view word)
{
	return word.len && p->is_in_class && p->is_in_class(p->class_arg, class_name, word);
}

static bool is_type_member(const struct mime_params *p, char class_name, const struct mime_type *t)
{
	return is_member(p, class_name, t->whole) || is_member(p, class_name, t->type);
}

static void entity_look(const struct mime_params *p, struct view type, struct view encoding,
			bool default_is_message, struct arena *a, struct entity *out)
{
	out->type = mime_type_parse(type, a);
	if (out->type.type.len == 0)
		out->type = mime_type_parse(
			default_is_message ? VIEW("message/rfc822") : VIEW("text/plain"), a);
	out->encoding = mime_word(encoding);
	out->kind = ENTITY_LEAF;
	if (is_type_member(p, 'n', &out->type) ||
	    (out->encoding.len && !is_member(p, 'e', out->encoding)))
		out->kind = ENTITY_OPAQUE;
	else if (view_eq_nocase(out->type.type, VIEW("multipart")))
		out->kind = out->type.boundary.len ? ENTITY_MULTIPART : ENTITY_OPAQUE;
	else if (view_eq_nocase(out->type.type, VIEW("message")))
		out->kind = is_member(p, 's', out->type.subtype) ? ENTITY_MESSAGE : ENTITY_OPAQUE;
}

/* ---- output ---- */

static void put(struct walk *w, struct view v)
{
	int r = w->is_writing && !w->error ? w->io->write(w->io->arg, v) : 0;

	if (r < 0)
		w->error = r;
}

static void put_line_end(struct walk *w)
{
	if (w->owes_line_end)
		put(w, VIEW("\n"));
	w->owes_line_end = false;
}

/* ---- leaves ---- */

static enum mime_coding coding_of(const struct walk *w, const struct entity *e)
{
	const struct leaf *l = w->at_leaf < w->n_leaves ? &w->leaves[w->at_leaf] : NULL;

	if (l && l->high == 0)
		return MIME_AS_IS;
	if (is_type_member(w->p, 'q', &e->type))
		return MIME_QP;
	if (is_type_member(w->p, 'b', &e->type) || !l || l->high * HIGH_SHARE > l->size)
		return MIME_BASE64;
	return MIME_QP;
}

static const char *coding_name(enum mime_coding c)
{
	return c == MIME_BASE64 ? "base64" : "quoted-printable";
}

static struct leaf *new_leaf(struct walk *w)
{
	if (w->n_leaves == LEAVES_MAX)
		return NULL;
	if (w->n_leaves == w->cap_leaves) {
		size_t cap = w->cap_leaves ? w->cap_leaves * 2 : 16;
		struct leaf *bigger = ARENA_ARRAY(w->arena, struct leaf, cap);

		if (w->n_leaves)
			memcpy(bigger, w->leaves, w->n_leaves * sizeof(*bigger));
		w->leaves = bigger;
		w->cap_leaves = cap;
	}
	w->leaves[w->n_leaves] = (struct leaf){ 0 };
	return &w->leaves[w->n_leaves++];
}

static void begin_leaf(struct walk *w, enum mime_coding coding)
{
	w->state = IN_LEAF;
	if (!w->is_writing) {
		new_leaf(w);
		return;
	}
	if (coding == MIME_AS_IS) {
		w->state = IN_PASSAGE;
		w->at_leaf++;
		return;
	}
	mime_coder_init(&w->coder, coding, w->io->write, w->io->arg);
	w->coder.ebcdic_safe = w->p->ebcdic_safe;
	w->has_coder = true;
}

static void leaf_bytes(struct walk *w, struct view v)
{
	struct leaf *l;

	if (w->is_writing) {
		mime_encode(&w->coder, v);
		return;
	}
	l = w->n_leaves ? &w->leaves[w->n_leaves - 1] : NULL;
	if (!l)
		return;
	l->size += (int64_t)v.len;
	for (size_t i = 0; i < v.len; i++)
		l->high += (unsigned char)v.p[i] >= 0x80;
}

static void end_leaf(struct walk *w)
{
	if (!w->has_coder)
		return;
	if (mime_encode_end(&w->coder) < 0 && !w->error)
		w->error = w->coder.error;
	w->owes_line_end = w->owes_line_end || w->coder.column > 0;
	mime_coder_done(&w->coder);
	w->has_coder = false;
	w->at_leaf++;
}

/* ---- headers of parts ---- */

/* The value of a field in the text of a part's header; none when it is absent. */
static struct view field_in(struct view text, const char *name)
{
	struct view rest = text, line, field, value;

	while (view_cut(&rest, '\n', &line) && line.p < text.p + text.len) {
		const char *end = line.p + line.len;

		while (rest.len && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
			struct view more;

			view_cut(&rest, '\n', &more);
			end = more.p + more.len;
		}
		line.len = (size_t)(end - line.p);
		if (header_parse_line(line, &field, &value) && view_eq_nocase(field, view_of(name)))
			return view_trim(value);
	}
	return VIEW_NONE;
}

/* The header with one field left out. */
static void put_header_without(struct walk *w, struct view text, const char *name)
{
	struct view rest = text, line, field, value;
	bool is_out = false;

	while (rest.len && view_cut(&rest, '\n', &line)) {
		bool is_continued = line.len && (line.p[0] == ' ' || line.p[0] == '\t');

		if (!is_continued)
			is_out = header_parse_line(line, &field, &value) &&
				 view_eq_nocase(field, view_of(name));
		if (!is_out) {
			put(w, line);
			put(w, VIEW("\n"));
		}
	}
}

static void put_coding_fields(struct walk *w, enum mime_coding coding)
{
	own_str struct str s = STR_MAX(1024);

	str_addf(&s, "Content-Transfer-Encoding: %s\n", coding_name(coding));
	if (w->p->by.len)
		str_addf(&s, "X-MIME-Autoconverted: from 8bit to %s by " VIEW_FMT "\n",
			 coding_name(coding), VIEW_ARG(w->p->by));
	put(w, str_view(&s));
}

static void push_level(struct walk *w, const struct entity *e)
{
	struct view b = view_first(e->type.boundary, MIME_BOUNDARY_MAX);

	memcpy(w->levels[w->n_levels].text, b.p, b.len);
	w->levels[w->n_levels].boundary = view_from(w->levels[w->n_levels].text, b.len);
	w->levels[w->n_levels].is_digest = view_eq_nocase(e->type.subtype, VIEW("digest"));
	w->n_levels++;
}

/* The empty line behind a part's header. */
static void header_over(struct walk *w)
{
	struct view text = str_view(&w->header);
	bool is_message = w->is_message_header;
	enum mime_coding coding = MIME_AS_IS;
	struct entity e;

	entity_look(w->p, field_in(text, "Content-Type"),
		    field_in(text, "Content-Transfer-Encoding"), w->default_is_message, w->arena,
		    &e);
	if (e.kind == ENTITY_MULTIPART && w->n_levels == DEPTH_MAX)
		e.kind = ENTITY_OPAQUE;
	if (e.kind == ENTITY_LEAF && w->is_writing)
		coding = coding_of(w, &e);
	if (e.kind == ENTITY_MULTIPART || coding != MIME_AS_IS)
		put_header_without(w, text, "Content-Transfer-Encoding");
	else
		put(w, text);
	if (coding != MIME_AS_IS) {
		if (is_message && view_is_none(field_in(text, "MIME-Version")))
			put(w, VIEW("MIME-Version: 1.0\n"));
		put_coding_fields(w, coding);
	}
	put(w, VIEW("\n"));
	str_clear(&w->header);
	w->is_message_header = false;
	w->state = IN_PASSAGE;
	if (e.kind == ENTITY_MULTIPART) {
		push_level(w, &e);
	} else if (e.kind == ENTITY_LEAF) {
		begin_leaf(w, coding);
	} else if (e.kind == ENTITY_MESSAGE) {
		w->state = IN_HEADER;
		w->is_message_header = true;
		w->default_is_message = false;
	}
}

/* A header that is no header (too long, or cut off by a boundary) passes as it is. */
static void header_given_up(struct walk *w)
{
	put(w, str_view(&w->header));
	str_clear(&w->header);
	w->state = IN_PASSAGE;
}

static void header_line(struct walk *w, struct view line, bool is_whole)
{
	if (line.len == 0 && is_whole) {
		header_over(w);
		return;
	}
	str_add(&w->header, line);
	if (is_whole)
		str_addc(&w->header, '\n');
	if (w->header.len > PART_HEADER_MAX)
		header_given_up(w);
}

/* ---- lines ---- */

static bool is_boundary(struct view line, struct view boundary, bool *out_closes)
{
	struct view rest;

	if (line.len < boundary.len + 2 || !view_starts(view_skip(line, 2), boundary))
		return false;
	rest = view_trim_end(view_skip(line, 2 + boundary.len));
	*out_closes = view_eq(rest, VIEW("--"));
	return rest.len == 0 || *out_closes;
}

/* True when the line is a boundary of one of the multiparts that we are in: everything inside that one ends. */
static bool boundary_line(struct walk *w, struct view line)
{
	bool closes = false;

	if (line.len < 3 || line.p[0] != '-' || line.p[1] != '-')
		return false;
	for (size_t i = w->n_levels; i-- > 0;) {
		if (!is_boundary(line, w->levels[i].boundary, &closes))
			continue;
		if (w->state == IN_HEADER)
			header_given_up(w);
		end_leaf(w);
		put_line_end(w);
		put(w, line);
		put(w, VIEW("\n"));
		w->n_levels = closes ? i : i + 1;
		w->state = closes ? IN_PASSAGE : IN_HEADER;
		w->is_message_header = false;
		w->default_is_message = !closes && w->levels[i].is_digest;
		w->owes_line_end = false;
		return true;
	}
	return false;
}

static void one_line(struct walk *w, struct view line, bool is_whole)
{
	bool is_start = !w->is_in_line;

	w->is_in_line = !is_whole;
	if (is_start && is_whole && boundary_line(w, line))
		return;
	switch (w->state) {
	case IN_HEADER:
		header_line(w, line, is_whole);
		break;
	case IN_LEAF:
		if (w->owes_line_end)
			leaf_bytes(w, VIEW("\n"));
		leaf_bytes(w, line);
		w->owes_line_end = is_whole;
		break;
	case IN_PASSAGE:
		put_line_end(w);
		put(w, line);
		w->owes_line_end = is_whole;
		break;
	}
}

static int walk(struct walk *w)
{
	struct view line;
	int n;

	while (!w->error && (n = w->io->read_line(w->io->arg, &line)) != 0) {
		if (n < 0)
			return n;
		one_line(w, line, n == 1);
	}
	if (w->state == IN_HEADER)
		header_given_up(w);
	if (w->state == IN_LEAF && w->owes_line_end)
		leaf_bytes(w, VIEW("\n"));
	if (w->state == IN_LEAF)
		w->owes_line_end = false;
	end_leaf(w);
	put_line_end(w);
	return w->error;
}

/* ---- the header of the message ---- */

static void set_field(struct header *h, struct arena *a, const char *name, struct view value)
{
	header_add(h, a, view_of(name), arena_printf(a, " " VIEW_FMT, VIEW_ARG(value)));
}

static void remove_field(struct header *h, const char *name)
{
	struct header_field *f = header_find(h, view_of(name));

	if (f)
		header_remove(h, f);
}

void mime_label(struct header *h, struct arena *a, struct view charset, struct view encoding)
{
	if (!header_find(h, VIEW("MIME-Version")))
		set_field(h, a, "MIME-Version", VIEW("1.0"));
	if (!header_find(h, VIEW("Content-Type")))
		set_field(h, a, "Content-Type",
			  arena_printf(a, "text/plain; charset=" VIEW_FMT, VIEW_ARG(charset)));
	remove_field(h, "Content-Transfer-Encoding");
	set_field(h, a, "Content-Transfer-Encoding", encoding);
}

static struct view mark_converted(struct header *h, struct arena *a, const struct mime_params *p,
				  const char *from, const char *to)
{
	struct view reason = arena_printf(a, "from %s to %s", from, to);

	if (p->by.len)
		set_field(h, a, "X-MIME-Autoconverted",
			  arena_printf(a, VIEW_FMT " by " VIEW_FMT, VIEW_ARG(reason),
				       VIEW_ARG(p->by)));
	return reason;
}

static void message_look(const struct header *h, const struct mime_params *p, struct arena *a,
			 struct entity *out)
{
	entity_look(p, header_value(h, VIEW("Content-Type")),
		    header_value(h, VIEW("Content-Transfer-Encoding")), false, a, out);
}

bool mime_wants_conversion(const struct header *h, const struct mime_params *p)
{
	own_arena struct arena *a = arena_new(1 << 16);
	struct view encoding = mime_word(header_value(h, VIEW("Content-Transfer-Encoding")));
	struct entity e;

	message_look(h, p, a, &e);
	if (p->mode == MIME_TO_7BIT)
		return e.kind != ENTITY_OPAQUE;
	return header_find(h, VIEW("Content-Type")) &&
	       view_eq_nocase(e.type.whole, VIEW("text/plain")) &&
	       header_find(h, VIEW("MIME-Version")) &&
	       (view_eq_nocase(encoding, VIEW("quoted-printable")) ||
		view_eq_nocase(encoding, VIEW("base64")));
}

/* ---- both directions ---- */

static int convert_to_8bit(struct header *h, struct arena *a, const struct mime_params *p,
			   struct mime_io *io, struct view *out_reason)
{
	struct view encoding = mime_word(header_value(h, VIEW("Content-Transfer-Encoding")));
	bool is_base64 = view_eq_nocase(encoding, VIEW("base64"));
	struct mime_coder c;
	struct view line;
	int n, error;

	remove_field(h, "Content-Transfer-Encoding");
	set_field(h, a, "Content-Transfer-Encoding", VIEW("8bit"));
	*out_reason = mark_converted(h, a, p, is_base64 ? "base64" : "quoted-printable", "8bit");
	mime_coder_init(&c, is_base64 ? MIME_BASE64 : MIME_QP, io->write, io->arg);
	while (!c.error && (n = io->read_line(io->arg, &line)) != 0) {
		if (n < 0) {
			mime_coder_done(&c);
			return n;
		}
		mime_decode_line(&c, line, n == 1);
	}
	error = mime_decode_end(&c);
	mime_coder_done(&c);
	return error;
}

/* The state in which the body of the message itself begins. */
static void begin_body(struct walk *w, const struct entity *e, enum mime_coding coding)
{
	w->state = IN_PASSAGE;
	w->n_levels = 0;
	w->owes_line_end = w->is_in_line = false;
	w->at_leaf = 0;
	str_clear(&w->header);
	if (e->kind == ENTITY_MULTIPART) {
		push_level(w, e);
	} else if (e->kind == ENTITY_MESSAGE) {
		w->state = IN_HEADER;
		w->is_message_header = true;
	} else if (e->kind == ENTITY_LEAF) {
		begin_leaf(w, coding);
	}
}

static int convert_to_7bit(struct walk *w, struct header *h, int (*rewind)(void *arg),
			   struct view *out_reason)
{
	enum mime_coding coding = MIME_AS_IS;
	struct entity e;
	int error;

	message_look(h, w->p, w->arena, &e);
	begin_body(w, &e, coding);
	error = walk(w);
	if (error < 0 || (error = rewind(w->io->arg)) < 0)
		return error;
	w->is_writing = true;
	w->at_leaf = 0;
	if (e.kind == ENTITY_LEAF)
		coding = coding_of(w, &e);
	if (coding != MIME_AS_IS) {
		mime_label(h, w->arena, w->p->default_charset, view_of(coding_name(coding)));
		*out_reason = mark_converted(h, w->arena, w->p, "8bit", coding_name(coding));
	} else if (e.kind == ENTITY_MULTIPART) {
		remove_field(h, "Content-Transfer-Encoding");
	}
	begin_body(w, &e, coding);
	return walk(w);
}

int mime_convert(struct header *h, struct arena *a, const struct mime_params *p, struct mime_io *io,
		 int (*rewind)(void *arg), struct view *out_reason)
{
	struct walk w = { .p = p, .io = io, .arena = a, .header = STR_MAX(2 * PART_HEADER_MAX) };
	int error;

	*out_reason = VIEW_NONE;
	if (p->mode == MIME_TO_8BIT)
		return convert_to_8bit(h, a, p, io, out_reason);
	w.part_arena = arena_new(4 * PART_HEADER_MAX);
	error = convert_to_7bit(&w, h, rewind, out_reason);
	arena_free(w.part_arena);
	if (w.has_coder)
		mime_coder_done(&w.coder);
	str_done(&w.header);
	return error;
}
