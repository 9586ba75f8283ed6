/* view.c - see view.h. */
#include "base/view.h"

size_t view_find(struct view v, char c)
{
	const char *hit = v.len ? memchr(v.p, c, v.len) : NULL;

	return hit ? (size_t)(hit - v.p) : v.len;
}

size_t view_rfind(struct view v, char c)
{
	const char *hit = v.len ? memrchr(v.p, c, v.len) : NULL;

	return hit ? (size_t)(hit - v.p) : v.len;
}

size_t view_search(struct view v, struct view what)
{
	const char *hit;

	if (what.len == 0)
		return 0;
	hit = v.len ? memmem(v.p, v.len, what.p, what.len) : NULL;
	return hit ? (size_t)(hit - v.p) : v.len;
}

size_t view_search_nocase(struct view v, struct view what)
{
	for (size_t i = 0; i + what.len <= v.len; i++) {
		if (view_starts_nocase(view_skip(v, i), what))
			return i;
	}
	return v.len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim_end(struct view v)
{
	while (v.len && is_blank(v.p[v.len - 1]))
		v.len--;
	return v;
}

struct view view_trim(struct view v)
{
	while (v.len && is_blank(v.p[0])) {
		v.p++;
		v.len--;
	}
	return view_trim_end(v);
}

bool view_cut(struct view *rest, char sep, struct view *out_piece)
{
	size_t at;

	if (view_is_none(*rest))
		return false;
	at = view_find(*rest, sep);
	*out_piece = view_first(*rest, at);
	if (at == rest->len)
		*rest = VIEW_NONE;
	else
		*rest = view_skip(*rest, at + 1);
	return true;
}

bool view_word(struct view *rest, struct view *out_word)
{
	size_t n = 0;

	while (rest->len && is_blank(rest->p[0]))
		*rest = view_skip(*rest, 1);
	while (n < rest->len && !is_blank(rest->p[n]))
		n++;
	if (n == 0)
		return false;
	*out_word = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return true;
}

int view_cmp(struct view a, struct view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

int view_cmp_nocase(struct view a, struct view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? strncasecmp(a.p, b.p, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}
