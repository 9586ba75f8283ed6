divert(-1)
gnu: the GNU system: /libexec holds the helpers.

_default(`LOCAL_MAILER_PATH', `/libexec/mail.local')
_default(`LOCAL_MAILER_FLAGS', `mn9')
_default(`LOCAL_MAILER_ARGS', `mail -I mail.local $u')
