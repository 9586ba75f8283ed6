/*
 * parts.h - long lists, read and handed on in parts. Private to resolve/.
 *
 *      list of 100,000 -> source -> part: a copy of the message with 2,000 members -- settled --> hand_on -> the queue
 *                                -> part ...                                       (others deliver it meanwhile)
 *
 * A list whose members would make an envelope longer than PART_RCPTS does not stand in it. It becomes a source, and when the envelope's own
 * recipients are settled its members are read into a copy of the message, settled there, handed on, and forgotten but for
 * the mark that they were reached. So what a list needs is the memory of one part for each level of nesting, and 24 to 48 bytes a
 * member. Lists inside a part that are long themselves are sources of parts of their own, read before their part leaves.
 *
 * Only where resolve_ctx.hand_on is set; with leaves_long the list stays as it is, for the one who delivers. When a part cannot be handed on, the
 * lists that it came from are tried again later as a whole: some members then get the message twice, nobody is left out.
 */
#ifndef RESOLVE_PARTS_H
#define RESOLVE_PARTS_H

#include "resolve/walk.h"

#define PART_RCPTS 2000

/* Would so many members be too many for the envelope that is being resolved? */
bool parts_is_long(const struct walk *w, size_t n);
/* The list becomes a source; what it needs of the text or the file is copied. n: how many members it has at most. */
void parts_take_text(struct walk *w, const struct membership *m, struct view text, size_t n);
int parts_take_file(struct walk *w, const struct membership *m, int fd, size_t n);
/* Reads and hands on what has become a source since. False: there was nothing. */
bool parts_read(struct walk *w);
void parts_drop(struct walk *w);

/* expand.c: everything that is new in w->env to an outcome, its sources read. */
void walk_settle(struct walk *w);
/* expand.c: tells the addressed ones whether this envelope's recipients loop or lead somewhere. */
void walk_mark_loops(struct envelope *e);

#endif
