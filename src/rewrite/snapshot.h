/*
 * snapshot.h - a configuration ready for use: the cf file, its compiled rules and its open maps, counted.
 *
 * Immutable after snapshot_load. Connections and messages hold a reference and keep the one they began with. The slot is the
 * one place where the current snapshot is replaced (SIGHUP, changed file).
 */
#ifndef REWRITE_SNAPSHOT_H
#define REWRITE_SNAPSHOT_H

#include "config/config.h"
#include "map/map.h"

struct rules;

struct snapshot {
	struct config *cf;
	struct rules *rules;
	struct map_set *maps;
	const struct services *services;
	_Atomic unsigned refs;
};

/* Reads, compiles, opens. Never NULL; look at snap->cf->messages for errors (rule errors are added there). */
struct snapshot *snapshot_load(const struct config_params *p, const struct services *sv);
struct snapshot *snapshot_get(struct snapshot *s);
void snapshot_put(struct snapshot *s); /* NULL is fine */

struct snapshot_slot;
struct snapshot_slot *snapshot_slot_new(struct snapshot *first);          /* takes the reference */
struct snapshot *snapshot_current(struct snapshot_slot *slot);            /* a new reference */
void snapshot_replace(struct snapshot_slot *slot, struct snapshot *next); /* takes the reference */
void snapshot_slot_free(struct snapshot_slot *slot);

#endif
