/* lint_access.c - lint_access: the text that the access map is made of. Tags and actions are those of contract/m4-features.md 10.5. */
#include "config/lint.h"

static const char *const tags[] = { "Connect",
				    "From",
				    "To",
				    "Spam",
				    "Compat",
				    "ClientRate",
				    "ClientConn",
				    "GreetPause",
				    "AuthInfo",
				    "Try_TLS",
				    "Srv_Features",
				    "Clt_Features",
				    "TLS_Srv",
				    "TLS_Clt",
				    "TLS_Rcpt",
				    "TLS_Srv_features",
				    "TLS_Clt_features",
				    "CertIssuer",
				    "CertSubject",
				    "QGRP",
				    "STS",
				    "IPv6",
				    "bcc",
				    "XConnect",
				    NULL };

static const char *const actions[] = { "OK",    "RELAY", "REJECT",     "DISCARD", "SKIP", "FRIEND",
				       "HATER", "ERROR", "QUARANTINE", "SUBJECT", NULL };

/* Tags whose values are actions. */
static const char *const with_actions[] = { "Connect", "From", "To", "Spam", NULL };

static bool is_in(const char *const *list, struct view name)
{
	for (; *list; list++)
		if (view_eq_nocase(name, view_of(*list)))
			return true;
	return false;
}

static struct view letters(struct view v)
{
	size_t n = 0;

	while (n < v.len && (isalpha((unsigned char)v.p[n]) || v.p[n] == '_'))
		n++;
	return view_first(v, n);
}

static void lint_entry(struct lint *l, struct view path, int number, struct view key,
		       struct view value)
{
	struct view tag = letters(key), action = letters(value);
	bool has_tag = tag.len < key.len && key.p[tag.len] == ':';
	const char *meant;

	if (!has_tag && is_in(tags, key) && !is_in(actions, value)) {
		lint_add(l, LINT_ACCESS_KEY, path, number,
			 "the colon behind " VIEW_FMT " is missing", VIEW_ARG(key));
		return;
	}
	meant = has_tag && !is_in(tags, tag) ? lint_nearest(tag, tags) : NULL;
	if (meant)
		lint_add(l, LINT_ACCESS_KEY, path, number,
			 "unknown tag " VIEW_FMT ":; did you mean %s:?", VIEW_ARG(tag), meant);
	if (value.len == 0) {
		lint_add(l, LINT_ACCESS_VALUE, path, number, "\"" VIEW_FMT "\" has no value",
			 VIEW_ARG(key));
		return;
	}
	if (has_tag && !meant && !is_in(with_actions, tag))
		return;
	meant = action.len == value.len && !is_in(actions, action) ? lint_nearest(action, actions)
								   : NULL;
	if (meant)
		lint_add(l, LINT_ACCESS_VALUE, path, number,
			 "unknown action " VIEW_FMT "; did you mean %s?", VIEW_ARG(action), meant);
}

void lint_access(struct view path, struct view text, struct lint *l)
{
	struct view line, key;
	int number = 0;

	while (text.len && view_cut(&text, '\n', &line)) {
		number++;
		if (line.len == 0 || line.p[0] == '#' || !view_word(&line, &key))
			continue;
		lint_entry(l, path, number, key, view_trim(line));
	}
}
