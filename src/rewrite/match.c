/*
 * match.c - the matcher: shortest first, backing up from the left.
 *
 * Each wildcard that was passed is a frame on a small stack: which pattern it is and which tokens it has. When the rest of
 * the pattern does not fit, the last wildcard that can take one more token (a class: the next longer phrase) does so, and
 * the walk goes on from there.
 *
 * Three short cuts leave the outcome as it is: a wildcard that a word follows takes tokens up to that word at once; one
 * that ends the pattern takes all that is left; and where fewer tokens are left than the rest of the pattern needs, nothing
 * is tried. A walk that is traced takes none of them, because each of its steps is shown.
 *
 * Whether the rest of a pattern fits the rest of the workspace depends on the two positions alone. So a position pair that
 * once failed fails again; for patterns that back up very often such pairs are remembered, and the work is bounded by
 * pattern length times workspace length instead of a power of it.
 */
#include "rewrite/match.h"

#include "rewrite/class_index.h"
#include "rewrite/trace.h"

#define STEPS_BEFORE_NOTES 512

struct frame {
	size_t op, first, end;
};

struct walk {
	struct rw *rw;
	const struct rule *rule;
	const struct tokens *ws;
	struct frame frames[RULE_WILDCARDS_MAX + 1];
	size_t n_frames;
	size_t op, at; /* where the walk stands */
	size_t steps;
	bool is_traced;
	uint8_t *failed; /* bit op * (n + 1) + at: known not to fit from here */
};

/* The value of the macro must be the text of the next tokens put together. */
static bool macro_fits(struct walk *w, int number)
{
	struct view value = macros_get_expanded(w->rw->macros, number, w->rw->arena);

	trace_lhs_macro(w->rw, number, value);
	while (value.len) {
		if (w->at >= w->ws->n || !view_starts_nocase(value, w->ws->v[w->at].text))
			return false;
		value = view_skip(value, w->ws->v[w->at++].text.len);
	}
	return true;
}

static inline void push(struct walk *w, size_t n)
{
	w->frames[w->n_frames++] = (struct frame){ w->op, w->at, w->at + n };
	w->at += n;
}

/* Where a wildcard that stands at `op` may end: the first place from `at` on that fits what follows it in the pattern. */
static inline size_t next_end(const struct walk *w, size_t op, size_t at)
{
	const struct pattern *next = &w->rule->lhs[op + 1];
	size_t n = w->ws->n;

	if (w->is_traced)
		return at;
	if (op + 1 == w->rule->n_lhs)
		return n;
	if (n - at < next->min_rest)
		return n + 1;
	if (next->kind == PATTERN_SYMBOL) {
		const struct token *v = w->ws->v;

		n -= next->min_rest;
		while (at <= n && v[at].symbol != next->symbol)
			at++;
		if (at > n)
			return w->ws->n + 1;
	} else if (next->kind == PATTERN_CLASS) {
		while (at < n && !class_index_may_begin(next->class, w->ws->v[at].text))
			at++;
		if (at >= n)
			return n + 1;
	}
	return at;
}

/* Passes a wildcard with at least `least` tokens; false when it cannot end anywhere. */
static inline bool pass_wildcard(struct walk *w, size_t least)
{
	size_t end = next_end(w, w->op, w->at + least);

	if (end > w->ws->n)
		return false;
	push(w, end - w->at);
	return true;
}

static void trace_walk(struct walk *w, int level, const char *what, size_t op, size_t at)
{
	if (w->is_traced && trace_wants(w->rw, 21, level))
		trace_step(w->rw, what, op < w->rule->n_lhs ? &w->rule->lhs_text.v[op] : NULL,
			   at < w->ws->n ? &w->ws->v[at] : NULL);
}

/* The phrase of a class that begins at `first` and is longer than `after` tokens; 0: there is none. */
static size_t class_phrase(struct walk *w, size_t op, size_t first, size_t after)
{
	size_t left = w->ws->n - first;
	size_t n = class_index_match(w->rule->lhs[op].class, w->rw->snap->rules, &w->ws->v[first],
				     left, after);

	if (!w->is_traced || !trace_wants(w->rw, 21, 36))
		return n;
	for (size_t i = after; i < (n ? n - 1 : left); i++)
		trace_walk(w, 36, "EXTEND ", op, first + i);
	if (n)
		trace_class_match(w->rw);
	return n;
}

/* Passes the pattern at w->op; false when it does not fit here. */
static inline bool step(struct walk *w)
{
	const struct pattern *p = &w->rule->lhs[w->op];
	const struct token *t = &w->ws->v[w->at];
	size_t left = w->ws->n - w->at, n;

	if (left == 0 && p->kind != PATTERN_ANY && p->kind != PATTERN_NOTHING)
		return false;
	switch (p->kind) {
	case PATTERN_SYMBOL:
		if (t->symbol != p->symbol)
			return false;
		w->at++;
		break;
	case PATTERN_ANY:
		if (!pass_wildcard(w, 0))
			return false;
		break;
	case PATTERN_SOME:
		if (!pass_wildcard(w, 1))
			return false;
		break;
	case PATTERN_ONE:
		push(w, 1);
		break;
	case PATTERN_NOT_CLASS:
		if (class_index_has(p->class, t->text))
			return false;
		push(w, 1);
		break;
	case PATTERN_CLASS:
		n = class_phrase(w, w->op, w->at, 0);
		if (n == 0)
			return false;
		push(w, n);
		break;
	case PATTERN_MACRO:
		if (!macro_fits(w, p->number))
			return false;
		break;
	case PATTERN_NOTHING:
		break;
	}
	w->op++;
	return true;
}

/* How many tokens more than it has the wildcard of a frame can take; 0: none. */
static inline size_t longer(struct walk *w, const struct frame *f)
{
	const struct pattern *p = &w->rule->lhs[f->op];
	size_t end;

	if (p->kind == PATTERN_CLASS)
		return class_phrase(w, f->op, f->first, f->end - f->first);
	if ((p->kind != PATTERN_ANY && p->kind != PATTERN_SOME) || f->end >= w->ws->n)
		return 0;
	end = next_end(w, f->op, f->end + 1);
	return end > w->ws->n ? 0 : end - f->first;
}

/* Gives the last wildcard that can have it more; false when none can. */
static inline bool back_up(struct walk *w)
{
	while (w->n_frames > 0) {
		struct frame *f = &w->frames[w->n_frames - 1];
		size_t n;

		if (w->is_traced)
			trace_walk(w, 36, "BACKUP ", f->op, f->end);
		n = longer(w, f);
		if (n) {
			f->end = w->at = f->first + n;
			w->op = f->op + 1;
			return true;
		}
		w->n_frames--;
	}
	return false;
}

static size_t note_of(const struct walk *w, size_t op, size_t at)
{
	return op * (w->ws->n + 1) + at;
}

/* After a wildcard: was the rest found not to fit here before? If not, assume so: reaching the end ends the walk. */
static bool is_known_to_fail(struct walk *w)
{
	size_t note = note_of(w, w->op, w->at);
	bool known;

	if (!w->failed) {
		if (++w->steps < STEPS_BEFORE_NOTES || trace_wants(w->rw, 21, 2))
			return false;
		w->failed = arena_alloc(w->rw->arena, note_of(w, w->rule->n_lhs + 1, 0) / 8 + 1);
		return false;
	}
	known = w->failed[note / 8] >> (note % 8) & 1;
	w->failed[note / 8] |= (uint8_t)(1 << (note % 8));
	return known;
}

bool rule_matches(struct rw *rw, const struct rule *rule, const struct tokens *ws,
		  struct match *out)
{
	struct walk w;

	/* The frames need no first values; this is called for most rules of most rulesets. */
	w.rw = rw;
	w.rule = rule;
	w.ws = ws;
	w.n_frames = w.op = w.at = w.steps = 0;
	w.failed = NULL;
	w.is_traced = rw->trace && trace_wants(rw, 21, 2);
	for (;;) {
		bool fits = true;

		while (fits && w.op < rule->n_lhs) {
			trace_walk(&w, 35, "ADVANCE", w.op, w.at);
			fits = step(&w);
		}
		if (fits && w.at == ws->n)
			break;
		if (fits)
			trace_walk(&w, 35, "ADVANCE", w.op, w.at);
		do {
			if (!back_up(&w))
				return false;
		} while (is_known_to_fail(&w));
	}
	out->n = w.n_frames;
	for (size_t i = 0; i < w.n_frames; i++)
		out->spans[i] = (struct span){ &ws->v[w.frames[i].first],
					       w.frames[i].end - w.frames[i].first };
	return true;
}
