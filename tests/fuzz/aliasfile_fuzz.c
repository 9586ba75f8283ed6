/*
 * aliasfile_fuzz.c - any bytes as an alias file: entries lie inside the text's bounds, and their numbers agree with the counts.
 */
#include "config/classes.h"
#include "map/alias_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	struct classes *classes;
	size_t n, bytes, longest;
	int n_errors;
};

static bool key_of(void *arg, struct view name, struct arena *a, struct view *out_key,
		   struct alias_blame *out_why)
{
	return alias_key_by_class(((struct tally *)arg)->classes, name, a, out_key, out_why);
}

static bool entry(void *arg, struct view key, struct view value)
{
	struct tally *t = arg;

	if (key.len == 0 || value.len == 0)
		abort();
	for (size_t i = 0; i < key.len; i++)
		if (key.p[i] >= 'A' && key.p[i] <= 'Z')
			abort();
	t->n++;
	t->bytes += key.len + value.len;
	t->longest = value.len > t->longest ? value.len : t->longest;
	return value.len % 2 == 0; /* now and then a duplicate */
}

static void complain(void *arg, int line, bool is_warning, const char *text)
{
	struct tally *t = arg;

	if (line <= 0 || !text[0])
		abort();
	t->n_errors += !is_warning;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally t = { .classes = classes_new() };
	const struct alias_sink sink = { &t, key_of, NULL, entry, complain };
	struct alias_counts counts;

	classes_add(t.classes, 'w', VIEW("here.example"));
	alias_file_parse(view_from((const char *)data, size), &sink, &counts);
	if (counts.n != t.n || counts.total != t.bytes || counts.longest != t.longest ||
	    counts.n_errors != t.n_errors)
		abort();
	classes_free(t.classes);
	return 0;
}
