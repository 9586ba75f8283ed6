/* queue_pick.c - which messages are meant: ids, addresses, reasons, ages, states. */
#include <ctype.h>
#include <fnmatch.h>

#include "base/number.h"
#include "programs/queue_command.h"

static const struct {
	enum queue_state state;
	const char *name;
} states[] = {
	{STATE_WAITING, "waiting"},
        { STATE_ACTIVE, "active" },
        { STATE_NEW,    "new"    },
	{ STATE_HELD,   "held"   },
        { STATE_LOST,   "lost"   },
};

const char *queue_state_name(enum queue_state s)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (states[i].state == s)
			return states[i].name;
	return "";
}

unsigned queue_states_parse(const char *text)
{
	struct view rest = view_of(text), word;
	unsigned result = 0;

	while (view_cut(&rest, ',', &word)) {
		unsigned found = view_eq(word, VIEW("all")) ? STATE_ALL : 0;

		for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			if (view_eq(word, view_of(states[i].name)))
				found = states[i].state;
		if (!found)
			return 0;
		result |= found;
	}
	return result;
}

enum queue_state queue_state_of(const struct queue_entry *e)
{
	if (e->letter == 'Q')
		return STATE_LOST;
	if (e->is_journaled)
		return STATE_NEW;
	if (e->letter == 'h')
		return STATE_HELD;
	return e->is_locked ? STATE_ACTIVE : STATE_WAITING;
}

const char *queue_letters(unsigned wanted)
{
	static const char *const of[] = { "q", "qh", "qQ", "qhQ" };

	return of[((wanted & (STATE_HELD | STATE_NEW)) ? 1 : 0) + ((wanted & STATE_LOST) ? 2 : 0)];
}

/* "90", "30m", "1d12h", "2w": seconds when no unit is given. */
bool queue_duration_parse(const char *text, int64_t *out_s)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {
		{'s',  1     },
                { 'm', 60    },
                { 'h', 3600  },
                { 'd', 86400 },
                { 'w', 604800}
	};
	int64_t sum = 0;

	if (!*text)
		return false;
	while (*text) {
		const char *end = text;
		int64_t n, unit = 0;

		while (isdigit((unsigned char)*end))
			end++;
		if (!number_parse(view_from(text, (size_t)(end - text)), 0, INT32_MAX, &n))
			return false;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (tolower((unsigned char)*end) == units[i].letter)
				unit = units[i].seconds;
		if (*end && !unit)
			return false;
		sum += n * (unit ? unit : 1);
		text = *end ? end + 1 : end;
	}
	*out_s = sum;
	return true;
}

bool queue_pattern_matches(const char *pattern, struct view text)
{
	char z[1024];

	if (strcmp(pattern, "<>") == 0)
		return text.len == 0;
	/* A part as it is written comes first: an address may have a literal in brackets. */
	if (*pattern == '\0' || view_search_nocase(text, view_of(pattern)) < text.len)
		return true;
	if (!strpbrk(pattern, "*?["))
		return false;
	snprintf(z, sizeof(z), VIEW_FMT, VIEW_ARG(view_first(text, sizeof(z) - 1)));
	return fnmatch(pattern, z, FNM_CASEFOLD) == 0;
}

struct view queue_bare(struct view address)
{
	if (address.len >= 2 && address.p[0] == '<' && address.p[address.len - 1] == '>')
		return view_from(address.p + 1, address.len - 2);
	return address;
}

struct view queue_reason(const struct queue_entry *e)
{
	struct view v = e->letter == 'h' && e->head.reason.len ? e->head.reason : e->head.status;
	struct view prefix = VIEW("Deferred: ");

	if (v.len >= prefix.len && view_eq(view_first(v, prefix.len), prefix))
		return view_skip(v, prefix.len);
	return v;
}

int64_t queue_next_try(const struct queue_run_ctx *c, const struct queue_entry *e)
{
	const struct qf_head *h = &e->head;
	const struct options *o = c->options;
	int64_t wait = o->min_queue_age_s, waited = h->last_try_s - h->created_s;

	if (e->letter != 'q')
		return QUEUE_NEVER;
	if (h->last_try_s == 0)
		return c->now_s;
	if (o->max_queue_age_s > 0) {
		wait = waited > wait ? waited : wait;
		wait = wait < o->max_queue_age_s ? wait : o->max_queue_age_s;
	}
	if (wait < c->interval_s)
		wait = c->interval_s;
	return h->last_try_s + wait;
}

bool queue_pick_id(const struct queue_pick *p, const char *id)
{
	return !p->ids || table_has(p->ids, view_of(id));
}

static bool is_meant(void *arg, const char *id)
{
	return queue_pick_id(&(*(struct queue_run_ctx *const *)arg)->wish->pick, id);
}

unsigned queue_wanted_states(const struct queue_wish *w)
{
	return w->pick.states ? w->pick.states : w->verb->states;
}

void queue_pick_walk(struct queue_run_ctx *c, const struct walk_params *params)
{
	struct walk_params p = *params;
	struct walk *walk;
	bool wants_more = true;

	p.spool = c->spool;
	p.finds_body = true;
	p.letters = queue_letters(queue_wanted_states(c->wish));
	p.is_meant = c->wish->pick.ids ? is_meant : NULL;
	walk = walk_new(&p);
	for (int dir = 0; dir < c->spool->n_dirs && wants_more; dir++) {
		wants_more = walk_dir(walk, dir);
		if (walk_error(walk) < 0)
			queue_note_unreadable(c, dir, "", walk_error(walk));
	}
	walk_free(walk);
}

static bool any_rcpt_matches(const char *pattern, struct view text)
{
	struct view value;
	char letter;

	while (select_line(&text, &letter, &value) && letter != 'H')
		if (letter == 'R' && queue_pattern_matches(pattern, queue_bare(select_rcpt(value))))
			return true;
	return false;
}

static bool matches(const struct queue_run_ctx *c, const struct queue_entry *e)
{
	const struct queue_pick *p = &c->wish->pick;
	int64_t age = c->now_s - e->head.created_s;

	return (p->older_than_s < 0 || age > p->older_than_s) &&
	       (p->newer_than_s < 0 || age < p->newer_than_s) &&
	       (!p->from || queue_pattern_matches(p->from, queue_bare(e->head.sender))) &&
	       (!p->reason || queue_pattern_matches(p->reason, queue_reason(e))) &&
	       (!p->to || any_rcpt_matches(p->to, e->text));
}

size_t queue_pick_unknown(const struct queue_pick *p, size_t n_found)
{
	size_t n = p->ids ? table_count(p->ids) : 0;

	return n > n_found ? n - n_found : 0;
}

bool queue_pick_matches(const struct queue_run_ctx *c, const struct queue_entry *e)
{
	const struct queue_pick *p = &c->wish->pick;
	unsigned wanted = queue_wanted_states(c->wish);
	int group = c->spool->dirs[e->dir].group;

	if (!(queue_state_of(e) & wanted))
		return false;
	if (p->group && (group >= c->rt.snap->cf->n_groups ||
			 !view_eq_nocase(c->rt.snap->cf->groups[group].name, view_of(p->group))))
		return false;
	return matches(c, e);
}

bool queue_pick_text(const struct queue_run_ctx *c, struct view text)
{
	struct queue_entry e = { .text = text };

	select_head(text, &e.head);
	e.letter = e.head.reason.len ? 'h' : 'q';
	return matches(c, &e);
}
