/* lint_mc_calls.c - the calls of an .mc file in their order: names, what is given twice, too late, for nothing, or in a wrong form. */
#include "config/lint_part.h"

struct check {
	struct lint *out;
	struct view path;
	const struct mc_call *calls;
	size_t n;
	bool takes_in_others; /* what is missing may be in a file that this one includes */
};

static bool is_call(const struct mc_call *c, const char *name)
{
	return view_eq(c->name, view_of(name));
}

static struct view arg(const struct mc_call *c, int i)
{
	return i < c->n_args ? c->args[i] : VIEW("");
}

static bool is_in(const char *const *list, struct view name)
{
	for (; *list; list++)
		if (view_eq(name, view_of(*list)))
			return true;
	return false;
}

/* The first call of a macro with this first argument (NULL: any). */
static const struct mc_call *find_call(const struct check *k, const char *name, const char *first)
{
	for (size_t i = 0; i < k->n; i++)
		if (is_call(&k->calls[i], name) &&
		    (!first || view_eq(arg(&k->calls[i], 0), view_of(first))))
			return &k->calls[i];
	return NULL;
}

/* ---- names ---- */

static void tell_unknown(const struct check *k, enum lint_kind kind, const struct mc_call *c,
			 const char *what, struct view name, const char *meant, const char *prefix)
{
	lint_add(k->out, kind, k->path, c->line, "%s " VIEW_FMT "%s%s%s%s", what, VIEW_ARG(name),
		 meant ? "; did you mean " : "", meant ? prefix : "", meant ? meant : "",
		 meant ? "?" : "");
}

/* Is the name read anywhere in the file, so that it is the file's own business? */
static bool is_used_elsewhere(const struct check *k, const struct mc_call *self, struct view name)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct mc_call *c = &k->calls[i];

		if (c == self || is_call(c, "define"))
			continue;
		if (view_eq(c->name, name))
			return true;
		for (int a = 0; a < c->n_args; a++)
			if (view_search(c->args[a], name) < c->args[a].len)
				return true;
	}
	return false;
}

static void check_define(const struct check *k, const struct mc_call *c)
{
	struct view name = arg(c, 0), conf = view_skip(name, 4);
	const char *meant;

	if (view_starts(name, VIEW("conf"))) {
		/* confPROG_... are build settings of each program. */
		if (is_in(mc_conf_names, conf) || view_starts(conf, VIEW("_")) ||
		    view_starts(conf, VIEW("MILTER_MACROS_")))
			return;
		meant = lint_nearest(conf, mc_conf_names);
		tell_unknown(k, LINT_MC_NAME, c, "there is no", name, meant, "conf");
		return;
	}
	if (is_in(mc_variables, name) || view_starts(name, VIEW("_")))
		return;
	/* "CONFMAX_HOP", "MAX_HOP": the prefix was left out or has another case. */
	if (view_starts_nocase(name, VIEW("conf")) && lint_nearest(conf, mc_conf_names)) {
		tell_unknown(k, LINT_MC_NAME, c, "there is no", name,
			     lint_nearest(conf, mc_conf_names), "conf");
		return;
	}
	if (is_used_elsewhere(k, c, name))
		return;
	if (name.len > 3 && is_in(mc_conf_names, name)) {
		tell_unknown(k, LINT_MC_NAME, c, "there is no", name,
			     lint_nearest(name, mc_conf_names), "conf");
		return;
	}
	meant = name.len > 5 ? lint_nearest(name, mc_variables) : NULL;
	if (meant)
		tell_unknown(k, LINT_MC_NAME, c, "there is no", name, meant, "");
}

/* The tree knows these names, and refuses them. */
static bool is_refused(const struct mc_call *c)
{
	static const char *const names[] = { "bcc", "same_domain_only", "sts", NULL };

	return is_call(c, "FEATURE") && is_in(names, arg(c, 0));
}

/* Names with a slash are files of the site. */
static void check_file_name(const struct check *k, const struct mc_call *c)
{
	static const struct {
		const char *macro, *what;
		const char *const *names;
		enum lint_kind kind;
		bool only_near; /* a site may have its own */
	} rows[] = {
		{"FEATURE", "unknown FEATURE", mc_features, LINT_MC_FEATURE, false},
		{ "MAILER", "unknown MAILER",  mc_mailers,  LINT_MC_MAILER,  false},
		{ "OSTYPE", "unknown OSTYPE",  mc_ostypes,  LINT_MC_OSTYPE,  false},
		{ "DOMAIN", "unknown DOMAIN",  mc_domains,  LINT_MC_DOMAIN,  true },
	};
	struct view name = arg(c, 0);

	if (is_refused(c))
		lint_add(k->out, LINT_MC_FEATURE, k->path, c->line,
			 "FEATURE " VIEW_FMT " is not built in this version", VIEW_ARG(name));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *meant;

		if (!is_call(c, rows[i].macro) || is_in(rows[i].names, name) ||
		    view_find(name, '/') < name.len || view_find(name, '(') < name.len)
			continue;
		meant = lint_nearest(name, rows[i].names);
		if (meant || !rows[i].only_near)
			tell_unknown(k, rows[i].kind, c, rows[i].what, name, meant, "");
	}
}

/* ---- twice ---- */

static bool may_repeat(struct view feature)
{
	static const char *const many[] = { "dnsbl",       "enhdnsbl", "rhsbl",
					    "dnsblaccess", "mtamark",  NULL };

	return is_in(many, feature);
}

static bool has_same_arguments(const struct mc_call *a, const struct mc_call *b)
{
	for (int i = 0; i < MC_ARGS_MAX; i++)
		if (!view_eq(arg(a, i), arg(b, i)))
			return false;
	return true;
}

static bool refers_to_itself(const struct mc_call *c)
{
	return view_search(arg(c, 1), arg(c, 0)) < arg(c, 1).len;
}

static void check_twice(const struct check *k, const struct mc_call *c)
{
	bool is_define = is_call(c, "define"), is_feature = is_call(c, "FEATURE");

	if (c->is_conditional || (is_feature && may_repeat(arg(c, 0))) ||
	    (is_define && refers_to_itself(c)))
		return;
	if (!is_define && !is_feature && !is_call(c, "MASQUERADE_AS") && !is_call(c, "OSTYPE"))
		return;
	for (const struct mc_call *b = c - 1; b >= k->calls; b--) {
		if (is_call(b, "undefine") && view_eq(arg(b, 0), arg(c, 0)))
			return;
		if (!view_eq(b->name, c->name) || b->is_conditional ||
		    ((is_define || is_feature) && !view_eq(arg(b, 0), arg(c, 0))))
			continue;
		if (!has_same_arguments(b, c))
			lint_add(k->out, LINT_MC_TWICE, k->path, c->line,
				 VIEW_FMT "%s" VIEW_FMT " is in line %d with another value",
				 VIEW_ARG(c->name), is_define || is_feature ? " " : "",
				 VIEW_ARG(is_define || is_feature ? arg(c, 0) : VIEW("")), b->line);
		return;
	}
}

/* ---- order ---- */

/* Names that MAILER reads when it is called. */
static bool belongs_to_mailers(struct view name)
{
	return view_search(name, VIEW("_MAILER_")) < name.len ||
	       view_starts(name, VIEW("LOCAL_SHELL_")) || view_eq(name, VIEW("LOCAL_PROG_QGRP"));
}

static const struct mc_call *mailer_before(const struct check *k, const struct mc_call *c)
{
	for (const struct mc_call *b = k->calls; b < c; b++)
		if (is_call(b, "MAILER") && !b->is_conditional)
			return b;
	return NULL;
}

static void too_late(const struct check *k, const struct mc_call *c, const struct mc_call *before)
{
	lint_add(k->out, LINT_MC_ORDER, k->path, c->line,
		 VIEW_FMT "(" VIEW_FMT ") stands after " VIEW_FMT "(" VIEW_FMT ") in line %d",
		 VIEW_ARG(c->name), VIEW_ARG(arg(c, 0)), VIEW_ARG(before->name),
		 VIEW_ARG(arg(before, 0)), before->line);
}

static void check_order(const struct check *k, const struct mc_call *c)
{
	const struct mc_call *mailer = mailer_before(k, c), *smtp;

	if (mailer && (is_call(c, "FEATURE") || is_call(c, "OSTYPE") || is_call(c, "DOMAIN") ||
		       (is_call(c, "define") && belongs_to_mailers(arg(c, 0)))))
		too_late(k, c, mailer);
	else if (is_call(c, "OSTYPE"))
		for (const struct mc_call *b = k->calls; b < c; b++)
			if (is_call(b, "FEATURE") && !b->is_conditional) {
				too_late(k, c, b);
				break;
			}
	smtp = find_call(k, "MAILER", "smtp");
	if (is_call(c, "MAILER") && view_eq(arg(c, 0), VIEW("uucp")) && smtp > c)
		lint_add(
			k->out, LINT_MC_ORDER, k->path, c->line,
			"MAILER(uucp) stands before MAILER(smtp): uucp-dom and uucp-uudom are left out");
}

/* ---- what needs what ---- */

static const struct need {
	const char *macro, *first; /* first: NULL any */
	const char *needs_macro, *needs_first;
} needs[] = {
	{"FEATURE",               "blocklist_recipients",     "FEATURE",       "access_db"    },
	{ "FEATURE",              "blacklist_recipients",     "FEATURE",       "access_db"    },
	{ "FEATURE",              "lookupdotdomain",          "FEATURE",       "access_db"    },
	{ "FEATURE",              "compat_check",             "FEATURE",       "access_db"    },
	{ "FEATURE",              "ratecontrol",              "FEATURE",       "access_db"    },
	{ "FEATURE",              "conncontrol",              "FEATURE",       "access_db"    },
	{ "FEATURE",              "relay_mail_from",          "FEATURE",       "access_db"    },
	{ "FEATURE",              "virtuser_entire_domain",   "FEATURE",       "virtusertable"},
	{ "FEATURE",              "generics_entire_domain",   "FEATURE",       "genericstable"},
	{ "FEATURE",              "masquerade_entire_domain", "MASQUERADE_AS", NULL           },
	{ "FEATURE",              "limited_masquerade",       "MASQUERADE_AS", NULL           },
	{ "MASQUERADE_DOMAIN",    NULL,                       "MASQUERADE_AS", NULL           },
	{ "MASQUERADE_EXCEPTION", NULL,                       "MASQUERADE_AS", NULL           },
	{ "GENERICS_DOMAIN",      NULL,                       "FEATURE",       "genericstable"},
	{ "GENERICS_DOMAIN_FILE", NULL,                       "FEATURE",       "genericstable"},
	{ "VIRTUSER_DOMAIN",      NULL,                       "FEATURE",       "virtusertable"},
	{ "VIRTUSER_DOMAIN_FILE", NULL,                       "FEATURE",       "virtusertable"},
	{ "LDAPROUTE_DOMAIN",     NULL,                       "FEATURE",       "ldap_routing" },
	{ "CANONIFY_DOMAIN",      NULL,                       "FEATURE",       "nocanonify"   },
};

static bool takes_in_others(const struct check *k)
{
	return find_call(k, "include", NULL) || find_call(k, "sinclude", NULL) ||
	       find_call(k, "DOMAIN", NULL);
}

static void check_needs(const struct check *k, const struct mc_call *c)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		const struct need *n = &needs[i];

		if (!is_call(c, n->macro) || (n->first && !view_eq(arg(c, 0), view_of(n->first))) ||
		    find_call(k, n->needs_macro, n->needs_first))
			continue;
		lint_add(k->out, LINT_MC_NEEDS, k->path, c->line,
			 "%s%s%s%s has no effect without %s%s%s%s", n->macro, n->first ? "(" : "",
			 n->first ? n->first : "", n->first ? ")" : "", n->needs_macro,
			 n->needs_first ? "(" : "", n->needs_first ? n->needs_first : "",
			 n->needs_first ? ")" : "");
	}
}

static void check_ostype(const struct check *k)
{
	const struct mc_call *c = find_call(k, "MAILER", NULL);

	if (!c)
		c = find_call(k, "FEATURE", NULL);
	if (c && !find_call(k, "OSTYPE", NULL) && !find_call(k, "define", "__OSTYPE__"))
		lint_add(k->out, LINT_MC_NEEDS, k->path, 0,
			 "there is no OSTYPE: m4 gives an error instead of a configuration");
}

/* ---- arguments ---- */

static const char *const with_map[] = {
	"access_db", "mailertable", "virtusertable", "genericstable", "domaintable",
	"bitdomain", "uucpdomain",  "authinfo",      "smarttable",    NULL
};

static const char *const numbers[] = { "MAX_MESSAGE_SIZE",
				       "MAX_HOP",
				       "LOG_LEVEL",
				       "MIN_FREE_BLOCKS",
				       "MAX_DAEMON_CHILDREN",
				       "CONNECTION_RATE_THROTTLE",
				       "MAX_RCPTS_PER_MESSAGE",
				       "BAD_RCPT_THROTTLE",
				       "QUEUE_LA",
				       "REFUSE_LA",
				       "DELAY_LA",
				       "MCI_CACHE_SIZE",
				       "MAX_QUEUE_CHILDREN",
				       "MAX_RUNNERS_PER_QUEUE",
				       "MAX_ALIAS_RECURSION",
				       "MAX_QUEUE_RUN_SIZE",
				       "CHECKPOINT_INTERVAL",
				       "FAST_SPLIT",
				       "MAX_HEADERS_LENGTH",
				       "WORK_CLASS_FACTOR",
				       "WORK_RECIPIENT_FACTOR",
				       "WORK_TIME_FACTOR",
				       "QUEUE_FACTOR",
				       NULL };

static bool is_number(struct view v)
{
	if (v.len && v.p[0] == '-')
		v = view_skip(v, 1);
	for (size_t i = 0; i < v.len; i++)
		if (!isdigit((unsigned char)v.p[i]))
			return false;
	return true;
}

static void wrong(const struct check *k, const struct mc_call *c, struct view value,
		  const char *what)
{
	lint_add(k->out, LINT_MC_ARGUMENT, k->path, c->line, VIEW_FMT ": \"" VIEW_FMT "\" %s",
		 VIEW_ARG(is_call(c, "define") || is_call(c, "FEATURE") ? arg(c, 0) : c->name),
		 VIEW_ARG(value), what);
}

static void check_masquerade(const struct check *k, const struct mc_call *c)
{
	struct view v = arg(c, 0);

	if (v.len == 0)
		wrong(k, c, v, "names no host");
	else if (v.p[0] == '@' || view_find(v, '@') < v.len)
		wrong(k, c, v, "is an address; a host or domain is wanted");
	else if (v.p[0] == '/')
		wrong(k, c, v, "is a file; a host or domain is wanted");
	else if (is_call(c, "MASQUERADE_AS") && view_find(v, ' ') < v.len)
		wrong(k, c, v, "is more than one name");
}

/* NAME_FILE wants a path, NAME itself names. */
static void check_list(const struct check *k, const struct mc_call *c)
{
	static const char *const lists[] = {
		"MASQUERADE_DOMAIN", "MASQUERADE_EXCEPTION", "EXPOSED_USER", "LOCAL_USER",
		"GENERICS_DOMAIN",   "VIRTUSER_DOMAIN",      "RELAY_DOMAIN", "CANONIFY_DOMAIN",
		"LDAPROUTE_DOMAIN",  "LDAPROUTE_EQUIVALENT", "LOCAL_DOMAIN", NULL
	};
	bool is_file = view_ends_nocase(c->name, VIEW("_FILE"));
	struct view name = is_file ? view_first(c->name, c->name.len - 5) : c->name, v = arg(c, 0);

	if (!is_in(lists, name) || c->n_args == 0)
		return;
	if (v.len == 0)
		wrong(k, c, v, "is empty");
	else if (!is_file && v.p[0] == '/')
		wrong(k, c, v, "is a path: the macro for files ends in _FILE");
	else if (is_file && view_find(v, '/') == v.len && v.p[0] != '@' &&
		 view_find(v, '(') == v.len && view_find(v, '_') == v.len)
		wrong(k, c, v, "is no path: the macro for names does not end in _FILE");
}

static void check_arguments(const struct check *k, const struct mc_call *c)
{
	struct view first = arg(c, 0), second = arg(c, 1);
	size_t tick = view_find(first, '`');

	if (c->n_args > 0 && (is_call(c, "MASQUERADE_AS") || is_call(c, "MASQUERADE_DOMAIN") ||
			      is_call(c, "MASQUERADE_EXCEPTION")))
		check_masquerade(k, c);
	if (!is_call(c, "MASQUERADE_DOMAIN") && !is_call(c, "MASQUERADE_EXCEPTION"))
		check_list(k, c);
	if (is_call(c, "FEATURE") && is_in(with_map, first) && second.len && second.p[0] == '/')
		wrong(k, c, second, "is a path without the class of the map, such as hash");
	if (is_call(c, "define") && view_starts(first, VIEW("conf")) &&
	    is_in(numbers, view_skip(first, 4)) && second.len &&
	    (isdigit((unsigned char)second.p[0]) || second.p[0] == '-') && !is_number(second))
		wrong(k, c, second, "is no plain number: what follows the digits is not read");
	if ((is_call(c, "FEATURE") || is_call(c, "MAILER") || is_call(c, "OSTYPE") ||
	     is_call(c, "define")) &&
	    tick > 0 && tick < first.len && view_find(first, '\'') < tick)
		wrong(k, c, first, "is two texts: a comma is missing");
	if (is_call(c, "FEATURE") && c->n_args > 0 && first.len == 0)
		wrong(k, c, first, "names nothing");
}

/* What runs over lines or has quotes in it has been told of already. */
static bool is_plain_name(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (strchr("\n'`\"", v.p[i]) || (unsigned char)v.p[i] >= 0x80)
			return false;
	return true;
}

void lint_mc_calls(struct lint *l, struct view path, const struct mc_call *calls, size_t n)
{
	struct check k = { l, path, calls, n, false };

	k.takes_in_others = takes_in_others(&k);
	for (size_t i = 0; i < n; i++) {
		const struct mc_call *c = &calls[i];
		struct view first = arg(c, 0);

		if (c->n_args > 0 && is_plain_name(first)) {
			if (is_call(c, "define"))
				check_define(&k, c);
			check_file_name(&k, c);
		}
		check_twice(&k, c);
		check_order(&k, c);
		if (!k.takes_in_others)
			check_needs(&k, c);
		check_arguments(&k, c);
	}
	if (!k.takes_in_others)
		check_ostype(&k);
}
