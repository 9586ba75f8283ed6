/*
 * dns_name.h - what the classes that ask the DNS share: host, dns, bestmx. Pure; any thread.
 */
#ifndef MAP_DNS_NAME_H
#define MAP_DNS_NAME_H

#include "map/class.h"

/* The deadline of a question: the caller's, or earlier by the map's -d (seconds for one try) and -r (tries). */
int64_t dns_deadline(const struct map *m, int64_t deadline);

#endif
