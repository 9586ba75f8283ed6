divert(-1)
altos: Altos System V; /usr/bin/lmail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`LOCAL_MAILER_ARGS', `lmail $u')
_default(`LOCAL_MAILER_FLAGS', `mPuhCE9')
_default(`LOCAL_MAILER_PATH', `/usr/bin/lmail')
_default(`LOCAL_SHELL_FLAGS', `Peu')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
_default(`UUCP_MAILER_PATH', `/usr/bin/uux')
