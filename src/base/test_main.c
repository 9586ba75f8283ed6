/*
 * test_main.c - runs every TEST that is linked into this program.
 *
 * With TEST_COVERAGE=FILE in the environment, the checklist numbers of the tests that passed are appended to FILE, one
 * line each: tools/contract-coverage reads them.
 */
#include "base/test.h"

#include "base/mem.h"

static struct test *first, **last = &first;

void test_register(struct test *t)
{
	*last = t;
	last = &t->next;
}

static void note_coverage(const struct test *t)
{
	const char *path = getenv("TEST_COVERAGE");
	FILE *f;

	if (!t->items || !path)
		return;
	f = fopen(path, "a");
	if (!f)
		return;
	for (const int *n = t->items; *n; n++)
		fprintf(f, "%d\t%s\n", *n, t->name);
	fclose(f);
}

/* Reached only when the test before it in the group returned, that is, passed. */
static void run_and_note(void **state)
{
	const struct test *t = *state;
	void *none = NULL;

	t->run(&none);
	note_coverage(t);
}

int main(void)
{
	struct CMUnitTest *tests;
	size_t n = 0;
	int failed;

	for (struct test *t = first; t; t = t->next)
		n++;
	tests = mem_zero((n + 1) * sizeof(*tests));
	n = 0;
	for (struct test *t = first; t; t = t->next)
		tests[n++] = (struct CMUnitTest){ t->name, run_and_note, NULL, NULL, t };
	failed = _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
	free(tests);
	return failed != 0;
}
