/*
 * lint_local.c - lint_mc_mark, lint_mc_take: what stands in the .cf of an .mc file's local sections, told with the lines of the .mc.
 *
 * A comment with its number goes before each line of the sections; m4 copies it into the .cf beside its line, wherever that comes to stand.
 */
#include "config/lint_part.h"

#define MARK "#~mc "

bool lint_mc_mark(struct view text, struct arena *a, struct str *out)
{
	const int *lines;
	size_t n = lint_mc_local_lines(text, a, &lines), i = 0;
	struct view line;
	int number = 0;

	while (n && text.len && view_cut(&text, '\n', &line)) {
		number++;
		while (i < n && lines[i] < number)
			i++;
		if (i < n && lines[i] == number)
			str_addf(out, MARK "%d\n", number);
		str_add(out, line);
		str_addz(out, "\n");
	}
	return n > 0;
}

/* The number at the beginning, 0 for none. */
static int number_at(struct view v)
{
	int n = 0;

	for (size_t i = 0; i < v.len && isdigit((unsigned char)v.p[i]) && n < 10000000; i++)
		n = n * 10 + (v.p[i] - '0');
	return n;
}

struct lines {
	int *mc; /* line of the .cf -> line of the .mc, 0: the tree's own */
	int n;
};

static struct lines lines_of(struct view cf, struct arena *a)
{
	struct lines to = { .n = 1 };
	struct view rest = cf, line;
	int marked = 0, last = 0, at = 0;

	for (size_t i = 0; i < cf.len; i++)
		to.n += cf.p[i] == '\n';
	to.n++;
	to.mc = ARENA_ARRAY(a, int, (size_t)to.n);
	memset(to.mc, 0, sizeof(int) * (size_t)to.n);
	while (rest.len && view_cut(&rest, '\n', &line) && ++at < to.n) {
		bool continues = line.len && (line.p[0] == ' ' || line.p[0] == '\t');

		if (view_starts(line, VIEW(MARK))) {
			marked = number_at(view_skip(line, strlen(MARK)));
			last = 0;
			continue;
		}
		last = marked && line.len && !continues ? marked : continues && last ? last + 1 : 0;
		marked = 0;
		to.mc[at] = last;
	}
	return to;
}

static int mc_line(const struct lines *to, int line)
{
	return line > 0 && line < to->n ? to->mc[line] : 0;
}

/* "... in line 12 already": the number becomes that of the .mc; *out_line is it, 0 for a line of the tree. */
static struct view with_mc_lines(const struct lines *to, struct view text, struct arena *a,
				 int *out_line)
{
	struct view word = VIEW("line ");
	size_t at = view_search(text, word), digits = 0;
	struct view rest;

	*out_line = 0;
	if (at == text.len)
		return text;
	rest = view_skip(text, at + word.len);
	while (digits < rest.len && isdigit((unsigned char)rest.p[digits]))
		digits++;
	if (digits == 0)
		return text;
	*out_line = mc_line(to, number_at(rest));
	rest = view_skip(rest, digits);
	if (*out_line)
		return arena_printf(a, VIEW_FMT "line %d" VIEW_FMT, VIEW_ARG(view_first(text, at)),
				    *out_line, VIEW_ARG(rest));
	return arena_printf(a, VIEW_FMT "a line that the tree adds" VIEW_FMT,
			    VIEW_ARG(view_first(text, at)), VIEW_ARG(rest));
}

/* Options are told of without a line: that of "option NAME ..." when the .mc sets it, else 0. */
static int option_line(const struct lines *to, struct view cf, struct view text)
{
	struct view name = lint_name_at(view_skip(text, strlen("option "))), line;

	for (int at = 1; cf.len && view_cut(&cf, '\n', &line) && at < to->n; at++)
		if (to->mc[at] && view_starts(line, VIEW("O ")) &&
		    view_eq_nocase(lint_name_at(view_skip(line, 2)), name))
			return to->mc[at];
	return 0;
}

void lint_mc_take(struct view path, struct view cf, const struct lint *found, struct lint *l)
{
	struct lines to = lines_of(cf, l->arena);

	for (size_t i = 0; i < found->n; i++) {
		const struct lint_finding *f = &found->v[i];
		int line = mc_line(&to, f->line), other;
		struct view text = with_mc_lines(&to, f->text, l->arena, &other);

		if (f->kind == LINT_OPTION_IGNORED || f->kind == LINT_OPTION_NOT_BUILT)
			line = option_line(&to, cf, f->text);
		if (line)
			lint_add(l, f->kind, path, line, VIEW_FMT, VIEW_ARG(text));
		else if (other && f->line)
			lint_add(l, f->kind, path, other, "in what the tree adds: " VIEW_FMT,
				 VIEW_ARG(text));
		else if (f->kind == LINT_BENCH)
			lint_add(l, f->kind, path, 0, VIEW_FMT, VIEW_ARG(text));
	}
}
