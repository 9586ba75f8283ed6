/* dequote_map.c - takes quotes off an address part, unless what is left would be read differently. */
#include "map/classes.h"

static bool dequote_option(struct map *m, char letter, struct view *rest)
{
	if (letter == 'm') { /* what stands behind it has never been read */
		*rest = view_from(rest->p + rest->len, 0);
		return true;
	}
	if (letter == 'q') /* quotes are what it works on; they are kept in any case */
		return true;
	if (letter != 's')
		return false;
	if (rest->len > 0 && !isspace((unsigned char)rest->p[0]))
		m->key_blank = rest->p[0];
	return true;
}

static bool dequote_spec(struct map *m, struct view rest)
{
	(void)rest;
	m->flags |= MAP_KEEP_QUOTES;
	return true;
}

static enum found dequote_find(struct map *m, struct map_query *q, struct view *out)
{
	char sub = m->key_blank;
	struct view key = q->key;
	char *p = arena_bytes(q->ctx->arena, key.len + 1);
	size_t n = 0, n_quotes = 0;

	for (size_t i = 0; i < key.len; i++) {
		char c = key.p[i];

		if (c == '\\' && i + 1 < key.len) {
			p[n++] = c;
			c = key.p[++i];
		} else if (c == '"') {
			n_quotes++;
			continue;
		} else if (isspace((unsigned char)c)) {
			if (c != ' ' || !sub)
				return NOT_FOUND;
			c = sub;
		}
		p[n++] = c;
	}
	p[n] = '\0';
	if (n_quotes == 0 || n_quotes % 2 || !map_text_scans(view_from(p, n)))
		return NOT_FOUND;
	*out = view_from(p, n);
	return FOUND;
}

const struct map_class map_class_dequote = {
	.name = "dequote",
	.can = MAP_IS_PROMPT | MAP_NO_MATCH_ONLY | MAP_ANY_FLAG,
	.option = dequote_option,
	.spec = dequote_spec,
	.find = dequote_find,
};
