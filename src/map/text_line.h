/*
 * text_line.h - lines of columns: what a text map looks through. Views in, views out; no I/O, no state.
 */
#ifndef MAP_TEXT_LINE_H
#define MAP_TEXT_LINE_H

#include "base/view.h"

/* The n-th column of a line, from 0. With a delimiter each one ends a column; delimiter 0: runs of blanks part them. */
bool text_line_column(struct view line, int column, char delimiter, struct view *out);

/* The value of the first line whose key column is the key, without regard to case. Empty lines and comments are passed over; a
 * matching line without the value column ends the search. */
bool text_line_find(struct view text, struct view key, int key_column, int value_column,
		    char delimiter, struct view *out);

#endif
