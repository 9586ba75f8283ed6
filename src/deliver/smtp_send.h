/*
 * smtp_send.h - one transaction over an open client: MAIL, RCPT, DATA, the message, and an outcome for each recipient.
 *
 * With PIPELINING the commands go out in one write and the message with its final dot in another. Each accepted recipient gets the answer
 * to the dot, each refused one its own; LMTP answers for each after the dot.
 */
#ifndef DELIVER_SMTP_SEND_H
#define DELIVER_SMTP_SEND_H

#include "deliver/smtp_client.h"

/* SEND_DONE: every recipient has an outcome. SEND_AGAIN: a kept connection turned out to be dead before anything was accepted; nothing
 * was decided, a new one may be tried. */
enum send_result { SEND_DONE, SEND_AGAIN };
enum send_result smtp_send(struct attempt *at, struct smtp_client *c);

#endif
