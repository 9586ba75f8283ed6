/* db_map.h - the parts of db_map.c that class implicit is made of. Same rules as class.h. */
#ifndef MAP_DB_MAP_H
#define MAP_DB_MAP_H

#include "map/class.h"
#include "map/database.h"

/* As the members of struct map_class, for one kind of file. */
int db_map_open(struct map *m, struct map_ctx *ctx, enum database_kind kind);
void db_map_close(struct map *m);
enum found db_map_find(struct map *m, struct map_query *q, struct view *out);
char *db_map_path(struct view file,
		  const char *suffix); /* heap; the suffix is added unless it is there */

#endif
