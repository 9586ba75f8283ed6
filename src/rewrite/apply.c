/*
 * apply.c - rulesets run on a workspace.
 *
 * For each rule: match, build the right side in a second buffer (matched tokens, run-time macros), look up its maps in
 * place, call its rulesets from the last to the first, and put the result back into the workspace. A rule without a
 * prefix is tried again after it matched. Nothing is allocated for a rule that does not match, and a rule whose gate is
 * shut for the workspace is not even tried.
 *
 * Workspaces of nested rulesets are piled up in one place (struct pile): a little on the stack of the outermost call, more
 * of it from the arena when rulesets call each other deeply or workspaces are long. So a level of recursion takes
 * little of a thread's stack.
 */
#include "rewrite/match.h"
#include "rewrite/observe.h"
#include "rewrite/trace.h"

#define LOOPS_MAX      100
#define RECURSION_MAX  50
#define CALLS_MAX      16
#define STEPS_MAX      200000 /* rules that match for one workspace, calls included: more is no end */
#define MAP_ARGS_MAX   10
#define MAP_KEY_MAX    1024
#define BUFFER_TOKENS  40 /* of a workspace that grows no more than usual */
#define FIRST_TOKENS   800
#define BLOCK_TOKENS   800
#define NAME_SHOWN_MAX 20 /* of a ruleset that there is not */
#define MARKS_WORTH    8  /* rules left that make it worth to look at the whole workspace first */

/* Where the buffers of nested rulesets are: the newest on top. A block that was made is kept for the next time. */
struct block {
	struct block *next;
	struct token *v;
	size_t cap;
};

struct pile {
	struct block *block;
	size_t used;        /* of this block */
	uint32_t steps;     /* rules that matched, in all rulesets */
	bool has_leftovers; /* a workspace may hold operators of look-ups and calls that nobody ran */
};

#define NAMED_SETS_FROM 100 /* below, rulesets are called by their numbers */

struct run {
	struct rw *rw;
	const struct rules *rules;
	struct ruleset *set;
	struct pile *pile;
	struct tokens spare;   /* where right sides are built; cap 0: not needed yet */
	size_t first_operator; /* in the right side that was built: none before this place */
	int depth;
};

/* Room for tokens, without first values. */
static struct token *token_room(struct arena *a, size_t n)
{
	uintptr_t at = (uintptr_t)arena_bytes(a, n * sizeof(struct token) + 15);

	return (struct token *)((at + 15) & ~(uintptr_t)15);
}

static struct block *new_block(struct arena *a)
{
	struct block *b = ARENA_NEW(a, struct block);

	b->v = token_room(a, BLOCK_TOKENS);
	b->cap = BLOCK_TOKENS;
	return b;
}

/* A buffer on top of the pile; the caller puts the pile back as it was when it is done. Longer ones grow in the arena. */
static struct tokens take_buffer(struct run *r, size_t least)
{
	struct pile *p = r->pile;
	size_t n = least + BUFFER_TOKENS;

	if (n > BLOCK_TOKENS)
		n = BUFFER_TOKENS;
	if (p->block->cap - p->used < n) {
		if (!p->block->next) {
			p->block->next = new_block(r->rw->arena);
		}
		p->block = p->block->next;
		p->used = 0;
	}
	p->used += n;
	return (struct tokens){ .v = p->block->v + p->used - n, .cap = n };
}

static void grow(struct tokens *t, size_t n, struct arena *a)
{
	size_t cap = t->cap ? t->cap : BUFFER_TOKENS;
	struct token *v;

	while (cap < n)
		cap *= 2;
	v = token_room(a, cap);
	if (t->n)
		memcpy(v, t->v, t->n * sizeof(*v));
	t->v = v;
	t->cap = cap;
}

static inline void reserve(struct tokens *t, size_t n, struct arena *a)
{
	if (n > t->cap)
		grow(t, n, a);
}

/* Appends; false when the workspace would be too long. */
static inline bool append(struct run *r, struct tokens *t, const struct token *v, size_t n)
{
	if (t->n + n >= TOKENS_MAX) {
		rw_config_error(r->rw, "5.3.0", "rewrite: expansion too long");
		return false;
	}
	reserve(t, t->n + n, r->rw->arena);
	if (n < 4) {
		for (size_t i = 0; i < n; i++)
			t->v[t->n + i] = v[i];
	} else {
		memcpy(t->v + t->n, v, n * sizeof(*v));
	}
	t->n += n;
	return true;
}

static void report_scan_error(void *context, int smtp, const char *dsn, const char *text)
{
	rw_user_error(context, smtp, dsn, view_of(text));
}

/* Text that came from a map or macro, as tokens. False when it cannot be scanned. */
static bool scan_value(struct run *r, struct view text, struct tokens *out)
{
	struct scan s = { .rules = r->rules,
			  .arena = r->rw->arena,
			  .kind = SCAN_ADDRESS,
			  .on_error = report_scan_error,
			  .on_token = r->rw->trace ? trace_scan_token : NULL,
			  .context = r->rw };

	struct view to = r->rw->trace ? r->rw->trace->to : VIEW_NONE;

	trace_scan(r->rw, text);
	if (r->rw->trace)
		r->rw->trace->to = text;
	scan_run(&s, text);
	if (r->rw->trace)
		r->rw->trace->to = to;
	trace_scanned(r->rw, &s.tokens);
	*out = s.tokens;
	return s.tokens.n > 0;
}

static bool append_macro(struct run *r, struct tokens *out, int number)
{
	struct view value = macros_get_unread(r->rw->macros, number, r->rw->arena);
	struct tokens scanned;

	trace_rhs_macro(r->rw, number, value);
	if (value.len == 0)
		return true;
	if (view_find(value, MACRO_REF) < value.len)
		r->rw->stats.had_inner_macros = true;
	if (!scan_value(r, value, &scanned))
		return false;
	trace_macro_tokens(r->rw, &scanned);
	return append(r, out, scanned.v, scanned.n);
}

/* The tokens that $digit stands for; NULL: the pattern has no such one. */
static const struct span *find_span(struct run *r, const struct match *m, uint32_t digit)
{
	const struct span *span;

	if (digit == '0' || digit - '1' >= m->n) {
		rw_config_error(r->rw, "5.3.5",
				"rewrite: ruleset " VIEW_FMT ": replacement $%c out of bounds",
				VIEW_ARG(r->set->name), (char)digit);
		return NULL;
	}
	span = &m->spans[digit - '1'];
	if (r->rw->trace)
		trace_replacement(r->rw, (char)digit, span->first, span->n);
	return span;
}

/* Builds the right side without its prefix, piece by piece. 0 or an exit status. */
static int substitute(struct run *r, const struct rule *rule, const struct match *m,
		      struct tokens *out)
{
	const struct span *span;
	bool fits;

	out->n = 0;
	r->first_operator = r->pile->has_leftovers ? 0 : SIZE_MAX;
	for (size_t i = 0; i < rule->n_pieces; i++) {
		const struct piece *p = &rule->pieces[i];

		if (p->has_operators && r->first_operator > out->n)
			r->first_operator = out->n;

		if (p->kind == PIECE_DIGIT) {
			span = find_span(r, m, p->words->symbol);
			if (!span)
				return EX_CONFIG_;
			fits = append(r, out, span->first, span->n);
		} else if (p->kind == PIECE_MACRO) {
			fits = append_macro(r, out, p->words->arg);
		} else {
			fits = append(r, out, p->words, p->n);
		}
		if (!fits)
			return EX_DATAERR_;
	}
	return 0;
}

/* ---- map look-ups ---- */

/* A look-up inside a workspace: positions of its parts. */
struct lookup {
	struct view map_name;
	struct map *map; /* when it is known already */
	const struct token *key, *fallback;
	size_t n_key, n_fallback;
	bool has_default;
	struct view args[MAP_ARGS_MAX];
	size_t n_args;
	size_t end; /* after the closing operator */
};

static struct view join(struct run *r, const struct token *v, size_t n)
{
	return tokens_join_range(v, n, &r->rules->charset, r->rules->blank_sub, r->rw->arena);
}

/* Splits what stands between the brackets at $@ and $:. */
static void split_lookup(struct run *r, const struct tokens *t, size_t at, uint32_t close,
			 struct lookup *l)
{
	const struct token *part = t->v + at;
	uint32_t kind = 0; /* the operator before the part: 0 key, '@' argument, ':' default */

	for (;; at++) {
		bool is_end = at >= t->n || t->v[at].symbol == close;
		size_t n = (size_t)(t->v + at - part);

		if (!is_end && t->v[at].symbol != '@' && t->v[at].symbol != ':')
			continue;
		if (kind == 0) {
			l->key = part;
			l->n_key = n;
		} else if (kind == '@') {
			if (l->n_args < MAP_ARGS_MAX - 1)
				l->args[l->n_args++] = join(r, part, n);
		} else {
			l->has_default = true;
			l->fallback = part;
			l->n_fallback = n;
		}
		if (is_end)
			break;
		kind = t->v[at].symbol;
		part = t->v + at + 1;
	}
	l->end = at < t->n ? at + 1 : at;
}

/* Classes whose values are not rewritten by arguments and suffixes. */
static bool has_plain_values(const struct map *map)
{
	struct view class = view_of(map_class_name(map));

	return view_eq(class, VIEW("arith")) || view_eq(class, VIEW("macro"));
}

/* The value as the map holds it, for traces only: the map is asked once more. */
static struct view raw_value(struct rw *rw, struct map *map, struct view key)
{
	struct map_ctx ctx = { .cf = rw->snap->cf,
			       .services = rw->services,
			       .arena = rw->arena,
			       .deadline = rw->deadline };
	own_str struct str messages = STR_MAX(1024);
	struct view raw;

	ctx.messages = &messages;
	if (has_plain_values(map) || map_lookup_raw(map, &ctx, key, &raw) != FOUND)
		return VIEW_NONE;
	return raw;
}

static void show_lookup(struct rw *rw, const struct lookup *l, struct map *map, struct view key,
			enum found found, struct view value, int status, struct view messages)
{
	struct lookup_trace t = { .map = l->map_name,
				  .class = view_of(map_class_name(map)),
				  .key = map_plain_key(map, key, rw->arena),
				  .value = value,
				  .args = l->args,
				  .n_args = l->n_args,
				  .found = found,
				  .status = status,
				  .messages = messages };

	if (!rw->trace)
		return;
	if (trace_wants(rw, 39, 1) || trace_wants(rw, 9, 1))
		t.raw = raw_value(rw, map, key);
	trace_lookup(rw, &t);
}

static void observe_lookup(struct rw *rw, const struct lookup *l, struct map *map, struct view key,
			   enum found found, struct view value, struct view messages)
{
	struct rw_observed_lookup seen = { .map = l->map_name,
					   .map_class = view_of(map_class_name(map)),
					   .key = key,
					   .args = l->args,
					   .n_args = l->n_args,
					   .found = found,
					   .value = found == FOUND ? value : VIEW_NONE,
					   .messages = messages };

	OBSERVE(rw, looked_up, &seen);
}

/* -d35.9: the macro map is about to set a macro. */
static void show_definition(struct rw *rw, const struct lookup *l, struct view key)
{
	bool is_long = key.len > 2 && key.p[0] == '{' && key.p[key.len - 1] == '}';
	int number = macro_number(is_long ? view_from(key.p + 1, key.len - 2) : view_first(key, 1),
				  true);

	if (number)
		trace_define(rw, number, l->n_args ? l->args[0] : VIEW_NONE);
}

/* Asks the map. FOUND with the value, or not; *status takes a temporary failure. */
static enum found ask_map(struct run *r, const struct lookup *l, struct view *out_value,
			  int *status)
{
	struct rw *rw = r->rw;
	struct map *map = l->map ? l->map : map_set_find(rw->snap->maps, l->map_name);
	struct map_ctx ctx = { .cf = rw->snap->cf,
			       .services = rw->services,
			       .macros = rw->macros,
			       .arena = rw->arena,
			       .deadline = rw->deadline,
			       .id = rw->id,
			       .is_deferred_mode = rw->is_deferred_mode };
	struct view key = tokens_join_range(l->key, l->n_key, &r->rules->charset,
					    map_blank(map, r->rules->blank_sub), r->rw->arena);
	own_str struct str messages = STR_MAX(4096);
	enum found found;

	if (!map) {
		rw_config_error(rw, "5.3.0", "rewrite: map " VIEW_FMT " not found",
				VIEW_ARG(l->map_name));
		return NOT_FOUND;
	}
	if (key.len >= MAP_KEY_MAX)
		return NOT_FOUND;
	rw->stats.maps_asked++;
	if (rw->trace || rw->observer)
		ctx.messages = &messages;
	if (trace_wants(rw, 35, 9) && view_eq(view_of(map_class_name(map)), VIEW("macro")))
		show_definition(rw, l, key);
	found = map_lookup(map, &ctx, key, l->args, l->n_args, out_value);
	if (rw->trace && !map_is_open(map, &ctx)) /* a map without its file is not asked */
		trace_open_failed(rw, str_view(&messages));
	else
		show_lookup(rw, l, map, key, found, *out_value, ctx.status, str_view(&messages));
	if (rw->observer)
		observe_lookup(rw, l, map, key, found, *out_value, str_view(&messages));
	if (found == LOOKUP_FAILED) {
		rw->stats.had_temp_failure = true;
		*status = EX_TEMPFAIL_;
	}
	return found;
}

/* Puts `value` in the place of the tokens from `at` to `end`; it may be some of them. False when that is too long. */
static bool replace(struct run *r, struct tokens *t, size_t at, size_t end, struct tokens value,
		    size_t *out_next)
{
	size_t rest = t->n - end, n = at + value.n + rest;
	bool is_inside = value.v >= t->v && value.v < t->v + t->n;

	if (value.n > TOKENS_MAX || n >= TOKENS_MAX) {
		rw_config_error(r->rw, "5.3.0", "rewrite: expansion too long");
		return false;
	}
	if (is_inside)
		memmove(t->v + at, value.v, value.n * sizeof(*value.v));
	reserve(t, n, r->rw->arena);
	memmove(t->v + at + value.n, t->v + end, rest * sizeof(*t->v));
	if (!is_inside && value.n)
		memcpy(t->v + at, value.v, value.n * sizeof(*value.v));
	t->n = n;
	*out_next = at + value.n;
	return true;
}

/* Runs the look-up whose opening operator is at `at`; its value takes its place. *out_next: where to go on. */
static int run_lookup(struct run *r, struct tokens *t, size_t at, size_t *out_next, int *status)
{
	uint32_t close = t->v[at].symbol == '[' ? ']' : ')';
	struct lookup l = { .map_name = VIEW("host") };
	const struct named *known;
	struct tokens value = { 0 };
	struct view text = VIEW_NONE;
	enum found found;
	size_t inside = at + 1;

	if (close == ')') {
		if (inside >= t->n) {
			rw_config_error(r->rw, "5.3.0", "rewrite: missing mapname");
			*out_next = inside;
			return 0;
		}
		known = rules_named(r->rules, &t->v[inside]);
		l.map = known ? known->map : NULL;
		l.map_name = t->v[inside++].text;
	}
	split_lookup(r, t, inside, close, &l);
	found = ask_map(r, &l, &text, status);
	if (found == LOOKUP_FAILED && text.len) /* the key with the map's -T text */
		found = FOUND;
	if (found != FOUND && l.has_default)
		text = l.n_fallback ? join(r, l.fallback, l.n_fallback) : VIEW("");
	else if (found != FOUND)
		value = (struct tokens){ (struct token *)(uintptr_t)l.key, l.n_key, 0 };
	if (text.len && !scan_value(r, text, &value))
		return EX_DATAERR_;
	return replace(r, t, at, l.end, value, out_next) ? 0 : EX_DATAERR_;
}

static int run_lookups(struct run *r, struct tokens *t, int *status)
{
	for (size_t at = r->first_operator; at < t->n;) {
		int error;

		if (t->v[at].symbol != '[' && t->v[at].symbol != '(') {
			at++;
			continue;
		}
		error = run_lookup(r, t, at, &at, status);
		if (error)
			return error;
	}
	return 0;
}

/* ---- ruleset calls ---- */

static int apply(struct rw *rw, int ruleset, struct tokens *ws, int depth, struct pile *pile);

static bool is_quoted(struct view v)
{
	return view_find(v, '"') < v.len || view_find(v, '\\') < v.len;
}

static struct view unquoted(struct view v, struct arena *a)
{
	char *p = arena_bytes(a, v.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '"')
			continue;
		if (v.p[i] == '\\' && i + 1 < v.len)
			i++;
		p[n++] = v.p[i];
	}
	p[n] = '\0';
	return view_from(p, n);
}

/* A ruleset by the name at the front of the token; what follows a name does not matter. */
static int find_ruleset(struct run *r, const struct token *t)
{
	const struct named *known = rules_named(r->rules, t);
	struct view name = t->text, text = t->text;
	size_t n = 0;
	int number;

	if (r->rw->trace)
		trace_note_call(r->rw, t);
	if (known && known->set >= 0)
		return known->set;

	if (is_quoted(name))
		name = text = unquoted(name, r->rw->arena);
	else if (t->symbol && t->symbol < SYMBOL_FIRST)
		name = text = tokens_join_range(t, 1, &r->rules->charset, ' ', r->rw->arena);
	while (n < name.len && (isalnum((unsigned char)name.p[n]) || name.p[n] == '_'))
		n++;
	name = view_first(name, n);
	if (n == 0 || name.p[0] == '_')
		rw_config_error(r->rw, "5.3.5", "invalid ruleset name: \"" VIEW_FMT "\"",
				VIEW_ARG(view_first(text, NAME_SHOWN_MAX)));
	number = config_ruleset_number(r->rules->cf, name);
	if (n && isdigit((unsigned char)name.p[0]) && (number < 0 || number >= NAMED_SETS_FROM)) {
		rw_config_error(r->rw, "5.3.5", "bad ruleset " VIEW_FMT " (%d max)", VIEW_ARG(name),
				NAMED_SETS_FROM);
		number = -1;
	}
	if (number < 0)
		rw_config_error(r->rw, "5.3.5", "Unknown ruleset " VIEW_FMT, VIEW_ARG(text));
	return number;
}

static void cut_tokens(struct tokens *t, size_t at, size_t n)
{
	memmove(t->v + at, t->v + at + n, (t->n - at - n) * sizeof(*t->v));
	t->n -= n;
}

/* The name of no ruleset stays in the workspace, without its quotes. */
static void strip_quotes(struct token *t, struct arena *a)
{
	if (is_quoted(t->text)) {
		t->text = unquoted(t->text, a);
		t->symbol = SYMBOL_NONE;
	}
}

/* Finds the $> calls in t, from the left. A call of a ruleset without rules is nothing, and goes away. */
static int find_calls(struct run *r, struct tokens *t, size_t *at, int *sets, size_t *out_n)
{
	size_t n = 0;

	*out_n = 0;
	if (r->first_operator >= t->n)
		return 0;
	for (size_t i = r->first_operator; i + 1 < t->n; i++) {
		int set;

		if (t->v[i].symbol != '>')
			continue;
		set = find_ruleset(r, &t->v[i + 1]);
		if (set < 0) {
			strip_quotes(&t->v[i + 1], r->rw->arena);
			return EX_CONFIG_;
		}
		if (r->rules->sets[set].n == 0) {
			trace_skip(r->rw, r->rules->sets[set].name, set);
			cut_tokens(t, i--, 2);
			continue;
		}
		if (n == CALLS_MAX) {
			rw_config_error(r->rw, "5.3.0", "callsubr: too many calls (%d max)",
					CALLS_MAX);
			return EX_CONFIG_;
		}
		sets[n] = set;
		at[n++] = i;
	}
	*out_n = n;
	return 0;
}

/* Runs the $> calls in t: names are looked up from the left, calls made from the right. */
static int run_calls(struct run *r, struct tokens *t)
{
	size_t at[CALLS_MAX], n;
	int sets[CALLS_MAX], status = 0;

	if (find_calls(r, t, at, sets, &n))
		return EX_CONFIG_;
	while (n-- > 0) {
		struct pile before = *r->pile;
		size_t n_args = t->n - at[n] - 2;
		struct tokens args = take_buffer(r, n_args);
		bool fits;
		int called;

		if (!append(r, &args, t->v + at[n] + 2, n_args))
			return EX_DATAERR_;
		called = apply(r->rw, sets[n], &args, r->depth, r->pile);
		if (called)
			status = called;
		t->n = at[n];
		fits = append(r, t, args.v, args.n);
		r->pile->block = before.block;
		r->pile->used = before.used;
		if (!fits)
			return EX_DATAERR_;
		if (called && called != EX_TEMPFAIL_) /* the calls before it are not made */
			break;
	}
	return status;
}

/* ---- rules ---- */

static struct marks marks_of(const struct tokens *ws)
{
	struct marks m = { 0 };
	uint32_t last = SYMBOL_NONE;

	for (size_t i = 0; i < ws->n; i++) {
		uint32_t symbol = ws->v[i].symbol;
		uint64_t bit = symbol_bit(symbol);

		m.twice |= m.symbols & bit;
		m.symbols |= bit;
		m.pairs |= pair_bit(last, symbol);
		last = symbol;
	}
	return m;
}

/* Does the workspace hold operators of look-ups and calls that nobody ran? */
static bool holds_leftovers(const struct tokens *ws)
{
	for (size_t i = 0; i < ws->n; i++) {
		uint32_t symbol = ws->v[i].symbol;

		if (symbol == '(' || symbol == '[' || symbol == '>')
			return true;
	}
	return false;
}

/* Builds the right side in `out`, and runs the look-ups and calls in it. Not 0: there is no result. */
static int build(struct run *r, const struct rule *rule, const struct match *m, struct tokens *out,
		 int *status)
{
	int error = substitute(r, rule, m, out);

	/* Operators come from the rule, or were left over in the workspace. A map's value holds none. */
	if (!error && (rule->has_map || r->pile->has_leftovers))
		error = run_lookups(r, out, status);
	if (!error && (rule->has_call || r->pile->has_leftovers)) {
		int called = run_calls(r, out);

		if (called)
			*status = called;
		if (called == EX_CONFIG_ ||
		    (out->n && out->v[out->n - 1].symbol == '>')) /* it names no ruleset */
			r->pile->has_leftovers = true;
	}
	return error;
}

/* The rule matched: its right side becomes the workspace, which changes places with the buffer that it was built in.
 * Not 0: the ruleset ends here, without a result. */
static int rewrite_with(struct run *r, const struct rule *rule, const struct match *m,
			struct tokens *ws, int *status)
{
	struct tokens built;
	int error;

	OBSERVE(r->rw, matched, rule, ws);
	if (r->spare.cap == 0)
		r->spare = take_buffer(r, ws->n + rule->rhs.n);
	error = build(r, rule, m, &r->spare, status);
	if (error)
		return error;
	built = r->spare;
	r->spare = *ws;
	*ws = built;
	if (r->rw->trace)
		trace_rewritten(r->rw, ws);
	OBSERVE(r->rw, rewritten, rule, ws);
	return 0;
}

static inline bool is_wide_enough(const struct rule_gate *g, const struct tokens *ws)
{
	if (ws->n < g->min_tokens || ws->n > g->max_tokens)
		return false;
	if (ws->n == 0)
		return true;
	return (!g->first || g->first == ws->v[0].symbol) &&
	       (!g->last || g->last == ws->v[ws->n - 1].symbol);
}

static inline bool lacks_needs(const struct rule_gate *g, const struct marks *lacks)
{
	return ((g->needs.symbols & lacks->symbols) | (g->needs.pairs & lacks->pairs) |
		(g->needs.twice & lacks->twice)) != 0;
}

/* What is known of the workspace that rules are tried on. */
struct look {
	bool has_marks, has_failed; /* failed: a rule was tried on it in vain */
	struct marks lacks;
};

/* The next rule from `from` on that could match. A trace that shows rules wants to see them all. */
static size_t next_rule(const struct run *r, size_t from, const struct tokens *ws,
			struct look *look)
{
	const struct rule_gate *gates = r->set->gates;
	size_t n = r->set->n;

	if (shows_all_steps(r->rw))
		return from;
	if (!look->has_marks && (look->has_failed || n - from >= MARKS_WORTH)) {
		struct marks m = marks_of(ws);

		look->lacks = (struct marks){ ~m.symbols, ~m.twice, ~m.pairs };
		look->has_marks = true;
	}
	if (!look->has_marks) {
		while (from < n && !is_wide_enough(&gates[from], ws))
			from++;
	} else {
		while (from < n && (lacks_needs(&gates[from], &look->lacks) ||
				    !is_wide_enough(&gates[from], ws)))
			from++;
	}
	return from;
}

static bool try_rule(struct run *r, const struct rule *rule, const struct tokens *ws,
		     struct match *m)
{
	bool matches;

	if (r->rw->trace)
		trace_rule(r->rw, rule);
	r->rw->stats.rules_tried++;
	matches = rule_matches(r->rw, rule, ws, m);
	if (r->rw->trace && matches)
		trace_matches(r->rw, rule);
	else if (r->rw->trace)
		trace_fails(r->rw);
	return matches;
}

/* All rules of a set. False when the ruleset ends without a result; *status then says why. */
/* Rulesets that call each other without end, each in a rule that is tried again, would run for years: the recursion ends each
 * call, not the loops. Said once; from then on no rule is tried. */
static bool is_worn_out(struct run *r)
{
	if (r->pile->steps < STEPS_MAX)
		return false;
	if (r->pile->steps++ == STEPS_MAX)
		rw_config_error(r->rw, "5.3.5",
				"rewrite: too many rules matched (max %d), ruleset " VIEW_FMT,
				STEPS_MAX, VIEW_ARG(r->set->name));
	return true;
}

static bool run_rules(struct run *r, struct tokens *ws, int *status)
{
	struct look look = { 0 };
	struct match m;
	int loops = 0;

	for (size_t i = 0; i < r->set->n;) {
		const struct rule *rule;
		size_t next;
		int error;

		if (ws->n && ws->v[0].symbol == '#')
			break;
		next = next_rule(r, i, ws, &look);
		loops = next == i ? loops + 1 : 1;
		i = next;
		if (i == r->set->n)
			break;
		if (is_worn_out(r)) {
			*status = EX_CONFIG_;
			break;
		}
		rule = &r->set->rules[i];
		if (loops > LOOPS_MAX) {
			if (r->rw->trace)
				trace_rule(r->rw, rule);
			rw_config_error(r->rw, "5.3.5",
					"Infinite loop in ruleset " VIEW_FMT ", rule %zu",
					VIEW_ARG(r->set->name), i + 1);
			trace_workspace(r->rw, ws);
			break;
		}
		if (!try_rule(r, rule, ws, &m)) {
			i++;
			loops = 0;
			look.has_failed = true;
			continue;
		}
		look.has_marks = look.has_failed = false;
		r->pile->steps++;
		error = rewrite_with(r, rule, &m, ws, status);
		if (error) {
			*status = error;
			return false;
		}
		if (rule->prefix == PREFIX_RETURN || rule->prefix == PREFIX_RESOLVE)
			break;
		if (rule->prefix == PREFIX_ONCE) {
			i++;
			loops = 0;
		}
	}
	return true;
}

/* The name of a ruleset that nobody defined: its number, at most three digits. */
static const char *number_name(int number, char room[16])
{
	char *p = room + 15;

	*p = '\0';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return p;
}

static int apply(struct rw *rw, int ruleset, struct tokens *ws, int depth, struct pile *pile)
{
	struct run r = { .rw = rw, .rules = rw->snap->rules, .pile = pile, .depth = depth + 1 };
	struct ruleset unnamed = { .name = VIEW_NONE };
	char name[16];
	int status = 0;

	if (ruleset < 0 || ruleset >= RULESETS_MAX) {
		rw_config_error(rw, "5.3.5", "rewrite: illegal ruleset number %d", ruleset);
		return EX_CONFIG_;
	}
	r.set = &rw->snap->rules->sets[ruleset];
	if (!r.set->is_defined) {
		unnamed.name = view_of(number_name(ruleset, name));
		r.set = &unnamed;
	}
	if (rw->trace)
		trace_enter(rw, r.set->name, ws);
	OBSERVE(rw, entered, ruleset, r.set->name, ws);
	if (depth > RECURSION_MAX) {
		rw_config_error(rw, "5.3.5",
				"rewrite: excessive recursion (max %d), ruleset " VIEW_FMT,
				RECURSION_MAX, VIEW_ARG(r.set->name));
		status = EX_CONFIG_;
	} else if (run_rules(&r, ws, &status)) {
		if (rw->trace)
			trace_leave(rw, r.set->name, ws);
	}
	OBSERVE(rw, left, ws, status);
	return status;
}

static void copy_tokens(struct tokens *to, const struct tokens *from, struct arena *a)
{
	to->n = 0;
	reserve(to, from->n, a);
	if (from->n)
		memcpy(to->v, from->v, from->n * sizeof(*to->v));
	to->n = from->n;
}

int rw_apply(struct rw *rw, int ruleset, struct tokens *ws)
{
	struct token room[FIRST_TOKENS];
	struct block first = { .v = room, .cap = FIRST_TOKENS };
	struct pile pile = { .block = &first, .has_leftovers = holds_leftovers(ws) };

	struct run r = { .rw = rw, .pile = &pile };
	struct tokens work = take_buffer(&r, ws->n);
	int status;

	copy_tokens(&work, ws, rw->arena);
	status = apply(rw, ruleset, &work, 0, &pile);
	copy_tokens(ws, &work, rw->arena);
	return status;
}
