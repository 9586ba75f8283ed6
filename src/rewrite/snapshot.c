/* snapshot.c - configurations in use, counted; see snapshot.h. */
#include "rewrite/snapshot.h"

#include <pthread.h>

#include "base/mem.h"
#include "rewrite/rules.h"

struct snapshot *snapshot_load(const struct config_params *p, const struct services *sv)
{
	struct snapshot *s = MEM_NEW(struct snapshot);

	s->services = sv;
	s->refs = 1;
	s->cf = config_load(p);
	s->maps = map_set_open(s->cf, sv, true);
	/* Classes filled from maps come before the rules that name them; filling may complain too. */
	map_set_fill_classes(s->maps, s->cf);
	for (size_t i = 0; i < map_set_messages(s->maps)->n; i++)
		rules_add_message(s->cf, map_set_messages(s->maps)->v[i]);
	s->rules = rules_compile(s->cf);
	rules_bind_maps(s->rules, s->maps);
	return s;
}

struct snapshot *snapshot_get(struct snapshot *s)
{
	s->refs++;
	return s;
}

void snapshot_put(struct snapshot *s)
{
	if (!s || --s->refs > 0)
		return;
	map_set_free(s->maps);
	rules_free(s->rules);
	config_free(s->cf);
	free(s);
}

struct snapshot_slot {
	pthread_mutex_t lock;
	struct snapshot *current;
};

struct snapshot_slot *snapshot_slot_new(struct snapshot *first)
{
	struct snapshot_slot *slot = MEM_NEW(struct snapshot_slot);

	pthread_mutex_init(&slot->lock, NULL);
	slot->current = first;
	return slot;
}

struct snapshot *snapshot_current(struct snapshot_slot *slot)
{
	struct snapshot *s;

	pthread_mutex_lock(&slot->lock);
	s = snapshot_get(slot->current);
	pthread_mutex_unlock(&slot->lock);
	return s;
}

void snapshot_replace(struct snapshot_slot *slot, struct snapshot *next)
{
	struct snapshot *old;

	pthread_mutex_lock(&slot->lock);
	old = slot->current;
	slot->current = next;
	pthread_mutex_unlock(&slot->lock);
	snapshot_put(old);
}

void snapshot_slot_free(struct snapshot_slot *slot)
{
	if (!slot)
		return;
	snapshot_put(slot->current);
	pthread_mutex_destroy(&slot->lock);
	free(slot);
}
