/* busy.c - see busy.h. */
#include "queue/busy.h"

#include <string.h>

#include "os/load_average.h"

bool busy_holds_at(const struct options *o, int queue_la, int load, int64_t priority)
{
	return load >= queue_la && priority > o->queue_factor / ((int64_t)load - queue_la + 1);
}

bool busy_holds(const struct options *o, int queue_la, int64_t priority)
{
	return busy_holds_at(o, queue_la, load_average(), priority);
}

bool busy_holds_runs(const struct options *o)
{
	return busy_holds(o, o->queue_la, o->recipient_factor);
}

bool busy_order_has_priority(char order)
{
	return order != '\0' && strchr("phts", order) != NULL;
}
