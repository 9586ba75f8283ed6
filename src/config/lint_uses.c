/*
 * lint_uses.c - config_lint: what is used and not there, and what is there and not used.
 *
 * All rules are read once; the names of rulesets, maps and mailers that they mention go into tables, then the declarations are held against
 * them and the other way round.
 */
#include "config/lint_part.h"
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
					      "ToRelay",
					      "FullAddr",
					      NULL };

static const char *const spare_maps[] = { "arith", "macro", "host", "dequote", "storage", NULL };

/* Asked by generated files that leave out their declaration with the feature that nobody uses. */
static const char *const undeclared_maps[] = { "host", "stsxnodaneflag", NULL };

static bool is_in(const char *const *list, struct view name)
{
	for (; *list; list++)
		if (view_eq(name, view_of(*list)))
			return true;
	return false;
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
	else if (lint_name_at(after).len)
		note_line(where, lint_name_at(after), line);
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
		struct view word = lint_name_at(text);

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

		if (line == NULL || (rs && rs->is_begun) || isdigit((unsigned char)name.p[0]))
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

/* Rulesets that headers and mailers name, as lint_calls does for rules. */
static bool is_nowhere(const struct config *cf, int number)
{
	const struct cf_ruleset *rs = number >= 0 && number < 200 ? cf->by_number[number] : NULL;

	return rs && !rs->is_begun && rs->name.len > 0;
}

/* Generated files name rulesets of other mailers that are left out, so only a misspelt name is told. */
static void lint_mailer_set(struct uses *u, const struct mailer *m, int number)
{
	struct view name, meant;

	if (!is_nowhere(u->cf, number))
		return;
	name = u->cf->by_number[number]->name;
	meant = nearest_ruleset(u->cf, name);
	if (meant.len)
		lint_add(u->out, LINT_EMPTY_RULESET, u->cf->path, 0,
			 "mailer " VIEW_FMT " names ruleset " VIEW_FMT
			 ", which is nowhere defined; did you mean " VIEW_FMT "?",
			 VIEW_ARG(m->name), VIEW_ARG(name), VIEW_ARG(meant));
}

static void lint_named_sets(struct uses *u)
{
	const struct config *cf = u->cf;

	for (int i = 0; i < cf->n_headers; i++)
		if (is_nowhere(cf, cf->headers[i].check_ruleset))
			lint_add(u->out, LINT_EMPTY_RULESET, cf->path, cf->headers[i].line,
				 "header " VIEW_FMT " is checked by ruleset " VIEW_FMT
				 ", which is nowhere defined",
				 VIEW_ARG(cf->headers[i].name),
				 VIEW_ARG(cf->by_number[cf->headers[i].check_ruleset]->name));
	for (int i = 0; i < cf->n_mailers; i++) {
		const struct mailer *m = cf->mailers[i];
		const int sets[4] = { m->sender_env_set, m->sender_hdr_set, m->rcpt_env_set,
				      m->rcpt_hdr_set };

		for (size_t k = 0; k < 4; k++)
			lint_mailer_set(u, m, sets[k]);
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
	name = lint_name_at(view_skip(text, at + before.len));
	for (size_t i = 0; i < n; i++)
		if (lint_is_near(name, view_of(options[i].name)))
			return options[i].name;
	return NULL;
}

/* Messages show a dollar sign as byte 1, as the reference does. */
static struct view on_one_line(struct view v, struct arena *a)
{
	char *p = arena_dupz(a, v);

	for (size_t i = 0; i < v.len; i++)
		p[i] = p[i] == '\n' || p[i] == '\t' ? ' ' : p[i] == '\001' ? '$' : p[i];
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
			  .words = table_new(TABLE_EXACT) };

	take_messages(&u);
	note_uses(&u);
	lint_options(&u);
	lint_rule_texts(cf, l);
	lint_rulesets(&u);
	lint_calls(&u);
	lint_named_sets(&u);
	lint_declared_maps(&u);
	lint_asked_maps(&u);
	table_free(u.called);
	table_free(u.asked);
	table_free(u.words);
}
