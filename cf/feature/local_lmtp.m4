divert(-1)
local_lmtp: an LMTP program writes the mailboxes

define(`LOCAL_MAILER_PATH', ifelse(len(X`'_ARG_), 1, `_libexec`/mail.local'', `_ARG_'))
define(`LOCAL_MAILER_FLAGS', `PSXmnz9')
define(`LOCAL_MAILER_ARGS', ifelse(len(X`'_ARG2_), 1, `mail.local -l', `_ARG2_'))
define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')
_define(`_LOCAL_LMTP_', 1)
