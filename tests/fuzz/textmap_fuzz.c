/*
 * textmap_fuzz.c - any bytes as a text map: first byte the delimiter, second the columns, then the key up to a NUL, then lines.
 */
#include "map/text_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct view part, struct view whole)
{
	return part.p >= whole.p && part.p + part.len <= whole.p + whole.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest, key, value;
	char delimiter;
	int key_column, value_column;

	if (size < 3)
		return 0;
	delimiter = (char)data[0];
	key_column = data[1] & 7;
	value_column = data[1] >> 4;
	rest = view_from((const char *)data + 2, size - 2);
	if (!view_cut(&rest, '\0', &key) || view_is_none(rest))
		return 0;
	if (text_line_find(rest, key, key_column, value_column, delimiter, &value)) {
		if (!is_inside(value, rest))
			abort();
		if (view_find(value, '\n') < value.len)
			abort();
	}
	return 0;
}
