/* null_map.c - the class that never matches. */
#include "map/classes.h"

static enum found null_find(struct map *m __attribute__((unused)), struct map_query *q,
			    struct view *out __attribute__((unused)))
{
	return map_none(q, EX_NOHOST_);
}

const struct map_class map_class_null = {
	.name = "null",
	.can = MAP_CAN_ALIAS | MAP_CAN_REBUILD | MAP_IS_PROMPT,
	.find = null_find,
};
