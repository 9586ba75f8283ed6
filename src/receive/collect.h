/*
 * collect.h - the text of a message as it comes: header fields, end of header, body.
 *
 * collect_add is given the octets of the DATA phase in pieces of any size and hands fields to the envelope's header and the
 * rest to its body, dots unstuffed, lines ended by LF. Header checks and check_eoh run as their place is reached; a
 * rejection is remembered and told at the end, after all of the text has been read. The state machine of line ends is
 * data_lines.h.
 *
 * Memory: the header in the envelope's arena, at most MaxHeadersLength and what one unfinished field needs; the body in its
 * own budget. Threads: the session's. Blocks: on maps of the header checks, and on disk when the body has outgrown memory.
 */
#ifndef RECEIVE_COLLECT_H
#define RECEIVE_COLLECT_H

#include "envelope/envelope.h"

struct session;
struct collect;

enum collect_state { COLLECT_MORE, COLLECT_DONE, COLLECT_BARE_LF, COLLECT_BARE_CR };

/* features: FEATURE_* of session.h. */
struct collect *collect_new(struct session *s, unsigned features);
void collect_free(struct collect *c); /* NULL is fine */
/* Takes bytes; *out_used tells how many belong to the message (what follows its end is not touched). */
enum collect_state collect_add(struct collect *c, struct view bytes, size_t *out_used);
/* What became of it, after COLLECT_DONE: smtp 0: all is well. */
const struct status *collect_status(const struct collect *c);
/* "header", "body" or "header+body": where bare line ends were met. */
const char *collect_where(const struct collect *c);
bool collect_had_bare_lf(const struct collect *c); /* and they were replaced */
bool collect_had_bare_cr(const struct collect *c);
/* Octets of the message so far as they came, dots unstuffed, CRLF counted as one. */
int64_t collect_size(const struct collect *c);

#endif
