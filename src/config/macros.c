/* macros.c - see macros.h. */
#include "config/macros.h"

#include <pthread.h>
#include <stdarg.h>

#include "base/mem.h"
#include "base/table.h"

#define EXPAND_DEPTH_MAX 10
#define SLOTS            1024 /* of the hash over names; a power of two, well above MACRO_NUMBERS */
#define FIRST_ENTRIES    16

/*
 * The names of the process. names[n] is written once, before its number is published in a slot; so readers
 * need no lock, and names never move.
 */
static struct {
	pthread_mutex_t lock; /* of writers */
	pthread_once_t once;
	struct view names[MACRO_NUMBERS];
	_Atomic uint16_t slots[SLOTS]; /* 0: free, else a number */
	_Atomic int next;
} known = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .once = PTHREAD_ONCE_INIT,
	    .next = MACRO_LONG_FIRST };

static const char *const builtin_names[] = {
#define MACRO_TEXT(id, name) name,
	MACRO_NAMES(MACRO_TEXT)
#undef MACRO_TEXT
};

static char one_letter[MACRO_LONG_FIRST];

/* The slot that holds the name, or the free one where it goes. */
static size_t slot_of(struct view name)
{
	size_t at = hash_bytes(name) & (SLOTS - 1);

	for (;;) {
		uint16_t n = known.slots[at];

		if (n == 0 || view_eq(known.names[n], name))
			return at;
		at = (at + 1) & (SLOTS - 1);
	}
}

/* Caller holds the lock, or is the one-time start. */
static void publish(size_t slot, struct view name)
{
	int n = known.next;

	known.names[n] = name;
	known.next = n + 1;
	known.slots[slot] = (uint16_t)n;
}

static void known_start(void)
{
	for (int c = 1; c < MACRO_LONG_FIRST; c++) {
		one_letter[c] = (char)c;
		known.names[c] = view_from(&one_letter[c], 1);
	}
	for (size_t i = 0; i < sizeof(builtin_names) / sizeof(builtin_names[0]); i++) {
		struct view name = view_of(builtin_names[i]);

		publish(slot_of(name), name);
	}
}

bool macro_name_is_valid(struct view name)
{
	if (name.len == 0 || name.len > MACRO_NAME_MAX)
		return false;
	if (name.len == 1)
		return name.p[0] != '\0';
	for (size_t i = 0; i < name.len; i++) {
		if (!isascii((unsigned char)name.p[i]) ||
		    (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_'))
			return false;
	}
	return true;
}

static int number_new(struct view name)
{
	size_t slot;
	int n;

	pthread_mutex_lock(&known.lock);
	slot = slot_of(name);
	if (known.slots[slot] == 0 && known.next < MACRO_NUMBERS)
		publish(slot, view_from(mem_dup(name.p, name.len), name.len));
	n = known.slots[slot];
	pthread_mutex_unlock(&known.lock);
	return n;
}

int macro_number(struct view name, bool create)
{
	int n;

	if (name.len == 1)
		return (unsigned char)name.p[0];
	if (!macro_name_is_valid(name))
		return 0;
	pthread_once(&known.once, known_start);
	n = known.slots[slot_of(name)];
	return n || !create ? n : number_new(name);
}

struct view macro_name(int number)
{
	pthread_once(&known.once, known_start);
	return number > 0 && number < known.next ? known.names[number] : VIEW_NONE;
}

/* ---- scopes ---- */

struct entry {
	struct view value; /* none: hidden */
	bool is_template;
};

struct macros {
	const struct macros *parent;
	struct arena *arena;
	struct entry *entries;
	uint16_t n, cap;
	uint16_t index[MACRO_NUMBERS]; /* entry number + 1; 0: not in this scope */
};

struct macros *macros_new(const struct macros *parent, struct arena *arena)
{
	struct macros *m = ARENA_NEW(arena, struct macros);

	m->parent = parent;
	m->arena = arena;
	return m;
}

static struct entry *entry_make(struct macros *m, int number)
{
	if (m->index[number])
		return &m->entries[m->index[number] - 1];
	if (m->n == m->cap) {
		uint16_t cap = m->cap ? (uint16_t)(m->cap * 2) : FIRST_ENTRIES;
		struct entry *bigger = ARENA_ARRAY(m->arena, struct entry, cap);

		if (m->n)
			memcpy(bigger, m->entries, m->n * sizeof(*bigger));
		m->entries = bigger;
		m->cap = cap;
	}
	m->index[number] = ++m->n;
	m->entries[m->n - 1] = (struct entry){ 0 };
	return &m->entries[m->n - 1];
}

/* A value that is already there is not copied again, so setting the same one over and over costs no memory. */
static void set(struct macros *m, int number, struct view value, bool is_template)
{
	struct entry *e;

	if (number <= 0 || number >= MACRO_NUMBERS)
		return;
	e = entry_make(m, number);
	e->is_template = is_template;
	if (view_is_none(value))
		e->value = VIEW_NONE;
	else if (view_is_none(e->value) || !view_eq(e->value, value))
		e->value = arena_dup(m->arena, value);
}

void macros_set(struct macros *m, int number, struct view value)
{
	set(m, number, value, false);
}

void macros_define(struct macros *m, int number, struct view template)
{
	set(m, number, template, true);
}

void macros_setf(struct macros *m, int number, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(MACRO_VALUE_MAX);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	macros_set(m, number, str_view(&s));
}

/* The last entry takes the place of the one that goes. */
void macros_forget(struct macros *m, int number)
{
	uint16_t at;

	if (number <= 0 || number >= MACRO_NUMBERS || !m->index[number])
		return;
	at = m->index[number];
	m->index[number] = 0;
	m->entries[at - 1] = m->entries[m->n - 1];
	for (int i = 0; i < MACRO_NUMBERS; i++) {
		if (m->index[i] == m->n)
			m->index[i] = at;
	}
	m->n--;
}

void macros_reset(struct macros *m)
{
	memset(m->index, 0, sizeof(m->index));
	m->n = 0;
}

void macros_copy(struct macros *to, const struct macros *from)
{
	for (int n = 1; n < MACRO_NUMBERS; n++) {
		if (from->index[n]) {
			const struct entry *e = &from->entries[from->index[n] - 1];

			set(to, n, e->value, e->is_template);
		}
	}
}

void macros_set_parent(struct macros *m, const struct macros *parent)
{
	m->parent = parent;
}

static const struct entry *find(const struct macros *m, int number)
{
	if (number <= 0 || number >= MACRO_NUMBERS)
		return NULL;
	for (; m; m = m->parent) {
		if (m->index[number])
			return &m->entries[m->index[number] - 1];
	}
	return NULL;
}

struct view macros_get(const struct macros *m, int number)
{
	const struct entry *e = find(m, number);

	return e ? e->value : VIEW_NONE;
}

bool macros_is_template(const struct macros *m, int number)
{
	const struct entry *e = find(m, number);

	return e && e->is_template;
}

/* ---- templates ---- */

/* All bytes from 0x80 to 0x9f are marked: they are operators in rules, and test mode shows that they were made plain. */
static bool is_marker(char c)
{
	return ((unsigned char)c >= 0x80 && (unsigned char)c <= 0x9f) || c == MACRO_QUOTE;
}

void macros_quote(struct view text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_marker(text.p[i]))
			str_addc(out, MACRO_QUOTE);
		str_addc(out, text.p[i]);
	}
}

/* The name at the start of v, one character or {name}: its whole length in bytes, 0 when there is none. */
static size_t name_length(struct view v)
{
	size_t close;

	if (v.len == 0)
		return 0;
	if (v.p[0] != '{')
		return 1;
	close = view_find(v, '}');
	return close < v.len ? close + 1 : 0;
}

/* The mark, "&" for a macro that is to be looked at late, and the name. */
static void add_ref(struct str *out, char marker, bool is_late, struct view name)
{
	if (name.len == 3 && name.p[0] == '{') /* {x} is x */
		name = view_first(view_skip(name, 1), 1);
	str_addc(out, marker);
	if (is_late)
		str_addc(out, '&');
	str_add(out, name);
}

/* What stands after a $: adds its template form and gives back how many bytes it took; 0: an ordinary dollar. */
static size_t encode_dollar(struct view after, struct str *out)
{
	size_t skip = after.len && (after.p[0] == '&' || after.p[0] == '?');
	size_t n;

	if (after.len == 0)
		return 0;
	if (after.p[0] == '|' || after.p[0] == '.') {
		str_addc(out, after.p[0] == '|' ? MACRO_ELSE : MACRO_END);
		return 1;
	}
	if (after.p[0] == '$') {
		str_addc(out, '$');
		return 1;
	}
	n = name_length(view_skip(after, skip));
	if (n == 0 || (!skip && strchr("=~", after.p[0])))
		return 0;
	if (n == 2) { /* {}: a name that could not be read */
		str_addc(out, after.p[0] == '?' ? MACRO_IF : MACRO_REF);
		return skip + n;
	}
	add_ref(out, after.p[0] == '?' ? MACRO_IF : MACRO_REF, after.p[0] == '&',
		view_first(view_skip(after, skip), n));
	return skip + n;
}

void macros_encode(struct view cf_text, struct str *out)
{
	for (size_t i = 0; i < cf_text.len; i++) {
		size_t n = cf_text.p[i] == '$' ? encode_dollar(view_skip(cf_text, i + 1), out) : 0;

		if (n) {
			i += n;
			continue;
		}
		if (is_marker(cf_text.p[i]))
			str_addc(out, MACRO_QUOTE);
		str_addc(out, cf_text.p[i]);
	}
}

static void decode(struct view template, char dollar, bool keeps_quotes, struct str *out)
{
	for (size_t i = 0; i < template.len; i++) {
		char c = template.p[i];

		if (c == MACRO_REF)
			str_addc(out, dollar);
		else if (c == MACRO_IF)
			str_addc(out, dollar), str_addc(out, '?');
		else if (c == MACRO_ELSE)
			str_addc(out, dollar), str_addc(out, '|');
		else if (c == MACRO_END)
			str_addc(out, dollar), str_addc(out, '.');
		else if (c != MACRO_QUOTE || keeps_quotes)
			str_addc(out, c);
		if (c == MACRO_QUOTE && ++i < template.len)
			str_addc(out, template.p[i]);
	}
}

void macros_decode(struct view template, struct str *out)
{
	decode(template, '$', false, out);
}

void macros_show(struct view template, struct str *out)
{
	decode(template, '$', true, out);
}

struct view macros_get_unread(const struct macros *m, int number, struct arena *a)
{
	const struct entry *e = find(m, number);
	own_str struct str s = STR_MAX(MACRO_VALUE_MAX);

	if (!e || view_is_none(e->value))
		return VIEW_NONE;
	if (!e->is_template)
		return e->value;
	decode(e->value, MACRO_REF, false, &s);
	return arena_dup(a, str_view(&s));
}

void macros_read(struct view unread, struct str *out)
{
	for (size_t i = 0; i < unread.len; i++) {
		bool is_late = i + 1 < unread.len && unread.p[i + 1] == '&';
		size_t n = unread.p[i] == MACRO_REF && !is_late
				   ? encode_dollar(view_skip(unread, i + 1), out)
				   : 0;

		if (unread.p[i] == MACRO_REF &&
		    is_late) { /* stays the operator that it is in rules */
			str_addc(out, MACRO_QUOTE);
			str_addc(out, '\x82');
			i++;
			continue;
		}

		if (n) {
			i += n;
			continue;
		}
		if (is_marker(unread.p[i]))
			str_addc(out, MACRO_QUOTE);
		str_addc(out, unread.p[i]);
	}
}

struct expansion {
	const struct macros *macros;
	struct str *out;
	int depth;
	int skipping; /* conditionals entered whose text is left out; counts the nesting */
	int level;    /* conditionals entered whose text is kept */
};

static void expand(struct expansion *x, struct view template);

static int number_at(struct view name)
{
	if (name.len > 2 && name.p[0] == '{')
		name = view_first(view_skip(name, 1), name.len - 2);
	return macro_number(name, false);
}

char macro_operator_byte(char op)
{
	static const char ops[] = "*+-=~ #@:>?|.[]", brackets[] = "()";
	const char *hit = op && op != ' ' ? strchr(ops, op) : NULL;

	if (hit)
		return (char)(0x90 + (hit - ops));
	if (op >= '0' && op <= '9')
		return '\x95';
	hit = op ? strchr(brackets, op) : NULL;
	if (hit)
		return (char)(0x85 + (hit - brackets));
	return op == '&' ? '\x82' : '\0';
}

/* An operator of rules stands for itself. */
static void expand_operator(struct expansion *x, int number)
{
	char byte = number > 0 && number < 128 ? macro_operator_byte((char)number) : '\0';

	if (!byte)
		return;
	str_addc(x->out, byte);
	if (number >= '0' && number <= '9')
		str_addc(x->out, (char)number);
}

static void expand_ref(struct expansion *x, int number)
{
	const struct entry *e = find(x->macros, number);
	struct expansion inner = { x->macros, x->out, x->depth + 1, 0, 0 };

	if (!e) {
		expand_operator(x, number);
		return;
	}
	if (!e->is_template)
		str_add(x->out, e->value);
	else if (inner.depth <= EXPAND_DEPTH_MAX)
		expand(&inner, e->value);
}

static bool is_empty(const struct expansion *x, int number)
{
	struct view value = macros_get(x->macros, number);

	return value.len == 0;
}

/* One of the three conditional marks; `number` is the macro that an IF asks for. */
static void expand_conditional(struct expansion *x, char mark, int number)
{
	if (mark == MACRO_IF) {
		if (x->skipping || is_empty(x, number))
			x->skipping++;
		else
			x->level++;
	} else if (mark == MACRO_ELSE) {
		if (x->skipping == 1) {
			x->skipping = 0;
			x->level++;
		} else if (x->skipping == 0 && x->level > 0) {
			x->level--;
			x->skipping = 1;
		}
	} else if (x->skipping) {
		x->skipping--;
	} else if (x->level) {
		x->level--;
	}
}

static void expand(struct expansion *x, struct view template)
{
	for (size_t i = 0; i < template.len && !x->out->cut; i++) {
		char c = template.p[i];
		size_t n;

		if (c == MACRO_REF || c == MACRO_IF) {
			if (c == MACRO_REF && i + 1 < template.len && template.p[i + 1] == '&')
				i++;
			n = name_length(view_skip(template, i + 1));
			if (c == MACRO_IF)
				expand_conditional(
					x, c, number_at(view_first(view_skip(template, i + 1), n)));
			else if (!x->skipping)
				expand_ref(x, number_at(view_first(view_skip(template, i + 1), n)));
			i += n;
		} else if (c == MACRO_ELSE || c == MACRO_END) {
			expand_conditional(x, c, 0);
		} else {
			if (c == MACRO_QUOTE && i + 1 < template.len)
				i++;
			if (!x->skipping)
				str_addc(x->out, template.p[i]);
		}
	}
}

void macros_expand(const struct macros *m, struct view template, struct str *out)
{
	struct expansion x = { m, out, 0, 0, 0 };

	expand(&x, template);
}

struct view macros_get_expanded(const struct macros *m, int number, struct arena *a)
{
	const struct entry *e = find(m, number);
	own_str struct str s = STR_MAX(MACRO_VALUE_MAX);

	if (!e || view_is_none(e->value))
		return VIEW_NONE;
	if (!e->is_template)
		return e->value;
	macros_expand(m, e->value, &s);
	return arena_dup(a, str_view(&s));
}
