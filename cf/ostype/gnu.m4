divert(-1)
gnu: GNU/Hurd; /libexec/mail.local writes the mailboxes.

_define(`confEBINDIR', `/libexec')
_default(`STATUS_FILE', `/var/log/sendmail.st')
_default(`LOCAL_MAILER_ARGS', `mail $u')
_default(`LOCAL_MAILER_PATH', `/libexec/mail.local')
