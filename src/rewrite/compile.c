/*
 * compile.c - R lines to patterns and templates.
 *
 * A side of a rule is encoded (encode.c), scanned like an address, and then looked at token by token: operators that have no
 * business on their side are named, wildcards are counted, map brackets must pair. A rule with such an error stays in its
 * ruleset, as administrators know it; the configuration as a whole has an error.
 */
#include <stdarg.h>

#include "base/mem.h"
#include "map/map.h"
#include "rewrite/class_index.h"
#include "rewrite/rules.h"

#define RULES_ARENA_MAX ((size_t)256 << 20)

struct compiler {
	struct view chars; /* of the charset in use */
	struct rules *rules;
	struct config *cf;
	int line;
};

/* In the order of the file: after what is known about the lines up to its own. */
void rules_add_message(struct config *cf, struct cf_message message)
{
	struct cf_messages *m = &cf->messages;
	size_t at;

	if (m->is_fatal) /* the file was not read to its end */
		return;
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 16;
		struct cf_message *v = ARENA_ARRAY(cf->arena, struct cf_message, cap);

		if (m->n)
			memcpy(v, m->v, m->n * sizeof(*v));
		m->v = v;
		m->cap = cap;
	}
	for (at = m->n; at > 0 && (m->v[at - 1].line > message.line || m->v[at - 1].line == 0);
	     at--)
		m->v[at] = m->v[at - 1];
	m->v[at] = message;
	m->n++;
	m->n_errors += message.is_error;
	if (message.is_error && !m->exit)
		m->exit = EX_SOFTWARE_;
}

__attribute__((format(printf, 2, 3))) static void complain(struct compiler *c, const char *fmt, ...)
{
	struct cf_message message = {
		.is_error = true, .file = c->cf->path, .line = c->line, .position = c->line
	};
	own_str struct str text = STR_MAX(1024);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	message.text = arena_dup(c->cf->arena, str_view(&text));
	rules_add_message(c->cf, message);
}

static struct class_index *class_of(struct rules *r, int number)
{
	for (size_t i = 0; i < r->n_classes; i++)
		if (class_index_number(r->classes[i]) == number)
			return r->classes[i];
	MEM_GROW(r->classes, r->n_classes, r->cap_classes);
	r->classes[r->n_classes] = class_index_new(number);
	class_index_fill(r->classes[r->n_classes], r->cf->classes);
	return r->classes[r->n_classes++];
}

/* Scans encoded rule text; every word it holds gets a number first. */
static struct tokens scan_side(struct compiler *c, struct view text, bool *out_is_empty)
{
	struct view encoded = rule_encode(c->cf, view_trim(text), c->rules->arena);
	struct rules *r = c->rules;
	struct scan s = { .rules = r, .arena = r->arena, .has_operators = true };

	s.kind = c->cf->level >= 9 ? SCAN_RULE : SCAN_OLD_RULE;

	/* A rule that goes on in the next line keeps the line end that was there. */
	*out_is_empty = encoded.len == 0;
	scan_run(&s, encoded);
	if (s.has_failed)
		complain(c, "R line: expression too long");
	for (size_t i = 0; i < s.tokens.n; i++)
		if (s.tokens.v[i].symbol == SYMBOL_NONE)
			s.tokens.v[i].symbol = symbols_intern(r->symbols, s.tokens.v[i].text);
	return s.tokens;
}

static const struct {
	char op;
	enum pattern_kind kind;
	bool is_wildcard;
} lhs_operators[] = {
	{'*',  PATTERN_ANY,       true },
        { '+', PATTERN_SOME,      true },
	{ '-', PATTERN_ONE,       true },
        { '@', PATTERN_NOTHING,   false},
	{ '=', PATTERN_CLASS,     true },
        { '~', PATTERN_NOT_CLASS, true },
	{ '&', PATTERN_MACRO,     false},
};

static bool is_digit_operator(uint32_t symbol)
{
	return symbol >= '0' && symbol <= '9';
}

/* One token of a left side as pattern; true when it takes a number $1 ... $9. */
static bool make_pattern(struct compiler *c, const struct token *t, struct pattern *out)
{
	*out = (struct pattern){ .kind = PATTERN_SYMBOL, .symbol = t->symbol };
	if (t->symbol >= SYMBOL_FIRST)
		return false;
	if (is_digit_operator(t->symbol))
		complain(c, "Inappropriate use of $1-$9 on LHS");
	else if (strchr(":>.[]()", (int)t->symbol))
		complain(c, "Inappropriate use of $%c on LHS", (char)t->symbol);
	for (size_t i = 0; i < sizeof(lhs_operators) / sizeof(lhs_operators[0]); i++) {
		if ((uint32_t)lhs_operators[i].op != t->symbol)
			continue;
		out->kind = lhs_operators[i].kind;
		out->number = t->arg;
		if (t->symbol == '=' || t->symbol == '~')
			out->class = class_of(c->rules, t->arg);
		return lhs_operators[i].is_wildcard;
	}
	return false;
}

static void need_symbol(const struct rule *rule, size_t at, struct marks *needs)
{
	uint32_t symbol = rule->lhs[at].symbol;

	needs->symbols |= symbol_bit(symbol);
	if (at && rule->lhs[at - 1].kind == PATTERN_SYMBOL)
		needs->pairs |= pair_bit(rule->lhs[at - 1].symbol, symbol);
	for (size_t i = 0; i < at; i++)
		if (rule->lhs[i].kind == PATTERN_SYMBOL && rule->lhs[i].symbol == symbol)
			needs->twice |= symbol_bit(symbol);
}

static void set_gate(const struct rule *rule, struct rule_gate *gate)
{
	bool is_open = false; /* a part may take any number of tokens */

	for (size_t i = 0; i < rule->n_lhs; i++) {
		enum pattern_kind kind = rule->lhs[i].kind;

		if (kind == PATTERN_SYMBOL)
			need_symbol(rule, i, &gate->needs);
		if (kind != PATTERN_ANY && kind != PATTERN_NOTHING && kind != PATTERN_MACRO)
			gate->min_tokens++;
		if (kind == PATTERN_ANY || kind == PATTERN_SOME || kind == PATTERN_CLASS ||
		    kind == PATTERN_MACRO)
			is_open = true;
	}
	gate->max_tokens = is_open ? UINT32_MAX : gate->min_tokens;
	if (rule->n_lhs == 0)
		return;
	if (rule->lhs[0].kind == PATTERN_SYMBOL)
		gate->first = rule->lhs[0].symbol;
	if (rule->lhs[rule->n_lhs - 1].kind == PATTERN_SYMBOL)
		gate->last = rule->lhs[rule->n_lhs - 1].symbol;
}

static bool has_fixed_length(enum pattern_kind kind)
{
	return kind == PATTERN_SYMBOL || kind == PATTERN_ONE || kind == PATTERN_NOT_CLASS ||
	       kind == PATTERN_NOTHING;
}

/* From the end: how many tokens the pattern needs from each place on. */
static void count_rest(struct rule *rule)
{
	rule->lhs[rule->n_lhs] = (struct pattern){ .kind = PATTERN_NOTHING, .is_rest_fixed = true };
	for (size_t i = rule->n_lhs; i-- > 0;) {
		struct pattern *p = &rule->lhs[i];

		p->min_rest = p[1].min_rest;
		p->min_rest += p->kind != PATTERN_ANY && p->kind != PATTERN_NOTHING &&
			       p->kind != PATTERN_MACRO;
		p->is_rest_fixed = p[1].is_rest_fixed && has_fixed_length(p->kind);
	}
}

static int compile_lhs(struct compiler *c, struct rule *rule, struct view text)
{
	int wildcards = 0;
	bool is_empty;

	rule->lhs_text = scan_side(c, text, &is_empty);
	if (rule->lhs_text.n == 0)
		complain(c, "R line: null LHS");
	rule->lhs = ARENA_ARRAY(c->rules->arena, struct pattern, rule->lhs_text.n + 1);
	for (size_t i = 0; i < rule->lhs_text.n; i++)
		if (make_pattern(c, &rule->lhs_text.v[i], &rule->lhs[rule->n_lhs++]))
			wildcards++;
	if (wildcards > RULE_WILDCARDS_MAX) {
		complain(c, "R line: too many wildcards");
		rule->n_lhs = rule->lhs_text.n = 0;
	}
	count_rest(rule);
	return wildcards;
}

/* Map brackets of a right side: `open` is the closing operator that is waited for, 0 outside. */
static void check_bracket(struct compiler *c, uint32_t symbol, char *open)
{
	if (symbol == '[' || symbol == '(') {
		if (*open)
			complain(c, "cannot nest map lookups");
		else
			*open = symbol == '[' ? ']' : ')';
	} else if (*open && symbol == (uint32_t)*open) {
		*open = '\0';
	}
}

static void compile_rhs(struct compiler *c, struct rule *rule, struct view text, int wildcards)
{
	char open = '\0';
	bool is_empty;

	rule->rhs = scan_side(c, text, &is_empty);
	if (is_empty)
		complain(c, "R line: null RHS");
	for (size_t i = 0; i < rule->rhs.n; i++) {
		uint32_t symbol = rule->rhs.v[i].symbol;

		if (symbol >= SYMBOL_FIRST)
			continue;
		rule->has_map |= symbol == '[' || symbol == '(';
		rule->has_call |= symbol == '>';
		if (strchr("*+-=~", (int)symbol))
			complain(c, "Inappropriate use of $%c on RHS", (char)symbol);
		else if (is_digit_operator(symbol) &&
			 (symbol == '0' || (int)symbol - '0' > wildcards))
			complain(c, "replacement $%c out of bounds", (char)symbol);
		else
			check_bracket(c, symbol, &open);
	}
	if (open)
		complain(c, "missing map closing token");
	if (rule->rhs.n == 0)
		return;
	switch (rule->rhs.v[0].symbol) {
	case ':':
		rule->prefix = PREFIX_ONCE;
		break;
	case '@':
		rule->prefix = PREFIX_RETURN;
		break;
	case '#':
		rule->prefix = PREFIX_RESOLVE;
		break;
	}
}

static bool is_plain(const struct token *t)
{
	return !is_digit_operator(t->symbol) && t->symbol != '&';
}

static void make_pieces(struct compiler *c, struct rule *rule)
{
	size_t i = rule->prefix == PREFIX_ONCE || rule->prefix == PREFIX_RETURN;

	rule->pieces = ARENA_ARRAY(c->rules->arena, struct piece, rule->rhs.n + 1);
	while (i < rule->rhs.n) {
		const struct token *t = &rule->rhs.v[i];
		struct piece *p = &rule->pieces[rule->n_pieces++];

		p->words = t;
		if (is_digit_operator(t->symbol))
			p->kind = PIECE_DIGIT;
		else if (t->symbol == '&')
			p->kind = PIECE_MACRO;
		for (i++, p->n = 1; is_plain(t) && i < rule->rhs.n && is_plain(t + p->n); i++)
			p->n++;
		for (size_t k = 0; k < p->n; k++)
			p->has_operators |= t[k].symbol == '(' || t[k].symbol == '[' ||
					    t[k].symbol == '>';
	}
}

/* A rule is split at the characters that part words where it stands in the file. */
static void use_chars(struct compiler *c, struct view operator_chars)
{
	if (c->chars.p == operator_chars.p && c->chars.len == operator_chars.len)
		return;
	c->chars = operator_chars;
	charset_init(&c->rules->charset, operator_chars);
}

static void compile_ruleset(struct compiler *c, const struct cf_ruleset *set)
{
	struct ruleset *out = &c->rules->sets[set->number];

	out->name = set->name;
	if (set->name.len == 0)
		out->name = arena_printf(c->rules->arena, "%d", set->number);
	out->rules = ARENA_ARRAY(c->rules->arena, struct rule, (size_t)set->n + 1);
	out->gates = ARENA_ARRAY(c->rules->arena, struct rule_gate, (size_t)set->n + 1);
	out->n = (size_t)set->n;
	out->is_defined = true;
	for (int i = 0; i < set->n; i++) {
		struct rule *rule = &out->rules[i];
		int wildcards;

		c->line = rule->line = set->rules[i].line;
		use_chars(c, set->rules[i].operator_chars);
		wildcards = compile_lhs(c, rule, set->rules[i].lhs);
		compile_rhs(c, rule, set->rules[i].rhs, wildcards);
		make_pieces(c, rule);
		set_gate(rule, &out->gates[i]);
	}
}

bool rules_is_set_name(struct view name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return name.len && name.p[0] != '_';
}

/* Notes what the word after an operator names, when no other spelling of it was noted before. */
static void note_name(struct rules *r, uint32_t operator, const struct token * t,
		      const struct map_set *maps)
{
	struct view word = t->text;
	struct named *n;

	if (t->symbol < SYMBOL_FIRST)
		return;
	n = &r->names[t->symbol - SYMBOL_FIRST];
	if (view_is_none(n->word))
		*n = (struct named){ .word = word, .set = -1 };
	else if (!view_eq(n->word, word))
		return;
	if (operator== '(' && maps)
		n->map = map_set_find(maps, word);
	if (operator!= '>')
		return;
	if (word.len >= 2 && word.p[0] == '"' && word.p[word.len - 1] == '"')
		word = view_from(word.p + 1, word.len - 2);
	if (rules_is_set_name(word))
		n->set = config_ruleset_number(r->cf, word);
}

static void note_names(struct rules *r, const struct map_set *maps)
{
	for (size_t set = 0; set < RULESETS_MAX; set++)
		for (size_t i = 0; i < r->sets[set].n; i++) {
			const struct tokens *rhs = &r->sets[set].rules[i].rhs;

			for (size_t k = 0; k + 1 < rhs->n; k++)
				if (rhs->v[k].symbol == '>' || rhs->v[k].symbol == '(')
					note_name(r, rhs->v[k].symbol, &rhs->v[k + 1], maps);
		}
}

void rules_bind_maps(struct rules *r, const struct map_set *maps)
{
	r->n_names = symbols_end(r->symbols) - SYMBOL_FIRST;
	r->names = ARENA_ARRAY(r->arena, struct named, r->n_names + 1);
	note_names(r, maps);
}

struct rules *rules_compile(struct config *cf)
{
	struct rules *r = MEM_NEW(struct rules);
	struct compiler c = { .rules = r, .cf = cf, .chars = cf->options.operator_chars };

	r->cf = cf;
	r->arena = arena_new(RULES_ARENA_MAX);
	r->symbols = symbols_new();
	r->blank_sub = cf->options.blank_sub ? cf->options.blank_sub : ' ';
	charset_init(&r->charset, cf->options.operator_chars);
	for (int i = 0; i < RULESETS_MAX; i++)
		if (cf->by_number[i])
			compile_ruleset(&c, cf->by_number[i]);
	use_chars(&c, cf->options.operator_chars);
	return r;
}

void rules_refresh_classes(struct rules *r)
{
	for (size_t i = 0; i < r->n_classes; i++)
		class_index_fill(r->classes[i], r->cf->classes);
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_classes; i++)
		class_index_free(r->classes[i]);
	free(r->classes);
	symbols_free(r->symbols);
	arena_free(r->arena);
	free(r);
}
