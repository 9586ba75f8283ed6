/*
 * header_out.h - from the fields of a message to the header that a mailer sends.
 *
 * header_render writes the header for one mailer: conditions of H lines, macros of fields bound late, Bcc left out,
 * addresses rewritten one by one by rw_remote_name and folded as sendmail folds them. Fields that nobody rewrites are
 * copied as they came. Thread-safe on a shared envelope: it only reads.
 */
#ifndef ENVELOPE_HEADER_OUT_H
#define ENVELOPE_HEADER_OUT_H

#include "envelope/header_complete.h"

/* Renders for mailer m, macros of the delivery in scope (g, u, h ...); lines end in LF. */
void header_render(const struct envelope *e, struct rw *rw, const struct mailer *m,
		   struct str *out);

#endif
