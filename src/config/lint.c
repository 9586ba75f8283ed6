/* lint.c - findings, the table of their kinds, and names that look alike; see lint.h. */
#include "config/lint.h"

#include <stdlib.h>

#define DISTANCE_MAX 2
#define NAME_MAX_LEN 64

/* clang-format off */
static const struct lint_kind_row rows[LINT_KINDS] = {
	[LINT_READ_ERROR] = { "error", LINT_ERROR,
		"The file cannot be used as it is.",
		"Correct the line; the program will not start with it." },
	[LINT_READ_WARNING] = { "warning", LINT_WARNING,
		"Reading the file gives this warning.",
		"Correct the line, so that real trouble stands out." },
	[LINT_READ_REMARK] = { "remark", LINT_NOTE,
		"The program says this when it starts with the file.",
		"Nothing, if it is meant so." },
	[LINT_NO_LINE_END] = { "no-line-end", LINT_WARNING,
		"The last line has no end: m4 glues the next file to it, and some editors lose it.",
		"Add a line end." },
	[LINT_CRLF] = { "crlf", LINT_ERROR,
		"Lines end in CR LF, as other systems write them; the CR becomes part of names and values.",
		"Convert the file: sed -i 's/\\r$//'." },
	[LINT_ODD_CHARACTER] = { "odd-character", LINT_ERROR,
		"A typographic quote or a non-breaking space came in by copy and paste; it means nothing here.",
		"Type the plain character." },
	[LINT_LOST_TAB] = { "lost-tab", LINT_ERROR,
		"The two sides of a rule are parted by tabs; blanks are part of the left side.",
		"Put a tab between the sides. Copying from a terminal turns tabs into blanks." },
	[LINT_OPTION_IGNORED] = { "option-ignored", LINT_NOTE,
		"The option belongs to other builds or old releases; nobody reads it.",
		"Take the line out." },
	[LINT_OPTION_NOT_BUILT] = { "option-not-built", LINT_NOTE,
		"This version does not do what the option asks for.",
		"Do not rely on it." },
	[LINT_OPTION_VALUE] = { "option-value", LINT_WARNING,
		"The value is not of the kind that the option takes; only the part that fits is read.",
		"Write a plain number, or True or False." },
	[LINT_UNUSED_RULESET] = { "unused-ruleset", LINT_WARNING,
		"Nothing calls these rules: no rule, mailer or header, and the program does not know the name.",
		"Look for the name that was meant, such as check_rcpt, or take the rules out." },
	[LINT_BENCH] = { "test-bench", LINT_NOTE,
		"So many rulesets or maps without a caller look like a bench for test mode, where a person calls them.",
		"Nothing, if it is meant so." },
	[LINT_EMPTY_RULESET] = { "empty-ruleset", LINT_WARNING,
		"The ruleset that is called has no rules, so the call does nothing.",
		"Look for a ruleset with a similar name, or define it." },
	[LINT_RULESET_TWICE] = { "ruleset-twice", LINT_NOTE,
		"The ruleset has begun before; these rules are added at its end.",
		"If that is meant, leave it; else give it another name." },
	[LINT_UNUSED_MAP] = { "unused-map", LINT_WARNING,
		"No rule asks the map, so what is in it has no effect.",
		"Look for $( with a similar name, or take the line out." },
	[LINT_UNKNOWN_MAP] = { "unknown-map", LINT_ERROR,
		"A rule asks a map that no K line declares; the look-up fails when mail comes.",
		"Declare the map, or correct its name." },
	[LINT_MAP_TWICE] = { "map-twice", LINT_WARNING,
		"The map is declared twice with different arguments; only one of them counts.",
		"Keep the one that is meant." },
	[LINT_EMPTY_CLASS] = { "empty-class", LINT_WARNING,
		"No C or F line puts a word into the class, so $= never matches and $~ always does.",
		"Correct the name of the class, or fill it." },
	[LINT_UNDEFINED_MACRO] = { "undefined-macro", LINT_WARNING,
		"Nothing gives the macro a value, so it stands for nothing.",
		"Correct its name, or define it with a D line." },
	[LINT_UNKNOWN_MAILER] = { "unknown-mailer", LINT_ERROR,
		"No M line defines the mailer; mail that gets here fails with a configuration error.",
		"Correct the name, or add the mailer (MAILER(...) in an .mc file)." },
	[LINT_INCOMPLETE_TRIPLE] = { "incomplete-triple", LINT_ERROR,
		"A mailer needs a user behind $: and, unless it has flag l, a host behind $@; mail that gets here fails.",
		"Write $#mailer $@ host $: user." },
	[LINT_UNBALANCED] = { "unbalanced", LINT_ERROR,
		"A look-up or a condition is closed that was not opened, or the other way round.",
		"Balance $( and $), $[ and $], $? and $. on the right side." },
	[LINT_MAILER_TWICE] = { "mailer-twice", LINT_WARNING,
		"The mailer is defined twice; the second definition replaces the first.",
		"Take one of them out." },
	[LINT_DEAD_RULE] = { "dead-rule", LINT_WARNING,
		"An earlier rule matches all that this one could, and nothing gets past it.",
		"Put the more special rule first, or take it out." },
	[LINT_SWALLOWED_LINE] = { "swallowed-line", LINT_ERROR,
		"A line that begins with a blank continues the one before it, so this is no command.",
		"Take the blanks at its beginning away." },
	[LINT_MC_NAME] = { "unknown-define", LINT_WARNING,
		"Nothing reads this name, so the define has no effect.",
		"Correct the name." },
	[LINT_MC_FEATURE] = { "unknown-feature", LINT_ERROR,
		"There is no such feature, or not in this version; m4 stops there.",
		"Correct the name, or leave it out." },
	[LINT_MC_MAILER] = { "unknown-mailer-file", LINT_ERROR,
		"There is no such mailer; m4 cannot find its file.",
		"Correct the name." },
	[LINT_MC_OSTYPE] = { "unknown-ostype", LINT_ERROR,
		"There is no such system; m4 cannot find its file.",
		"Correct the name; linux and debian are the usual ones." },
	[LINT_MC_DOMAIN] = { "unknown-domain", LINT_WARNING,
		"The name looks like a misspelt one; m4 cannot find its file.",
		"Correct the name." },
	[LINT_MC_MACRO] = { "unknown-macro", LINT_ERROR,
		"This is no macro, so m4 copies it into the .cf as it stands and what it should do is not done.",
		"Correct the name." },
	[LINT_MC_QUOTE] = { "quote", LINT_ERROR,
		"m4 quotes are a backquote ` before and an apostrophe ' behind; without its partner one swallows all that follows.",
		"Balance the quotes." },
	[LINT_MC_PARENTHESIS] = { "parenthesis", LINT_ERROR,
		"The arguments of a macro end at a closing parenthesis; without it m4 reads on to the end of the file.",
		"Close the parenthesis." },
	[LINT_MC_BLANK] = { "blank-before-arguments", LINT_ERROR,
		"m4 takes arguments only when the parenthesis follows at once; the macro is called without any.",
		"Take the blank away." },
	[LINT_MC_DNL] = { "dnl", LINT_WARNING,
		"dnl must stand alone to discard the rest of its line; here it is part of another word.",
		"Put a blank or a line end behind dnl." },
	[LINT_MC_ORDER] = { "order", LINT_WARNING,
		"This comes too late, or too early, to have its whole effect.",
		"The order is VERSIONID, OSTYPE, DOMAIN, define, FEATURE, names, MAILER, LOCAL_ sections." },
	[LINT_MC_TWICE] = { "twice", LINT_WARNING,
		"The same thing is set twice with different values; only one of them counts.",
		"Keep the one that is meant." },
	[LINT_MC_NEEDS] = { "needs", LINT_WARNING,
		"This has no effect without something that is not there.",
		"Add what is missing, or take it out." },
	[LINT_MC_ARGUMENT] = { "argument", LINT_WARNING,
		"The argument has not the form that the macro expects.",
		"Correct the argument." },
	[LINT_MC_LOCAL] = { "local-sections", LINT_NOTE,
		"What stands between LOCAL_CONFIG and its like is looked at in the .cf that m4 makes of the file; there is none.",
		"Make the .cf where m4 and the tree are, and check that too." },
	[LINT_FILE_MISSING] = { "file-missing", LINT_ERROR,
		"The file that the configuration names is not there; look-ups in it fail for now, and mail waits.",
		"Make it (makemap, newaliases), or correct the path." },
	[LINT_FILE_UNSAFE] = { "file-unsafe", LINT_WARNING,
		"Others than its owner can write the file or a directory above it, so it is not trusted.",
		"chmod go-w, or chown root." },
	[LINT_MAP_STALE] = { "map-stale", LINT_WARNING,
		"The text is newer than the database made of it, so changes have no effect yet.",
		"Run makemap (or newaliases for aliases)." },
	[LINT_ACCESS_KEY] = { "access-key", LINT_WARNING,
		"Nobody asks for this tag, so the line has no effect.",
		"Correct the tag: Connect:, From:, To:, Spam:, GreetPause:, ClientRate:, ClientConn:, TLS_Srv: ..." },
	[LINT_ACCESS_VALUE] = { "access-value", LINT_WARNING,
		"This is no action that the rules know; it would be taken for the text of a refusal.",
		"Use OK, RELAY, REJECT, DISCARD, SKIP, FRIEND, HATER, ERROR:..., QUARANTINE:... or a reply code and a text." },
};
/* clang-format on */

const struct lint_kind_row *lint_kind_row(enum lint_kind kind)
{
	return &rows[kind];
}

void lint_add(struct lint *l, enum lint_kind kind, struct view file, int line, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(4096);
	struct lint_finding *v;
	va_list ap;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		v = ARENA_ARRAY(l->arena, struct lint_finding, l->cap);
		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
	}
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	l->v[l->n++] = (struct lint_finding){ kind, file, line,
					      arena_dup(l->arena, view_trim_end(str_view(&text))) };
}

static int finding_cmp(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;
	int by_file = view_cmp(x->file, y->file);

	if (by_file)
		return by_file;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return view_cmp(x->text, y->text);
}

void lint_sort(struct lint *l)
{
	size_t kept = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), finding_cmp);
	for (size_t i = 0; i < l->n; i++)
		if (i == 0 || finding_cmp(&l->v[kept - 1], &l->v[i]) != 0)
			l->v[kept++] = l->v[i];
	l->n = kept;
}

size_t lint_count(const struct lint *l, enum lint_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += rows[l->v[i].kind].severity == severity;
	return n;
}

/* ---- names that look alike ---- */

static int lower_at(struct view v, size_t i)
{
	return tolower((unsigned char)v.p[i]);
}

/* Letters left out, added, changed, or swapped with their neighbour, without regard to case. */
static int distance(struct view a, struct view b)
{
	int d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];

	for (size_t i = 0; i <= a.len; i++)
		d[i][0] = (int)i;
	for (size_t k = 0; k <= b.len; k++)
		d[0][k] = (int)k;
	for (size_t i = 1; i <= a.len; i++) {
		for (size_t k = 1; k <= b.len; k++) {
			int change = d[i - 1][k - 1] + (lower_at(a, i - 1) != lower_at(b, k - 1));
			int best = d[i - 1][k] + 1;

			if (d[i][k - 1] + 1 < best)
				best = d[i][k - 1] + 1;
			if (change < best)
				best = change;
			if (i > 1 && k > 1 && lower_at(a, i - 1) == lower_at(b, k - 2) &&
			    lower_at(a, i - 2) == lower_at(b, k - 1) && d[i - 2][k - 2] + 1 < best)
				best = d[i - 2][k - 2] + 1;
			d[i][k] = best;
		}
	}
	return d[a.len][b.len];
}

/* How many mistakes a name of this length may have. */
static int allowed(struct view name)
{
	return name.len < 4 ? 0 : name.len < 6 ? 1 : DISTANCE_MAX;
}

static int distance_if_near(struct view a, struct view b)
{
	size_t longer = a.len > b.len ? a.len : b.len, shorter = a.len + b.len - longer;

	if (longer > NAME_MAX_LEN || longer - shorter > DISTANCE_MAX)
		return INT32_MAX;
	return distance(a, b);
}

bool lint_is_near(struct view a, struct view b)
{
	return distance_if_near(a, b) <= allowed(a);
}

const char *lint_nearest(struct view name, const char *const *list)
{
	const char *best = NULL;
	int least = allowed(name) + 1;

	for (; *list; list++) {
		int d = distance_if_near(name, view_of(*list));

		if (d < least) {
			least = d;
			best = *list;
		}
	}
	return best;
}
