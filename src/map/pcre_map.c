/*
 * pcre_map.c - regular expressions of PCRE2, for what POSIX ones cannot say. Flags as of class regex: -n -f -s -d -a -m -q.
 *
 * Matching is bounded: a pattern that needs too many steps for a key counts as a temporary failure.
 */
#include "map/classes.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_LIMIT 1000000
#define FIELDS_MAX  20

struct pcre_inside {
	pcre2_code *code;
	pcre2_match_context *limits;
	bool is_negated, has_fields;
	struct view separator, field_list;
	int fields[FIELDS_MAX], n_fields;
};

static struct pcre_inside *inside(struct map *m)
{
	if (!m->inside)
		m->inside = MEM_NEW(struct pcre_inside);
	return m->inside;
}

static bool pcre_option(struct map *m, char letter, struct view *rest)
{
	struct pcre_inside *p = inside(m);

	switch (letter) {
	case 'n':
		p->is_negated = true;
		return true;
	case 's':
		p->has_fields = true;
		p->field_list = map_flag_attached(rest);
		return true;
	case 'd':
		p->separator = map_flag_attached(rest);
		return true;
	default:
		return false;
	}
}

static bool read_fields(struct map *m, struct pcre_inside *p)
{
	struct view rest = p->field_list, piece;
	uint32_t groups = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (rest.len == 0)
		for (uint32_t i = 0; i <= groups && p->n_fields < FIELDS_MAX; i++)
			p->fields[p->n_fields++] = (int)i;
	while (rest.len > 0 && view_cut(&rest, ',', &piece)) {
		int number = 0;

		for (size_t i = 0; i < piece.len && number < 1000; i++)
			if (isdigit((unsigned char)piece.p[i]))
				number = number * 10 + (piece.p[i] - '0');
		if (number > (int)groups || p->n_fields == FIELDS_MAX) {
			map_declare_error(m,
					  "field (%d) out of range, only %u substrings in pattern",
					  number, groups + 1);
			return false;
		}
		p->fields[p->n_fields++] = number;
	}
	return true;
}

static bool pcre_spec(struct map *m, struct view rest)
{
	struct pcre_inside *p = inside(m);
	PCRE2_UCHAR why[200];
	size_t at;
	int error;

	p->code = pcre2_compile((PCRE2_SPTR)rest.p, rest.len,
				m->flags & MAP_KEEP_CASE ? 0 : PCRE2_CASELESS, &error, &at, NULL);
	if (!p->code) {
		pcre2_get_error_message(error, why, sizeof(why));
		map_declare_error(m, "pattern-compile-error: %s at %zu", (const char *)why, at);
		return false;
	}
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE); /* without it the pattern still works */
	p->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	return !p->has_fields || read_fields(m, p);
}

static void pcre_close(struct map *m)
{
	struct pcre_inside *p = m->inside;

	if (!p)
		return;
	pcre2_code_free(p->code);
	pcre2_match_context_free(p->limits);
	free(p);
	m->inside = NULL;
}

static struct view joined(const struct pcre_inside *p, struct view key, const size_t *ends,
			  int n_set, struct arena *a)
{
	const char separator[] = { MAP_SEPARATOR, '\0' };
	own_str struct str s = STR_MAX(MAP_VALUE_MAX);

	for (int i = 0; i < p->n_fields; i++) {
		int field = p->fields[i];

		if (i > 0 && view_is_none(p->separator))
			str_addz(&s, separator);
		else if (i > 0)
			str_add(&s, p->separator);
		if (field < n_set && ends[2 * field] != PCRE2_UNSET)
			str_add(&s, view_from(key.p + ends[2 * field],
					      ends[2 * field + 1] - ends[2 * field]));
	}
	return arena_dup(a, str_view(&s));
}

static enum found pcre_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct pcre_inside *p = m->inside;
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(p->code, NULL);
	int n = pcre2_match(p->code, (PCRE2_SPTR)q->key.p, q->key.len, 0, 0, data, p->limits);
	enum found found = NOT_FOUND;

	if (n < 0 && n != PCRE2_ERROR_NOMATCH) {
		found = map_fail(q, EX_TEMPFAIL_);
	} else if ((n > 0) != p->is_negated) {
		*out = p->has_fields && n > 0 ? joined(p, q->key, pcre2_get_ovector_pointer(data),
						       n, q->ctx->arena)
					      : VIEW("");
		found = FOUND;
	}
	pcre2_match_data_free(data);
	return found;
}

const struct map_class map_class_pcre = {
	.name = "pcre",
	.can = MAP_PERCENT | MAP_IS_PROMPT,
	.option = pcre_option,
	.spec = pcre_spec,
	.close = pcre_close,
	.find = pcre_find,
};
