/* arpa_map.c - an address turned round, as reverse zones write it, without the zone's own name. */
#include "map/classes.h"

#include <arpa/inet.h>

static enum found arpa_find(struct map *m __attribute__((unused)), struct map_query *q,
			    struct view *out)
{
	struct arena *a = q->ctx->arena;
	unsigned char b[16];

	if (view_starts_nocase(q->key, VIEW("IPv6:"))) {
		char *p = arena_bytes(a, 64);

		if (inet_pton(AF_INET6, arena_dupz(a, view_skip(q->key, 5)), b) != 1)
			return map_none(q, EX_DATAERR_);
		for (size_t i = 0; i < 32; i++) {
			unsigned char byte = b[15 - i / 2];

			p[2 * i] = "0123456789abcdef"[i % 2 == 0 ? byte & 15 : byte >> 4];
			p[2 * i + 1] = '.';
		}
		*out = view_from(p, 63);
		return FOUND;
	}
	if (inet_pton(AF_INET, arena_dupz(a, q->key), b) != 1)
		return map_none(q, EX_DATAERR_);
	*out = arena_printf(a, "%u.%u.%u.%u", b[3], b[2], b[1], b[0]);
	return FOUND;
}

/* What stands behind -m has never been read. */
static bool arpa_option(struct map *m __attribute__((unused)), char letter, struct view *rest)
{
	if (letter != 'm')
		return false;
	*rest = view_from(rest->p + rest->len, 0);
	return true;
}

const struct map_class map_class_arpa = {
	.name = "arpa",
	.can = MAP_IS_PROMPT | MAP_NO_MATCH_ONLY | MAP_ANY_FLAG,
	.option = arpa_option,
	.find = arpa_find,
};
