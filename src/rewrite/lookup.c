/* lookup.c - the map look-ups $( $) and $[ $] of a right side that was built. */
#include "rewrite/run.h"

#define MAP_ARGS_MAX 10
#define MAP_KEY_MAX  1024

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

static struct view add_line(struct rw *rw, struct view lines, const char *code, struct view line)
{
	return arena_printf(rw->arena, VIEW_FMT "%s" VIEW_FMT "\n", VIEW_ARG(lines), code,
			    VIEW_ARG(line));
}

static void keep_text(struct rw_told *told, struct view text)
{
	if (told->text.len == 0)
		told->text = text;
}

/* What the map told, and that it failed, for the state of the message. */
static void keep_told(struct rw *rw, const struct lookup *l, struct map *map, struct view key,
		      const struct map_ctx *ctx, enum found found)
{
	const struct map_told *m = ctx->told;
	struct rw_told *to = rw->told;
	char code[24];

	if (m->mistake.len && ctx->status == EX_TEMPFAIL_) {
		snprintf(code, sizeof(code), "451 %s ", m->mistake_dsn);
		to->notes = add_line(rw, to->notes, code, m->mistake);
		to->lines = add_line(rw, to->lines, "", m->mistake);
		to->mistakes = add_line(rw, to->mistakes, "", m->mistake);
		to->text = m->mistake;
		to->is_mistake = true;
	}
	if (m->trouble.len) {
		to->notes = add_line(rw, to->notes, "451 ", m->trouble);
		to->lines = add_line(rw, to->lines, "", m->trouble);
	}
	if (m->failure.len) {
		keep_text(to, arena_printf(rw->arena, "Deferred: " VIEW_FMT, VIEW_ARG(m->failure)));
		to->failure = m->failure;
	}
	if (found == LOOKUP_FAILED && !m->is_held_back)
		keep_text(to,
			  arena_printf(rw->arena, VIEW_FMT " map: lookup (" VIEW_FMT "): deferred",
				       VIEW_ARG(l->map_name),
				       VIEW_ARG(map_plain_key(map, key, rw->arena))));
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
	struct map_told told = { .mistake = VIEW_NONE };
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
	if (rw->told)
		ctx.told = &told;
	if (trace_wants(rw, 35, 9) && view_eq(view_of(map_class_name(map)), VIEW("macro")))
		show_definition(rw, l, key);
	if (rw->trace && map_is_open(map, &ctx))
		trace_open_status(rw, str_view(&messages));
	found = map_lookup(map, &ctx, key, l->args, l->n_args, out_value);
	if (rw->trace && !map_is_open(map, &ctx)) /* a map without its file is not asked */
		trace_open_failed(rw, str_view(&messages));
	else
		show_lookup(rw, l, map, key, found, *out_value, ctx.status, str_view(&messages));
	if (rw->observer)
		observe_lookup(rw, l, map, key, found, *out_value, str_view(&messages));
	if (rw->told)
		keep_told(rw, l, map, key, &ctx, found);
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
	tokens_reserve(t, n, r->rw->arena);
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
	if (text.len && !run_scan(r, text, &value))
		return EX_DATAERR_;
	return replace(r, t, at, l.end, value, out_next) ? 0 : EX_DATAERR_;
}

int run_lookups(struct run *r, struct tokens *t, int *status)
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
