/* map_flags.c - the flags of a K line: one reader for every class, with the class's own letters asked first. */
#include "map/class.h"

static struct view skip_blanks(struct view v)
{
	while (v.len > 0 && isspace((unsigned char)v.p[0]))
		v = view_skip(v, 1);
	return v;
}

struct view map_flag_attached(struct view *rest)
{
	size_t n = 0;
	struct view word;

	while (n < rest->len && !isspace((unsigned char)rest->p[n]))
		n++;
	word = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return word;
}

struct view map_flag_word(struct view *rest)
{
	*rest = skip_blanks(*rest);
	return map_flag_attached(rest);
}

struct view map_flag_quoted(struct view *rest)
{
	struct view word;
	size_t end;

	*rest = skip_blanks(*rest);
	if (rest->len == 0 || rest->p[0] != '"')
		return map_flag_attached(rest);
	*rest = view_skip(*rest, 1);
	end = view_find(*rest, '"');
	word = view_first(*rest, end);
	*rest = view_skip(*rest, end + 1);
	return word;
}

/* The character that follows at once; none when a blank does. */
static char delimiter_of(struct view *rest)
{
	char c = 0;

	if (rest->len >= 2 && rest->p[0] == '\\') {
		c = rest->p[1] == 'n' ? '\n' : rest->p[1] == 't' ? '\t' : '\\';
		*rest = view_skip(*rest, c == '\\' ? 1 : 2);
	} else if (rest->len > 0) {
		c = rest->p[0]; /* a blank too, which still ends the flag */
		*rest = view_skip(*rest, isspace((unsigned char)c) ? 0 : 1);
	}
	return c;
}

static const struct {
	char letter;
	unsigned flag;
} simple_flags[] = {
	{'N',  MAP_NUL         },
        { 'O', MAP_NO_NUL      },
        { 'o', MAP_OPTIONAL    },
	{ 'f', MAP_KEEP_CASE   },
        { 'm', MAP_MATCH_ONLY  },
        { 't', MAP_TOLERANT    },
	{ 'D', MAP_NOT_DEFERRED},
        { 'q', MAP_KEEP_QUOTES },
        { 'A', MAP_APPEND      },
};

/* Letters with an argument that every class takes; the rest of them are kept for whoever asks text_option. */
static bool common_option(struct map *m, char letter, struct view *rest)
{
	for (size_t i = 0; i < sizeof(simple_flags) / sizeof(simple_flags[0]); i++)
		if (simple_flags[i].letter == letter) {
			m->flags |= simple_flags[i].flag;
			return true;
		}
	switch (letter) {
	case 'a':
		m->suffix = map_flag_attached(rest);
		return true;
	case 'T':
		m->temp_suffix = map_flag_attached(rest);
		return true;
	case 'k':
		m->key_column = map_flag_word(rest);
		return true;
	case 'v':
		m->value_column = map_flag_word(rest);
		return true;
	case 'z':
		m->delimiter = delimiter_of(rest);
		return true;
	case 'S':
		m->key_blank = rest->len > 0 && !isspace((unsigned char)rest->p[0]) ? rest->p[0]
										    : 0;
		return true;
	case 'd':
		m->text_option['d'] = map_flag_attached(rest);
		return true;
	default:
		return false;
	}
}

static bool default_spec(struct map *m, struct view rest)
{
	m->file = map_flag_word(&rest);
	if (m->file.len == 0 && (m->class->can & MAP_NEEDS_FILE)) {
		map_declare_error(m, "No file name for %s map %s", m->class->name, m->name);
		return false;
	}
	return true;
}

bool map_flags_parse(struct map *m, struct view args)
{
	struct view rest = skip_blanks(args);

	while (rest.len >= 1 && rest.p[0] == '-') {
		char letter = rest.len > 1 ? rest.p[1] : 0;

		rest = view_skip(rest, 2);
		if (!letter)
			map_declare_error(m, "Illegal option ");
		else if (!(m->class->option && m->class->option(m, letter, &rest)) &&
			 !common_option(m, letter, &rest) && !(m->class->can & MAP_ANY_FLAG))
			map_declare_error(m, "Illegal option %c map %s", letter, m->name);
		map_flag_attached(&rest); /* what an argument does not use is passed over */
		rest = skip_blanks(rest);
	}
	return m->class->spec ? m->class->spec(m, rest) : default_spec(m, rest);
}
