divert(-1)
a-ux: A/UX 3.0; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`LOCAL_MAILER_ARGS', `mail -d -r $f $u')
_default(`LOCAL_MAILER_FLAGS', `mn9')
_default(`UUCP_MAILER_PATH', `/usr/bin/uux')
