/*
 * header_fuzz.c - any lines as header fields, and their MIME parameters repaired.
 */
#include "mail/header.h"
#include "mail/mime_limits.h"
#include "mail/mime_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(16 << 20);
	struct view rest = view_from((const char *)data, size), line, name, value;
	struct header h;
	size_t bytes = 0;

	header_init(&h);
	while (rest.len && view_cut(&rest, '\n', &line)) {
		struct mime_limits limits = { 64, 32, line.len & 1 };
		char what[160];

		if (!header_parse_line(line, &name, &value))
			continue;
		header_add(&h, a, name, value);
		bytes += name.len + value.len + 2;
		mime_type_parse(value, a);
		if (mime_limit_field(name, &value, &limits, a, what) && value.len > line.len + 1)
			__builtin_trap();
	}
	if (h.bytes != bytes)
		__builtin_trap();
	while (!list_is_empty(&h.fields))
		header_remove(&h, LIST_OWNER(h.fields.head.next, struct header_field, link));
	if (h.bytes || h.n)
		__builtin_trap();
	arena_free(a);
	return 0;
}
