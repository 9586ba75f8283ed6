/* debug.c - the list of trace switches that -d takes. */
#include "base/number.h"
#include "rewrite/testmode.h"

#define LEVEL_MAX 127

/* A number at the front of v; -1 when there is none. */
static int cut_number(struct view *v)
{
	size_t n = 0;
	int64_t value;

	while (n < v->len && isdigit((unsigned char)v->p[n]))
		n++;
	if (n == 0 || !number_parse(view_first(*v, n), 0, 9999, &value))
		return -1;
	*v = view_skip(*v, n);
	return (int)value;
}

/* first[-last][.level]; without a level 1, without anything all categories. */
static bool set_range(struct view item, uint8_t *levels, size_t n_levels)
{
	int first = cut_number(&item), last, level = 1;

	if (first < 0) {
		first = 0;
		last = (int)n_levels - 1;
	} else {
		last = first;
	}
	if (item.len && item.p[0] == '-') {
		item = view_skip(item, 1);
		last = cut_number(&item);
	}
	if (item.len && item.p[0] == '.') {
		item = view_skip(item, 1);
		level = cut_number(&item);
	}
	if (level < 0 || last < 0 || item.len)
		return false;
	for (int i = first; i <= last && i < (int)n_levels; i++)
		levels[i] = (uint8_t)(level > LEVEL_MAX ? LEVEL_MAX : level);
	return true;
}

bool debug_parse(const char *text, uint8_t *levels, size_t n_levels)
{
	struct view rest = view_of(text), item;
	bool is_good = true;

	if (rest.len == 0)
		return set_range(VIEW(""), levels, n_levels);
	while (view_cut(&rest, ',', &item))
		if (!set_range(view_trim(item), levels, n_levels))
			is_good = false;
	return is_good;
}
