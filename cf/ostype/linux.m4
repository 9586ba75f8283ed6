divert(-1)
GNU/Linux: the usual places; mailboxes are written by procmail.

_default(`LOCAL_MAILER_PATH', `/usr/bin/procmail')
_default(`LOCAL_MAILER_FLAGS', `SPfhn9')
_default(`LOCAL_MAILER_ARGS', `procmail -a $h -d $u')
_default(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
