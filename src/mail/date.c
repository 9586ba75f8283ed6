/* date.c - see date.h. Offsets are numeric, "GMT" for none; zone names are not written: they are ambiguous. */
#include "mail/date.h"

#include "base/number.h"

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* Local broken-down time; the epoch when the system cannot say. */
static struct tm local_tm(int64_t when_s)
{
	time_t t = (time_t)when_s;
	struct tm tm;

	if (!localtime_r(&t, &tm)) {
		t = 0;
		gmtime_r(&t, &tm);
	}
	return tm;
}

static int year_of(const struct tm *tm)
{
	return tm->tm_year + 1900;
}

void date_rfc822(int64_t when_s, char out[DATE_TEXT_MAX])
{
	struct tm tm = local_tm(when_s);
	long minutes = tm.tm_gmtoff / 60;
	int n = snprintf(out, DATE_TEXT_MAX, "%s, %d %s %04d %02d:%02d:%02d ", days[tm.tm_wday % 7],
			 tm.tm_mday, months[tm.tm_mon % 12], year_of(&tm), tm.tm_hour, tm.tm_min,
			 tm.tm_sec);
	char sign = minutes < 0 ? '-' : '+';

	if (minutes == 0) {
		snprintf(out + n, DATE_TEXT_MAX - (size_t)n, "GMT");
		return;
	}
	minutes = labs(minutes);
	snprintf(out + n, DATE_TEXT_MAX - (size_t)n, "%c%02ld%02ld", sign, minutes / 60 % 100,
		 minutes % 60);
}

void date_ctime(int64_t when_s, char out[DATE_TEXT_MAX])
{
	struct tm tm = local_tm(when_s);

	snprintf(out, DATE_TEXT_MAX, "%s %s %2d %02d:%02d:%02d %d", days[tm.tm_wday % 7],
		 months[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 year_of(&tm));
}

void date_numeric(int64_t when_s, char out[DATE_TEXT_MAX])
{
	time_t t = (time_t)when_s;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	snprintf(out, DATE_TEXT_MAX, "%04d%02d%02d%02d%02d", year_of(&tm), tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min);
}

/* Blanks and comments before the next word are skipped; the word is a run without blanks, commas and comments. */
static bool next_word(struct view *rest, struct view *out)
{
	size_t i = 0, from;
	int depth = 0;

	for (; i < rest->len; i++) {
		char c = rest->p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ',')
			break;
	}
	from = i;
	while (i < rest->len && !strchr(" \t\r\n,(", rest->p[i]) && rest->p[i] != '\0')
		i++;
	*out = view_from(rest->p + from, i - from);
	*rest = view_skip(*rest, i);
	return out->len > 0;
}

static int month_of(struct view word)
{
	if (word.len < 3)
		return -1;
	for (int i = 0; i < 12; i++) {
		if (strncasecmp(word.p, months[i], 3) == 0)
			return i;
	}
	return -1;
}

static bool parse_clock(struct view word, struct tm *tm)
{
	struct view hour, minute, second = VIEW("0");
	int64_t h, m, s;

	if (!view_cut(&word, ':', &hour) || !view_cut(&word, ':', &minute))
		return false;
	view_cut(&word, ':', &second);
	if (!view_is_none(word) || !number_parse(hour, 0, 23, &h) ||
	    !number_parse(minute, 0, 59, &m) || !number_parse(second, 0, 60, &s))
		return false;
	tm->tm_hour = (int)h;
	tm->tm_min = (int)m;
	tm->tm_sec = (int)s;
	return true;
}

/* Seconds east of Greenwich. The letters of RFC 822's military zones and unknown names count as zero (RFC 5322, 4.3). */
static int64_t zone_seconds(struct view word)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {
		{"EST",  -5},
                { "EDT", -4},
                { "CST", -6},
                { "CDT", -5},
		{ "MST", -7},
                { "MDT", -6},
                { "PST", -8},
                { "PDT", -7},
	};
	int64_t n;

	if (word.len == 5 && (word.p[0] == '+' || word.p[0] == '-') &&
	    number_parse(view_skip(word, 1), 0, 9959, &n)) {
		n = n / 100 * 3600 + n % 100 * 60;
		return word.p[0] == '-' ? -n : n;
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		if (view_eq_nocase(word, view_of(zones[i].name)))
			return zones[i].hours * 3600;
	}
	return 0;
}

bool date_parse(struct view text, int64_t *out_when_s)
{
	struct view rest = text, word;
	struct tm tm = { 0 };
	int64_t n;

	if (!next_word(&rest, &word))
		return false;
	if (!isdigit((unsigned char)word.p[0]) && !next_word(&rest, &word))
		return false;
	if (!number_parse(word, 1, 31, &n))
		return false;
	tm.tm_mday = (int)n;
	if (!next_word(&rest, &word) || (tm.tm_mon = month_of(word)) < 0)
		return false;
	if (!next_word(&rest, &word) || !number_parse(word, 0, 9999, &n))
		return false;
	if (word.len <= 3) /* RFC 5322, 4.3: two and three digit years */
		n += n < 50 && word.len == 2 ? 2000 : 1900;
	tm.tm_year = (int)n - 1900;
	if (!next_word(&rest, &word) || !parse_clock(word, &tm))
		return false;
	*out_when_s = timegm(&tm);
	if (next_word(&rest, &word))
		*out_when_s -= zone_seconds(word);
	return true;
}

void date_delay(int64_t seconds, char out[DATE_TEXT_MAX])
{
	int64_t s = seconds < 0 ? 0 : seconds;
	int n = 0;

	if (s >= 86400)
		n = snprintf(out, DATE_TEXT_MAX, "%lld+", (long long)(s / 86400));
	snprintf(out + n, DATE_TEXT_MAX - (size_t)n, "%02d:%02d:%02d", (int)(s % 86400 / 3600),
		 (int)(s % 3600 / 60), (int)(s % 60));
}

void date_words(int64_t seconds, char out[DATE_TEXT_MAX])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {
		{604800, "week"  },
                { 86400, "day"   },
                { 3600,  "hour"  },
		{ 60,    "minute"},
                { 1,     "second"},
	};
	int64_t left = seconds;
	size_t len = 0;

	out[0] = '\0';
	if (left <= 0) {
		snprintf(out, DATE_TEXT_MAX, "zero seconds");
		return;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && len < DATE_TEXT_MAX; i++) {
		int64_t n = left / units[i].seconds;

		left %= units[i].seconds;
		if (n > 0)
			len += (size_t)snprintf(out + len, DATE_TEXT_MAX - len, "%s%lld %s%s",
						len ? ", " : "", (long long)n, units[i].name,
						n == 1 ? "" : "s");
	}
}
