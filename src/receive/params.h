/*
 * params.h - the ESMTP parameters of MAIL and RCPT, one row each (RFC 1870, 6152, 3461, 2852, 4954).
 *
 * Each parameter is taken into the envelope or recipient, or gives the reply that sendmail gives. Private to receive/.
 * Threads: the session's.
 */
#ifndef RECEIVE_PARAMS_H
#define RECEIVE_PARAMS_H

#include "mail/status.h"
#include "smtp/grammar.h"
#include "receive/session.h"

struct mail_params {
	bool has_envid, has_ret, has_auth;
	int64_t size; /* 0: not given */
	struct view auth;
};

struct rcpt_params {
	bool has_notify, has_orcpt;
	uint32_t flags; /* RCPT_NOTIFY_* */
	struct view orcpt, notify;
};

/* True: taken. False: *out_error is the reply. */
bool params_mail(struct session *s, const struct smtp_path *path, struct mail_params *out,
		 struct status *out_error);
bool params_rcpt(struct session *s, const struct smtp_path *path, struct rcpt_params *out,
		 struct status *out_error);

#endif
