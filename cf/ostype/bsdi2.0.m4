divert(-1)
bsdi2.0: BSD/OS 2, the old name of bsdi; /usr/libexec/mail.local writes the mailboxes.

_warning(`OSTYPE(bsdi2.0) is the old name of OSTYPE(bsdi)')
_default(`STATUS_FILE', `/var/log/sendmail.st')
_default(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_default(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
