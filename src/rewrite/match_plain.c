/*
 * match_plain.c - the matcher as its rules are told: shortest first, backing up from the left, every step taken.
 *
 * Each wildcard that was passed is a frame on a small stack: which pattern it is and which tokens it has. When the rest of
 * the pattern does not fit, the last wildcard that can take one more token (a class: the next longer phrase) does so, and
 * the walk goes on from there. Traces show each of these steps, and tests hold the quick matcher (match.c) against it.
 */
#include "rewrite/match.h"

#include "rewrite/class_index.h"
#include "rewrite/trace.h"

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
};

/* The value of the macro must be the text of the next tokens put together. */
static bool macro_fits(struct walk *w, int number)
{
	struct view value = macros_get_unread(w->rw->macros, number, w->rw->arena);

	trace_lhs_macro(w->rw, number, value);
	while (value.len) {
		if (w->at >= w->ws->n || !view_starts_nocase(value, w->ws->v[w->at].text))
			return false;
		value = view_skip(value, w->ws->v[w->at++].text.len);
	}
	return true;
}

static void push(struct walk *w, size_t n)
{
	w->frames[w->n_frames++] = (struct frame){ w->op, w->at, w->at + n };
	w->at += n;
}

static void trace_walk(struct walk *w, int level, const char *what, size_t op, size_t at)
{
	if (trace_wants(w->rw, 21, level))
		trace_step(w->rw, what, op < w->rule->n_lhs ? &w->rule->lhs_text.v[op] : NULL,
			   at < w->ws->n ? &w->ws->v[at] : NULL);
}

/* The phrase of a class that begins at `first` and is longer than `after` tokens; 0: there is none. */
static size_t class_phrase(struct walk *w, size_t op, size_t first, size_t after)
{
	size_t left = w->ws->n - first;
	size_t n = class_index_match(w->rule->lhs[op].class, w->rw->snap->rules, &w->ws->v[first],
				     left, after);

	if (!trace_wants(w->rw, 21, 36))
		return n;
	for (size_t i = after; i < (n ? n - 1 : left); i++)
		trace_walk(w, 36, "EXTEND ", op, first + i);
	if (n)
		trace_class_match(w->rw);
	return n;
}

/* Passes the pattern at w->op; false when it does not fit here. */
static bool step(struct walk *w)
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
		push(w, 0);
		break;
	case PATTERN_SOME:
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
static size_t longer(struct walk *w, const struct frame *f)
{
	const struct pattern *p = &w->rule->lhs[f->op];

	if (p->kind == PATTERN_CLASS)
		return class_phrase(w, f->op, f->first, f->end - f->first);
	if ((p->kind != PATTERN_ANY && p->kind != PATTERN_SOME) || f->end >= w->ws->n)
		return 0;
	return f->end + 1 - f->first;
}

/* Gives the last wildcard that can have it more; false when none can. */
static bool back_up(struct walk *w)
{
	while (w->n_frames > 0) {
		struct frame *f = &w->frames[w->n_frames - 1];
		size_t n;

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

bool rule_matches_plainly(struct rw *rw, const struct rule *rule, const struct tokens *ws,
			  struct match *out)
{
	struct walk w = { .rw = rw, .rule = rule, .ws = ws };

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
		if (!back_up(&w))
			return false;
	}
	out->n = w.n_frames;
	for (size_t i = 0; i < w.n_frames; i++)
		out->spans[i] = (struct span){ &ws->v[w.frames[i].first],
					       w.frames[i].end - w.frames[i].first };
	return true;
}
