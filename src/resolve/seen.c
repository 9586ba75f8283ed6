/* seen.c - see seen.h. Open addressing; at most half of the slots are taken. */
#include "resolve/seen.h"

#include "base/mem.h"
#include "base/table.h"

#define SLOTS_FIRST 64

struct slot {
	uint64_t a;
	uint32_t b;
	uint32_t scope; /* 0: free */
	struct rcpt *rcpt;
};

struct seen {
	struct slot *slots;
	size_t n, cap; /* cap is a power of two */
	uint32_t last_scope;
	uint32_t *scopes; /* that have not ended, outermost first */
	size_t n_scopes, cap_scopes;
};

struct seen *seen_new(void)
{
	struct seen *s = MEM_NEW(struct seen);

	seen_enter(s);
	return s;
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	free(s->slots);
	free(s->scopes);
	free(s);
}

void seen_enter(struct seen *s)
{
	MEM_GROW(s->scopes, s->n_scopes, s->cap_scopes);
	s->scopes[s->n_scopes++] = ++s->last_scope;
}

void seen_leave(struct seen *s)
{
	s->n_scopes--;
}

static bool is_alive(const struct seen *s, uint32_t scope)
{
	for (size_t i = s->n_scopes; i > 0; i--)
		if (s->scopes[i - 1] == scope)
			return true;
	return false;
}

/* The second hash is of the key behind a salt: states that meet in the one do not meet in the other. */
static struct slot slot_of(struct view key)
{
	char salted[SEEN_KEY_MAX + 8];
	struct view v = view_first(key, SEEN_KEY_MAX);

	memcpy(salted, "member: ", 8);
	memcpy(salted + 8, v.p, v.len);
	return (struct slot){ .a = hash_bytes(v),
			      .b = (uint32_t)hash_bytes(view_from(salted, v.len + 8)) };
}

/* Its slot, or the free one where it would be. */
static struct slot *find(const struct seen *s, const struct slot *wanted)
{
	size_t at = (size_t)wanted->a & (s->cap - 1);

	while (s->slots[at].scope && (s->slots[at].a != wanted->a || s->slots[at].b != wanted->b))
		at = (at + 1) & (s->cap - 1);
	return &s->slots[at];
}

static void grow(struct seen *s)
{
	struct seen bigger = { .cap = s->cap ? s->cap * 2 : SLOTS_FIRST };

	bigger.slots = mem_zero(bigger.cap * sizeof(*bigger.slots));
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i].scope)
			*find(&bigger, &s->slots[i]) = s->slots[i];
	free(s->slots);
	s->slots = bigger.slots;
	s->cap = bigger.cap;
}

struct rcpt *seen_get(const struct seen *s, struct view key, bool *out_is_gone)
{
	struct slot wanted = slot_of(key);
	const struct slot *slot;

	*out_is_gone = false;
	if (s->cap == 0)
		return NULL;
	slot = find(s, &wanted);
	if (slot->scope == 0)
		return NULL;
	*out_is_gone = !is_alive(s, slot->scope);
	return *out_is_gone ? NULL : slot->rcpt;
}

void seen_set(struct seen *s, struct view key, struct rcpt *r)
{
	struct slot wanted = slot_of(key), *slot;

	if (2 * (s->n + 1) > s->cap)
		grow(s);
	slot = find(s, &wanted);
	s->n += slot->scope == 0;
	wanted.scope = s->scopes[s->n_scopes - 1];
	wanted.rcpt = r;
	*slot = wanted;
}
