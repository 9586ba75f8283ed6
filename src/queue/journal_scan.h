/*
 * journal_scan.h - the reading side of the journal: what is in a directory of segments and not done.
 *
 * Used to recover a journal whose daemon is gone (under its lock), and by mailq beside a running daemon, without a lock:
 * every record is checked by itself, so a segment that changes meanwhile yields at worst a message less or one that is just done.
 *
 * Damage is told with file and offsets, and the rest is used. Invariant 9 of journal_format.h makes the end of what was written
 * recognizable, so that no changed byte of a record passes for the end.
 *
 * The image maps the segment files; its views live until journal_image_free. Not shared between threads. Blocks: on the disk.
 */
#ifndef QUEUE_JOURNAL_SCAN_H
#define QUEUE_JOURNAL_SCAN_H

#include "base/log.h"
#include "queue/journal_format.h"

struct journal_found {
	uint64_t ref;
	struct journal_message message; /* its text is that of the last note */
	bool is_done;
};

/* A piece of a segment that is no valid record. */
struct journal_damage {
	size_t map;      /* index of its segment in maps */
	size_t from, to; /* offsets */
	uint8_t type;    /* of the record, when its header is valid; else 0 */
	bool is_end; /* no valid record of its generation follows: perhaps the torn end of the last write */
};

struct journal_image {
	struct journal_map {
		void *p;
		size_t len;
		char name[24];
	} * maps;
	size_t n_maps;
	struct journal_damage *damage;
	size_t n_damage;
	struct journal_found *messages; /* in order of acceptance; look at is_done */
	size_t n_messages, n_live;
	uint32_t last_generation; /* 0: nothing was ever written */
	size_t n_damaged;         /* places of damage that are not at an end */
};

/* 0 or -errno. Damage is logged (log NULL: silently). */
int journal_scan(int dir_fd, struct log *log, struct journal_image *out);
/* Only what is not done, for looking at the journal of a daemon: the bytes of messages that are done are not read. */
int journal_scan_live(int dir_fd, struct journal_image *out);
/* journal_scan for one segment in memory; for tests and fuzzing. */
void journal_scan_bytes(struct view bytes, struct journal_image *out);
void journal_image_free(struct journal_image *image);

#endif
