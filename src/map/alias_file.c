/* alias_file.c - read the text form of aliases. */
#include "map/alias_file.h"

#include "config/classes.h"
#include "mail/status.h"

#define SHOWN_MAX 1000 /* bytes of a list in a complaint */

/*
 * The next logical line: a physical one with its continuations, newlines taken out. What is not continued is a view into the
 * text, the rest is put together in *s. *line counts physical lines.
 */
static bool next_line(struct view *text, int *line, struct str *s, struct view *out)
{
	struct view piece;
	bool is_joined = false;

	if (text->len == 0 || !view_cut(text, '\n', &piece))
		return false;
	++*line;
	*out = piece;
	while (out->len > 0 && text->len > 0) {
		bool is_escaped = out->p[out->len - 1] == '\\';

		if (!is_escaped && text->p[0] != ' ' && text->p[0] != '\t')
			break;
		if (!is_joined) {
			str_clear(s);
			str_add(s, *out);
		}
		is_joined = true;
		if (is_escaped)
			str_truncate(s, s->len - 1);
		view_cut(text, '\n', &piece);
		++*line;
		str_add(s, piece);
		*out = str_view(s);
	}
	return true;
}

/* Where the name ends: the first colon outside quotes, comments and angle brackets. */
static size_t colon_of(struct view v)
{
	int comment = 0, angle = 0;
	bool is_quoted = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\' && i + 1 < v.len)
			i++;
		else if (c == '"' && comment == 0)
			is_quoted = !is_quoted;
		else if (is_quoted)
			continue;
		else if (c == '(')
			comment++;
		else if (c == ')' && comment > 0)
			comment--;
		else if (c == '<')
			angle++;
		else if (c == '>' && angle > 0)
			angle--;
		else if (c == ':' && comment == 0 && angle == 0)
			return i;
	}
	return view_find(v, ':');
}

/* exit: the status of an error, 0 for a warning. */
static void complain(const struct alias_sink *sink, struct alias_counts *c, int line,
		     struct view what, struct view text, int exit)
{
	own_str struct str s = STR_MAX(4096);

	if (!view_is_none(what))
		str_addf(&s, VIEW_FMT "... ", VIEW_ARG(what));
	str_add(&s, text);
	c->n_errors += exit != 0;
	if (c->exit == 0)
		c->exit = exit;
	sink->complain(sink->arg, line, exit == 0, str_z(&s));
}

/* CheckAliases: one bad item is no reason to lose a list. */
static void check_items(const struct alias_sink *sink, struct alias_counts *c, int line,
			struct view value)
{
	own_arena struct arena *a = arena_new(1u << 20);
	struct view rest = value, item;
	struct alias_blame why = { VIEW_NONE, 0, false };

	while (sink->next_bad(sink->arg, &rest, a, &item, &why)) {
		item = view_first(item, SHOWN_MAX);
		if (!view_is_none(why.text))
			complain(sink, c, line, item, why.text, why.exit);
		if (view_is_none(why.text) || why.is_no_address)
			complain(sink, c, line, item,
				 arena_printf(a, VIEW_FMT "... bad address", VIEW_ARG(item)), 0);
		why = (struct alias_blame){ VIEW_NONE, 0, false };
		arena_reset(a);
	}
}

/* The key of an entry's name, or none, and then everything has been said. */
static struct view take_name(const struct alias_sink *sink, struct alias_counts *c, int line,
			     struct view text, struct view name, struct arena *a)
{
	struct alias_blame why = { VIEW_NONE, 0, false };
	struct view key;
	bool is_local = sink->key_of(sink->arg, name, a, &key, &why),
	     is_name = name.len > 0 && !view_is_none(key);

	if (!view_is_none(why.text) && (is_name || why.is_no_address))
		complain(sink, c, line, is_name && !is_local ? name : text, why.text, why.exit);
	if (is_name && is_local)
		return key;
	complain(sink, c, line, is_name ? name : text,
		 is_name ? VIEW("cannot alias non-local names") : VIEW("illegal alias name"),
		 EX_SOFTWARE_);
	return VIEW_NONE;
}

static struct view lower(struct view v, struct arena *a)
{
	char *p = arena_dupz(a, v);

	for (size_t i = 0; i < v.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	return view_from(p, v.len);
}

static void take_entry(const struct alias_sink *sink, struct alias_counts *c, int line,
		       struct view text, struct arena *a)
{
	size_t colon = colon_of(text);
	struct view name = view_trim(view_first(text, colon)), value = view_skip(text, colon + 1),
		    key;

	if (colon == text.len) {
		complain(sink, c, line, VIEW_NONE, VIEW("missing colon"), EX_SOFTWARE_);
		return;
	}
	while (value.len > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = view_skip(value, 1);
	key = take_name(sink, c, line, text, name, a);
	if (view_is_none(key))
		return;
	if (value.len == 0) {
		complain(sink, c, line, text, VIEW("missing value for alias"), EX_SOFTWARE_);
	} else {
		if (sink->next_bad)
			check_items(sink, c, line, value);
		key = lower(key, a);
		if (sink->entry(sink->arg, key, value)) {
			complain(sink, c, line, name,
				 arena_printf(a, "Warning: duplicate alias name " VIEW_FMT,
					      VIEW_ARG(key)),
				 0);
		}
		c->n++;
		c->total += key.len + value.len;
		if (value.len > c->longest)
			c->longest = value.len;
	}
}

void alias_file_parse(struct view text, const struct alias_sink *sink, struct alias_counts *out)
{
	own_str struct str joined = STR_MAX(ALIAS_LINE_MAX);
	own_arena struct arena *a = arena_new(1u << 20);
	struct alias_counts counts = { 0 };
	struct view line;
	int number = 0;

	while (next_line(&text, &number, &joined, &line)) {
		if (line.len == 0 || line.p[0] == '#')
			continue;
		arena_reset(a);
		if (line.p[0] == ' ' || line.p[0] == '\t')
			complain(sink, &counts, number, VIEW_NONE,
				 VIEW("Non-continuation line starts with space"), EX_SOFTWARE_);
		else if (joined.cut)
			complain(sink, &counts, number, VIEW_NONE, VIEW("alias line too long"),
				 EX_SOFTWARE_);
		else
			take_entry(sink, &counts, number, line, a);
	}
	*out = counts;
}

/* Comments and angle brackets away; blanks inside become dots, as the rules would write them. */
static struct view bare_name(struct view name, struct arena *a)
{
	char *p = arena_bytes(a, name.len + 1);
	size_t n = 0;
	int comment = 0;
	bool is_quoted = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (c == '\\' && i + 1 < name.len && comment == 0) {
			p[n++] = c;
			c = name.p[++i];
		} else if (c == '"' && comment == 0) {
			is_quoted = !is_quoted;
		} else if (!is_quoted && c == '(') {
			comment++;
			continue;
		} else if (!is_quoted && c == ')') {
			comment -= comment > 0;
			continue;
		} else if (!is_quoted && comment == 0 && (c == '<' || c == '>')) {
			continue;
		}
		if (comment == 0)
			p[n++] = c;
	}
	p[n] = '\0';
	while (n > 0 && isspace((unsigned char)p[n - 1]))
		n--;
	while (n > 0 && isspace((unsigned char)*p)) {
		p++;
		n--;
	}
	is_quoted = false;
	for (size_t i = 0; i < n; i++) {
		is_quoted ^= p[i] == '"';
		if (!is_quoted && isspace((unsigned char)p[i]))
			p[i] = '.';
	}
	return view_from(p, n);
}

bool alias_key_by_class(void *arg, struct view name, struct arena *a, struct view *out_key,
			struct alias_blame *out_why __attribute__((unused)))
{
	const struct classes *classes = arg;
	struct view bare = bare_name(name, a);
	size_t at = view_rfind(bare, '@'), quote = view_rfind(bare, '"');

	*out_key = bare.len > 0 ? bare : VIEW_NONE;
	if (bare.len == 0)
		return false;
	if (at < bare.len && (quote == bare.len || quote < at)) {
		if (at == 0 || !classes || !classes_has(classes, 'w', view_skip(bare, at + 1)))
			return false;
		*out_key = view_first(bare, at);
		return true;
	}
	if (bare.p[0] == '|' || bare.p[0] == '/')
		return false;
	return quote < bare.len ||
	       (view_find(bare, '!') == bare.len && view_find(bare, '%') == bare.len);
}
