/* list_entry.c - see list_entry.h. */
#include "queue/list_entry.h"

#include <time.h>

#include "queue/busy.h"

/* How many bytes in front may be shown as they are. */
static size_t plain_run(struct view v, bool is_address)
{
	size_t n = 0;

	while (n < v.len) {
		unsigned char c = (unsigned char)v.p[n];

		if (c < 0x20 || c == 0x7f || (is_address && (c > 0x7f || c == '\\')))
			break;
		n++;
	}
	return n;
}

/* A status or reason as it may be shown: what a terminal would obey is replaced. */
static void add_shown(struct str *out, struct view v, size_t max)
{
	v = view_first(v, max);
	while (v.len > 0) {
		size_t n = plain_run(v, false);

		str_add(out, view_first(v, n));
		if (n < v.len)
			str_addc(out, '?');
		v = view_skip(v, n + 1);
	}
}

/* An address: bytes that are no printable ASCII as \ooo, and none of these in part. */
static void add_address(struct str *out, struct view v, size_t max)
{
	while (v.len > 0) {
		size_t n = plain_run(v, true), width;

		str_add(out, view_first(v, n < max ? n : max));
		if (n >= max || n == v.len)
			return;
		max -= n;
		width = v.p[n] == '\\' ? 2 : 4;
		if (width > max)
			return;
		max -= width;
		if (width == 2)
			str_addz(out, "\\\\");
		else
			str_addf(out, "\\%03o", (unsigned char)v.p[n]);
		v = view_skip(v, n + 1);
	}
}

static bool is_too_young(const struct list_style *l, const struct qf_head *h)
{
	int64_t wait = l->options->min_queue_age_s;

	if (!l->reads_head)
		return false;
	if (l->options->max_queue_age_s > 0) {
		int64_t age = h->last_try_s - h->created_s;

		wait = age > wait ? age : wait;
		wait = wait < l->options->max_queue_age_s ? wait : l->options->max_queue_age_s;
	}
	return wait > 0 && h->tries > 0 && h->last_try_s > 0 && h->last_try_s + wait > l->now_s;
}

/* QueueFactor and load average: would a run leave it (contract/queue.md 6.5)? */
static bool is_held_by_load(const struct list_style *l, const struct qf_head *h)
{
	return l->reads_head &&
	       busy_holds_at(l->options, l->options->queue_la, l->load, h->priority);
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

static void add_two_digits(struct str *out, int n, char pad)
{
	str_addc(out, (char)(n < 10 ? pad : '0' + n / 10 % 10));
	str_addc(out, (char)('0' + n % 10));
}

/* "Fri Nov 20 19:09 ", verbose without the day of the week. */
static void add_time(struct str *out, int64_t at, bool verbose)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)at;
	struct tm tm;

	if (!localtime_r(&t, &tm)) {
		str_add_right(out, VIEW_NONE, verbose ? 13 : 17);
		return;
	}
	if (!verbose) {
		str_add(out, view_from(days + tm.tm_wday * 3, 3));
		str_addc(out, ' ');
	}
	str_add(out, view_from(months + tm.tm_mon * 3, 3));
	str_addc(out, ' ');
	add_two_digits(out, tm.tm_mday, ' ');
	str_addc(out, ' ');
	add_two_digits(out, tm.tm_hour, '0');
	str_addc(out, ':');
	add_two_digits(out, tm.tm_min, '0');
	str_addc(out, ' ');
}

/* Orders that need no priority do not look for it, and the listing has none to show. */
static bool shows_priority(const struct list_style *l)
{
	return !strchr("fmnr", l->options->queue_sort_order);
}

static int64_t shown_priority(const struct list_style *l, const struct qf_head *h)
{
	if (!shows_priority(l))
		return 0;
	return h->has_priority ? h->priority : INT32_MAX;
}

/* What the sender's line brings: size, time, sender, reason and status. */
static void add_sender(struct str *out, const struct list_style *l, const struct qf_head *h,
		       int64_t size, struct view sender)
{
	str_add_number(out, size, 8);
	str_addc(out, ' ');
	if (l->verbose) {
		str_add_number(out, shown_priority(l, h), 10);
		str_addc(out, h->is_warned ? '+' : ' ');
	}
	add_time(out, h->created_s, l->verbose);
	add_address(out, sender, l->verbose ? 78 : 39);
	if (h->reason.len) {
		str_addz(out, "\n     QUARANTINE: ");
		add_shown(out, h->reason, l->verbose ? 100 : 60);
	}
	if (h->status.len || h->body_type.len) {
		str_addz(out, "\n    ");
		str_add_right(out, view_first(h->body_type, 10), 10);
		if (h->status.len) {
			str_addz(out, "   (");
			add_shown(out, h->status, l->verbose ? 100 : 60);
			str_addc(out, ')');
		}
	}
}

/* The lines in their order, whatever it is: sender and recipients; verbose also the controlling user of those that follow, and what
 * the last one was told. Behind sender and header there is nothing to show. */
static void add_lines(struct str *out, const struct list_style *l, const struct queue_entry *e)
{
	struct view text = e->text, value, status = VIEW_NONE;
	bool is_envelope = true;
	char letter;

	while (select_line(&text, &letter, &value) && (is_envelope || letter != 'H')) {
		if (letter == 'S') {
			is_envelope = false; /* an M line from here on is a recipient's */
			add_sender(out, l, &e->head, e->size, value);
		}
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
		/* The first version had no flags: the whole line is the address. */
		add_address(out, e->head.version > 0 ? select_rcpt(value) : value,
			    l->verbose ? 71 : 38);
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

	str_add_right(out, view_of(e->id), 13);
	str_addc(out, mark_of(l, h, e->letter, e->is_locked));
	add_lines(out, l, e);
	if (h->created_s == 0)
		str_addz(out, LIST_NO_CONTROL);
	str_addc(out, '\n');
}
