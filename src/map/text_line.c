/* text_line.c - see text_line.h. */
#include "map/text_line.h"

bool text_line_column(struct view line, int column, char delimiter, struct view *out)
{
	for (int i = 0; i <= column; i++)
		if (delimiter ? !view_cut(&line, delimiter, out) : !view_word(&line, out))
			return false;
	return true;
}

bool text_line_find(struct view text, struct view key, int key_column, int value_column,
		    char delimiter, struct view *out)
{
	struct view line, found;

	while (view_cut(&text, '\n', &line)) {
		if (line.len == 0 || line.p[0] == '#' ||
		    !text_line_column(line, key_column, delimiter, &found) ||
		    !view_eq_nocase(found, key))
			continue;
		return text_line_column(line, value_column, delimiter, out);
	}
	return false;
}
