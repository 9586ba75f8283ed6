/*
 * qf.c - see qf.h.
 *
 * A qf file is lines of one letter and a value; a line that begins with a blank continues the one before it. Invariants:
 *
 *  1. "V8" is the first line and "." the last; nothing follows it.
 *  2. C, Q and r lines hold for the next R line (C until the next C line).
 *  3. Bytes 0x80 to 0x9f and 0xff stand behind a byte 0xff, except where they are macro references (HEADER_TEMPLATE).
 *  4. A line break inside a value becomes a blank; in a header value it is followed by a blank and stays.
 */
#include "envelope/qf.h"

#include <errno.h>

#include "base/number.h"
#include "envelope/header_complete.h"
#include "mail/address.h"

#define QF_VERSION      8
#define QUOTE           '\xff'
#define ADDRESS_COLUMNS 78
#define FLAG_REPLY_N    0x01 /* the "!" line: what happens when the time is up */
#define FLAG_REPLY_R    0x02
#define FLAG_TRACE      0x10

struct letter {
	char letter;
	uint32_t flag;
};

static const struct letter envelope_letters[] = {
	{'w',  ENV_WARNED     },
        { 'r', ENV_RESPONSE   },
        { '8', ENV_HAS_8BIT   },
	{ 'b', ENV_DELETE_BCC },
        { 'd', ENV_RET_GIVEN  },
        { 'n', ENV_RET_HEADERS},
	{ 's', ENV_SPLIT      },
        { 'e', ENV_UTF8       },
};

#define WRITTEN_FLAGS                                                                              \
	(ENV_WARNED | ENV_RESPONSE | ENV_HAS_8BIT | ENV_DELETE_BCC | ENV_RET_GIVEN |               \
	 ENV_RET_HEADERS | ENV_SPLIT | ENV_UTF8)

static const struct letter rcpt_letters[] = {
	{'P',  RCPT_PRIMARY       },
	{ 'N', RCPT_NOTIFY_GIVEN  },
	{ 'S', RCPT_NOTIFY_SUCCESS},
	{ 'F', RCPT_NOTIFY_FAILURE},
	{ 'D', RCPT_NOTIFY_DELAY  },
	{ 'A', RCPT_FROM_ALIAS    },
	{ 'B', RCPT_BCC           },
	{ 'X', RCPT_MX_SECURE     },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_letters(struct str *out, const struct letter *letters, size_t n, uint32_t flags)
{
	for (size_t i = 0; i < n; i++) {
		if (flags & letters[i].flag)
			str_addc(out, letters[i].letter);
	}
}

static uint32_t flags_of(const struct letter *letters, size_t n, struct view text)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < n; i++) {
		if (view_find(text, letters[i].letter) < text.len)
			flags |= letters[i].flag;
	}
	return flags;
}

/* ---- writing ---- */

static bool is_meta(char c)
{
	return ((unsigned char)c >= 0x80 && (unsigned char)c < 0xa0) || c == QUOTE;
}

static void add_quoted(struct str *out, struct view v)
{
	size_t from = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] >= 0 || !is_meta(v.p[i]))
			continue;
		str_add(out, view_from(v.p + from, i - from));
		str_addc(out, QUOTE);
		from = i;
	}
	str_add(out, view_skip(v, from));
}

/* A value on one line. */
static void add_flat(struct str *out, struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i] == '\n' || v.p[i] == '\r' ? ' ' : v.p[i];

		if (v.p[i])
			str_addc(out, c);
	}
}

static void add_line(struct str *out, char letter, struct view v)
{
	if (v.len == 0)
		return;
	str_addc(out, letter);
	add_flat(out, v);
	str_addc(out, '\n');
}

static void write_head(const struct envelope *e, struct view df_dir, const uint64_t inode[3],
		       struct str *out)
{
	uint32_t flags;

	str_addf(out, "V%d\nT%lld\nK%lld\nN%d\nP%lld\n", QF_VERSION, (long long)e->created_s,
		 (long long)e->last_try_s, e->tries, (long long)e->priority);
	add_line(out, 'd', df_dir);
	if (inode[2])
		str_addf(out, "I%llu/%llu/%llu\n", (unsigned long long)inode[0],
			 (unsigned long long)inode[1], (unsigned long long)inode[2]);
	add_line(out, 'B', e->body_type);
	if (e->flags & ENV_QUARANTINED) { /* the line says that it is, whatever it says more */
		str_addc(out, 'q');
		add_flat(out, e->quarantine_reason);
		str_addc(out, '\n');
	}
	add_line(out, 'M', e->status_text);
	flags = e->flags | (e->flags & ENV_QUARANTINED ? 0 : ENV_SPLIT);
	if (e->flags & ENV_RESPONSE &&
	    e->tries == 0) /* split or not is told from the first attempt on */
		flags &= ~(uint32_t)ENV_SPLIT;
	if (flags & WRITTEN_FLAGS) {
		str_addc(out, 'F');
		add_letters(out, envelope_letters, COUNT(envelope_letters), flags);
		str_addc(out, '\n');
	}
}

static void write_macro(const struct envelope *e, int number, struct str *out)
{
	own_arena struct arena *a = NULL;
	struct view name = macro_name(number), value;

	if (view_is_none(macros_get(e->macros, number)))
		return;
	a = arena_new(MACRO_VALUE_MAX);
	value = macros_get_expanded(e->macros, number, a);
	if (view_is_none(value))
		return;
	str_addc(out, '$');
	if (name.len == 1)
		str_add(out, name);
	else
		str_addf(out, "{" VIEW_FMT "}", VIEW_ARG(name));
	add_flat(out, value);
	str_addc(out, '\n');
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The macros of class {persistentMacros}, by number. */
static void write_macros(const struct envelope *e, struct str *out)
{
	static const int builtin[] = { '_', 'r', 's', MACRO_DAEMON_FLAGS, MACRO_IF_ADDR };
	int class_number = macro_number(VIEW("persistentMacros"), false), numbers[256];
	const struct table *words = NULL;
	size_t n = 0, at = 0;
	struct view word;
	void *nothing;

	if (e->snap && class_number)
		words = classes_words(e->snap->cf->classes, class_number);
	while (words && n < COUNT(numbers) && table_next(words, &at, &word, &nothing)) {
		if (word.len > 2 && word.p[0] == '{')
			word = view_from(word.p + 1, word.len - 2);
		numbers[n] = macro_number(word, false);
		n += numbers[n] != 0;
	}
	if (!words) {
		memcpy(numbers, builtin, sizeof(builtin));
		n = COUNT(builtin);
	}
	qsort(numbers, n, sizeof(numbers[0]), compare_numbers);
	for (size_t i = 0; i < n; i++)
		write_macro(e, numbers[i], out);
}

static void write_sender(const struct envelope *e, struct str *out)
{
	int flags = e->deliver_by_mode == 'R' ? FLAG_REPLY_R : FLAG_REPLY_N;

	add_line(out, 'S', e->sender.len ? e->sender : VIEW("<>"));
	add_line(out, 'Z', e->envid);
	add_line(out, 'A', e->auth_param);
	if (e->deliver_by_s)
		str_addf(out, "!%c %lld\n", flags | (e->deliver_by_trace ? FLAG_TRACE : 0),
			 (long long)e->deliver_by_s);
}

bool qf_rcpt_is_kept(const struct rcpt *r)
{
	switch (r->state) {
	case RCPT_NEW:
	case RCPT_ROUTED:
	case RCPT_TRYING:
	case RCPT_DEFERRED:
		return true;
	case RCPT_FAILED: /* until its report is safe */
		return !(r->flags & RCPT_REPORTED);
	default:
		return false;
	}
}

static void write_user(const struct rcpt_user *u, struct str *out)
{
	str_addc(out, 'C');
	if (!u->is_set && u->alias.len == 0) {
		str_addc(out, '\n');
		return;
	}
	if (u->is_set) {
		add_flat(out, u->name);
		if (u->name.len)
			str_addf(out, ":%ld:%ld", (long)u->uid, (long)u->gid);
	}
	str_addc(out, ':');
	add_flat(out, u->alias);
	str_addc(out, '\n');
}

/* The recipient that the sender named: reports are about that one. */
static const struct rcpt *rcpt_origin(const struct rcpt *r)
{
	while (r->parent)
		r = r->parent;
	return r;
}

struct view qf_final_rcpt(const struct rcpt *r, struct arena *a)
{
	const struct rcpt *origin = rcpt_origin(r);
	struct view bare, host = VIEW_NONE;
	size_t colon;

	if (r->final_rcpt.len)
		return r->final_rcpt;
	if (origin->final_rcpt.len)
		return origin->final_rcpt;
	bare = address_bare(origin->address, a);
	colon = view_find(bare, ':');
	if (bare.len && bare.p[0] == '@' && colon < bare.len) /* a route */
		bare = view_skip(bare, colon + 1);
	if (view_find(bare, '@') < bare.len)
		return arena_printf(a, "RFC822; " VIEW_FMT, VIEW_ARG(bare));
	host = macros_get_expanded(r->env->macros, 'j', a);
	return arena_printf(a, "RFC822; " VIEW_FMT "@" VIEW_FMT, VIEW_ARG(bare), VIEW_ARG(host));
}

struct view qf_orcpt(const struct rcpt *r)
{
	return r->orcpt.len ? r->orcpt : rcpt_origin(r)->orcpt;
}

static bool user_eq(const struct rcpt_user *a, const struct rcpt_user *b)
{
	return a->is_set == b->is_set &&
	       (!a->is_set ||
		(a->uid == b->uid && a->gid == b->gid && view_eq(a->name, b->name))) &&
	       view_eq(a->alias, b->alias);
}

uint32_t qf_notify_flags(const struct rcpt *r)
{
	uint32_t any = RCPT_NOTIFY_GIVEN | RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE |
		       RCPT_NOTIFY_DELAY;

	if (r->flags & any)
		return r->flags & any;
	if (r->parent)
		return qf_notify_flags(r->parent);
	return RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY;
}

static void write_rcpts(const struct envelope *e, struct str *out)
{
	static const struct rcpt_user nobody;
	const struct rcpt_user *user = &nobody;
	own_arena struct arena *a = arena_new(1 << 20);

	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (!qf_rcpt_is_kept(r))
			continue;
		if (r->state == RCPT_DEFERRED && r->flags & RCPT_OWN_REPLY && r->status.reply.len) {
			str_addz(out, "MDeferred: ");
			add_flat(out, r->status.reply);
			str_addc(out, '\n');
		}
		if (!user_eq(&r->user, user)) {
			write_user(&r->user, out);
			user = &r->user;
		}
		add_line(out, 'Q', qf_orcpt(r));
		add_line(out, 'r', qf_final_rcpt(r, a));
		str_addc(out, 'R');
		add_letters(out, rcpt_letters, COUNT(rcpt_letters), r->flags | qf_notify_flags(r));
		str_addc(out, ':');
		add_flat(out, r->address);
		str_addc(out, '\n');
		arena_reset(a);
	}
}

/* Addresses are put on lines of this length, one blank between them. */
static void write_addresses(const struct header_field *f, struct str *out)
{
	own_str struct str flat = STR_MAX(f->value.len + 1);
	struct view rest = f->value, one;
	size_t blanks = 0, column;
	bool has_one = false;

	if (view_find(rest, '\n') < rest.len) { /* unfolded, to be folded anew */
		while (view_cut(&rest, '\n', &one)) {
			if (flat.len > 0)
				str_addc(&flat, ' ');
			str_add(&flat, flat.len > 0 ? view_trim(one) : view_trim_end(one));
		}
		rest = str_view(&flat);
	}
	while (blanks < rest.len && (rest.p[blanks] == ' ' || rest.p[blanks] == '\t'))
		blanks++;
	str_add(out, view_first(rest, blanks));
	column = f->name.len + 1 + blanks;
	while (address_list_next(&rest, false, false, &one)) {
		if (one.len == 0)
			continue;
		if (has_one && column + 2 + one.len > ADDRESS_COLUMNS) {
			str_addz(out, ",\n        ");
			column = 8;
		} else if (has_one) {
			str_addz(out, ", ");
			column += 2;
		}
		add_quoted(out, one);
		column += one.len;
		has_one = true;
	}
	str_addc(out, '\n');
}

/* One address, or what is no list, stays as it came. */
static bool is_address_list(const struct header_field *f)
{
	return (f->flags & (HEADER_FROM | HEADER_RCPT)) && !(f->flags & HEADER_TEMPLATE) &&
	       view_find(f->value, ',') < f->value.len;
}

static void write_header(const struct envelope *e, struct str *out)
{
	LIST_EACH (&e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);
		struct view rest = f->value, line;
		bool is_first = true;

		str_addz(out, "H?");
		add_flat(out, f->raw_condition);
		str_addc(out, '?');
		str_add(out, f->name);
		str_addc(out, ':');
		if (is_address_list(f)) {
			write_addresses(f, out);
			continue;
		}
		while (view_cut(&rest, '\n', &line)) {
			if (!is_first && line.len == 0)
				continue;
			if (!is_first)
				str_addz(out,
					 line.p[0] == ' ' || line.p[0] == '\t' ? "\n" : "\n\t");
			is_first = false;
			if (f->flags & HEADER_TEMPLATE)
				str_add(out, line);
			else
				add_quoted(out, line);
		}
		str_addc(out, '\n');
	}
}

void qf_write(const struct envelope *e, struct view df_dir, uint64_t major, uint64_t minor,
	      uint64_t inode, struct str *out)
{
	str_reserve(out, e->header.bytes + 512 + 64 * e->n_rcpts);
	write_head(e, df_dir, (uint64_t[3]){ major, minor, inode }, out);
	write_macros(e, out);
	write_sender(e, out);
	write_rcpts(e, out);
	write_header(e, out);
	str_addz(out, ".\n");
}

/* ---- reading ---- */

struct reading {
	struct envelope *e;
	struct qf_error *error;
	int version;
	struct rcpt_user user;
	struct view orcpt, final_rcpt;
};

/* As much of v as is a decimal number, kept between the limits. */
static int64_t number(struct view v, int64_t min, int64_t max)
{
	int64_t n = 0;
	size_t i = 0;
	bool is_negative;

	v = view_trim(v);
	is_negative = v.len && v.p[0] == '-';
	for (i = is_negative; i < v.len && isdigit((unsigned char)v.p[i]); i++) {
		if (n > (INT64_MAX - 9) / 10)
			return is_negative ? min : max;
		n = n * 10 + (v.p[i] - '0');
	}
	n = is_negative ? -n : n;
	return n < min ? min : n > max ? max : n;
}

static int bogus(struct reading *r, const char *loss, const char *what, struct view text)
{
	r->error->is_bogus = true;
	r->error->loss = loss;
	snprintf(r->error->text, sizeof(r->error->text), "%s" VIEW_FMT, what, VIEW_ARG(text));
	return -EINVAL;
}

static int bad_line(struct reading *r, struct view line)
{
	bogus(r, "unrecognized line", "", VIEW_NONE);
	r->error->is_of_file = true;
	snprintf(r->error->text, sizeof(r->error->text), "line %d: bad line \"%.*s\"",
		 r->error->line, (int)(line.len > 100 ? 100 : line.len), line.p ? line.p : "");
	return -EINVAL;
}

static struct view unquoted(struct arena *a, struct view v)
{
	char *out;
	size_t n = 0;

	if (view_find(v, QUOTE) == v.len)
		return v;
	out = arena_bytes(a, v.len);
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == QUOTE && i + 1 < v.len)
			i++;
		out[n++] = v.p[i];
	}
	return view_from(out, n);
}

static bool has_macros(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == QUOTE)
			i++;
		else if (v.p[i] >= MACRO_REF && v.p[i] <= MACRO_END)
			return true;
	}
	return false;
}

static void read_header(struct reading *r, struct view v)
{
	struct view condition = VIEW_NONE, name, value;
	struct header_field *f;
	bool is_template;

	if (v.len && v.p[0] == '?') {
		size_t end = view_find(view_skip(v, 1), '?') + 1;

		condition = view_from(v.p + 1, end - 1);
		v = view_skip(v, end + 1);
	}
	if (!header_parse_line(v, &name, &value))
		return; /* as the original does: the field is lost, the message is not */
	is_template = has_macros(value);
	f = header_add(&r->e->header, r->e->arena, name,
		       is_template ? value : unquoted(r->e->arena, value));
	header_set_condition(f, r->e->arena, condition, macro_number);
	if (is_template)
		f->flags |= HEADER_TEMPLATE | HEADER_DEFAULT;
}

/* "user:uid:gid:alias", "user:alias" of old versions, ":alias", or nothing */
static void read_user(struct reading *r, struct view v)
{
	struct view rest = v, uid, gid, name;
	int64_t n_uid, n_gid;

	r->user = (struct rcpt_user){ .name = VIEW_NONE };
	if (!view_cut(&rest, ':', &name))
		return;
	r->user.name = arena_dup(r->e->arena, name);
	r->user.alias = arena_dup(r->e->arena, rest);
	if (view_cut(&rest, ':', &uid) && view_cut(&rest, ':', &gid) &&
	    number_parse(uid, 0, UINT32_MAX, &n_uid) && number_parse(gid, 0, UINT32_MAX, &n_gid)) {
		r->user.uid = (uid_t)n_uid;
		r->user.gid = (gid_t)n_gid;
		r->user.alias = arena_dup(r->e->arena, rest);
		r->user.is_set = name.len > 0;
	}
}

static void read_rcpt(struct reading *r, struct view v)
{
	size_t colon = view_find(v, ':');
	bool has_flags = r->version >= 1 && colon < v.len;
	struct rcpt *rcpt;

	/* Flags are letters; without them it is the address that has a colon. */
	for (size_t i = 0; has_flags && i < colon; i++)
		has_flags = isalpha((unsigned char)v.p[i]);
	rcpt = envelope_add_rcpt(r->e, has_flags ? view_skip(v, colon + 1) : v, NULL);
	rcpt->flags = has_flags ? flags_of(rcpt_letters, COUNT(rcpt_letters), view_first(v, colon))
				: RCPT_PRIMARY | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY;
	rcpt->orcpt = r->orcpt;
	rcpt->final_rcpt = r->final_rcpt;
	rcpt->user = r->user;
	r->orcpt = r->final_rcpt = VIEW_NONE;
}

static void read_macro(struct reading *r, struct view v)
{
	struct view name = view_first(v, 1), value = view_skip(v, 1);
	size_t close = view_find(v, '}');
	int n;

	if (v.len && v.p[0] == '{' && close < v.len) {
		name = view_from(v.p + 1, close - 1);
		value = view_skip(v, close + 1);
	}
	n = name.len ? macro_number(name, true) : 0;
	if (n == 0)
		return;
	macros_set(r->e->macros, n, value);
	if (n == 'r')
		r->e->protocol = arena_dup(r->e->arena, value);
	else if (n == '_')
		r->e->relay = arena_dup(r->e->arena, value);
}

static void read_deliver_by(struct reading *r, struct view v)
{
	unsigned char flags = v.len ? (unsigned char)v.p[0] : 0;
	bool is_letter = flags == 'R' || flags == 'N';

	r->e->deliver_by_mode = flags == 'R' || (!is_letter && (flags & FLAG_REPLY_R)) ? 'R' : 'N';
	r->e->deliver_by_trace = !is_letter && (flags & FLAG_TRACE);
	r->e->deliver_by_s = number(view_skip(v, 2), INT32_MIN, INT32_MAX);
}

static int read_version(struct reading *r, struct view v)
{
	r->version = (int)number(v, 0, 1000000);
	if (r->version <= QF_VERSION)
		return 0;
	bogus(r, "unsupported queue file version", "", VIEW_NONE);
	snprintf(r->error->text, sizeof(r->error->text),
		 "Version number in queue file (%d) greater than max (%d)", r->version, QF_VERSION);
	return -EINVAL;
}

static int read_flags(struct reading *r, struct view line)
{
	if (view_starts(line, VIEW("From ")))
		return bogus(r, "bogus queue line", "SECURITY ALERT: bogus qf line ", line);
	r->e->flags |= flags_of(envelope_letters, COUNT(envelope_letters), view_skip(line, 1));
	return 0;
}

static int read_one(struct reading *r, struct view line)
{
	struct envelope *e = r->e;
	struct view v = view_skip(line, 1);

	switch (line.len ? line.p[0] : '\0') {
	case 'V':
		return read_version(r, v);
	case 'T':
		e->created_s = number(v, 0, INT64_MAX);
		break;
	case 'K':
		e->last_try_s = number(v, 0, INT64_MAX);
		break;
	case 'N':
		e->tries = (int)number(v, 0, INT32_MAX);
		break;
	case 'P':
		e->priority = number(v, INT64_MIN / 2, INT64_MAX / 2);
		break;
	case 'B':
		if (!view_eq_nocase(v, VIEW("7BIT")) && !view_eq_nocase(v, VIEW("8BITMIME")))
			return bogus(r, "bogus queue line",
				     "SECURITY ALERT: extra or bogus data in queue file: ", line);
		e->body_type = arena_dup(e->arena, v);
		break;
	case 'q':
		e->quarantine_reason = arena_dup(e->arena, v);
		e->flags |= ENV_QUARANTINED;
		break;
	case 'M': /* behind the sender it is a recipient's: what its next attempt will say anew */
		if (!view_is_none(e->sender))
			break;
		e->status_text = arena_dup(e->arena, v);
		e->flags |= ENV_OLD_STATUS;
		break;
	case 'F':
		return read_flags(r, line);
	case '$':
		read_macro(r, v);
		break;
	case 'S':
		e->sender = arena_dup(e->arena, v);
		break;
	case 'Z':
		e->envid = arena_dup(e->arena, v);
		break;
	case 'A':
		e->auth_param = arena_dup(e->arena, v);
		break;
	case '!':
		read_deliver_by(r, v);
		break;
	case 'C':
		read_user(r, v);
		break;
	case 'Q':
		r->orcpt = arena_dup(e->arena, v);
		break;
	case 'r':
		r->final_rcpt = arena_dup(e->arena, v);
		break;
	case 'R':
		read_rcpt(r, v);
		break;
	case 'H':
		read_header(r, v);
		break;
	case 'd': /* where the body is: the queue looks for itself */
	case 'I':
	case 'D': /* obsolete, or of special builds */
	case 'E':
	case 'L':
	case 't':
	case 'c':
		break;
	default:
		return bad_line(r, line);
	}
	return 0;
}

/* The next line with its continuations; *out_n is the number of lines it takes. */
static bool next_line(struct view *rest, struct view *out_line, int *out_n)
{
	const char *start = rest->p;
	struct view line;

	*out_n = 0;
	if (rest->len == 0 || !view_cut(rest, '\n', &line))
		return false;
	*out_n = 1;
	while (rest->len && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
		view_cut(rest, '\n', &line);
		++*out_n;
	}
	*out_line = view_from(start, (size_t)(line.p + line.len - start));
	return true;
}

/* The text without the line ends of an editor from elsewhere: CR LF counts as LF. */
static struct view without_cr(struct view text, struct arena *a)
{
	char *out;
	size_t n = 0;

	if (view_search(text, VIEW("\r\n")) == text.len)
		return text;
	out = arena_bytes(a, text.len);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] != '\r' || i + 1 == text.len || text.p[i + 1] != '\n')
			out[n++] = text.p[i];
	return view_from(out, n);
}

int qf_read(struct view text, struct envelope *e, struct qf_error *out_error)
{
	struct reading r = { .e = e, .error = out_error };
	struct view rest = without_cr(text, e->arena), line;
	int n, result;

	*out_error = (struct qf_error){ .line = 0 };
	while (next_line(&rest, &line, &n)) {
		out_error->line += n;
		if (line.len && line.p[0] == '.') {
			if (rest.len)
				return bogus(&r, "bogus queue line",
					     "SECURITY ALERT: extra or bogus data in queue file: ",
					     view_first(rest, view_find(rest, '\n')));
			e->flags |= ENV_HAS_FULL_HEADER;
			envelope_scan_header(e);
			if (e->class_value < 0)
				e->flags |= ENV_RET_HEADERS;
			return 0;
		}
		result = read_one(&r, view_first(line, view_find(line, '\0')));
		if (result < 0)
			return result;
	}
	out_error->is_of_file = true;
	snprintf(out_error->text, sizeof(out_error->text), "incomplete queue file read");
	return -EAGAIN;
}
