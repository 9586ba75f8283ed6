/*
 * resolv_conf.h - the name servers and the search list of resolv.conf(5). Private to net/resolver.c. No state.
 */
#ifndef NET_RESOLV_CONF_H
#define NET_RESOLV_CONF_H

#include "net/engine.h"

#define RESOLV_SEARCH_MAX 32

struct resolv_conf {
	struct view servers[ENGINE_SERVERS_MAX]; /* 127.0.0.1 when the file names none */
	size_t n_servers;
	struct view search[RESOLV_SEARCH_MAX];
	size_t n_search;
};

/* Reads the text; everything in *out lives in the arena. */
void resolv_conf_read(struct view text, struct arena *a, struct resolv_conf *out);

#endif
