/* times.c - see times.h. */
#include "report/times.h"

#include "mail/date.h"

static enum timeout_class class_of(const struct envelope *e)
{
	switch (e->timeout_class) {
	case 'u':
		return TIMEOUT_URGENT;
	case 'l':
		return TIMEOUT_NONURGENT;
	case 'd':
		return TIMEOUT_DSN;
	default:
		return TIMEOUT_NORMAL;
	}
}

static bool is_by_time_past(const struct envelope *e, int64_t now_s)
{
	return e->deliver_by_s > 0 && now_s > e->created_s + e->deliver_by_s;
}

static void by_give_up(const struct envelope *e, struct arena *a, struct time_decision *out)
{
	long long by = (long long)e->deliver_by_s;

	out->verdict = TIME_BY_GIVE_UP;
	out->subject = out->log_text = arena_printf(a, "delivery time expired %llds", by);
	out->notes[0] = arena_printf(a, "Delivery time (%llds) expired", by);
	out->notes[1] = VIEW("Message will be deleted from queue");
}

static void give_up(const struct timeout_options *t, enum timeout_class c, struct arena *a,
		    struct time_decision *out)
{
	char words[DATE_TEXT_MAX];

	date_words(t->queuereturn_s[c], words);
	if (t->is_queuereturn_now[c])
		snprintf(words, sizeof(words), "too long");
	out->verdict = TIME_GIVE_UP;
	out->subject = out->log_text = arena_printf(a, "Cannot send message for %s", words);
	out->notes[0] = arena_printf(a, "Message could not be delivered for %s", words);
	out->notes[1] = VIEW("Message will be deleted from queue");
}

static void warn(const struct envelope *e, const struct timeout_options *t, enum timeout_class c,
		 bool is_by, struct arena *a, struct time_decision *out)
{
	char words[DATE_TEXT_MAX];

	date_words(t->queuewarn_s[c], words);
	if (is_by) {
		out->verdict = TIME_BY_WARN;
		out->subject = arena_printf(a, "Warning: Delivery time (%llds) exceeded",
					    (long long)e->deliver_by_s);
		out->notes[0] = out->subject;
	} else {
		out->verdict = TIME_WARN;
		out->subject = arena_printf(a, "Warning: could not send message for past %s",
					    words);
		out->notes[0] = arena_printf(a, "Warning: message still undelivered after %s",
					     words);
	}
	out->log_text = out->subject;
	date_words(t->queuereturn_s[c], words);
	out->notes[1] = arena_printf(a, "Will keep trying until message is %s old", words);
}

void times_decide(const struct envelope *e, int64_t now_s, struct arena *a,
		  struct time_decision *out)
{
	const struct timeout_options *t = &e->snap->cf->options.timeout;
	enum timeout_class c = class_of(e);
	/* Whoever sends in bulk does not care. */
	bool may_warn = !(e->flags & (ENV_WARNED | ENV_RESPONSE)) && e->sender.len &&
			!view_eq(e->sender, VIEW("<>")) && e->class_value >= 0;

	*out = (struct time_decision){ .verdict = TIME_GOES_ON,
				       .retry_until_s = e->created_s + t->queuereturn_s[c] };
	if (is_by_time_past(e, now_s) && e->deliver_by_mode == 'R')
		by_give_up(e, a, out);
	else if (t->is_queuereturn_now[c] || t->queuereturn_s[c] == 0 ||
		 now_s > e->created_s + t->queuereturn_s[c])
		give_up(t, c, a, out);
	else if (may_warn && is_by_time_past(e, now_s))
		warn(e, t, c, true, a, out);
	else if (may_warn && t->queuewarn_s[c] > 0 && now_s > e->created_s + t->queuewarn_s[c])
		warn(e, t, c, false, a, out);
}

bool times_is_by_over(const struct envelope *e, int64_t now_s)
{
	return e->deliver_by_mode == 'R' && is_by_time_past(e, now_s);
}

bool times_is_return_now(const struct envelope *e)
{
	return e->snap->cf->options.timeout.is_queuereturn_now[class_of(e)];
}
