/*
 * mail_log.h - the per-message log lines (contract/logging.md 9.1).
 *
 * Threads: whoever works on the envelope. Blocks on nothing but the log itself. Text from outside is escaped, and lines are split as
 * sendmail splits them; nothing here fails.
 */
#ifndef REPORT_MAIL_LOG_H
#define REPORT_MAIL_LOG_H

#include "envelope/envelope.h"

/* "ID: from=..., size=..., ...": once per message (ENV_LOGGED_SENDER). */
void mail_log_sender(struct log *l, struct envelope *e);

/* What pri= shows: tools that read logs know it without a sign, and take one below zero for the largest number. */
int64_t mail_log_priority(const struct envelope *e);

struct mail_log_delivery {
	const struct envelope *env;
	struct rcpt *const *rcpts; /* one line for all, split when long */
	size_t n;
	const struct mailer *mailer; /* NULL: none */
	struct view relay;           /* "host [1.2.3.4]"; none */
	const struct status *status;
	struct view stat;  /* "Sent (250 ok)" */
	int64_t started_s; /* of the attempt; 0: no xdelay */
};
/* "ID: to=..., delay=..., mailer=..., stat=...": each time an attempt for these recipients is over. */
void mail_log_to(struct log *l, const struct mail_log_delivery *d);

#endif
