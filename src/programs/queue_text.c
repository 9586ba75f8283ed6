/* queue_text.c - ages, sizes, counts and bars as they are printed. */
#include "programs/queue_command.h"

void queue_add_age(struct str *out, int64_t s)
{
	long long n = s > 0 ? (long long)s : 0;

	if (n < 60)
		str_addf(out, "%llds", n);
	else if (n < 3600)
		str_addf(out, "%lldm", n / 60);
	else if (n < 86400)
		str_addf(out, "%lldh%02lldm", n / 3600, n / 60 % 60);
	else if (n < 100 * 86400LL)
		str_addf(out, "%lldd%02lldh", n / 86400, n / 3600 % 24);
	else
		str_addf(out, "%lldd", n / 86400);
}

void queue_add_next(struct str *out, const struct queue_run_ctx *c, int64_t next_s)
{
	if (next_s == QUEUE_NEVER)
		str_addc(out, '-');
	else if (next_s <= c->now_s)
		str_addz(out, "now");
	else
		queue_add_age(out, next_s - c->now_s);
}

void queue_add_size(struct str *out, int64_t bytes)
{
	static const char units[] = "KMGT";
	double n = (double)bytes;
	int unit = -1;

	if (bytes < 0) {
		str_addc(out, '?');
		return;
	}
	while (n >= 999.5 && unit < 3) {
		n /= 1024;
		unit++;
	}
	if (unit < 0)
		str_addf(out, "%lld", (long long)bytes);
	else
		str_addf(out, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[unit]);
}

void queue_add_count(struct str *out, int64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)n);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			str_addc(out, ',');
		str_addc(out, digits[i]);
	}
}

void queue_add_bar(struct str *out, int64_t n, int64_t most, int width)
{
	int filled = most > 0 ? (int)((double)n / (double)most * width + 0.5) : 0;

	if (filled == 0 && n > 0)
		filled = 1;
	for (int i = 0; i < width; i++)
		str_addc(out, i < filled ? '#' : ' ');
}

/* The next character of a text: its bytes, what to print for it if it may not be printed as it is. */
static size_t next_character(struct view v, bool *out_is_shown)
{
	size_t n = utf8_sequence(v);
	unsigned char c = (unsigned char)v.p[0];

	/* U+0080 to U+009F command a terminal as their one-byte forms do. */
	*out_is_shown = n > 0 && c >= 0x20 && c != 0x7f &&
			!(n == 2 && c == 0xc2 && (unsigned char)v.p[1] < 0xa0);
	return n ? n : 1;
}

static int columns_of(struct view v)
{
	int n = 0;
	bool is_shown;

	for (; v.len; v = view_skip(v, next_character(v, &is_shown)))
		n++;
	return n;
}

int queue_add_cut(struct str *out, struct view text, int columns)
{
	int whole = columns_of(text), n = 0;
	int room = whole <= columns ? columns : columns - 3;

	while (text.len && n < room) {
		bool is_shown;
		size_t len = next_character(text, &is_shown);

		if (is_shown)
			str_add(out, view_first(text, len));
		else
			str_addc(out, '?');
		text = view_skip(text, len);
		n++;
	}
	if (whole > columns) {
		str_addz(out, "...");
		n += 3;
	}
	return n;
}

void queue_add_right(struct str *out, const struct str *text, int width)
{
	str_addf(out, "%*s", width, str_z(text));
}

void queue_add_left(struct str *out, const struct str *text, int width)
{
	str_addf(out, "%-*s", width, str_z(text));
}
