/*
 * expire.c - messages that have waited too long.
 */
#include "queue/expire.h"

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

void expire_interval_text(int64_t seconds, struct str *out)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{"week",    604800},
                { "day",    86400 },
                { "hour",   3600  },
		{ "minute", 60    },
                { "second", 1     },
	};
	const char *between = "";

	/* Days are counted in weeks only when nothing is left over. */
	for (size_t i = seconds % 604800 ? 1 : 0; i < sizeof(units) / sizeof(units[0]); i++) {
		long long n = seconds / units[i].seconds;

		if (n == 0)
			continue;
		seconds -= n * units[i].seconds;
		str_addf(out, "%s%lld %s%s", between, n, units[i].name, n == 1 ? "" : "s");
		between = " ";
	}
	if (out->len == 0)
		str_addz(out, "0 seconds");
}

/* Every recipient that waits fails with that DSN code; false when there is none. */
static bool fail_deferred(struct envelope *e, uint8_t class, uint8_t detail)
{
	bool any = false;

	pthread_mutex_lock(&e->lock);
	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_DEFERRED)
			continue;
		r->state = RCPT_FAILED;
		r->status.dsn[0] = class;
		r->status.dsn[1] = 4;
		r->status.dsn[2] = detail;
		any = true;
	}
	pthread_mutex_unlock(&e->lock);
	return any;
}

void expire_overdue(struct envelope *e, int64_t now_s)
{
	const struct timeout_options *t = &e->snap->cf->options.timeout;
	enum timeout_class class = class_of(e);
	char interval[DATE_TEXT_MAX];
	int64_t age = now_s - e->created_s, limit = t->queuereturn_s[class];

	if (e->deliver_by_s > 0 && e->deliver_by_mode == 'R' && age > e->deliver_by_s &&
	    fail_deferred(e, 5, 7)) {
		pthread_mutex_lock(&e->lock);
		e->status_text = arena_printf(e->arena, "delivery time expired %llds",
					      (long long)e->deliver_by_s);
		pthread_mutex_unlock(&e->lock);
		envelope_note(e, "Delivery time (%llds) expired", (long long)e->deliver_by_s);
		envelope_note(e, "Message will be deleted from queue");
		return;
	}
	if (!t->is_queuereturn_now[class] && (limit <= 0 || age <= limit))
		return;
	if (!fail_deferred(e, 4, 7))
		return;
	date_words(limit, interval);
	if (t->is_queuereturn_now[class])
		snprintf(interval, sizeof(interval), "too long");
	pthread_mutex_lock(&e->lock);
	e->status_text = arena_printf(e->arena, "Cannot send message for %s", interval);
	pthread_mutex_unlock(&e->lock);
	envelope_note(e, "Message could not be delivered for %s", interval);
	envelope_note(e, "Message will be deleted from queue");
}
