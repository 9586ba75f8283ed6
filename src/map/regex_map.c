/* regex_map.c - POSIX regular expressions: does the key match, and which of its parts come back. */
#include "map/classes.h"

#include <errno.h>
#include <regex.h>

#define FIELDS_MAX 21 /* substrings a pattern may return */

struct regex_inside {
	regex_t pattern;
	bool is_compiled;
	bool is_basic, is_negated, has_fields;
	struct view separator;
	struct view field_list;
	int fields[FIELDS_MAX]; /* numbers of substrings to return, -1 ends */
};

static struct regex_inside *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct regex_inside);
	return m->inside;
}

static bool regex_option(struct map *m, char letter, struct view *rest)
{
	struct regex_inside *r = inside(m);

	switch (letter) {
	case 'n':
		r->is_negated = true;
		return true;
	case 'b':
		r->is_basic = true;
		return true;
	case 's':
		r->has_fields = true;
		r->field_list = map_flag_attached(rest);
		return true;
	case 'd':
		r->separator = map_flag_attached(rest);
		return true;
	case 'o':
	case 'f':
	case 'm':
	case 'q':
	case 'a':
	case 'S':
	case 'D':
	case 'T':
	case 't':
		return false;
	default: /* other letters are passed over in silence */
		return true;
	}
}

/* "1,3" to numbers; without a list all substrings from 0 on. */
static bool read_fields(struct map *m, struct regex_inside *r)
{
	int groups = (int)r->pattern.re_nsub, n = 0;
	struct view rest = r->field_list, piece;

	if (r->field_list.len == 0) {
		for (n = 0; n <= groups && n < FIELDS_MAX - 1; n++)
			r->fields[n] = n;
		r->fields[n] = -1;
		return true;
	}
	while (view_cut(&rest, ',', &piece)) {
		int number = 0;

		for (size_t i = 0; i < piece.len && number < 1000; i++)
			if (isdigit((unsigned char)piece.p[i]))
				number = number * 10 + (piece.p[i] - '0');
		if (number > groups) {
			map_declare_error(m,
					  "field (%d) out of range, only %d substrings in pattern",
					  number, groups + 1);
			return false;
		}
		if (n == FIELDS_MAX - 1) {
			map_declare_error(m, "too many fields, %d max", FIELDS_MAX - 1);
			return false;
		}
		r->fields[n++] = number;
	}
	r->fields[n] = -1;
	return true;
}

static bool regex_spec(struct map *m, struct view rest)
{
	struct regex_inside *r = inside(m);
	int flags = (r->is_basic ? 0 : REG_EXTENDED) | (m->flags & MAP_KEEP_CASE ? 0 : REG_ICASE) |
		    (r->has_fields ? 0 : REG_NOSUB);
	char why[200];
	int code = regcomp(&r->pattern, arena_dupz(m->set->arena, rest), flags);

	if (code != 0) {
		regerror(code, &r->pattern, why, sizeof(why));
		map_declare_error(m, "pattern-compile-error: %s", why);
		return false;
	}
	r->is_compiled = true;
	return !r->has_fields || read_fields(m, r);
}

static void regex_close(struct map *m)
{
	struct regex_inside *r = m->inside;

	if (!r)
		return;
	if (r->is_compiled)
		regfree(&r->pattern);
	free(r);
	m->inside = NULL;
}

/* With arguments in the rule it is the part of the key that matched which comes back. */
static bool add_match(const char *key, const regmatch_t *match, struct str *s)
{
	str_add(s, view_from(key + match->rm_so, (size_t)(match->rm_eo - match->rm_so)));
	return map_text_scans(str_view(s));
}

/* False: what the fields hold would not be read as an address, which is no match. */
static bool add_fields(const struct regex_inside *r, const char *key, const regmatch_t *matches,
		       struct str *s)
{
	const char separator[] = { MAP_SEPARATOR, '\0' };
	own_str struct str bare = STR_MAX(MAP_VALUE_MAX);

	for (int i = 0; r->fields[i] >= 0; i++) {
		const regmatch_t *match = &matches[r->fields[i]];

		if (i > 0 && view_is_none(r->separator))
			str_addz(s, separator);
		else if (i > 0)
			str_add(s, r->separator);
		if (match->rm_so >= 0) {
			struct view field = view_from(key + match->rm_so,
						      (size_t)(match->rm_eo - match->rm_so));

			str_add(s, field);
			str_add(&bare, field);
		}
	}
	return map_text_scans(str_view(&bare));
}

static enum found regex_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct regex_inside *r = m->inside;
	regmatch_t matches[1000];
	const char *key = arena_dupz(q->ctx->arena, q->key);
	size_t groups = r->has_fields ? r->pattern.re_nsub + 1 : 0;
	own_str struct str s = STR_MAX(MAP_VALUE_MAX);
	bool is_match;

	if (groups > sizeof(matches) / sizeof(matches[0]))
		return map_none(q, EX_CONFIG_);
	is_match = regexec(&r->pattern, key, groups, matches, 0) == 0;
	if (is_match == r->is_negated)
		return NOT_FOUND;
	if (r->has_fields && is_match &&
	    !(q->n_args > 0 ? add_match(key, matches, &s) : add_fields(r, key, matches, &s)))
		return NOT_FOUND;
	*out = arena_dup(q->ctx->arena, str_view(&s));
	return FOUND;
}

const struct map_class map_class_regex = {
	.name = "regex",
	.can = MAP_PERCENT | MAP_IS_PROMPT,
	.option = regex_option,
	.spec = regex_spec,
	.close = regex_close,
	.find = regex_find,
};
