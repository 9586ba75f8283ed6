/* lint.c - config_lint; see lint.h. */
#include "config/lint.h"

#include "base/mem.h"
#include "config/option_table.h"

/* A file with many rulesets or maps that only a person calls is a test bench: then they are no finding. */
#define BENCH_RULESETS 8
#define BENCH_MAPS     5

struct lint {
	const struct config *cf;
	struct str *out;
	int n;
	struct table *called; /* names and numbers of rulesets */
	struct table *asked;  /* names of maps */
	struct table *words;  /* all words of all rules, for calls by a name that is computed */
	struct table *told;   /* classes that were complained about */
	bool has_computed_call, has_computed_map;
};

/* Called by the program itself (contract/config-language.md 1.9, 1.10). */
static const char *const hooks[] = {
	"check_relay",      "greet_pause",  "srv_features", "check_mail",      "tls_client",
	"trust_auth",       "check_rcpt",   "bcc",          "check_data",      "check_eoh",
	"check_eom",        "check_vrfy",   "check_expn",   "check_etrn",      "check_other",
	"queuegroup",       "check_compat", "try_tls",      "clt_features",    "tls_clt_features",
	"tls_srv_features", "tls_server",   "tls_rcpt",     "authinfo",        "sts_exists",
	"oc_rate",          "oc_conc",      "x_connect",    "debug_dumpstate",
};

/* Left without a caller by generated files, depending on their features. */
static const char *const spare_rulesets[] = {
	"MasqRelay",
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
};

static const char *const spare_maps[] = { "arith", "macro", "host", "dequote", "storage" };

/* Classes that the cf tree names whether or not a site has words for them. */
static const char *const spare_classes[] = {
	"b",         "e",
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
};

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))
#define IS_IN(a, v) is_in((a), COUNT(a), (v))

static bool is_in(const char *const *list, size_t n, struct view name)
{
	for (size_t i = 0; i < n; i++) {
		if (view_eq(name, view_of(list[i])))
			return true;
	}
	return false;
}

static void finding(struct lint *l, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void finding(struct lint *l, int line, const char *fmt, ...)
{
	va_list ap;

	str_addf(l->out, VIEW_FMT ": ", VIEW_ARG(l->cf->path));
	if (line)
		str_addf(l->out, "line %d: ", line);
	va_start(ap, fmt);
	str_addv(l->out, fmt, ap);
	va_end(ap);
	str_addc(l->out, '\n');
	l->n++;
}

static struct view name_at(struct view v)
{
	size_t n = 0;

	while (n < v.len && (isalnum((unsigned char)v.p[n]) || v.p[n] == '_'))
		n++;
	return view_first(v, n);
}

/* ---- what rules use ---- */

static struct view skip_to_name(struct view v)
{
	while (v.len && (v.p[0] == ' ' || v.p[0] == '"'))
		v = view_skip(v, 1);
	return v;
}

static void note_reference(struct view after, struct table *where, bool *out_is_computed)
{
	struct view v = skip_to_name(after);

	if (v.len && v.p[0] == '$')
		*out_is_computed = true;
	else
		table_set(where, name_at(v), NULL);
}

static void note_right_side(struct lint *l, struct view rhs)
{
	for (size_t i = 0; i + 1 < rhs.len; i++) {
		struct view after = view_skip(rhs, i + 2);

		if (rhs.p[i] != '$')
			continue;
		if (rhs.p[i + 1] == '>')
			note_reference(after, l->called, &l->has_computed_call);
		else if (rhs.p[i + 1] == '(')
			note_reference(after, l->asked, &l->has_computed_map);
	}
}

static void note_words(struct lint *l, struct view text)
{
	while (text.len) {
		struct view word = name_at(text);

		if (word.len)
			table_set(l->words, word, NULL);
		text = view_skip(text, word.len ? word.len : 1);
	}
}

static void note_number(struct table *t, int number)
{
	char text[16];

	if (number < 0)
		return;
	snprintf(text, sizeof(text), "%d", number);
	table_set(t, view_of(text), NULL);
}

static void note_uses(struct lint *l)
{
	const struct config *cf = l->cf;

	for (int i = 0; i < cf->n_rulesets; i++) {
		for (int r = 0; r < cf->rulesets[i].n; r++) {
			note_right_side(l, cf->rulesets[i].rules[r].rhs);
			note_words(l, cf->rulesets[i].rules[r].lhs);
			note_words(l, cf->rulesets[i].rules[r].rhs);
		}
	}
	for (int i = 0; i < cf->n_mailers; i++) {
		note_number(l->called, cf->mailers[i]->sender_env_set);
		note_number(l->called, cf->mailers[i]->sender_hdr_set);
		note_number(l->called, cf->mailers[i]->rcpt_env_set);
		note_number(l->called, cf->mailers[i]->rcpt_hdr_set);
	}
	for (int i = 0; i < cf->n_headers; i++)
		note_number(l->called, cf->headers[i].check_ruleset);
	if (cf->default_check)
		note_number(l->called, cf->default_check->check_ruleset);
}

/* ---- findings ---- */

static bool is_called(const struct lint *l, const struct cf_ruleset *rs)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", rs->number);
	if (rs->number <= 5 || table_has(l->called, view_of(number)))
		return true;
	if (rs->name.len == 0)
		return false;
	return table_has(l->called, rs->name) || IS_IN(hooks, rs->name) ||
	       IS_IN(spare_rulesets, rs->name) ||
	       (l->has_computed_call && table_has(l->words, rs->name));
}

static void lint_rulesets(struct lint *l)
{
	const struct config *cf = l->cf;
	int n = 0;

	for (int i = 0; i < cf->n_rulesets; i++)
		n += cf->rulesets[i].n > 0 && !is_called(l, &cf->rulesets[i]);
	if (n > BENCH_RULESETS)
		return;
	for (int i = 0; i < cf->n_rulesets; i++) {
		const struct cf_ruleset *rs = &cf->rulesets[i];

		if (rs->n == 0 || is_called(l, rs))
			continue;
		if (rs->name.len)
			finding(l, rs->line, "ruleset " VIEW_FMT " is never called",
				VIEW_ARG(rs->name));
		else
			finding(l, rs->line, "ruleset %d is never called", rs->number);
	}
}

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

static bool is_map_used(const struct lint *l, const struct cf_map *m)
{
	size_t dot = view_find(m->name, '.');

	return table_has(l->asked, m->name) || IS_IN(spare_maps, m->name) ||
	       is_member(l->cf, m->name) || dot < m->name.len ||
	       (l->has_computed_map && table_has(l->words, m->name));
}

static void lint_maps(struct lint *l)
{
	const struct config *cf = l->cf;
	int n = 0;

	for (int i = 0; i < cf->n_maps; i++)
		n += !is_map_used(l, &cf->maps[i]);
	for (int i = 0; i < cf->n_maps && n <= BENCH_MAPS; i++) {
		if (!is_map_used(l, &cf->maps[i]))
			finding(l, cf->maps[i].line, "map " VIEW_FMT " is never used",
				VIEW_ARG(cf->maps[i].name));
	}
}

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
static void lint_classes_of(struct lint *l, const struct cf_rule *rule)
{
	for (size_t i = 0; i + 2 < rule->lhs.len; i++) {
		struct view name = view_skip(rule->lhs, i + 2);
		int number;

		if (rule->lhs.p[i] != '$' || !strchr("=~", rule->lhs.p[i + 1]))
			continue;
		name = name.p[0] == '{' ? view_first(view_skip(name, 1), view_find(name, '}') - 1)
					: view_first(name, 1);
		number = macro_number(name, false);
		if ((number > 0 && is_filled(l->cf, number)) || IS_IN(spare_classes, name) ||
		    table_has(l->told, name))
			continue;
		finding(l, rule->line, "class " VIEW_FMT " is never filled", VIEW_ARG(name));
		table_set(l->told, name, NULL);
	}
}

/* Blanks in a row before something that only a right side has: the tab between the two was lost. */
static void lint_tabs(struct lint *l, const struct cf_rule *rule)
{
	struct view lhs = rule->lhs;

	for (size_t i = 0; i + 3 < lhs.len; i++) {
		if (lhs.p[i] == ' ' && lhs.p[i + 1] == ' ' && lhs.p[i + 2] == '$' &&
		    strchr(":@#>(123456789", lhs.p[i + 3])) {
			finding(l, rule->line,
				"blanks where a tab should part the two sides of the rule");
			return;
		}
	}
}

/* A rule that matches anything and always leaves the ruleset: what comes after it is never tried. */
static void lint_dead_rules(struct lint *l, const struct cf_ruleset *rs)
{
	for (int i = 0; i + 1 < rs->n && !rs->has_many_definitions; i++) {
		struct view lhs = view_trim(rs->rules[i].lhs), rhs = view_trim(rs->rules[i].rhs);

		if (view_eq(lhs, VIEW("$*")) &&
		    (view_starts(rhs, VIEW("$@")) || view_starts(rhs, VIEW("$#")))) {
			finding(l, rs->rules[i + 1].line,
				"this rule is never tried: the one in line %d always matches and ends the ruleset",
				rs->rules[i].line);
			return;
		}
	}
}

static void lint_options(struct lint *l)
{
	size_t n;
	const struct option_row *rows = option_rows(&n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind == OPTION_IGNORED && option_is_set(&l->cf->options, &rows[i]))
			finding(l, 0, "option %s has no effect", rows[i].name);
	}
}

int config_lint(const struct config *cf, struct str *out)
{
	struct lint l = { .cf = cf,
			  .out = out,
			  .called = table_new(TABLE_EXACT),
			  .asked = table_new(TABLE_EXACT),
			  .words = table_new(TABLE_EXACT) };

	l.told = table_new(TABLE_EXACT);
	note_uses(&l);
	lint_options(&l);
	for (int i = 0; i < cf->n_rulesets; i++) {
		for (int r = 0; r < cf->rulesets[i].n; r++) {
			lint_classes_of(&l, &cf->rulesets[i].rules[r]);
			lint_tabs(&l, &cf->rulesets[i].rules[r]);
		}
		lint_dead_rules(&l, &cf->rulesets[i]);
	}
	lint_rulesets(&l);
	lint_maps(&l);
	table_free(l.called);
	table_free(l.asked);
	table_free(l.words);
	table_free(l.told);
	return l.n;
}
