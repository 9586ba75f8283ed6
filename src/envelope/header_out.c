/* header_out.c - see header_out.h. */
#include "envelope/header_out.h"

#include "mail/address.h"

#define LINE_COLUMNS 78 /* of a folded address list, its last comma not counted */
#define CONTINUATION "\n        "
#define EXPANDED_MAX 65536

struct rendering {
	const struct envelope *e;
	struct rw *rw;
	const struct mailer *m;
	struct str *out;
	size_t columns;
	bool only_7bit;
	struct view sender_domain; /* "@domain" for addresses without one; none: nothing is added */
};

static void add(struct rendering *r, struct view v)
{
	size_t from = r->out->len;

	str_add(r->out, v);
	if (!r->only_7bit)
		return;
	for (; from < r->out->len; from++)
		r->out->p[from] = (char)(r->out->p[from] & 0x7f);
}

/* Name and value usually lie side by side in memory, with the colon between them. */
static void add_as_it_is(struct rendering *r, const struct header_field *f)
{
	if (f->value.p == f->name.p + f->name.len + 1 && f->name.p[f->name.len] == ':') {
		add(r, view_from(f->name.p, f->name.len + 1 + f->value.len));
	} else {
		add(r, f->name);
		str_addc(r->out, ':');
		add(r, f->value);
	}
	str_addc(r->out, '\n');
}

static bool has_condition(const struct header_field *f)
{
	static const uint8_t none[sizeof(f->mailer_flags)];

	return memcmp(f->mailer_flags, none, sizeof(none)) != 0;
}

static bool mailer_wants(const struct rendering *r, const struct header_field *f)
{
	if (f->macro) {
		struct view value = macros_get_expanded(r->rw->macros, f->macro, r->rw->arena);

		return value.len > 0;
	}
	if (!has_condition(f))
		return !(f->flags & HEADER_ACHECK);
	for (unsigned c = 0; c < 128; c++) {
		if ((f->mailer_flags[c / 8] >> (c % 8) & 1) && flag_has(&r->m->flags, (char)c))
			return true;
	}
	return false;
}

/* ---- address lists ---- */

struct folding {
	size_t column;
	bool has_one;
};

static void add_address(struct rendering *r, struct folding *f, struct view address)
{
	size_t after = f->column + (f->has_one ? 2 : 0) + address.len;

	if (f->has_one && after > r->columns) {
		str_addz(r->out, "," CONTINUATION);
		f->column = sizeof(CONTINUATION) - 2;
		after = f->column + address.len;
	} else if (f->has_one) {
		str_addz(r->out, ", ");
	}
	add(r, address);
	f->column = after;
	f->has_one = true;
}

/* Line breaks become blanks. */
static struct view on_one_line(struct view v, struct arena *a)
{
	char *p;

	if (view_find(v, '\n') == v.len)
		return v;
	p = arena_bytes(a, v.len);
	for (size_t i = 0; i < v.len; i++)
		p[i] = v.p[i] == '\n' ? ' ' : v.p[i];
	return view_from(p, v.len);
}

static void add_addresses(struct rendering *r, const struct header_field *f, struct view value)
{
	bool is_sender = f->flags & HEADER_FROM;
	bool by_blanks = !is_sender && r->e->snap->cf->options.old_style_headers;
	struct view rest = value, one;
	struct folding folding = { 0 };
	unsigned flags = REMOTE_HEADER | (is_sender ? REMOTE_SENDER : 0);
	size_t blanks = 0;

	while (blanks < value.len && (value.p[blanks] == ' ' || value.p[blanks] == '\t'))
		blanks++;
	add(r, f->name);
	str_addc(r->out, ':');
	str_add(r->out, view_first(value, blanks));
	folding.column = f->name.len + 1 + blanks;
	if (r->sender_domain.len)
		flags |= REMOTE_ADD_DOMAIN;
	while (address_list_next(&rest, by_blanks, false, &one)) {
		struct view address;

		if (view_find(one, '<') == one.len)
			one = on_one_line(one, r->rw->arena);
		address = rw_remote_name(r->rw, one, r->m, flags, r->sender_domain, NULL);

		if (address.len)
			add_address(r, &folding, address);
	}
	str_addc(r->out, '\n');
}

/* ---- fields ---- */

static void render_template(struct rendering *r, const struct header_field *f)
{
	own_str struct str value = STR_MAX(EXPANDED_MAX);

	macros_expand(r->rw->macros, f->value, &value);
	if (view_trim(str_view(&value)).len == 0)
		return;
	if (f->flags & (HEADER_FROM | HEADER_RCPT)) {
		add_addresses(r, f, arena_dup(r->rw->arena, str_view(&value)));
		return;
	}
	add(r, f->name);
	str_addc(r->out, ':');
	add(r, str_view(&value));
	str_addc(r->out, '\n');
}

static void render_field(struct rendering *r, const struct header_field *f)
{
	struct view value = f->value;

	if (f->flags & HEADER_BCC) {
		if (r->e->flags & ENV_DELETE_BCC)
			return;
		add(r, f->name);
		str_addz(r->out, ":\n");
		return;
	}
	if ((has_condition(f) || f->macro || (f->flags & HEADER_ACHECK)) && !mailer_wants(r, f))
		return;
	if (f->flags & HEADER_TEMPLATE) {
		render_template(r, f);
		return;
	}
	if (!(f->flags & (HEADER_FROM | HEADER_RCPT)) || view_trim(value).len == 0) {
		add_as_it_is(r, f);
		return;
	}
	if (r->e->snap->cf->options.single_line_from_header &&
	    view_eq_nocase(f->name, VIEW("from")))
		value = on_one_line(value, r->rw->arena);
	add_addresses(r, f, value);
}

/* "@domain" of the sender, for the addresses of the header that have none (flag C of the sender's mailer). */
static struct view sender_domain(const struct envelope *e, struct arena *a)
{
	struct view bare;
	size_t at;

	if (!e->sender_mailer || !flag_has(&e->sender_mailer->flags, 'C'))
		return VIEW_NONE;
	bare = address_bare(e->sender, a);
	at = view_rfind(bare, '@');
	return at < bare.len ? view_skip(bare, at) : VIEW_NONE;
}

void header_render(const struct envelope *e, struct rw *rw, const struct mailer *m, struct str *out)
{
	struct rendering r = { .e = e, .rw = rw, .m = m, .out = out, .columns = LINE_COLUMNS };

	if (m->line_limit > 2 && (size_t)m->line_limit - 2 < r.columns)
		r.columns = (size_t)m->line_limit - 2;
	r.only_7bit = flag_has(&m->flags, '6') || flag_has(&m->flags, '7') ||
		      flag_has(&m->flags, 'L');
	r.sender_domain = sender_domain(e, rw->arena);
	str_reserve(out, e->header.bytes + e->header.bytes / 8 + 256);
	LIST_EACH (&e->header.fields, it)
		render_field(&r, LIST_OWNER(it, struct header_field, link));
}
