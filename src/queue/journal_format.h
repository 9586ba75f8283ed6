/*
 * journal_format.h - the bytes of a journal on disk.
 *
 * A journal is a directory with a file `lock`, held by flock for as long as its daemon lives, and segments seg.0000, seg.0001 ...
 * of one size. A segment is a sequence of records from offset 0, each beginning at a multiple of 8, in the byte order of the
 * machine:
 *
 *     struct journal_header | payload (length bytes) | zeros up to the next multiple of 8
 *
 * SEGMENT  the first record of a segment; its position names the generation in which the segment is used
 * MESSAGE  an accepted message: struct journal_message_head, id, directory, control text, body
 * NOTE     ref: a message; payload: its control text as it stands now
 * DONE     ref: a message; it is finished, or rests in its own qf and df files
 *
 * Invariants:
 *  1. A position is generation << 32 | offset. Generations grow by one with each segment taken into use and never repeat
 *     in a directory; a header holds its own position, so bytes of an earlier use are never taken for valid.
 *  2. header_crc covers the header behind that field; payload_crc covers the payload. What fails either is no record.
 *  3. A segment is taken into use again only after every message in it is DONE, and segments are given up in the order of their
 *     generations. So when a segment is overwritten, every DONE for its messages lies in a later or the same generation.
 *  4. A message is acknowledged only after fdatasync returned for the bytes of its record (SuperSafe permitting). NOTE and DONE
 *     are written with the next batch, at the latest after a second.
 *  5. The file `lock` and a segment are made durable in their directory before the first record in it is acknowledged.
 *  6. Of several generations found in one segment file only the highest counts.
 *  7. A reader goes on behind damage at the next place where a header is valid for its own position. Damage is reported with its
 *     offsets; without valid records of its generation behind it, it may be the torn end of the last write.
 *  8. What is in a journal and not DONE is written as qf and df by whoever holds the lock of a journal without a daemon;
 *     a message whose qf exists already is left as it is.
 *  9. A batch is followed by the zeros of one header, as far as the segment reaches, which the next batch overwrites. So at the
 *     end of what was written there are zeros, never the rest of an earlier use, and anything else there is damage or torn.
 */
#ifndef QUEUE_JOURNAL_FORMAT_H
#define QUEUE_JOURNAL_FORMAT_H

#include <stdint.h>

#include "base/view.h"

#define JOURNAL_MAGIC   0x314a5250u /* "PRJ1" */
#define JOURNAL_VERSION 1u
#define JOURNAL_ALIGN   8u

enum journal_type { JOURNAL_SEGMENT = 1, JOURNAL_MESSAGE, JOURNAL_NOTE, JOURNAL_DONE };

enum journal_flag {
	JOURNAL_BODY_IN_FILE = 1 << 0, /* the body is in the df file of the directory */
	JOURNAL_NO_BODY = 1 << 1,
};

struct journal_header {
	uint32_t magic;
	uint32_t header_crc; /* of everything behind this field */
	uint32_t payload_crc;
	uint32_t length;
	uint64_t at;
	uint64_t ref; /* NOTE, DONE: the message; SEGMENT: the version */
	uint8_t type;
	uint8_t flags;
	uint16_t zero;
	uint32_t zero2;
};

struct journal_message_head {
	uint32_t text_len;
	uint8_t letter; /* q or h */
	uint8_t id_len;
	uint16_t dir_len;
};

static inline uint64_t journal_position(uint32_t generation, size_t offset)
{
	return (uint64_t)generation << 32 | offset;
}

static inline uint32_t journal_generation(uint64_t position)
{
	return (uint32_t)(position >> 32);
}

static inline size_t journal_offset(uint64_t position)
{
	return (size_t)(position & UINT32_MAX);
}

static inline size_t journal_aligned(size_t n)
{
	return (n + JOURNAL_ALIGN - 1) & ~(size_t)(JOURNAL_ALIGN - 1);
}

/* Fills the checksums and magic of a header whose other fields are set. */
void journal_header_seal(struct journal_header *h, uint32_t payload_crc);
/* A record at p, with `left` bytes from there to the end of the segment, at that offset: fills *out and *out_payload; false when
 * there is none. The payload may be damaged all the same: *out_is_whole tells; NULL: it is not looked at. */
bool journal_record_at(const char *p, size_t left, size_t offset, struct journal_header *out,
		       struct view *out_payload, bool *out_is_whole);

/* A MESSAGE payload in its parts; false when the lengths do not fit. */
struct journal_message {
	struct view id, dir, text, body;
	char letter;
	uint8_t flags;
};
bool journal_message_parse(const struct journal_header *h, struct view payload,
			   struct journal_message *out);

#endif
