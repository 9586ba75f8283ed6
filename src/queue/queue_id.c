/*
 * queue_id.c - message ids: the second, a sequence number, the process.
 */
#include "queue/queue_id.h"

#include <sys/random.h>

#define SEQUENCE      3600u
#define LAPS_MAX      99u
#define LAP_STEP      10000000u
#define COUNT_BITS    20
#define COUNT_MASK    ((UINT64_C(1) << COUNT_BITS) - 1)
#define PER_SECOND    (SEQUENCE * (LAPS_MAX + 1))
#define SECONDS_A_DAY 86400

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";

void queue_id_init(struct queue_id_source *s, pid_t pid, int64_t not_before_s)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)pid * 2654435761u;
	s->start = r % SEQUENCE;
	s->pid = (unsigned)pid;
	atomic_init(&s->at, not_before_s > 0 ? (uint64_t)(not_before_s + 1) << COUNT_BITS : 0);
}

/* The civil date of a day number since 1970-01-01; month from 0. */
static void date_of_days(int64_t days, int *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468; /* days since 0000-03-01 */
	int64_t era = z / 146097;
	unsigned in_era = (unsigned)(z - era * 146097);
	unsigned year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned shifted = (5 * in_year + 2) / 153; /* months since March */

	*day = in_year - (153 * shifted + 2) / 5 + 1;
	*month = shifted < 10 ? shifted + 2 : shifted - 10;
	*year = (int)(era * 400 + year_of_era) + (*month <= 1);
}

static void format_id(const struct queue_id_source *s, int64_t second, unsigned count, char out[32])
{
	unsigned sequence = (s->start + count) % SEQUENCE;
	unsigned lap = count / SEQUENCE;
	unsigned in_day = (unsigned)(second % SECONDS_A_DAY);
	unsigned month, day;
	int year;

	date_of_days(second / SECONDS_A_DAY, &year, &month, &day);
	out[0] = alphabet[(unsigned)(year - 1900) % 60];
	out[1] = alphabet[month];
	out[2] = alphabet[day];
	out[3] = alphabet[in_day / 3600];
	out[4] = alphabet[in_day / 60 % 60];
	out[5] = alphabet[in_day % 60];
	out[6] = alphabet[sequence / 60];
	out[7] = alphabet[sequence % 60];
	snprintf(out + 8, 24, "%06u", lap * LAP_STEP + s->pid);
}

void queue_id_next(struct queue_id_source *s, int64_t now_s, char out[32])
{
	uint64_t now = (uint64_t)(now_s > 0 ? now_s : 0);
	uint64_t old = atomic_load_explicit(&s->at, memory_order_relaxed), next;

	do {
		if (now > old >> COUNT_BITS)
			next = now << COUNT_BITS;
		else if ((old & COUNT_MASK) + 1 < PER_SECOND)
			next = old + 1;
		else
			next = ((old >> COUNT_BITS) + 1) << COUNT_BITS;
	} while (!atomic_compare_exchange_weak_explicit(&s->at, &old, next, memory_order_relaxed,
							memory_order_relaxed));
	format_id(s, (int64_t)(next >> COUNT_BITS), (unsigned)(next & COUNT_MASK), out);
}

bool queue_id_is_valid(struct view id)
{
	if (id.len < 1 || id.len > 31)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '/')
			return false;
	}
	return true;
}
