/* list_entry.c - see list_entry.h. */
#include "queue/list_entry.h"

#include <time.h>

/* A status or reason as it may be shown: what a terminal would obey is replaced. */
static void add_shown(struct str *out, struct view v, size_t max)
{
	for (size_t i = 0; i < v.len && i < max; i++) {
		unsigned char c = (unsigned char)v.p[i];

		str_addc(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

/* An address: bytes that are no printable ASCII as \ooo, and none of these in part. */
static void add_address(struct str *out, struct view v, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.p[i];
		bool is_plain = c >= 0x20 && c < 0x7f && c != '\\';

		n += is_plain ? 1 : c == '\\' ? 2 : 4;
		if (n > max)
			break;
		if (is_plain)
			str_addc(out, (char)c);
		else if (c == '\\')
			str_addz(out, "\\\\");
		else
			str_addf(out, "\\%03o", c);
	}
}

static bool is_too_young(const struct list_style *l, const struct qf_head *h)
{
	int64_t wait = l->options->min_queue_age_s;

	if (l->options->max_queue_age_s > 0) {
		int64_t age = h->last_try_s - h->created_s;

		wait = age > wait ? age : wait;
		wait = wait < l->options->max_queue_age_s ? wait : l->options->max_queue_age_s;
	}
	return wait > 0 && h->last_try_s > 0 && h->last_try_s + wait > l->now_s;
}

/* QueueFactor and load average: would a run leave it (contract/queue.md 6.5)? */
static bool is_held_by_load(const struct list_style *l, const struct qf_head *h)
{
	return l->load > 0 &&
	       h->priority > l->options->queue_factor / (l->load - l->options->queue_la + 1);
}

static char mark_of(const struct list_style *l, const struct qf_head *h, char letter,
		    bool is_locked)
{
	if (letter == 'Q')
		return '?';
	if (is_locked)
		return '*';
	if (is_too_young(l, h))
		return '-';
	return is_held_by_load(l, h) ? 'X' : ' ';
}

static void add_time(struct str *out, int64_t at, bool verbose)
{
	time_t t = (time_t)at;
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), verbose ? "%b %e %H:%M" : "%a %b %e %H:%M", &tm);
	str_addf(out, verbose ? "%-12.12s " : "%-16.16s ", text);
}

/* Orders that need no priority do not look for it, and the listing has none to show. */
static bool shows_priority(const struct list_style *l)
{
	return !strchr("fmnr", l->options->queue_sort_order);
}

static void add_first_line(struct str *out, const struct list_style *l, const struct qf_head *h,
			   struct view id, char mark, int64_t size)
{
	bool is_warned = view_find(h->flags, 'w') < h->flags.len;

	str_addf(out, "%13.*s%c", (int)id.len, id.p, mark);
	if (l->verbose)
		str_addf(out, "%8lld %10lld%c", (long long)size,
			 shows_priority(l) ? (long long)h->priority : 0LL, is_warned ? '+' : ' ');
	else
		str_addf(out, "%8lld ", (long long)size);
	add_time(out, h->created_s, l->verbose);
	add_address(out, h->sender, l->verbose ? 78 : 39);
}

/* Recipients; verbose also the controlling user of those that follow, and what the last one was told. */
static void add_rcpts(struct str *out, const struct list_style *l, struct view text)
{
	struct view value, status = VIEW_NONE;
	bool is_envelope = true;
	char letter;

	while (select_line(&text, &letter, &value) && letter != 'H') {
		if (letter == 'S')
			is_envelope = false; /* an M line from here on is a recipient's */
		if (letter == 'M' && !is_envelope)
			status = value;
		if (letter == 'C' && l->verbose && !is_envelope) {
			str_addz(out, "\n\t\t\t\t\t\t(---");
			add_shown(out, value, 64);
			str_addz(out, "---)");
		}
		if (letter != 'R')
			continue;
		str_addz(out, l->verbose ? "\n\t\t\t\t\t\t" : "\n\t\t\t\t\t ");
		add_address(out, select_rcpt(value), l->verbose ? 71 : 38);
		if (l->verbose && status.len) {
			str_addz(out, "\n\t\t (");
			add_shown(out, status, 100);
			str_addz(out, ")");
		}
		status = VIEW_NONE;
	}
}

void list_entry_add(struct str *out, const struct list_style *l, const struct queue_entry *e)
{
	const struct qf_head *h = &e->head;

	add_first_line(out, l, h, view_of(e->id), mark_of(l, h, e->letter, e->is_locked), e->size);
	if (h->reason.len) {
		str_addz(out, "\n     QUARANTINE: ");
		add_shown(out, h->reason, l->verbose ? 100 : 60);
	}
	if (h->status.len || h->body_type.len) {
		own_str struct str status = STR_MAX(200);

		add_shown(&status, h->status, l->verbose ? 100 : 60);
		str_addf(out, "\n    %10.*s", h->body_type.len < 10 ? (int)h->body_type.len : 10,
			 h->body_type.p ? h->body_type.p : "");
		if (h->status.len)
			str_addf(out, "   (%s)", str_z(&status));
	}
	add_rcpts(out, l, e->text);
	if (h->created_s == 0)
		str_addz(out, LIST_NO_CONTROL);
	str_addc(out, '\n');
}
