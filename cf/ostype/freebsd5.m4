divert(-1)
freebsd5: FreeBSD 5; /usr/libexec/mail.local writes the mailboxes.

_default(`STATUS_FILE', `/var/log/sendmail.st')
_default(`LOCAL_MAILER_ARGS', `mail $u')
_default(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_default(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
_default(`UUCP_MAILER_PATH', `/usr/local/bin/uux')
MODIFY_MAILER_FLAGS(`LOCAL', `+S')
