/*
 * switch_file.h - the service switch: which methods answer for hosts, aliases, passwd, and in which order.
 *
 * The file of option ServiceSwitchFile has lines "service method method ..."; '#' begins a comment. A file that is absent
 * gives the defaults: aliases from files, hosts from dns, nis, files. Threads: any. Blocks: reads one small file.
 */
#ifndef MAP_SWITCH_FILE_H
#define MAP_SWITCH_FILE_H

#include "base/arena.h"

#define SWITCH_METHODS_MAX 12

/* The methods of a service; the number of them, 0 when the service is not known. */
size_t switch_methods(struct view path, struct view service, struct arena *a,
		      struct view out[SWITCH_METHODS_MAX]);

#endif
