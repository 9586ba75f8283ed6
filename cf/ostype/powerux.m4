divert(-1)
powerux: System V: /usr/bin/mail writes the mailboxes, uux speaks UUCP.

_default(`LOCAL_MAILER_PATH', `/usr/bin/mail')
_default(`LOCAL_MAILER_FLAGS', `PSfn9')
_default(`LOCAL_MAILER_ARGS', `mail -f $g -d $u')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
