divert(-1)
local_procmail: procmail writes the mailboxes

define(`LOCAL_MAILER_PATH', ifelse(len(X`'_ARG_), 1, `ifdef(`PROCMAIL_MAILER_PATH', `PROCMAIL_MAILER_PATH', `/usr/local/bin/procmail')', `_ARG_'))
define(`LOCAL_MAILER_ARGS', ifelse(len(X`'_ARG2_), 1, `procmail -a $h -d $u', `_ARG2_'))
define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `X-Unix')
define(`LOCAL_MAILER_FLAGS', ifelse(len(X`'_ARG3_), 1, `SPfhn9', `_ARG3_'))
