/*
 * answer.h - answers of the DNS as bytes: from the wire into an arena, and into one block that can be kept.
 *
 * Private to net/. Record data comes from the library without name compression, but is not trusted otherwise: a record that
 * does not hold what its type says is left out. Packed answers are immutable; any number of threads may unpack one.
 */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include "net/resolver.h"

/* Reads one record of a type from its raw data into *out (views in the arena). False when the data is not well formed. */
bool answer_record(enum dns_type type, struct view data, struct arena *a, struct dns_record *out);

struct packed_answer;
struct packed_answer *answer_pack(const struct dns_answer *from);
void answer_unpack(const struct packed_answer *p, struct arena *a, struct dns_answer *out);

#endif
