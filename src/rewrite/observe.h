/*
 * observe.h - watching the rules at work, as data: what `postrider explain` and tests of the engine are made from.
 *
 * Set rw->observer to a struct of functions, each of which may be NULL, and the engine calls them on its own thread while it works.
 * Without an observer it costs one comparison at a place. Views and tokens that are handed over live no longer than the call. The order is:
 *
 *   entered                  a ruleset begins on a workspace
 *     matched                one of its rules matches
 *       looked_up            each map that the rule's right side asks
 *       entered ... left     each ruleset that it calls
 *     rewritten              the workspace that the rule left; not called when it failed
 *     matched ...
 *   left                     always, also after an error
 *
 * complained comes in between: a mistake in the rules, or something wrong with the address.
 */
#ifndef REWRITE_OBSERVE_H
#define REWRITE_OBSERVE_H

#include "rewrite/rewrite.h"
#include "rewrite/rules.h"

struct rw_observed_lookup {
	struct view map, map_class, key;
	const struct view *args; /* %1 and so on */
	size_t n_args;
	enum found found;
	struct view value;    /* of a value found; none otherwise */
	struct view messages; /* complaints of the map, as lines */
};

struct rw_observer {
	void *arg;
	void (*entered)(void *arg, int ruleset, struct view name, const struct tokens *ws);
	void (*matched)(void *arg, const struct rule *rule, const struct tokens *ws);
	void (*rewritten)(void *arg, const struct rule *rule, const struct tokens *ws);
	void (*looked_up)(void *arg, const struct rw_observed_lookup *lookup);
	void (*left)(void *arg, const struct tokens *ws, int status);
	void (*complained)(void *arg, struct view text);
};

#define OBSERVE(rw, event, ...)                                                                    \
	do {                                                                                       \
		const struct rw_observer *observer_ = (rw)->observer;                              \
                                                                                                   \
		if (__builtin_expect(observer_ != NULL, 0) && observer_->event)                    \
			observer_->event(observer_->arg, __VA_ARGS__);                             \
	} while (0)

#endif
