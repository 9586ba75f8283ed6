divert(-1)
osf1: /bin/mail writes the mailboxes.

_default(`LOCAL_MAILER_PATH', `/bin/mail')
_default(`LOCAL_MAILER_FLAGS', `rmn')
_default(`LOCAL_MAILER_ARGS', `mail -d $u')
