/*
 * crc32c.h - the Castagnoli checksum, by the processor's instruction where it has one. Thread-safe, pure.
 */
#ifndef QUEUE_CRC32C_H
#define QUEUE_CRC32C_H

#include "base/view.h"

/* crc: 0 to begin, or the result for the bytes before. */
uint32_t crc32c(uint32_t crc, struct view bytes);

#endif
