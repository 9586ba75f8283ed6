/* map_value.c - values with %0-%9 filled in, keys without their quotes. */
#include "map/class.h"

static struct view fill(struct view value, struct view key, const struct view *args, size_t n_args,
			struct arena *a)
{
	own_str struct str s = STR_MAX(MAP_VALUE_MAX);
	size_t n;

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

struct view map_value_fill(struct view value, struct view key, const struct view *args,
			   size_t n_args, struct arena *a)
{
	return view_find(value, '%') == value.len ? value : fill(value, key, args, n_args, a);
}

/* Is there a quote or a backslash? Looked for eight bytes at a time: a zero byte borrows from its own bit 7. */
static bool has_quoting(struct view key)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; i + 8 <= key.len; i += 8) {
		uint64_t word, quote, slash;

		memcpy(&word, key.p + i, 8);
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		if ((((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & tops)
			return true;
	}
	for (; i < key.len; i++)
		if (key.p[i] == '"' || key.p[i] == '\\')
			return true;
	return false;
}

struct view map_key_unquote(struct view key, struct arena *a)
{
	char *p;
	size_t n = 0;

	if (!has_quoting(key))
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

bool map_text_scans(struct view v)
{
	int comment = 0, angle = 0;
	bool is_quoted = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\') {
			if (++i == v.len)
				return false;
		} else if (c == '"') {
			is_quoted = !is_quoted;
		} else if (is_quoted) {
			continue;
		} else if (c == ' ') {
			return false;
		} else if (c == '(') {
			comment++;
		} else if (c == ')') {
			if (--comment < 0)
				return false;
		} else if (comment == 0 && c == '<') {
			angle++;
		} else if (comment == 0 && c == '>') {
			if (--angle < 0)
				return false;
		}
	}
	return comment == 0 && angle == 0 && !is_quoted;
}
