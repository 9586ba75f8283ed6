/*
 * header_out.h - from the fields of a message to the header that a mailer sends.
 *
 * envelope_complete_header merges the H lines of the configuration into the message at acceptance (Received, Date, From,
 * Message-Id ... contract/macros-classes-headers.md 3.4, 3.5), counts hops, finds Message-Id, Precedence and class, strips Bcc, applies
 * NoRecipientAction. header_render writes the header for one mailer: conditions, macros, address rewriting
 * by rw_remote_name, folding as sendmail does it.
 */
#ifndef ENVELOPE_HEADER_OUT_H
#define ENVELOPE_HEADER_OUT_H

#include "envelope/envelope.h"

/* 0, or a sysexits code with *out_status (too many hops: 554 5.4.6, headers too large). */
int envelope_complete_header(struct envelope *e, const struct services *sv,
			     struct status *out_status);

/* Sets what the envelope knows from its header: msgid, class and timeout class, hop count, resent. */
void envelope_scan_header(struct envelope *e);

/* Renders for mailer m, macros of the delivery in scope (g, u, h ...); lines end in LF. */
void header_render(const struct envelope *e, struct rw *rw, const struct mailer *m,
		   struct str *out);

#endif
