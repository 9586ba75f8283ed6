/*
 * qf.h - an envelope as the text of a qf file, and back (contract/queue.md 6.3).
 *
 * The text is also what the journal keeps. Reading accepts versions 1 to 8 and never believes a length or a number; an
 * error names the line. No I/O here. Thread-safe on different envelopes.
 */
#ifndef ENVELOPE_QF_H
#define ENVELOPE_QF_H

#include "envelope/envelope.h"

/* df_dir: for the d line, none: omitted; inode triple for the I line, 0s: omitted. Only recipients that still have something
 * to do are written. */
void qf_write(const struct envelope *e, struct view df_dir, uint64_t major, uint64_t minor,
	      uint64_t inode, struct str *out);

struct qf_error {
	int line;
	char text[160];  /* as sendmail words it */
	bool is_bogus;   /* set it aside (Qf); else just unreadable now */
	bool is_of_file; /* it is told with the file's name: "readqf: FILE: text" */
	const char
		*loss; /* the reason of the "Losing FILE: reason" line; NULL when it is not bogus */
};
/* A last line is one that begins with ".", as the original takes it. 0; -EINVAL with *out_error; -EAGAIN when the final "." is missing (incomplete). e is fresh from envelope_new. */
int qf_read(struct view text, struct envelope *e, struct qf_error *out_error);

/* Does this recipient get an R line: has it something left to do? */
bool qf_rcpt_is_kept(const struct rcpt *r);
/* What the r and Q lines and the N, S, F, D flags say of a recipient: its own, else those of the one it was expanded
 * from. Final recipient: "RFC822; a@b", perhaps made in the arena. Without NOTIFY: failure and delay. */
struct view qf_final_rcpt(const struct rcpt *r, struct arena *a);
struct view qf_orcpt(const struct rcpt *r);
uint32_t qf_notify_flags(const struct rcpt *r);

#endif
