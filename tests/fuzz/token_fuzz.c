/* token_fuzz.c - any bytes through the scanner and back. First byte: the kind and the delimiter. */
#include "rewrite/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(16 << 20);
	struct config cf = { .options.operator_chars = VIEW(".:%@!^/[]+") };
	struct tokens t;
	struct view rest;
	struct status error;

	if (size) {
		struct view text = { (const char *)data + 1, size - 1 };
		size_t bytes = 0;

		tokens_scan(NULL, &cf, text, data[0] & 4 ? ',' : '\0',
			    (enum scan_kind)(data[0] % 3), a, &t, &rest, &error);
		for (size_t i = 0; i < t.n; i++)
			bytes += t.v[i].text.len;
		if (t.n > TOKENS_MAX || bytes > SCAN_MAX_BYTES || rest.len > text.len)
			__builtin_trap();
		tokens_join(&t, &cf, ' ', a);
	}
	arena_free(a);
	return 0;
}
