/*
 * select.h - which queued messages are meant: -qI -qR -qS -qQ -qG -qL and their ! forms; and the few lines of a control file
 * that this and the listing look at, without building an envelope.
 *
 * Conditions of one letter: any may hold; of different letters: all must. Ids and quarantine reasons compare exactly, addresses
 * without regard to case. Thread-safe, no I/O.
 */
#ifndef QUEUE_SELECT_H
#define QUEUE_SELECT_H

#include "queue/queue.h"

/* The next line of a control file: letter and value. Continuation lines are passed over. False at the end. */
bool select_line(struct view *rest, char *out_letter, struct view *out_value);

struct qf_head {
	int64_t version, created_s, last_try_s, tries, priority;
	struct view sender, body_type, reason, first_rcpt;
	struct view
		status; /* the M line in front of the sender's: the message's, not a recipient's */
	bool has_priority, is_warned;
	bool is_empty; /* no line in it makes sense */
};
void select_head(struct view text, struct qf_head *out);

/* The letters of control files that a selection looks at: "q" or "h" or "Q". */
const char *select_letters(const struct queue_select *sel);
bool select_id(const struct queue_select *sel, struct view id);
/* Do sender, recipients and reason satisfy the conditions? sel may be NULL. */
bool select_text(const struct queue_select *sel, struct view text);
/* Must the control file be read to know? */
bool select_needs_text(const struct queue_select *sel);

/* The address of an R line: behind the flags and the colon. */
struct view select_rcpt(struct view value);

#endif
