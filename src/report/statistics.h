/*
 * statistics.h - the statistics file (option StatusFile, contract/queue.md 6.10), which mailstats reads.
 *
 * Counters are gathered in memory and added to the file now and then, under a lock, in place. The file is never created: an
 * administrator who wants statistics makes it. In a file that is none yet (empty, other magic, version or size) counting
 * begins anew.
 *
 * Threads: any. Blocks: statistics_flush on the disk and the file's lock.
 */
#ifndef REPORT_STATISTICS_H
#define REPORT_STATISTICS_H

#include "config/config.h"

enum statistics_event {
	STATISTICS_FROM, /* a message came in by this mailer; bytes count */
	STATISTICS_TO,   /* a message went out by it; bytes count */
	STATISTICS_REJECTED,
	STATISTICS_DISCARDED,
	STATISTICS_QUARANTINED
};
enum statistics_connection {
	STATISTICS_CONNECTION_FROM,
	STATISTICS_CONNECTION_TO,
	STATISTICS_CONNECTION_REJECTED
};

struct statistics;

struct statistics *statistics_new(void);
void statistics_free(struct statistics *s); /* what is not flushed is lost */
void statistics_count(struct statistics *s, enum statistics_event event, int mailer, int64_t bytes);
void statistics_count_connection(struct statistics *s, enum statistics_connection event);
/* Adds what was counted since the last flush. 0; -ENOENT when there is no such file or no such option (the counts are
 * kept for later); else -errno. */
int statistics_flush(struct statistics *s, const char *path);

/* The same, when the last flush is long enough ago that it does not cost anything. */
void statistics_flush_sometimes(struct statistics *s, struct view path);

/* The file's content, for mailstats and tests. */
struct statistics_image {
	int magic, version;
	int64_t start_s;
	int16_t size;
	long connections[3];
	long messages_from[CONFIG_MAILERS_MAX], kbytes_from[CONFIG_MAILERS_MAX];
	long messages_to[CONFIG_MAILERS_MAX], kbytes_to[CONFIG_MAILERS_MAX];
	long rejected[CONFIG_MAILERS_MAX], discarded[CONFIG_MAILERS_MAX];
	long quarantined[CONFIG_MAILERS_MAX];
};
#define STATISTICS_MAGIC   0x1B1DE
#define STATISTICS_VERSION 4

#endif
