divert(-1)
bsd4.4: a BSD system: mailboxes are written by mail.local.

_default(`confEBINDIR', `/usr/libexec')
_default(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_default(`LOCAL_MAILER_FLAGS', `rmn9')
_default(`LOCAL_MAILER_ARGS', `mail.local -d $u')
