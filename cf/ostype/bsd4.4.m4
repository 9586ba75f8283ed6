divert(-1)
bsd4.4: 4.4BSD; /usr/libexec/mail.local writes the mailboxes.

_default(`STATUS_FILE', `/var/log/sendmail.st')
_default(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_default(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
