/*
 * list_test.c
 */
#include "base/list.h"

#include "base/mem.h"
#include "base/test.h"

struct element {
	struct link first; /* at offset 0, where a NULL link and a NULL element look the same */
	int number;
	struct link second; /* at another */
};

/* Takes everything out with list_pop, turns it round and puts it back: the loop that a compiler may hoist loads out of. */
__attribute__((noinline)) static size_t turn_round(struct list *l, size_t offset)
{
	struct element **v = NULL;
	size_t n = 0, cap = 0;
	struct link *it;

	while ((it = list_pop(l))) {
		MEM_GROW(v, n, cap);
		v[n] = (struct element *)((char *)it - offset);
		n++;
	}
	for (size_t i = n; i > 0; i--)
		list_append(l, (struct link *)((char *)v[i - 1] + offset));
	free(v);
	return n;
}

TEST("a list that is emptied with list_pop and filled again has the same elements, whatever their number")
{
	static const size_t offsets[] = { offsetof(struct element, first),
					  offsetof(struct element, second) };

	for (size_t o = 0; o < 2; o++) {
		for (size_t n = 0; n < 40; n++) {
			struct element *v = mem_zero((n + 1) * sizeof(*v));
			struct list l;
			size_t i = 0;

			list_init(&l);
			for (size_t k = 0; k < n; k++) {
				v[k].number = (int)k;
				list_append(&l, (struct link *)((char *)&v[k] + offsets[o]));
			}
			CHECK_INT(turn_round(&l, offsets[o]), n);
			LIST_EACH (&l, it) {
				struct element *e = (struct element *)((char *)it - offsets[o]);

				CHECK_INT(e->number, (int)(n - ++i));
			}
			CHECK_INT(i, n);
			CHECK_INT(turn_round(&l, offsets[o]), n);
			CHECK(n == 0 || l.head.next == (struct link *)((char *)&v[0] + offsets[o]));
			while (list_pop(&l))
				;
			CHECK(list_is_empty(&l));
			CHECK(n == 0 ||
			      !link_is_listed((struct link *)((char *)&v[0] + offsets[o])));
			free(v);
		}
	}
}
