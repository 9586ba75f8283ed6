/*
 * list.h - intrusive doubly linked lists.
 *
 * struct list is the head, struct link a member of the element. An element is in at most one list through one link.
 * No memory is owned. Not locked.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *prev, *next;
};

struct list {
	struct link head; /* head.next is the first, head.prev the last */
};

#define LIST_OWNER(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define LIST_EACH(list, it)                                                                        \
	for (struct link *it = (list)->head.next; it != &(list)->head; it = it->next)
#define LIST_EACH_SAFE(list, it)                                                                   \
	for (struct link *it = (list)->head.next, *it##_next = it->next; it != &(list)->head;      \
	     it = it##_next, it##_next = it->next)

static inline void list_init(struct list *l)
{
	l->head.prev = l->head.next = &l->head;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->head.next == &l->head;
}

static inline void list_insert_before(struct link *where, struct link *n)
{
	n->prev = where->prev;
	n->next = where;
	where->prev->next = n;
	where->prev = n;
}

static inline void list_append(struct list *l, struct link *n)
{
	list_insert_before(&l->head, n);
}

static inline void list_prepend(struct list *l, struct link *n)
{
	list_insert_before(l->head.next, n);
}

static inline void list_remove(struct link *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->prev = n->next = NULL;
}

static inline bool link_is_listed(const struct link *n)
{
	return n->next != NULL;
}

/* The first link, taken out of the list; NULL when it is empty. */
static inline struct link *list_pop(struct list *l)
{
	struct link *n = l->head.next;

	if (n == &l->head)
		return NULL;
	list_remove(n);
	return n;
}

#endif
