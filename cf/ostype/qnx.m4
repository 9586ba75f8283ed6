divert(-1)
qnx: QNX; /usr/bin/mailx writes the mailboxes.

_define(`QUEUE_DIR', `/usr/spool/mqueue')
_define(`LOCAL_MAILER_ARGS', `mail $u')
_default(`LOCAL_MAILER_FLAGS', `Sh')
_define(`LOCAL_MAILER_PATH', `/usr/bin/mailx')
_define(`UUCP_MAILER_ARGS', `uux - -r -z -a$f $h!rmail ($u)')
