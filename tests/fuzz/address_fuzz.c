/*
 * address_fuzz.c - any bytes as an address field: the cracked form is bounded and balanced, lists end.
 */
#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_balanced(struct view v)
{
	int parens = 0, angles = 0;
	bool in_quotes = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\')
			i++;
		else if (parens == 0 && c == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && c == '(')
			parens++;
		else if (!in_quotes && c == ')')
			parens--;
		else if (!in_quotes && parens == 0 && (c == '<' || c == '>'))
			angles += c == '<' ? 1 : -1;
		if (parens < 0 || angles < 0)
			__builtin_trap();
	}
	if (parens || angles || in_quotes)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(16 << 20);

	if (size > 1) {
		struct view field = { (const char *)data + 1, size - 1 }, rest = field, one;
		struct address_rules rules = { .colon_is_group = data[0] & 1 };
		struct view got = address_crack_by(field, &rules, 256, a);
		size_t n = 0;

		if (got.len > 256)
			__builtin_trap();
		check_balanced(got);
		address_bare(field, a);
		address_full_name(field, a);
		while (address_list_next(&rest, data[0] & 2, data[0] & 4, &one)) {
			if (one.len == 0 || ++n > size)
				__builtin_trap();
		}
	}
	arena_free(a);
	return 0;
}
