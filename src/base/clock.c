/* clock.c - see clock.h. */
#include "base/clock.h"

static int64_t read_us(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_ms(void)
{
	return clock_us() / 1000;
}

int64_t clock_coarse_ms(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
	return read_us(CLOCK_MONOTONIC_COARSE) / 1000;
#else
	return clock_ms();
#endif
}

int64_t wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t wall_s(void)
{
	return wall_us() / 1000000;
}

int64_t deadline_in(int64_t ms)
{
	return clock_ms() + (ms > 0 ? ms : 0);
}

int64_t deadline_in_s(int64_t s)
{
	return s <= 0 ? DEADLINE_NEVER : deadline_in(s * 1000);
}

int deadline_left(int64_t deadline)
{
	int64_t left;

	if (deadline == DEADLINE_NEVER)
		return -1;
	left = deadline - clock_ms();
	return left <= 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}
