/*
 * clock.h - the two times: deadlines on the monotonic clock, dates on the wall clock.
 *
 * A deadline is a point of clock_ms(); DEADLINE_NEVER is allowed only where the header that takes it says so.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/banned.h"

#define DEADLINE_NEVER INT64_MAX

int64_t clock_ms(void); /* monotonic milliseconds */
int64_t clock_us(void); /* monotonic microseconds */
int64_t clock_coarse_ms(
	void); /* the same clock as of the last tick: some milliseconds late, much cheaper to read */
int64_t wall_s(void);             /* seconds since 1970 */
int64_t wall_us(void);            /* microseconds since 1970 */
int64_t deadline_in(int64_t ms);  /* clock_ms() + ms; ms <= 0 means now */
int64_t deadline_in_s(int64_t s); /* 0 means never: the way Timeout.* options say "no limit" */
int deadline_left(
	int64_t deadline); /* milliseconds for poll(2): 0 when past, -1 for never, capped at an hour */
static inline bool deadline_is_past(int64_t deadline)
{
	return deadline != DEADLINE_NEVER && clock_ms() >= deadline;
}

#endif
