divert(-1)
linux: GNU/Linux; /usr/bin/procmail writes the mailboxes.

_define(`confEBINDIR', `/usr/sbin')
_define(`LOCAL_MAILER_ARGS', `procmail -a $h -d $u')
_define(`LOCAL_MAILER_FLAGS', `SPfhn9')
_define(`LOCAL_MAILER_PATH', `/usr/bin/procmail')
_define(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
