/*
 * header_complete.h - what a message lacks in its header when it is accepted.
 *
 * envelope_complete_header merges the H lines of the configuration into the fields that came with the message
 * (contract/macros-classes-headers.md 3.4, 3.5): added fields stand in front, in the order of the configuration, expanded
 * now with the macros of the message, except those bound late (Return-Path). Called once, after the recipients and the
 * queue id are known, by the thread that owns the envelope. No I/O besides log lines.
 */
#ifndef ENVELOPE_HEADER_COMPLETE_H
#define ENVELOPE_HEADER_COMPLETE_H

#include "envelope/envelope.h"

/* Also sets $a $b $c $d $f $g $t $u $x and ${msg_id}, flags of the envelope (resent, Bcc, no body returned), class, priority
 * class and hop count; NoRecipientAction; receipts that RrtImpliesDsn wants; limits on MIME fields. 0, or a sysexits code
 * with *out_status: too many hops (554 5.4.6), header too large (552 5.6.0). */
int envelope_complete_header(struct envelope *e, const struct services *sv,
			     struct status *out_status);
/* EX_UNAVAILABLE_ and 554 5.4.6 when the message has come through more hosts than MaxHopCount, else 0. envelope_complete_header
 * looks at this last, when everything else is done: a server may take the message all the same and let it be returned. */
int envelope_check_hops(struct envelope *e, struct status *out_status);

/* Sets what the envelope knows from its header: msgid, class and timeout class, hop count, resent. */
void envelope_scan_header(struct envelope *e);

#endif
