/* map_value.c - values with %0-%9 filled in, keys without their quotes. */
#include "map/class.h"

struct view map_value_fill(struct view value, struct view key, const struct view *args,
			   size_t n_args, struct arena *a)
{
	own_str struct str s = STR_MAX(MAP_VALUE_MAX);
	size_t n;

	if (view_find(value, '%') == value.len)
		return value;
	while ((n = view_find(value, '%')) + 1 < value.len) {
		char c = value.p[n + 1];

		str_add(&s, view_first(value, n));
		value = view_skip(value, n + 2);
		if (c == '%') {
			str_addc(&s, '%');
		} else if (c == '0') {
			str_add(&s, key);
		} else if (c >= '1' && c <= '9') {
			if ((size_t)(c - '1') < n_args)
				str_add(&s, args[c - '1']);
		} else {
			str_addc(&s, '%');
			str_addc(&s, c);
		}
	}
	str_add(&s, value);
	return arena_dup(a, str_view(&s));
}

struct view map_key_unquote(struct view key, struct arena *a)
{
	char *p;
	size_t n = 0;

	if (view_find(key, '"') == key.len && view_find(key, '\\') == key.len)
		return key;
	p = arena_bytes(a, key.len + 1);
	for (size_t i = 0; i < key.len; i++) {
		if (key.p[i] == '"')
			continue;
		if (key.p[i] == '\\' && ++i == key.len)
			break;
		p[n++] = key.p[i];
	}
	p[n] = '\0';
	return view_from(p, n);
}
