/* dequote_map.c - takes quotes off an address part, unless what is left would be read differently. */
#include "map/classes.h"

static bool dequote_option(struct map *m, char letter, struct view *rest)
{
	(void)rest;
	if (letter == 'q') /* quotes are what it works on; they are kept in any case */
		return true;
	(void)m;
	return false;
}

static bool dequote_spec(struct map *m, struct view rest)
{
	(void)rest;
	m->flags |= MAP_KEEP_QUOTES;
	return true;
}

/* True when the text scans as it stands: comments, angle brackets and quotes closed. */
static bool is_balanced(struct view v)
{
	int comment = 0, angle = 0;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\') {
			if (++i == v.len)
				return false;
		} else if (c == '(') {
			comment++;
		} else if (c == ')') {
			if (--comment < 0)
				return false;
		} else if (comment == 0 && c == '<') {
			angle++;
		} else if (comment == 0 && c == '>') {
			if (--angle < 0)
				return false;
		}
	}
	return comment == 0 && angle == 0;
}

static enum found dequote_find(struct map *m, struct map_query *q, struct view *out)
{
	struct view key = q->key;
	char *p;
	size_t n = 0;
	bool is_quoted = false;

	if (key.len < 2 || key.p[0] != '"' || key.p[key.len - 1] != '"')
		return NOT_FOUND;
	p = arena_bytes(q->ctx->arena, key.len);
	for (size_t i = 0; i < key.len; i++) {
		char c = key.p[i];

		if (c == '\\' && i + 1 < key.len) {
			p[n++] = c;
			c = key.p[++i];
		} else if (c == '"') {
			is_quoted = !is_quoted;
			continue;
		} else if (c == ' ') {
			if (!m->blank_sub)
				return NOT_FOUND;
			c = m->blank_sub;
		}
		p[n++] = c;
	}
	p[n] = '\0';
	if (is_quoted || !is_balanced(view_from(p, n)))
		return NOT_FOUND;
	*out = view_from(p, n);
	return FOUND;
}

const struct map_class map_class_dequote = {
	.name = "dequote",
	.can = MAP_IS_PROMPT,
	.option = dequote_option,
	.spec = dequote_spec,
	.find = dequote_find,
};
