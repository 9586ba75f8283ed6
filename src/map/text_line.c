/* text_line.c - see text_line.h. */
#include "map/text_line.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Blanks at the beginning are passed over for the first column; for the others they stand behind a first one that is empty. */
static bool blank_column(struct view line, int column, struct view *out)
{
	size_t n = 0;

	for (int i = 0; i < column; i++) {
		while (n < line.len && !is_blank(line.p[n]))
			n++;
		while (n < line.len && is_blank(line.p[n]))
			n++;
	}
	line = view_skip(line, n);
	return view_word(&line, out);
}

bool text_line_column(struct view line, int column, char delimiter, struct view *out)
{
	if (!delimiter)
		return blank_column(line, column, out);
	if (column == 0 && line.len > 0 && line.p[0] == delimiter)
		return false; /* the first column may not be empty, as the others may */
	for (int i = 0; i <= column; i++)
		if (!view_cut(&line, delimiter, out))
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
