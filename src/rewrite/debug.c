/* debug.c - the list of trace switches that -d takes. */
#include "rewrite/testmode.h"

#define LEVEL_MAX 127

/* A number at the front of v, 0 when there is none. */
static int cut_number(struct view *v)
{
	int value = 0;

	while (v->len && isdigit((unsigned char)v->p[0])) {
		if (value < 10000)
			value = value * 10 + (v->p[0] - '0');
		*v = view_skip(*v, 1);
	}
	return value;
}

/* first[-last][.level], the level 1 when it is left out; what follows is passed over. */
static void set_range(struct view item, uint8_t *levels, size_t n_levels)
{
	int first = cut_number(&item), last = first, level = 1;

	if (item.len && item.p[0] == '-') {
		item = view_skip(item, 1);
		last = cut_number(&item);
	}
	if (item.len && item.p[0] == '.') {
		item = view_skip(item, 1);
		level = cut_number(&item);
	}
	for (int i = first; i <= last && i < (int)n_levels; i++)
		levels[i] = (uint8_t)(level > LEVEL_MAX ? LEVEL_MAX : level);
}

/* Does the item begin as a list of categories does? Names of other switches are taken, too, and do nothing. */
static bool is_list(struct view item)
{
	return item.len == 0 || isdigit((unsigned char)item.p[0]) ||
	       isalpha((unsigned char)item.p[0]);
}

bool debug_parse(const char *text, uint8_t *levels, size_t n_levels)
{
	struct view rest = view_of(text), item;
	bool is_good = true;

	if (rest.len == 0) { /* all categories */
		memset(levels, 1, n_levels);
		return true;
	}
	while (view_cut(&rest, ',', &item)) {
		item = view_trim(item);
		is_good = is_good && is_list(item);
		if (item.len && !isalpha((unsigned char)item.p[0]))
			set_range(item, levels, n_levels);
	}
	return is_good;
}
