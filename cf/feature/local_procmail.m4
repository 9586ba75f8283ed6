divert(-1)
local_procmail: procmail writes the mailboxes

define(`LOCAL_MAILER_PATH', ifelse(len(X`'_ARG_), 1, `ifdef(`PROCMAIL_MAILER_PATH', `PROCMAIL_MAILER_PATH', `/usr/local/bin/procmail')', `_ARG_'))
ifelse(len(X`'_ARG2_), 1, `_default(`LOCAL_MAILER_ARGS', `procmail -Y -a $h -d $u')', `define(`LOCAL_MAILER_ARGS', _ARG2_)')
define(`LOCAL_MAILER_FLAGS', ifelse(len(X`'_ARG3_), 1, `SPfhn9', `_ARG3_'))
