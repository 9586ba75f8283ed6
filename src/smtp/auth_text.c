/* auth_text.c - the part of auth_library.h that is about texts: lists of mechanisms, names. */
#include "smtp/auth_library.h"

void auth_choose(struct view available, struct view allowed, struct str *out)
{
	struct view name;

	while (view_word(&allowed, &name)) {
		/* Nothing beside the conversation vouches for a client, so there is nothing external to go by. */
		if (view_eq_nocase(name, VIEW("EXTERNAL")) ||
		    view_is_none(auth_find(available, name)) ||
		    !view_is_none(auth_find(str_view(out), name)))
			continue;
		if (out->len)
			str_addc(out, ' ');
		str_add(out, name);
	}
}

struct view auth_find(struct view names, struct view name)
{
	struct view word;

	while (view_word(&names, &word))
		if (view_eq_nocase(word, name))
			return word;
	return VIEW_NONE;
}

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && !strchr("\\<>()\"+", c);
}

struct view auth_shown(struct view name, struct arena *a)
{
	own_str struct str out = STR_MAX(3 * name.len + 1);

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (is_plain(c))
			str_addc(&out, (char)c);
		else
			str_addf(&out, "+%02X", c);
	}
	return arena_dup(a, str_view(&out));
}

struct view auth_claimed(struct view mechanism, struct view answer)
{
	static const char digest_name[] = "username=\"";

	if (view_is_none(answer))
		return VIEW("");
	if (view_eq_nocase(mechanism, VIEW("LOGIN")))
		return view_first(answer, view_find(answer, '\0'));
	if (view_eq_nocase(mechanism, VIEW("CRAM-MD5")))
		return view_first(answer, view_find(answer, ' '));
	if (view_eq_nocase(mechanism, VIEW("PLAIN"))) {
		size_t end = view_find(answer, '\0');

		answer = view_skip(answer, end < answer.len ? end + 1 : end);
		return view_first(answer, view_find(answer, '\0'));
	}
	if (view_eq_nocase(mechanism, VIEW("DIGEST-MD5")) &&
	    view_starts_nocase(answer, view_of(digest_name))) {
		answer = view_skip(answer, strlen(digest_name));
		return view_first(answer, view_find(answer, '"'));
	}
	return VIEW("");
}
