/*
 * qf_fuzz.c - any bytes as a queue file; what is read is written in a form that is read as the same.
 */
#include "envelope/qf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The envelope has no configuration here. */
struct snapshot *snapshot_get(struct snapshot *s)
{
	return s;
}

void snapshot_put(struct snapshot *s)
{
	(void)s;
}

int64_t config_precedence(const struct config *cf, struct view name)
{
	(void)cf;
	(void)name;
	return 0;
}

static bool read_it(struct view text, struct envelope *e)
{
	struct qf_error error;

	return qf_read(text, e, &error) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope *first = envelope_new(NULL), *second = envelope_new(NULL);
	struct str once = STR_MAX(16 << 20), twice = STR_MAX(16 << 20);

	if (read_it(view_from((const char *)data, size), first)) {
		qf_write(first, VIEW_NONE, 0, 0, 0, &once);
		if (!read_it(str_view(&once), second))
			__builtin_trap();
		qf_write(second, VIEW_NONE, 0, 0, 0, &twice);
		if (first->n_rcpts != second->n_rcpts ||
		    !view_eq(str_view(&once), str_view(&twice)))
			__builtin_trap();
	}
	str_done(&once);
	str_done(&twice);
	envelope_free(first);
	envelope_free(second);
	return 0;
}
