/*
 * match.c - the quick matcher: what match_plain.c finds, with the steps left out that cannot change it.
 *
 * Three short cuts leave the outcome as it is. A wildcard that a word follows takes tokens up to that word at once. One
 * after which the pattern has a fixed length takes all but that many tokens, and cannot take more or fewer. Where fewer
 * tokens are left than the rest of the pattern needs, nothing is tried.
 *
 * Whether the rest of a pattern fits the rest of the workspace depends on the two positions alone. So a position pair that
 * once failed fails again; for patterns that back up very often such pairs are remembered, and the work is bounded by
 * pattern length times workspace length instead of a power of it.
 */
#include "rewrite/match.h"

#include "rewrite/class_index.h"
#include "rewrite/trace.h"

#define STEPS_BEFORE_NOTES 512

struct walk {
	struct rw *rw;
	const struct rule *rule;
	const struct pattern *end; /* after the last of the pattern there is one of no tokens */
	const struct token *first, *stop; /* the workspace */
	const struct pattern *p;          /* where the walk stands */
	const struct token *t;
	struct match *out; /* its spans are the frames of the walk */
	const struct pattern *owners[RULE_WILDCARDS_MAX + 1]; /* whose span it is */
	size_t steps;
	uint8_t *failed; /* bit op * (n + 1) + at: known not to fit from here */
};

/* The value of the macro must be the text of the next tokens put together. */
static const struct token *after_macro(const struct walk *w, int number, const struct token *t)
{
	struct view value = macros_get_unread(w->rw->macros, number, w->rw->arena);

	while (value.len) {
		if (t == w->stop || !view_starts_nocase(value, t->text))
			return NULL;
		value = view_skip(value, t++->text.len);
	}
	return t;
}

/* Where a wildcard may end: the first place from t on that fits what follows it in the pattern. NULL: nowhere. */
static inline const struct token *next_end(const struct walk *w, const struct pattern *next,
					   const struct token *t)
{
	const struct token *last;

	if ((size_t)(w->stop - t) < next->min_rest)
		return NULL;
	last = w->stop - next->min_rest;
	if (next->is_rest_fixed)
		return last;
	if (next->kind == PATTERN_SYMBOL && next[1].kind == PATTERN_SYMBOL) {
		for (; t <= last; t++)
			if (t->symbol == next->symbol && t[1].symbol == next[1].symbol)
				return t;
		return NULL;
	}
	if (next->kind == PATTERN_SYMBOL) {
		for (; t <= last; t++)
			if (t->symbol == next->symbol)
				return t;
		return NULL;
	}
	if (next->kind == PATTERN_CLASS) {
		for (; t <= last; t++)
			if (class_index_may_begin(next->class, t->text))
				return t;
		return NULL;
	}
	return t;
}

static inline size_t phrase(const struct walk *w, const struct pattern *p, const struct token *t,
			    size_t after)
{
	return class_index_match(p->class, w->rw->snap->rules, t, (size_t)(w->stop - t), after);
}

/* Where the pattern at p, which is no word and no run of any tokens, ends when it begins at t; NULL: it does not fit. */
static const struct token *after_other(const struct walk *w, const struct pattern *p,
				       const struct token *t)
{
	size_t n;

	switch (p->kind) {
	case PATTERN_NOTHING:
		return t;
	case PATTERN_MACRO:
		return t == w->stop ? NULL : after_macro(w, p->number, t);
	case PATTERN_ONE:
		return t + 1;
	case PATTERN_NOT_CLASS:
		return class_index_has(p->class, t->text) ? NULL : t + 1;
	default:
		n = phrase(w, p, t, 0);
		return n ? t + n : NULL;
	}
}

/* Goes on from where the walk stands until the pattern is passed (true) or does not fit. Words and runs are looked at
 * first: nearly all of a pattern is made of them. */
static bool advance(struct walk *w)
{
	const struct pattern *p, *end = w->end;
	const struct token *t = w->t, *to, *stop = w->stop;
	struct match *out = w->out;

	for (p = w->p; p < end; p++) {
		if ((size_t)(stop - t) < p->min_rest)
			return false;
		if (p->kind == PATTERN_SYMBOL) {
			if (t->symbol != p->symbol)
				return false;
			t++;
			continue;
		}
		if (p->kind <= PATTERN_SOME)
			to = next_end(w, p + 1, t + (p->kind == PATTERN_SOME));
		else
			to = after_other(w, p, t);
		if (!to)
			return false;
		if (p->kind != PATTERN_NOTHING && p->kind != PATTERN_MACRO) {
			w->owners[out->n] = p;
			out->spans[out->n++] = (struct span){ t, (size_t)(to - t) };
		}
		t = to;
	}
	return t == stop;
}

/* How many tokens the wildcard of a span can take next; 0: none. */
static inline size_t longer(const struct walk *w, const struct pattern *p, const struct span *s)
{
	const struct token *end = s->first + s->n;

	if (p->kind == PATTERN_CLASS)
		return phrase(w, p, s->first, s->n);
	if ((p->kind != PATTERN_ANY && p->kind != PATTERN_SOME) || p[1].is_rest_fixed ||
	    end == w->stop)
		return 0;
	end = next_end(w, p + 1, end + 1);
	return end ? (size_t)(end - s->first) : 0;
}

/* Gives the last wildcard that can have it more; false when none can. */
static bool back_up(struct walk *w)
{
	while (w->out->n > 0) {
		struct span *s = &w->out->spans[w->out->n - 1];
		const struct pattern *p = w->owners[w->out->n - 1];
		size_t n = longer(w, p, s);

		if (n) {
			s->n = n;
			w->t = s->first + n;
			w->p = p + 1;
			return true;
		}
		w->out->n--;
	}
	return false;
}

/* After a wildcard: was the rest found not to fit here before? If not, assume so: reaching the end ends the walk. */
static bool is_known_to_fail(struct walk *w)
{
	size_t n = (size_t)(w->stop - w->first) + 1, note;
	bool known;

	if (!w->failed) {
		if (++w->steps < STEPS_BEFORE_NOTES)
			return false;
		w->failed = arena_alloc(w->rw->arena, (w->rule->n_lhs + 1) * n / 8 + 1);
		return false;
	}
	note = (size_t)(w->p - w->rule->lhs) * n + (size_t)(w->t - w->first);
	known = w->failed[note / 8] >> (note % 8) & 1;
	w->failed[note / 8] |= (uint8_t)(1 << (note % 8));
	return known;
}

bool rule_matches(struct rw *rw, const struct rule *rule, const struct tokens *ws,
		  struct match *out)
{
	static const struct token nothing;
	struct walk w;

	if (shows_all_steps(rw))
		return rule_matches_plainly(rw, rule, ws, out);
	/* The owners need no first values; this is called for most rules of most rulesets. */
	w.rw = rw;
	w.rule = rule;
	w.p = rule->lhs;
	w.end = rule->lhs + rule->n_lhs;
	w.t = w.first = ws->v ? ws->v : &nothing; /* NULL means nowhere */
	w.stop = w.first + ws->n;
	w.out = out;
	w.steps = 0;
	w.failed = NULL;
	out->n = 0;
	while (!advance(&w)) {
		do {
			if (!back_up(&w))
				return false;
		} while (is_known_to_fail(&w));
	}
	return true;
}
