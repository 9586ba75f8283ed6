/*
 * hosts.h - the hosts file: names to addresses and back, read again when it has changed.
 *
 * Threads: any. Blocks: a stat(2) at most once a second, and reading the file when it changed. A file that is missing or
 * cannot be read has no names in it. At most HOSTS_BYTES_MAX of it are read.
 */
#ifndef NET_HOSTS_H
#define NET_HOSTS_H

#include "net/resolver.h"

#define HOSTS_BYTES_MAX (16 * 1024 * 1024)

struct hosts;

struct hosts *hosts_new(const char *path); /* copied */
void hosts_free(struct hosts *h);
/* Addresses of a name, of one family or all (AF_UNSPEC). Fills found, records, canonical (the first name of the line). True
 * when the file knows the name at all, with an address of that family or not. */
bool hosts_addresses(struct hosts *h, struct view name, int family, struct arena *a,
		     struct dns_answer *out);
/* The first name of an address. */
bool hosts_name(struct hosts *h, const struct addr *addr, struct arena *a, struct dns_answer *out);

#endif
