/*
 * lint_uses.c - config_lint: what is used and not there, and what is there and not used.
 *
 * All rules are read once; the names of rulesets, maps and mailers that they mention go into tables, then the declarations are held against
 * them and the other way round.
 */
#include "config/lint.h"
#include "config/option_table.h"

/* A file with many rulesets or maps that only a person calls is a test bench: then they are no finding. */
#define BENCH_RULESETS 8
#define BENCH_MAPS     5

struct uses {
	const struct config *cf;
	struct lint *out;
	struct table *called; /* names and numbers of rulesets -> line where first */
	struct table *asked;  /* names of maps -> line */
	struct table *words;  /* all words of all rules, for calls by a name that is computed */
	struct table *told;   /* what was complained about */
	bool has_computed_call, has_computed_map;
};

/* Called by the program itself (contract/config-language.md 1.9, 1.10). */
static const char *const hooks[] = {
	"check_relay",      "greet_pause",  "srv_features", "check_mail",      "tls_client",
	"trust_auth",       "check_rcpt",   "bcc",          "check_data",      "check_eoh",
	"check_eom",        "check_vrfy",   "check_expn",   "check_etrn",      "check_other",
	"queuegroup",       "check_compat", "try_tls",      "clt_features",    "tls_clt_features",
	"tls_srv_features", "tls_server",   "tls_rcpt",     "authinfo",        "sts_exists",
	"oc_rate",          "oc_conc",      "x_connect",    "debug_dumpstate", NULL
};

/* Left without a caller by generated files, depending on their features. */
static const char *const spare_rulesets[] = { "MasqRelay",
					      "Delay_TLS_Clt",
					      "Delay_TLS_Clt2",
					      "RateControl",
					      "ConnControl",
					      "Local_localaddr",
					      "Local_check_relay",
					      "Local_check_mail",
					      "Local_check_rcpt",
					      "Local_trust_auth",
					      "Local_greet_pause",
					      "Local_Relay_Auth",
					      "TLS_connection",
					      "TLS_req",
					      "tls_clt_feat_acc",
					      "DANE_disabled",
					      "STS_disabled",
					      "SearchList",
					      "max",
					      "RelayTLS",
					      "checkrelay",
					      "checkmail",
					      "checkrcpt",
					      "MailerToTriple",
					      "Recurse",
					      "Canonify2",
					      "Mailertable",
					      NULL };

static const char *const spare_maps[] = { "arith", "macro", "host", "dequote", "storage", NULL };

/* Asked by generated files that leave out their declaration with the feature that nobody uses. */
static const char *const undeclared_maps[] = { "host", "stsxnodaneflag", NULL };

/* Classes that the cf tree names whether or not a site has words for them. */
static const char *const spare_classes[] = { "b",         "e",
					     "k",         "m",
					     "n",         "q",
					     "s",         "t",
					     "w",         "E",
					     "G",         "L",
					     "M",         "N",
					     "O",         "P",
					     "R",         "U",
					     "V",         "W",
					     "X",         "Y",
					     "Z",         ".",
					     "[",         "VirtHost",
					     "LDAPRoute", "LDAPRouteEquiv",
					     "Canonify",  "ResOk",
					     "src",       "Tls",
					     "tls",       "TrustAuthMech",
					     "Accept",    "SpamTag",
					     "D",         "cert_altnames",
					     NULL };

static bool is_in(const char *const *list, struct view name)
{
	for (; *list; list++)
		if (view_eq(name, view_of(*list)))
			return true;
	return false;
}

static struct view name_at(struct view v)
{
	size_t n = 0;

	while (n < v.len && (isalnum((unsigned char)v.p[n]) || v.p[n] == '_'))
		n++;
	return view_first(v, n);
}

static void note_line(struct table *t, struct view name, int line)
{
	if (!table_has(t, name))
		table_set(t, name, (void *)(intptr_t)line);
}

static int line_of(const struct table *t, struct view name)
{
	return (int)(intptr_t)table_get(t, name);
}

/* ---- what rules use ---- */

static void note_reference(struct view after, struct table *where, int line, bool *out_is_computed)
{
	while (after.len && (after.p[0] == ' ' || after.p[0] == '"'))
		after = view_skip(after, 1);
	if (after.len && after.p[0] == '$')
		*out_is_computed = true;
	else if (name_at(after).len)
		note_line(where, name_at(after), line);
}

static void note_right_side(struct uses *u, const struct cf_rule *rule)
{
	struct view rhs = rule->rhs;

	for (size_t i = 0; i + 1 < rhs.len; i++) {
		struct view after = view_skip(rhs, i + 2);

		if (rhs.p[i] != '$')
			continue;
		if (rhs.p[i + 1] == '$')
			i++; /* a dollar sign that means itself */
		else if (rhs.p[i + 1] == '>')
			note_reference(after, u->called, rule->line, &u->has_computed_call);
		else if (rhs.p[i + 1] == '(')
			note_reference(after, u->asked, rule->line, &u->has_computed_map);
	}
}

static void note_words(struct uses *u, struct view text)
{
	while (text.len) {
		struct view word = name_at(text);

		if (word.len)
			table_set(u->words, word, NULL);
		text = view_skip(text, word.len ? word.len : 1);
	}
}

static void note_number(struct table *t, int number)
{
	char text[16];

	if (number < 0)
		return;
	snprintf(text, sizeof(text), "%d", number);
	note_line(t, view_of(text), 0);
}

static void note_uses(struct uses *u)
{
	const struct config *cf = u->cf;

	for (int i = 0; i < cf->n_rulesets; i++) {
		for (int r = 0; r < cf->rulesets[i].n; r++) {
			note_right_side(u, &cf->rulesets[i].rules[r]);
			note_words(u, cf->rulesets[i].rules[r].lhs);
			note_words(u, cf->rulesets[i].rules[r].rhs);
		}
	}
	for (int i = 0; i < cf->n_mailers; i++) {
		note_number(u->called, cf->mailers[i]->sender_env_set);
		note_number(u->called, cf->mailers[i]->sender_hdr_set);
		note_number(u->called, cf->mailers[i]->rcpt_env_set);
		note_number(u->called, cf->mailers[i]->rcpt_hdr_set);
	}
	for (int i = 0; i < cf->n_headers; i++)
		note_number(u->called, cf->headers[i].check_ruleset);
	if (cf->default_check)
		note_number(u->called, cf->default_check->check_ruleset);
}

/* ---- rulesets ---- */

static bool is_called(const struct uses *u, const struct cf_ruleset *rs)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", rs->number);
	if (rs->number <= 5 || table_has(u->called, view_of(number)))
		return true;
	if (rs->name.len == 0)
		return false;
	return table_has(u->called, rs->name) || is_in(hooks, rs->name) ||
	       is_in(spare_rulesets, rs->name) ||
	       (u->has_computed_call && table_has(u->words, rs->name));
}

static void tell_unused(struct uses *u, const struct cf_ruleset *rs)
{
	const char *meant = lint_nearest(rs->name, hooks);

	if (rs->name.len == 0)
		lint_add(u->out, LINT_UNUSED_RULESET, u->cf->path, rs->line,
			 "ruleset %d is never called", rs->number);
	else
		lint_add(u->out, LINT_UNUSED_RULESET, u->cf->path, rs->line,
			 "ruleset " VIEW_FMT " is never called%s%s%s", VIEW_ARG(rs->name),
			 meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static void lint_rulesets(struct uses *u)
{
	const struct config *cf = u->cf;
	int n = 0;

	own_str struct str names = STR_MAX(2000);

	for (int i = 0; i < cf->n_rulesets; i++) {
		if (cf->rulesets[i].n == 0 || is_called(u, &cf->rulesets[i]))
			continue;
		str_addf(&names, "%s" VIEW_FMT, n++ ? ", " : "", VIEW_ARG(cf->rulesets[i].name));
	}
	if (n > BENCH_RULESETS)
		lint_add(u->out, LINT_BENCH, cf->path, 0, "%d rulesets are called by nobody: %s", n,
			 str_z(&names));
	for (int i = 0; i < cf->n_rulesets; i++) {
		const struct cf_ruleset *rs = &cf->rulesets[i];
		bool is_misspelt = rs->name.len && lint_nearest(rs->name, hooks);

		if (rs->n > 0 && !is_called(u, rs) && (n <= BENCH_RULESETS || is_misspelt))
			tell_unused(u, rs);
	}
}

static const struct cf_ruleset *ruleset_named(const struct config *cf, struct view name)
{
	int number = config_ruleset_number(cf, name);

	return number >= 0 && number < 200 ? cf->by_number[number] : NULL;
}

/* The ruleset with rules whose name is near. */
static struct view nearest_ruleset(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_rulesets; i++)
		if (cf->rulesets[i].n > 0 && cf->rulesets[i].name.len &&
		    !view_eq(cf->rulesets[i].name, name) &&
		    lint_is_near(name, cf->rulesets[i].name))
			return cf->rulesets[i].name;
	return VIEW_NONE;
}

/* A ruleset that a file begins, even without a rule, is meant to be empty; one that no S line names is not. */
static void lint_calls(struct uses *u)
{
	struct view name, meant;
	size_t at = 0;
	void *line;

	while (table_next(u->called, &at, &name, &line)) {
		const struct cf_ruleset *rs = ruleset_named(u->cf, name);

		if (line == NULL || (rs && (rs->n > 0 || rs->line > 0)) ||
		    isdigit((unsigned char)name.p[0]))
			continue;
		meant = nearest_ruleset(u->cf, name);
		lint_add(u->out, LINT_EMPTY_RULESET, u->cf->path, (int)(intptr_t)line,
			 "ruleset " VIEW_FMT " is called, but nowhere defined%s" VIEW_FMT "%s",
			 VIEW_ARG(name), meant.len ? "; did you mean " : "", VIEW_ARG(meant),
			 meant.len ? "?" : "");
	}
}

/* ---- maps ---- */

static bool is_member(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_maps; i++) {
		struct view rest = cf->maps[i].args, word;

		if (!view_eq_nocase(cf->maps[i].class_name, VIEW("sequence")) &&
		    !view_eq_nocase(cf->maps[i].class_name, VIEW("switch")))
			continue;
		while (view_word(&rest, &word)) {
			if (view_eq(word, name))
				return true;
		}
	}
	return false;
}

static bool is_map_used(const struct uses *u, const struct cf_map *m)
{
	size_t dot = view_find(m->name, '.');

	return table_has(u->asked, m->name) || is_in(spare_maps, m->name) ||
	       is_member(u->cf, m->name) || dot < m->name.len ||
	       (u->has_computed_map && table_has(u->words, m->name));
}

static void lint_declared_maps(struct uses *u)
{
	const struct config *cf = u->cf;
	int n = 0;

	own_str struct str names = STR_MAX(2000);

	for (int i = 0; i < cf->n_maps; i++)
		if (!is_map_used(u, &cf->maps[i]))
			str_addf(&names, "%s" VIEW_FMT, n++ ? ", " : "",
				 VIEW_ARG(cf->maps[i].name));
	if (n > BENCH_MAPS)
		lint_add(u->out, LINT_BENCH, cf->path, 0, "%d maps are asked by nobody: %s", n,
			 str_z(&names));
	for (int i = 0; i < cf->n_maps; i++) {
		const struct cf_map *m = &cf->maps[i];

		if (n <= BENCH_MAPS && !is_map_used(u, m))
			lint_add(u->out, LINT_UNUSED_MAP, cf->path, m->line,
				 "map " VIEW_FMT " is never used", VIEW_ARG(m->name));
	}
}

static const struct cf_map *map_named(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_maps; i++)
		if (view_eq(cf->maps[i].name, name))
			return &cf->maps[i];
	return NULL;
}

static struct view nearest_map(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_maps; i++)
		if (lint_is_near(name, cf->maps[i].name))
			return cf->maps[i].name;
	return VIEW_NONE;
}

static void lint_asked_maps(struct uses *u)
{
	struct view name, meant;
	size_t at = 0;
	void *line;

	while (table_next(u->asked, &at, &name, &line)) {
		if (map_named(u->cf, name) || is_in(undeclared_maps, name))
			continue;
		meant = nearest_map(u->cf, name);
		lint_add(u->out, LINT_UNKNOWN_MAP, u->cf->path, line_of(u->asked, name),
			 "map " VIEW_FMT " is not declared%s" VIEW_FMT "%s", VIEW_ARG(name),
			 meant.len ? "; did you mean " : "", VIEW_ARG(meant), meant.len ? "?" : "");
	}
}

/* ---- classes ---- */

static bool is_filled(const struct config *cf, int number)
{
	if ((cf->classes_filled[number / 64] >> (number % 64)) & 1)
		return true;
	if (classes_is_defined(cf->classes, number))
		return true;
	for (int i = 0; i < cf->n_class_fills; i++) {
		if (cf->class_fills[i].class_number == number)
			return true;
	}
	return false;
}

/* $=x and $~x on left sides: the class must get words from somewhere. */
static void lint_classes_of(struct uses *u, const struct cf_rule *rule)
{
	for (size_t i = 0; i + 2 < rule->lhs.len; i++) {
		struct view name = view_skip(rule->lhs, i + 2);
		int number;

		if (rule->lhs.p[i] != '$' || !strchr("=~", rule->lhs.p[i + 1]))
			continue;
		name = name.p[0] == '{' ? view_first(view_skip(name, 1), view_find(name, '}') - 1)
					: view_first(name, 1);
		number = macro_number(name, false);
		if ((number > 0 && is_filled(u->cf, number)) || is_in(spare_classes, name) ||
		    table_has(u->told, name))
			continue;
		lint_add(u->out, LINT_EMPTY_CLASS, u->cf->path, rule->line,
			 "class " VIEW_FMT " is never filled", VIEW_ARG(name));
		table_set(u->told, name, NULL);
	}
}

/* ---- mailers ---- */

/* Words after $# that are no mailers but answers: to the program, or of one ruleset of a generated file to another. */
static bool is_answer(struct view name)
{
	static const char *const answers[] = { "error", "discard", "quarantine", "TEMP",
					       "PERM",  "unknown", NULL };

	for (size_t i = 0; answers[i]; i++)
		if (view_eq_nocase(name, view_of(answers[i])))
			return true;
	return isdigit((unsigned char)name.p[0]);
}

static struct view nearest_mailer(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_mailers; i++)
		if (lint_is_near(name, cf->mailers[i]->name))
			return cf->mailers[i]->name;
	return VIEW_NONE;
}

/* "$#name ... $: user": only with a user part is it a mailer; check rulesets say $#OK and the like. */
static void lint_mailer_of(struct uses *u, const struct cf_rule *rule)
{
	size_t at = view_search(rule->rhs, VIEW("$#"));
	struct view rest = view_skip(rule->rhs, at + 2), name, meant;

	if (at == rule->rhs.len || view_search(rest, VIEW("$:")) == rest.len)
		return;
	while (rest.len && (rest.p[0] == ' ' || rest.p[0] == '"'))
		rest = view_skip(rest, 1);
	name = rest;
	name = view_first(name, 0);
	while (name.len < rest.len && !strchr(" \"$", rest.p[name.len]))
		name.len++;
	if (name.len == 0 || is_answer(name) || config_mailer(u->cf, name))
		return;
	meant = nearest_mailer(u->cf, name);
	lint_add(u->out, LINT_UNKNOWN_MAILER, u->cf->path, rule->line,
		 "mailer " VIEW_FMT " is not defined%s" VIEW_FMT "%s", VIEW_ARG(name),
		 meant.len ? "; did you mean " : "", VIEW_ARG(meant), meant.len ? "?" : "");
}

/* ---- rules as text ---- */

/* Blanks in a row before something that only a right side has: the tab between the two was lost. */
static void lint_tabs(struct uses *u, const struct cf_rule *rule)
{
	struct view lhs = rule->lhs;

	for (size_t i = 0; i + 2 < lhs.len; i++) {
		bool is_wide = lhs.p[i] == ' ' && lhs.p[i + 1] == ' ';
		struct view after = view_skip(lhs, i + 1);

		while (is_wide && after.len && after.p[0] == ' ')
			after = view_skip(after, 1);
		if (is_wide && after.len > 1 && after.p[0] == '$' &&
		    strchr(":@#>(123456789", after.p[1])) {
			lint_add(u->out, LINT_LOST_TAB, u->cf->path, rule->line,
				 "blanks where a tab should part the two sides of the rule");
			return;
		}
	}
}

/* ---- options and messages ---- */

static void lint_options(struct uses *u)
{
	size_t n;
	const struct option_row *options = option_rows(&n);

	for (size_t i = 0; i < n; i++) {
		if (!option_is_set(&u->cf->options, &options[i]) || options[i].flags & OPTION_BUILT)
			continue;
		if (options[i].kind == OPTION_IGNORED)
			lint_add(u->out, LINT_OPTION_IGNORED, u->cf->path, 0,
				 "option %s has no effect", options[i].name);
		else
			lint_add(u->out, LINT_OPTION_NOT_BUILT, u->cf->path, 0,
				 "option %s is set, but this version does nothing with it",
				 options[i].name);
	}
}

/* The option that was meant by "unknown option name X". */
static const char *nearest_option(struct view text)
{
	struct view before = VIEW("unknown option name ");
	size_t at = view_search(text, before), n;
	const struct option_row *options = option_rows(&n);
	struct view name;

	if (at == text.len)
		return NULL;
	name = name_at(view_skip(text, at + before.len));
	for (size_t i = 0; i < n; i++)
		if (lint_is_near(name, view_of(options[i].name)))
			return options[i].name;
	return NULL;
}

static struct view on_one_line(struct view v, struct arena *a)
{
	char *p = arena_dupz(a, v);

	for (size_t i = 0; i < v.len; i++)
		if (p[i] == '\n' || p[i] == '\t')
			p[i] = ' ';
	return view_from(p, v.len);
}

static void take_messages(struct uses *u)
{
	for (size_t i = 0; i < u->cf->messages.n; i++) {
		const struct cf_message *m = &u->cf->messages.v[i];
		const char *meant = nearest_option(m->text);
		struct view text = m->text;

		if (view_starts(text, VIEW("readcf: ")))
			text = view_skip(text, 8);
		lint_add(u->out,
			 m->is_error ? LINT_READ_ERROR
			 : m->line   ? LINT_READ_WARNING
				     : LINT_READ_REMARK,
			 m->file.len ? m->file : u->cf->path, m->line, VIEW_FMT "%s%s%s",
			 VIEW_ARG(on_one_line(text, u->out->arena)), meant ? "; did you mean " : "",
			 meant ? meant : "", meant ? "?" : "");
	}
}

void config_lint(const struct config *cf, struct lint *l)
{
	struct uses u = { .cf = cf,
			  .out = l,
			  .called = table_new(TABLE_EXACT),
			  .asked = table_new(TABLE_EXACT),
			  .words = table_new(TABLE_EXACT),
			  .told = table_new(TABLE_EXACT) };

	take_messages(&u);
	note_uses(&u);
	lint_options(&u);
	for (int i = 0; i < cf->n_rulesets; i++) {
		for (int r = 0; r < cf->rulesets[i].n; r++) {
			lint_classes_of(&u, &cf->rulesets[i].rules[r]);
			lint_tabs(&u, &cf->rulesets[i].rules[r]);
			lint_mailer_of(&u, &cf->rulesets[i].rules[r]);
		}
	}
	lint_rulesets(&u);
	lint_calls(&u);
	lint_declared_maps(&u);
	lint_asked_maps(&u);
	table_free(u.called);
	table_free(u.asked);
	table_free(u.words);
	table_free(u.told);
}
