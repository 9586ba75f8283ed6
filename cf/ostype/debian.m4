divert(-1)
Debian: as GNU/Linux; mailboxes by the package that owns them.

_default(`LOCAL_MAILER_PATH', `/usr/bin/procmail')
_default(`LOCAL_MAILER_FLAGS', `SPfhn9')
_default(`LOCAL_MAILER_ARGS', `procmail -a $h -d $u')
_default(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
